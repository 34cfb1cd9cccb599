"""Templates of the site and phrases of one's own: who writes them, who is offered them."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from cases.models import Event, Phrase
from cases.phrases import services
from cases.phrases.defaults import fill_empty_list
from cases.phrases.services import drop_phrase, keep_phrase, phrases_for, write_template
from cases.reading.services import claim
from cases.rules import NEEDS_WORDS, RuleBroken, Verdict, check_verdict

PHRASE = {"name": "clear", "text": "Clear lungs, heart of normal size.", "verdict": "normal"}


@pytest.fixture
def without_templates(db):
    """A site whose administrators have begun anew."""
    Phrase.objects.all().delete()


def names(user) -> list[str]:
    return [row.name for row in phrases_for(user)]


def test_a_reader_is_offered_the_own_phrases_and_the_sites_templates(without_templates, bob, carol, dana):
    keep_phrase(by=bob, **PHRASE)
    keep_phrase(by=carol, name="hers", text="x")
    write_template(by=dana, name="standard", text="No infiltrate.", place=1)
    write_template(by=dana, name="old", text="x", retired=True)

    assert sorted(names(bob)) == ["clear", "standard"]
    assert sorted(names(carol)) == ["hers", "standard"]


def test_the_case_page_offers_them_with_the_verdict_they_belong_to(a_case, client_of, bob):
    keep_phrase(by=bob, **PHRASE)
    case = claim(case=a_case(), by=bob)

    page = client_of(bob).get(reverse("case", args=[case.pk])).content.decode()

    assert 'data-phrase="Clear lungs, heart of normal size." data-of-verdict="normal"' in page
    assert 'data-opens="#phrases" data-key=";"' in page


def test_a_phrase_is_added_changed_and_dropped_on_its_page(client_of, bob):
    client = client_of(bob)
    client.post(reverse("phrases"), PHRASE)
    row = Phrase.objects.get(owner=bob)

    client.post(reverse("phrase", args=[row.pk]), {**PHRASE, "text": "All clear."})
    row.refresh_from_db()
    page = client.get(reverse("phrases")).content.decode()

    assert row.text == "All clear."
    assert "All clear." in page
    client.post(reverse("drop_phrase", args=[row.pk]))
    assert not Phrase.objects.filter(owner=bob).exists()
    verbs = Event.objects.filter(stream=f"user:{bob.pk}").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["phrase_kept", "phrase_kept", "phrase_dropped"]


def test_what_is_missing_is_said_and_what_was_typed_stays(client_of, bob):
    answer = client_of(bob).post(reverse("phrases"), {**PHRASE, "name": ""})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"name"}
    assert PHRASE["text"] in answer.content.decode()


def test_nobody_touches_the_phrase_of_another(client_of, bob, carol):
    row = keep_phrase(by=carol, **PHRASE)

    for name in ("phrase", "drop_phrase"):
        assert client_of(bob).post(reverse(name, args=[row.pk]), PHRASE).status_code == 404
    with pytest.raises(RuleBroken) as refused:
        drop_phrase(phrase=row, by=bob)
    assert refused.value.code == "not_your_phrase"


def test_templates_are_written_by_administrators_alone(bob, dana):
    with pytest.raises(RuleBroken):
        write_template(by=bob, name="x", text="y")
    own = keep_phrase(by=bob, **PHRASE)
    with pytest.raises(RuleBroken):
        write_template(by=dana, template=own, name="x")
    with pytest.raises(ValidationError):
        write_template(by=dana, name="", text="y")


def test_an_administrator_writes_a_template_in_the_admin(without_templates, client_of, dana, bob):
    client = client_of(dana)
    client.post(reverse("admin:cases_phrase_add"), {**PHRASE, "place": 3})
    row = Phrase.objects.get()
    client.post(reverse("admin:cases_phrase_change", args=[row.pk]), {**PHRASE, "place": 3, "retired": "on"})

    row.refresh_from_db()
    assert (row.owner, row.retired) == (None, True)
    assert names(bob) == []
    assert Event.objects.filter(verb="template_written", actor=dana).count() == 2
    own = keep_phrase(by=bob, **PHRASE)
    answer = client.post(reverse("admin:cases_phrase_change", args=[own.pk]), {**PHRASE, "place": 0})
    assert answer.status_code == 403


def test_there_is_room_for_fifty(bob, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)
    keep_phrase(by=bob, **PHRASE)

    with pytest.raises(RuleBroken) as refused:
        keep_phrase(by=bob, **PHRASE)

    assert refused.value.code == "phrases_too_many"


def test_the_report_can_be_copied_as_plain_text(a_case, client_of, bob):
    from tests.cases.reading.acts import sign_case

    case = a_case()
    sign_case(case, bob, "uncertain", "Left base?\nPlease repeat.")

    page = client_of(bob).get(reverse("report", args=[case.pk])).content.decode()

    assert 'data-copy-text="uncertain&#10;Left base?\nPlease repeat."' in page


# ---- a new site ----


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_new_site_has_one_template_for_each_verdict_in_the_readers_language_first(bob, verdict, language):
    with translation.override(language):
        offered = [row for row in phrases_for(bob) if row.verdict == verdict]
    assert [row.language for row in offered] == [language, {"en": "ko", "ko": "en"}[language]]
    check_verdict(verdict, offered[0].text)


def test_the_own_phrases_come_first(bob):
    keep_phrase(by=bob, **PHRASE)
    assert names(bob)[0] == "clear"


def test_a_site_that_retired_them_does_not_get_them_again(db):
    Phrase.objects.update(retired=True)
    fill_empty_list()
    assert not Phrase.objects.filter(retired=False).exists()


def test_the_page_knows_which_verdicts_need_words_by_the_rule_itself(a_case, client_of, bob):
    case = claim(case=a_case(), by=bob)
    page = client_of(bob).get(reverse("case", args=[case.pk])).content.decode()
    marked = re.findall(r'name="verdict" value="(\w+)"[^>]*data-needs-words', page)
    assert marked == ["uncertain", "not_diagnostic"]


@pytest.mark.parametrize("verdict", sorted(NEEDS_WORDS))
def test_a_signature_without_the_words_is_refused_before_the_password(a_case, client_of, bob, verdict):
    case = claim(case=a_case(), by=bob)
    asked = {"verdict": verdict, "comment": " ", "version": case.version, "step": "review"}
    answer = client_of(bob).post(reverse("sign_case", args=[case.pk]), asked)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"comment"}
    assert 'id="id_password"' not in answer.content.decode()
