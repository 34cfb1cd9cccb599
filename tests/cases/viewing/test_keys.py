"""Own keys: every key of the product can be another one, two actions never share one, and nothing else is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from cases.models import Event
from cases.viewing.keys import BY_KEY, KeysRefused, chosen_keys, chosen_mouse
from cases.viewing.services import set_workstation

TEMPLATES = Path(settings.BASE_DIR) / "cases" / "templates"
VERDICTS = {"p", "o", "u", "d"}  # {{ choice.key }} in a template


def test_every_key_of_the_templates_can_be_changed():
    written = {
        key for file in TEMPLATES.rglob("*.html") for key in re.findall(r'data-key="([^"{]+)"', file.read_text())
    }
    assert sorted(written - set(BY_KEY)) == []
    assert sorted(set(BY_KEY) - written - VERDICTS) == []


def test_only_what_differs_is_kept():
    assert chosen_keys({}) == {}
    assert chosen_keys({"i": "I", "f": ""}) == {}
    assert chosen_keys({"i": "~", "space": "F5"}) == {"i": "~", "space": "f5"}
    assert chosen_mouse({"left": "pan", "wheel": "zoom", "right": "sing", "foot": "pan"}) == {"left": "pan"}


def test_two_actions_may_change_places():
    assert chosen_keys({"i": "v", "v": "i"}) == {"i": "v", "v": "i"}


@pytest.mark.parametrize(
    ("asked", "where"),
    [({"i": "v"}, {"i", "v"}), ({"i": "~", "f": "~"}, {"i", "f"}), ({"i": "="}, {"i", "+ ="}), ({"i": "ab"}, {"i"})],
)
def test_a_conflict_is_refused_at_both_places(asked, where):
    with pytest.raises(KeysRefused) as refused:
        chosen_keys(asked)
    assert set(refused.value.fields) == where


def test_it_is_written_with_its_event_and_only_once(bob):
    for _ in range(2):
        user = set_workstation(keys={"i": "~"}, mouse={"left": "pan"}, by=bob)
    assert user.workstation == {"keys": {"i": "~"}, "mouse": {"left": "pan"}}
    assert Event.objects.get(verb="workstation_set").details["keys"] == {"i": "~"}


def test_the_page_keeps_them_and_every_page_carries_them(bob, client_of):
    client = client_of(bob)
    answer = client.post(reverse("workstation"), {"key-i": "~", "mouse-wheel": "nothing"}, follow=True)
    page = answer.content.decode()
    assert 'data-keys="{&quot;i&quot;: &quot;~&quot;}" data-mouse-wheel="nothing"' in page
    assert 'name="key-i" value="~"' in page
    client.post(reverse("workstation"), {"usual": "1"})
    bob.refresh_from_db()
    assert bob.workstation == {"keys": {}, "mouse": {}}


def test_a_refusal_says_where_and_keeps_what_was_typed(bob, client_of):
    answer = client_of(bob).post(reverse("workstation"), {"key-i": "v"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Magnifier has this key too." in page
    assert "Invert has this key too." in page
    assert 'name="key-i" value="v"' in page
    bob.refresh_from_db()
    assert bob.workstation == {}
