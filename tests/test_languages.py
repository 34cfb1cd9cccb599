"""Whatever is said to people is said in English and Korean, with the same places to fill and the agreed words."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import polib
import pytest

from inference import answer_table, page, trial_panel
from inference.reasons import REASONS

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "cases" / "locale" / "ko" / "LC_MESSAGES" / "django.po"
WORDS_PAGE = ROOT / "docs" / "terms.md"
GETTEXT_CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
CONTEXT_CALLS = {"pgettext", "pgettext_lazy"}
EAGER_CALLS = {"gettext", "ngettext", "pgettext"}
SAID_ANOTHER_WAY = {"All", "Home", "History", "users", "version", "%(counter)s result"}  # and meaning the same
HANGUL = re.compile("[가-힣]")
PLACES = re.compile(r"%\(\w+\)[.\d]*[a-z]|{\w*(?::[^}]*)?}|%%")

Text = tuple[str, str]  # context, English


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def texts_of(catalogue: polib.POFile) -> set[Text]:
    """What the catalogue has an entry for."""
    return {(entry.msgctxt or "", entry.msgid) for entry in catalogue}


def korean_of(entry: polib.POEntry) -> str:
    return str(entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr)


def in_the_catalogue() -> Iterator[Text]:
    for entry in polib.pofile(str(CATALOGUE)):
        yield entry.msgid_plural or entry.msgid, korean_of(entry)


def in_the_instrument() -> Iterator[Text]:
    """Reasons with their next steps, the trial page, the command line: tables with both languages."""
    for row in REASONS.values():
        yield row.en, row.ko
        yield row.next_en, row.next_ko
    for table in (page.PAGE_TEXTS, trial_panel.WORDS, answer_table._WORDS):
        assert table["en"].keys() == table["ko"].keys()
        yield from ((english, table["ko"][key]) for key, english in table["en"].items())


PAIRS = [*in_the_catalogue(), *in_the_instrument()]


def python_files() -> list[Path]:
    return sorted(file for folder in ("cases", "pneumo_site") for file in (ROOT / folder).rglob("*.py"))


def test_every_text_has_its_korean(catalogue):
    assert len(catalogue) > 500
    assert [entry.msgid for entry in catalogue if not entry.translated()] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []


def test_the_compiled_catalogue_says_the_same(catalogue):
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    found = {(entry.msgctxt or "", entry.msgid): korean_of(entry) for entry in compiled}
    assert found == {(entry.msgctxt or "", entry.msgid): korean_of(entry) for entry in catalogue}


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs the gettext tools (xgettext, msgmerge)")
def test_gathering_the_texts_anew_finds_nothing_new_and_nothing_gone(catalogue, tmp_path):
    left_out = shutil.ignore_patterns("__pycache__", "bundles", "fonts", "*.mo")
    for folder in ("cases", "inference", "pneumo_site"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=left_out)
    shutil.copy(ROOT / "manage.py", tmp_path)
    command = (sys.executable, "manage.py", "makemessages", "-l", "ko", "--no-location", "--no-obsolete")
    subprocess.run(command, cwd=tmp_path, env=os.environ, check=True, capture_output=True, timeout=300)
    gathered = texts_of(polib.pofile(str(tmp_path / CATALOGUE.relative_to(ROOT))))
    assert gathered - texts_of(catalogue) == set()
    assert texts_of(catalogue) - gathered == set()


def test_no_text_of_ours_says_something_else_in_djangos_admin(catalogue):
    ours = {entry.msgid: korean_of(entry) for entry in catalogue if not entry.msgctxt}
    for part in ("admin", "auth"):
        theirs = Path(django.__path__[0]) / "contrib" / part / "locale" / "ko" / "LC_MESSAGES" / "django.po"
        known = {entry.msgid: korean_of(entry) for entry in polib.pofile(str(theirs)) if not entry.msgctxt}
        other = {text for text in known.keys() & ours.keys() if known[text] != ours[text]}
        assert other <= SAID_ANOTHER_WAY, "give it a context"


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "요청을 이해할 수 없습니다"), ("en", "could not be understood")]
)
def test_a_request_that_has_no_user_yet_is_refused_in_its_language(client, language, words):
    answer = client.get("/", headers={"host": "elsewhere.example", "accept-language": language})
    assert answer.status_code == 400
    assert words in answer.content.decode()


def called_texts(tree: ast.AST) -> Iterator[Text]:
    """The texts that are handed to gettext, inside f-strings too, where the gathering does not look."""
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        first = 1 if name in CONTEXT_CALLS else 0
        if name in GETTEXT_CALLS | CONTEXT_CALLS and isinstance(node.args[first], ast.Constant):
            yield (node.args[0].value if first else ""), node.args[first].value


def test_no_text_hides_where_it_is_not_gathered(catalogue):
    called = {text for file in python_files() for text in called_texts(ast.parse(file.read_text(encoding="utf-8")))}
    assert len(called) > 200
    assert called - texts_of(catalogue) == set()


def run_at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """What a module does while it is loaded: everything but the insides of functions."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (*node.decorator_list, *node.args.defaults)
        elif isinstance(node, ast.ClassDef):
            yield from node.decorator_list
            yield from run_at_import(node.body)
        else:
            yield node


