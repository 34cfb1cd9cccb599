"""Every key of the product and what it does; a reader may give each another one. Data and plain functions."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.rules import RuleBroken

# heading: {key as data-key names it: what it does}. One key may do two things on two pages: they change together.
KEYS: dict[str | Promise, dict[str, str | Promise]] = {
    _("Page"): {"?": _("The keys of the page")},
    _("Worklist"): {
        "n": _("Next case"),
        "j": _("Next row; in a case: zoom both pictures together"),
        "k": _("Previous row; in a case: save"),
        "/": _("Search for a patient; in a case: the most similar signed cases"),
        "w": _("Back to the worklist"),
    },
    _("Case"): {
        "p": _("Verdict: pneumonia"),
        "o": _("Verdict: normal"),
        "u": _("Verdict: uncertain"),
        "d": _("Verdict: not diagnostic"),
        "c": _("Take the case; then: comment"),
        "t": _("Findings"),
        ";": _("Phrases"),
        "'": _("Copy the reading"),
        "0": _("About the model's answer"),
        "s": _("Sign"),
        "x": _("Skip"),
        "l": _("Release"),
        "a": _("Amend"),
        "h": _("Heat map"),
        "b": _("Earlier picture beside this one"),
        "7": _("Second earlier picture beside this one"),
        "8": _("Third earlier picture beside this one"),
        "9": _("Fourth earlier picture beside this one"),
        "&": _("Earlier report"),
        "<": _("Heat map: fainter"),
        ">": _("Heat map: stronger"),
        "!": _("Critical result"),
        "*": _("How sure you are: the next answer"),
        "#": _("History"),
        "pagedown": _("Next picture"),
        "pageup": _("Previous picture"),
    },
    _("Picture"): {
        "f": _("Fit to the window"),
        "z": _("One pixel to one pixel"),
        "-": _("Smaller"),
        "+ =": _("Larger"),
        "g": _("Drag moves the picture (else brightness and contrast)"),
        "r": _("Turn by a quarter"),
        "m": _("Mirror left and right"),
        "i": _("Invert"),
        "1": _("Window: full"),
        "2": _("Window: lungs"),
        "3": _("Window: mediastinum and bones"),
        "4": _("Window: automatic"),
        "5": _("Window: the first one of the file"),
        "6": _("Window: the second one of the file"),
        "[": _("Darker"),
        "]": _("Brighter"),
        ",": _("Less contrast"),
        ".": _("More contrast"),
        "v": _("Magnifier"),
        "q": _("Measure a length"),
        "e": _("Measure an angle"),
        "y": _("Cardiothoracic ratio"),
        "backspace": _("Remove all measures"),
        "space": _("Reset the picture"),
    },
}
BY_KEY = {key: words for group in KEYS.values() for key, words in group.items()}
NAMED = frozenset({"space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"})
NAMED_TOO = frozenset(f"f{number}" for number in range(1, 13))

# habit of the mouse: what it may be, the first is the usual one
MOUSE: dict[str, dict[str, str | Promise]] = {
    "left": {"window": _("brightness and contrast"), "pan": _("move the picture")},
    "right": {
        "pan": _("move the picture"),
        "window": _("brightness and contrast"),
        "zoom": _("zoom"),
        "nothing": _("nothing"),
    },
    "wheel": {"zoom": _("zoom"), "zoom-reversed": _("zoom, the other way round"), "nothing": _("scroll the page")},
    "double": {
        "fit": _("fit to the window"),
        "reset": _("reset the picture"),
        "nothing": _("nothing"),
    },
}
MOUSE_NAMES = {
    "left": _("Dragging with the left button"),
    "right": _("Dragging with the right button"),
    "wheel": _("The wheel"),
    "double": _("A double click"),
}


class KeysRefused(RuleBroken):
    """Keys that can't be: `fields` has the sentence for each key as it comes with the product."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("keys_refused")


def tidy(key: str) -> str:
    """A key as it is compared: small letters, a blank is "space"."""
    return "space" if key == " " else key.strip().lower()


def chosen_keys(asked: Mapping[str, str]) -> dict[str, str]:
    """Only what differs from the product's keys; an empty answer is the product's key.

    Raises:
        KeysRefused: not one key, or two actions with one key.
    """
    wanted = {usual: tidy(asked.get(usual, "")) or usual for usual in BY_KEY}
    faults = {usual: gettext("This is not one key.") for usual, key in wanted.items() if not _is_key(usual, key)}
    faults |= {usual: sentence for usual, sentence in _conflicts(wanted) if usual not in faults}
    if faults:
        raise KeysRefused(faults)
    return {usual: key for usual, key in wanted.items() if key != usual}


def _is_key(usual: str, key: str) -> bool:
    return key == usual or (len(key) == 1 and key.isprintable()) or key in NAMED or key in NAMED_TOO


def _conflicts(wanted: Mapping[str, str]) -> list[tuple[str, str]]:
    """(key of the product, sentence) of every action that another one has the key of."""
    owners: dict[str, list[str]] = {}
    for usual, key in wanted.items():
        for part in key.split(" "):
            owners.setdefault(part, []).append(usual)
    return [
        (usual, gettext("%(other)s has this key too.") % {"other": BY_KEY[other]})
        for found in owners.values()
        for usual, other in zip(found, reversed(found), strict=True)
        if usual != other
    ]


def chosen_mouse(asked: Mapping[str, str]) -> dict[str, str]:
    """Only known habits that are not the usual ones."""
    usual = {name: next(iter(choices)) for name, choices in MOUSE.items()}
    return {
        name: asked[name]
        for name, choices in MOUSE.items()
        if asked.get(name) in choices and asked[name] != usual[name]
    }
