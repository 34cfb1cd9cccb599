"""The worklist: who sees what, in which order, with which filters, in how many queries."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.urls import reverse

from cases import pulse, rules
from cases.worklist.columns import BY_CODE
from cases.worklist.counts import queue_counts
from cases.worklist.filters import Filters
from tests import making


@pytest.fixture
def model_up(db):
    """An inference worker gives signs of life."""
    pulse.beat("infer@tests", "infer")


def rows_in(response) -> list[int]:
    """The ids of the cases in the order of the page."""
    return [int(pk) for pk in re.findall(r'<tr id="case-(\d+)"', response.content.decode())]


def test_the_reading_order_is_priority_then_band_then_waiting_time(a_case, bob, client_of, model_up):
    unlikely = a_case(probability=0.1, minutes_ago=20)
    likely = a_case(probability=0.9, minutes_ago=1)
    older = a_case(probability=0.95, minutes_ago=10)
    urgent = a_case(probability=0.1, priority="urgent", minutes_ago=1)
    assert rows_in(client_of(bob).get("/")) == [urgent.pk, older.pk, likely.pk, unlikely.pk]


def test_without_a_model_the_order_is_arrival_and_a_banner_says_so(a_case, bob, client_of):
    first = a_case(probability=0.1, minutes_ago=20)
    urgent = a_case(probability=0.1, priority="urgent", minutes_ago=1)
    likely = a_case(probability=0.9, minutes_ago=1)
    page = client_of(bob).get("/")
    assert rows_in(page) == [urgent.pk, first.pk, likely.pk]
    assert "No model is answering" in page.content.decode()


def test_with_a_model_there_is_no_banner(bob, client_of, model_up):
    assert "No model is answering" not in client_of(bob).get("/").content.decode()


def test_a_probability_comes_with_its_version_thresholds_and_calibration(a_case, bob, client_of):
    a_case(probability=0.91)
    page = client_of(bob).get("/").content.decode()
    row = page[page.index('<tr id="case-') :]
    for said in ("0.91", "0.30", "0.70", "likely", "pneumonia 1.0", "not calibrated"):
        assert said in row


def test_what_lies_outside_the_models_scope_is_said_beside_the_probability(a_case, bob, client_of):
    radiograph = a_case().radiographs.get()
    radiograph.notes = ["age_outside_scope"]
    radiograph.save()
    page = client_of(bob).get("/").content.decode()
    cell = next(cell for cell in page.split("<td>") if "0.91" in cell)
    assert "age is outside the ages the model was made for" in cell.replace("&#x27;", "'")


def test_a_case_without_result_says_so_and_why(a_case, bob, client_of):
    failed = a_case(state="failed", failure_code="damaged_file")
    page = client_of(bob).get("/?state=failed").content.decode()
    assert rows_in(client_of(bob).get("/?state=failed")) == [failed.pk]
    assert "The file is damaged" in page
    assert "no result" in page


def test_failed_and_unscored_cases_stand_among_the_open_ones_and_are_counted(a_case, bob, client_of, model_up):
    ready, failed, unscored = a_case(), a_case(state="failed"), a_case(state="not_scored")
    page = client_of(bob).get("/")
    assert set(rows_in(page)) == {ready.pk, failed.pk, unscored.pk}
    assert "3 waiting, 1 failed" in page.content.decode()


def test_signed_withdrawn_and_joined_cases_are_not_open(a_case, bob, client_of):
    a_case(state="signed")
    a_case(state="rejected")
    home = a_case()
    a_case(state="cancelled", joined_to=home)
    assert rows_in(client_of(bob).get("/")) == [home.pk]
    assert len(rows_in(client_of(bob).get("/?state=all"))) == 3


def test_filters_work_together(a_case, bob, client_of):
    wanted = a_case(probability=0.9, priority="urgent")
    a_case(probability=0.9)
    a_case(probability=0.1, priority="urgent")
    a_case(probability=None, priority="urgent")
    assert rows_in(client_of(bob).get("/?priority=urgent&band=likely&state=waiting")) == [wanted.pk]


def test_cases_without_a_result_can_be_filtered(a_case, bob, client_of):
    without = a_case(probability=None)
    a_case(probability=0.9)
    assert rows_in(client_of(bob).get("/?band=none")) == [without.pk]


def test_only_mine_are_those_that_i_have_in_hand(a_case, bob, carol, client_of):
    mine = a_case(claimed_by=bob)
    a_case(claimed_by=carol)
    a_case()
    assert rows_in(client_of(bob).get("/?mine=1")) == [mine.pk]


def test_nonsense_in_the_address_is_ignored(a_case, bob, client_of):
    case = a_case()
    nonsense = "/?state=x&priority=y&band=z&mine=2&sort=password&page=0x"
    assert rows_in(client_of(bob).get(nonsense)) == [case.pk]


@pytest.mark.parametrize("sort", ["probability", "-probability"])
def test_a_sort_goes_over_all_pages_and_leaves_the_unknown_last(a_case, bob, client_of, sort, monkeypatch):
    monkeypatch.setattr("cases.worklist.listing.PAGE_SIZE", 2)
    low, high, none = a_case(probability=0.2), a_case(probability=0.8), a_case(probability=None)
    client = client_of(bob)
    found = rows_in(client.get(f"/?sort={sort}")) + rows_in(client.get(f"/?sort={sort}&page=2"))
    assert found == ([low.pk, high.pk, none.pk] if sort == "probability" else [high.pk, low.pk, none.pk])


@pytest.mark.parametrize("sort", [sign + column for column in BY_CODE for sign in ("", "-")])
def test_every_column_sorts_both_ways(a_case, bob, client_of, sort):
    known = a_case(patient=making.make_patient(), claimed_by=bob)
    bare = a_case(probability=None)
    assert set(rows_in(client_of(bob).get(f"/?sort={sort}"))) == {known.pk, bare.pk}


def test_a_link_keeps_all_other_filters():
    filters = Filters(state="failed", priority="urgent", band="none", mine="1", sort="-arrival")
    assert filters.query(priority="") == "state=failed&band=none&mine=1&sort=-arrival"
    assert Filters.read(dict(pair.split("=") for pair in filters.query().split("&"))) == filters


def test_a_head_leads_up_then_down_then_to_the_reading_order():
    def second(sort: str) -> str:
        return Filters(sort=sort).heads()[1].query

    assert [second(""), second("state"), second("-state")] == ["sort=state", "sort=-state", ""]


def test_the_page_takes_at_most_ten_queries_however_long_it_is(
    a_case, bob, client_of, model_up, django_assert_max_num_queries
):
    patient = making.make_patient()
    for number in range(12):
        a_case(patient=patient, seed=number, claimed_by=bob if number % 2 else None)
    client = client_of(bob)
    client.get("/")
    with django_assert_max_num_queries(10):
        assert len(rows_in(client.get("/"))) == 12
    with django_assert_max_num_queries(10):
        client.get(reverse("worklist_rows"))


def test_the_fragment_has_what_the_page_replaces(a_case, bob, client_of):
    a_case()
    page = client_of(bob).get("/").content.decode()
    fragment = client_of(bob).get("/worklist/rows/").content.decode()
    parts = set(re.findall(r'id="([\w-]+)"[^>]*data-live-part', page))
    assert parts == {"counts", "worklist-banner", "worklist-views", "rows", "worklist-pages"}
    assert parts == set(re.findall(r'id="([\w-]+)"[^>]*data-live-part', fragment))
    assert re.search("<title>(.*)</title>", page)[1] == re.search("<title>(.*)</title>", fragment)[1]


def test_age_is_said_in_months_below_two_years(a_case, bob, client_of):
    a_case(patient=making.make_patient("P-1", born=date(2024, 1, 15)), study_date=date(2025, 6, 20))
    a_case(patient=making.make_patient("P-2", born=date(1990, 1, 15)), study_date=date(2025, 1, 14))
    page = client_of(bob).get("/").content.decode()
    assert "17 mo" in page
    assert "34 y" in page


class TestSearch:
    def search(self, client, words: str):
        return client.post("/worklist/search/", {"q": words}, follow=True)

    @pytest.fixture
    def people(self, a_case):
        return {
            "kim": a_case(patient=making.make_patient("P-17", "김영희")),
            "lee": a_case(patient=making.make_patient("P-42", "Lee^Minsu"), state="signed"),
        }

    @pytest.mark.parametrize("words", ["영희", "p-17", "김영희 17", "김영희"])
    def test_by_name_or_number(self, people, bob, client_of, words):
        assert rows_in(self.search(client_of(bob), words)) == [people["kim"].pk]

    @pytest.mark.parametrize("words", ["홍길동", "gildong hong", "洪吉洞"])
    def test_by_any_spelling_of_a_dicom_name(self, a_case, bob, client_of, words):
        a_case()
        case = a_case(patient=making.make_patient("P-3", "Hong^Gildong=洪^吉洞=홍^길동"))
        assert rows_in(self.search(client_of(bob), words)) == [case.pk]

    def test_by_case_number(self, people, bob, client_of):
        assert people["kim"].pk in rows_in(self.search(client_of(bob), people["kim"].number))

    def test_in_all_states(self, people, bob, client_of):
        assert rows_in(self.search(client_of(bob), "minsu")) == [people["lee"].pk]

    def test_is_never_in_the_address(self, people, bob, client_of):
        answer = self.search(client_of(bob), "김영희")
        assert [url for url, _ in answer.redirect_chain] == ["/?state=all"]
        assert answer.context["page"].object_list[0].row.pk == people["kim"].pk

    def test_stays_until_it_is_cleared(self, people, bob, client_of):
        client = client_of(bob)
        self.search(client, "영희")
        assert rows_in(client.get("/?state=all")) == [people["kim"].pk]
        assert rows_in(client.get("/worklist/rows/?state=all")) == [people["kim"].pk]
        self.search(client, "")
        assert len(rows_in(client.get("/?state=all"))) == 2

    def test_finds_nothing_in_words(self, people, bob, client_of):
        assert "Nobody was found" in self.search(client_of(bob), "nobody-of-this-name").content.decode()

    def test_hangul_in_pieces_is_found(self, people, bob, client_of):
        import unicodedata

        assert rows_in(self.search(client_of(bob), unicodedata.normalize("NFD", "김영희"))) == [people["kim"].pk]

    def test_markup_is_text(self, people, bob, client_of):
        page = self.search(client_of(bob), '"><script>alert(1)</script>').content.decode()
        assert "<script>alert" not in page


class TestRights:
    def test_a_radiographer_sees_own_and_todays_cases(self, a_case, alice, bob, client_of):
        own = a_case(by=alice, minutes_ago=3 * 24 * 60)
        a_case(minutes_ago=3 * 24 * 60)
        assert rows_in(client_of(alice).get("/")) == [own.pk]
        assert queue_counts(alice).waiting == 1
        assert queue_counts(bob).waiting == 2

    @pytest.mark.parametrize("address", ["/", "/worklist/rows/"])
    def test_nobody_goes_to_the_login_and_no_role_sees_nothing(self, a_case, mallory, client, client_of, address):
        a_case(patient=making.make_patient())
        assert client.get(address).url.startswith("/accounts/login/")
        assert client_of(mallory).get(address).status_code == 403

    def test_only_a_radiologist_takes_the_next_case(self, alice, bob, dana, client_of):
        pages = [client_of(user).get("/").content.decode() for user in (alice, bob, dana)]
        assert ["/cases/next/" in page for page in pages] == [False, True, False]

    def test_search_needs_a_token(self, bob):
        from django.test import Client

        strict = Client(enforce_csrf_checks=True)
        strict.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
        assert strict.post("/worklist/search/", {"q": "x"}).status_code == 403


def test_counts_speak_of_open_cases_only(a_case, bob):
    a_case(priority="urgent")
    a_case(state="queued")
    a_case(state="failed")
    a_case(state="signed", priority="urgent")
    counts = queue_counts(bob)
    assert (counts.waiting, counts.urgent, counts.failed) == (2, 1, 1)
    assert counts.of(rules.IN_PROGRESS) == 1