def eager_names(tree: ast.Module) -> set[str]:
    """The names under which a module has the functions that answer in the language of this moment."""
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    found = (alias for node in imports if node.module == "django.utils.translation" for alias in node.names)
    return {alias.asname or alias.name for alias in found if alias.name in EAGER_CALLS}


def test_no_module_chooses_the_language_while_it_is_loaded():
    for file in python_files():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = (node for part in run_at_import(tree.body) for node in ast.walk(part) if isinstance(node, ast.Call))
        chosen = {getattr(call.func, "id", "") for call in calls} & eager_names(tree)
        assert not chosen, f"{file.relative_to(ROOT)}: use the lazy form"


def outline(text: str) -> tuple[list[str], bool, bool]:
    """The places to fill, and whether a line begins or ends with space."""
    return sorted(PLACES.findall(text)), text[:1].isspace(), text[-1:].isspace()


def test_both_languages_fill_the_same_places():
    assert len(PAIRS) > 700
    assert [(english, korean) for english, korean in PAIRS if outline(english) != outline(korean)] == []
    assert [english for english, _korean in PAIRS if HANGUL.search(english)] == []


def test_sentences_end_as_sentences():
    for english, korean in PAIRS:
        if english.endswith(".") and HANGUL.search(korean):
            assert korean.endswith((".", "음", "함", "됨")), korean


def agreed_words() -> dict[str, tuple[str, ...]]:
    """The table of docs/terms.md: an English word, and the Korean ones of which one must stand."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", WORDS_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {english: tuple(korean.split(" / ")) for english, korean in rows if HANGUL.search(korean)}


def says(english: str, word: str) -> bool:
    """Whether a sentence has the word, as it stands or with an ending; what fills a place says nothing."""
    plain = PLACES.sub("", english.lower()).replace("sign of life", "").replace("case:12", "")
    return re.search(rf"\b{re.escape(word.lower())}(s|d|ed|ing|es|n)?\b", plain) is not None


def test_the_table_of_words_is_read():
    words = agreed_words()
    assert len(words) > 30
    assert words["worklist"] == ("판독 대기 목록",)


@pytest.mark.parametrize("word", sorted(agreed_words()))
def test_one_word_is_used_for_one_thing(word):
    said = [(english, korean) for english, korean in PAIRS if says(english, word) and HANGUL.search(korean)]
    assert said, "nobody says this: take it out of the table"
    assert [pair for pair in said if not any(form in pair[1] for form in agreed_words()[word])] == []
