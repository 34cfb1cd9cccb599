"""One case and its readers, from end to end, in their browsers: blind, signed, drawn, read anew, decided, amended."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.calls.services import open_call
from cases.models import Case, Event, Opinion, SecondReading, Site
from cases.reading import services
from cases.rules import RuleBroken
from cases.second import draw as drawing
from cases.second.services import adjudicate, store_second, take
from tests.cases.blind.scores import NEW_EACH_TIME
from tests.cases.reading.acts import sign_case, sign_form

VERBS = ["opinion_stored", "signed", "second_drawn", "second_stored", "adjudicated", "amended"]
TELLS = ("0.05", "unlikely", "my left base", "Bob", "signed the report")

pytestmark = pytest.mark.usefixtures("every_case_is_drawn")


@pytest.fixture
def browsers(bob, carol, erin, dana, client_of) -> dict[str, Client]:
    return {user.username: client_of(user) for user in (bob, carol, erin, dana)}


def page(browser: Client, name: str, case: Case, *more: Any) -> str:
    answer = browser.get(reverse(name, args=[case.pk, *more]), follow=True)
    return NEW_EACH_TIME.sub("", answer.content.decode("latin-1")) if answer.status_code == 200 else ""


def post(browser: Client, name: str, case: Case, **said: Any) -> Any:
    return browser.post(reverse(name, args=[case.pk]), said, follow=True)


def seen_of(browser: Client, case: Case) -> str:
    """Everything that a reader can open of a case, and the lists with it in."""
    lists = [browser.get(f"/{query}").content.decode() for query in ("?state=all", "?state=signed&second=1")]
    rows = [text.split('<tbody id="rows"', 1)[1].split("</tbody>")[0] for text in lists]
    assert all(f"case-{case.pk}" in text for text in rows)
    pages = [page(browser, name, case) for name in ("case", "report", "amend_case", "calls", "sign_case")]
    files = [page(browser, name, case, 1) for name in ("report_pdf", "passport")]
    heat = browser.get(reverse("heat_map", args=[case.top_analysis_id])).status_code
    assert files == ["", ""]
    assert heat == 404
    return "".join(rows + [text.split("<main", 1)[-1] for text in pages])


def rows_of(case: Case) -> SecondReading:
    return SecondReading.objects.get(case=case)


def test_blind_signed_drawn_differing_decided_amended(a_case, bob, browsers):
    case = a_case(probability=0.05, read_blind=True)

    # bob reads it blind, sees the model, and signs against it
    post(browsers["bob"], "claim_case", case)
    case.refresh_from_db()
    assert "0.05" not in page(browsers["bob"], "case", case)
    post(browsers["bob"], "store_opinion", case, verdict="pneumonia", comment="my left base", version=case.version)
    assert "0.05" in page(browsers["bob"], "case", case)
    signature = sign_form(case, verdict="pneumonia", comment="my left base")
    post(browsers["bob"], "sign_case", case, **signature)
    open_call(case=case, by=bob, finding="my left base is white", found_at=case.received_at)
    assert (rows_of(case).why, rows_of(case).state) == ("disagreement", "second")

    # carol is the second reader, and sees neither what was signed nor the score
    for told in TELLS:
        assert told not in seen_of(browsers["carol"], case), told
    assert f"case-{case.pk}" in browsers["carol"].get("/?state=signed&second=1").content.decode()
    assert "my left base" in page(browsers["bob"], "report", case)
    post(browsers["carol"], "take_second", case)
    answer = post(browsers["carol"], "store_second", case, verdict="normal", comment="rotated")
    assert "is stored" in answer.content.decode()
    assert rows_of(case).state == "third"

    # erin decides; she sees both, and not who said what
    text = page(browsers["erin"], "case", case)
    assert "my left base" not in text
    post(browsers["erin"], "take_second", case)
    text = page(browsers["erin"], "case", case)
    assert "my left base" in text
    assert "rotated" in text
    assert "Bob" not in text
    assert "Carol" not in text
    decided = {"verdict": "normal", "comment": "no focus", "reason": "the shadow is the skin"}
    post(browsers["erin"], "adjudicate", case, **sign_form(case, **decided))

    case.refresh_from_db()
    assert (case.state, case.verdict, case.kept_back) == ("amended", "normal", "")
    newest = case.reports.latest("version")
    assert (newest.version, newest.signed_by.username, newest.reason) == (2, "erin", "the shadow is the skin")
    assert rows_of(case).state == "done"
    verbs = set(Event.objects.filter(case=case).values_list("verb", flat=True))
    assert {
        "opinion_stored",
        "signed",
        "second_drawn",
        "second_taken",
        "second_stored",
        "adjudicated",
        "amended",
    } <= verbs
    assert "no focus" in page(browsers["carol"], "report", case)


def test_an_agreeing_second_reader_ends_it(a_case, bob, carol, browsers):
    case = a_case(probability=0.05)
    sign_case(case, bob, "normal")
    assert rows_of(case).why == "share"

    post(browsers["carol"], "take_second", case)
    post(browsers["carol"], "store_second", case, verdict="normal", comment="")

    case.refresh_from_db()
    row = rows_of(case)
    assert (row.state, row.second_reader, row.signed_verdict, row.second_verdict) == ("done", carol, "normal", "normal")
    assert (case.state, case.kept_back, case.reports.count()) == ("signed", "", 1)
    assert "0.05" in page(browsers["carol"], "case", case)


def test_a_decision_for_what_is_signed_amends_nothing(a_case, bob, carol, erin):
    case = a_case(probability=0.95)
    sign_case(case, bob, "normal")
    take(case=case, by=carol)
    store_second(case=case, by=carol, verdict="pneumonia", comment="")
    take(case=case, by=erin)
    case.refresh_from_db()
    adjudicate(case=case, by=erin, verdict="normal", comment="", reason="vessels", version=case.version)

    case.refresh_from_db()
    assert (case.state, case.kept_back, case.reports.count()) == ("signed", "", 1)
    assert [row.kind for row in Opinion.objects.order_by("pk")] == ["second", "third"]


# ---- who may ----


@pytest.fixture
def drawn(a_case, bob) -> Case:
    case = a_case(probability=0.95)
    sign_case(case, bob, "normal", "clear")
    case.refresh_from_db()
    return case


def test_never_the_same_person(drawn, bob, carol):
    with pytest.raises(RuleBroken, match="read_before"):
        take(case=drawn, by=bob)
    store_second(case=drawn, by=carol, verdict="pneumonia", comment="")
    for reader in (bob, carol):
        with pytest.raises(RuleBroken, match="read_before"):
            adjudicate(case=drawn, by=reader, verdict="normal", comment="", reason="because", version=drawn.version)


def test_not_who_had_saved_a_reading_of_it(a_case, bob, carol):
    case = services.claim(case=a_case(probability=0.95), by=carol)
    services.save_reading(case=case, by=carol, verdict="pneumonia", comment="", version=case.version)
    services.release(case=Case.objects.get(pk=case.pk), by=carol)
    sign_case(case, bob, "normal")

    with pytest.raises(RuleBroken, match="read_before"):
        take(case=case, by=carol)


def test_only_readers(drawn, alice, dana):
    for user in (alice, dana):
        with pytest.raises(RuleBroken, match="not_your_role"):
            take(case=drawn, by=user)


def test_one_at_a_time_until_the_claim_ends(drawn, carol, erin):
    row = take(case=drawn, by=carol)
    with pytest.raises(RuleBroken, match="second_taken"):
        take(case=drawn, by=erin)
    with pytest.raises(RuleBroken, match="second_taken"):
        store_second(case=drawn, by=erin, verdict="normal", comment="")

    SecondReading.objects.filter(pk=row.pk).update(lease_until=drawn.received_at)

    assert take(case=drawn, by=erin).claimed_by == erin


def test_nobody_but_the_signer_amends_meanwhile(drawn, bob, carol):
    words = {"verdict": "pneumonia", "comment": "", "reason": "looked again", "version": drawn.version}
    with pytest.raises(RuleBroken, match="reading_kept_back"):
        services.amend(case=drawn, by=carol, **words)
    assert services.amend(case=drawn, by=bob, **words).version == 2


def test_a_decision_takes_the_password(drawn, carol, erin, browsers):
    store_second(case=drawn, by=carol, verdict="pneumonia", comment="")
    take(case=drawn, by=erin)

    said = sign_form(drawn, verdict="pneumonia", reason="a focus", password="wrong")
    answer = post(browsers["erin"], "adjudicate", drawn, **said)

    assert answer.status_code == 422
    assert "a focus" in answer.content.decode()
    assert rows_of(drawn).state == "third"


def test_a_second_opinion_says_its_verdict(drawn, carol, browsers):
    take(case=drawn, by=carol)
    answer = post(browsers["carol"], "store_second", drawn, verdict="uncertain", comment="")
    assert answer.status_code == 422
    assert "Say in a few words" in answer.content.decode()


# ---- what is drawn ----


@pytest.mark.parametrize(
    ("verdict", "score", "percent", "why"),
    [
        ("pneumonia", 0.05, 0, "disagreement"),
        ("normal", 0.95, 0, "disagreement"),
        ("normal", 0.05, 0, ""),
        ("normal", 0.05, 100, "share"),
        ("normal", 0.5, 100, "share"),
        ("pneumonia", 0.95, 100, ""),
        ("pneumonia", 0.5, 100, ""),
    ],
)
def test_disagreements_and_a_share_of_the_normals(verdict, score, percent, why, a_case, bob):
    Site.objects.update(second_percent=percent)
    case = a_case(probability=score)
    sign_case(case, bob, verdict)
    assert [row.why for row in SecondReading.objects.all()] == ([why] if why else [])


@pytest.mark.parametrize(
    ("about_model", "score", "why"),
    [("missed", 0.5, "disagreement"), ("disagrees", 0.95, "disagreement"), ("agrees", 0.5, ""), ("", 0.5, "")],
)
def test_a_reader_who_says_so_disagrees_whatever_the_band(about_model, score, why, a_case, bob):
    Site.objects.update(second_percent=0)
    case = services.claim(case=a_case(probability=score), by=bob)
    words = {"verdict": "pneumonia", "comment": "", "about_model": about_model}
    services.sign(case=case, by=bob, version=case.version, **words)
    assert [row.why for row in SecondReading.objects.all()] == ([why] if why else [])


def test_nothing_is_drawn_where_the_site_does_not_want_it(a_case, bob):
    Site.objects.update(second_reading=False)
    sign_case(a_case(probability=0.95), bob, "normal")
    assert not SecondReading.objects.exists()


def test_the_share_is_about_that_share(monkeypatch):
    import random

    monkeypatch.setattr(drawing, "chance", random.Random(3))
    site = Site(second_reading=True, second_percent=20)
    drawn = sum(bool(drawing.reason_to_draw("normal", "unlikely", site)) for _ in range(1000))
    assert 150 < drawn < 250


# ---- the worklist ----


def test_the_view_counts_what_this_reader_could_read(drawn, browsers):
    counts = {}
    for name in ("bob", "carol"):
        views = browsers[name].get("/").context["views"]
        counts[name] = {view.code: view.count for view in views}
    assert (counts["bob"]["second"], counts["carol"]["second"]) == (0, 1)
    assert (counts["bob"]["differs"], counts["carol"]["differs"]) == (1, 0)


def test_nobody_finds_out_by_filters_who_signed_what(drawn, browsers):
    rows = {
        name: f"case-{drawn.pk}" in browsers["carol"].get(f"/?state=signed&{name}").content.decode()
        for name in ("differs=1", "reader=bob", "band=likely", "score_from=.5", "reader=-", "band=none")
    }
    assert rows == {
        "differs=1": False,
        "reader=bob": False,
        "band=likely": False,
        "score_from=.5": False,
        "reader=-": True,
        "band=none": True,
    }
