"""Every address as every person, on own and on another's case: the table in url_rows.py, held against the resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases import storage
from cases.admin_site import admin_site
from cases.models import Case, CriticalResult, Event, Phrase, Upload, User
from cases.reading import services
from tests import making
from tests.cases.url_rows import LOGIN, ROWS, Row, Status, rows_of

PEOPLE = ("nobody", "mallory", "alice", "bob", "dana")
CANARY, OWN = "ZZTEST^CANARY", "OWN^PATIENT"
A_DAY_AND_MORE = 60 * 30  # minutes
UNNAMED = {"admin:<path:object_id>/", "admin:(?P<url>.*)$"}  # an old form of an object's address; anything else


def walk(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(name with its namespace, pattern) of every address."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from walk(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        else:
            yield f"{space}{entry.name or entry.pattern}", entry


ADDRESSES = dict(walk(get_resolver()))
NAMED = sorted(set(ADDRESSES) - UNNAMED)
OF_THE_PRODUCT = [name for name in NAMED if name in ROWS]


def test_the_table_knows_every_address_and_no_other():
    assert [name for name in NAMED if rows_of(name) is None] == []
    assert sorted(set(ROWS) - set(NAMED)) == []


@pytest.fixture(autouse=True)
def _no_stream(settings):
    # The stream lets go of the connection that asked who it is: here that is the test's own, in its transaction.
    settings.REDIS_URL = ""


@pytest.fixture
def people(alice, bob, dana, mallory, client_of) -> dict[str, Client]:
    """A browser for each."""
    users = {"alice": alice, "bob": bob, "dana": dana, "mallory": mallory}
    return {"nobody": Client(), **{name: client_of(user) for name, user in users.items()}}


def make_pair(state: str) -> tuple[Case, Case]:
    """Alice's own case, and one that frank, another radiographer, opened yesterday."""
    alice, frank = User.objects.get(username="alice"), making.make_person("frank", "radiographer")
    own = make_one(state, alice, OWN, minutes_ago=5)
    return own, make_one(state, frank, CANARY, minutes_ago=A_DAY_AND_MORE)


def make_one(state: str, by: User, name: str, minutes_ago: int) -> Case:
    bob = User.objects.get(username="bob")
    reader = bob if state in ("claimed", "signed") else None
    patient = making.make_patient(f"P-{name}", name)
    case = making.make_case(
        state="ready" if reader else state,
        by=by,
        patient=patient,
        claimed_by=reader,
        minutes_ago=minutes_ago,
        clinical_question=f"Is {name} well?",
    )
    case.radiographs.update(deep_key=storage.put(f"deep/{case.pk}.bin", b"{}"))
    if case.top_analysis:
        making.make_heat_map(case.top_analysis, bob)
        making.make_embedding(case.top_analysis)
    if state == "signed":
        services.sign(case=case, by=bob, verdict="normal", comment="", version=case.version)
    CriticalResult.objects.create(case=case, finding="free air", found_at=case.received_at, opened_by=bob)
    Phrase.objects.create(owner=bob, name="clear", text="Clear lungs.")
    Upload.objects.create(
        by=by, name=f"{name}.jpg", state="asks", reason_code="same_picture_other_patient", case=case, sha256="0" * 64
    )
    return case


def address_of(name: str, case: Case) -> str:
    """The address about this case, or about its picture, upload or model."""
    found: dict[str, Any] = {
        "case_id": case.pk,
        "other_id": prior_of(case).pk if name == "beside" else None,
        "version": 1,
        "phrase_id": Phrase.objects.values_list("pk", flat=True).first(),
        "call_id": case.critical_results.values_list("pk", flat=True).first(),
        "analysis_id": case.top_analysis_id,
        "radiograph_id": case.radiographs.values_list("pk", flat=True).first(),
        "upload_id": case.uploads.values_list("pk", flat=True).first(),
        "pk": User.objects.get(username="alice").pk if "user" in name else case.top_analysis.model_version_id,
        "object_id": object_of(name, case),
        "app_label": "cases",
    }
    wanted = ADDRESSES[name].pattern.regex.groupindex
    return reverse(name, kwargs={key: found[key] for key in wanted})


def prior_of(case: Case) -> Case:
    """Another case of the same patient, from the same sender."""
    earlier = Case.objects.filter(patient=case.patient).exclude(pk=case.pk).first()
    return earlier or making.make_case(patient=case.patient, by=case.opened_by, seed=case.pk)


def object_of(name: str, case: Case) -> Any:
    """The first object of the model that an admin page is about."""
    model = next((model for model in admin_site._registry if f"_{model._meta.model_name}_" in name), None)
    row = model._default_manager.order_by("pk").first() if model else None
    return row.pk if row else "1"


def ask(browser: Client, row: Row, address: str, case: Case) -> Any:
    """The answer; whatever it wrote is taken back."""
    data = {**row.data, "version": str(case.version)} if row.data else {}
    with transaction.atomic():
        answer = browser.post(address, data) if row.method == "POST" else browser.get(address)
        transaction.set_rollback(True)
    return answer


def is_status(answer: Any, wanted: Status) -> bool:
    to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/?next=")
    return to_login if wanted == LOGIN else answer.status_code == wanted and not to_login


def text_of(answer: Any) -> str:
    return "" if answer.streaming else answer.content.decode("utf-8", "replace")


def check_answer(answer: Any, wanted: Status, person: str, where: str) -> None:
    assert is_status(answer, wanted), f"{where} as {person}: {answer.status_code}, not {wanted}"
    said = text_of(answer) + str(answer.headers)
    refused = wanted in (LOGIN, 403, 404, 405) or person in ("nobody", "mallory")
    if refused:
        assert OWN not in said, f"{where} tells {person} about a patient"
    if refused or person == "alice":
        assert CANARY not in said, f"{where} tells {person} about another's patient"


@pytest.mark.parametrize("name", OF_THE_PRODUCT)
def test_everybody_gets_what_the_table_says_and_nothing_of_others(name, people, model_version):
    for row in ROWS[name]:
        with transaction.atomic():
            own, other = make_pair(row.state)
            for case in (own, other):
                address = address_of(name, case)
                for person in PEOPLE:
                    answer = ask(people[person], row, address, case)
                    wanted = row.of(person, own=case == own)
                    check_answer(answer, wanted, person, f"{row.method} {address}")
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", [name for name in NAMED if name not in ROWS])
def test_the_admin_is_for_administrators_alone(name, people, model_version):
    own, _ = make_pair("ready")
    (get,) = rows_of(name) or ()
    address = address_of(name, own)
    for person in PEOPLE[:-1]:
        check_answer(ask(people[person], get, address, own), get.of(person, own=True), person, address)
    assert people["alice"].post(address, {"action": "cancel_cases", "_save": "1"}).status_code == 403
    # What dana gets from each page is in tests/cases/oversight/test_admin_pages.py.


ABOUT_A_CASE = [name for name in OF_THE_PRODUCT if any(row.others == 404 for row in ROWS[name])]


@pytest.mark.parametrize("name", ABOUT_A_CASE)
def test_anothers_case_looks_like_one_that_does_not_exist(name, people, model_version):
    row = next(row for row in ROWS[name] if row.others == 404)
    _, other = make_pair(row.state)
    hidden = ask(people["alice"], row, address_of(name, other), other)
    missing = address_of(name, other)
    Upload.objects.filter(case=other).delete()
    missing = re.sub(r"[0-9a-f-]{36}", "00000000-0000-0000-0000-000000000000", missing)
    missing = re.sub(r"/\d+/", "/987654321/", missing)

    absent = ask(people["alice"], row, missing, other)

    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert without_tokens(hidden) == without_tokens(absent)


def without_tokens(answer: Any) -> str:
    text = re.sub(r'value="[A-Za-z0-9]{64}"', "", text_of(answer))
    return re.sub(r"/\d+/|[0-9a-f]{8}-[0-9a-f-]{27}", "", text)


WRITES = [name for name in OF_THE_PRODUCT if any(row.method == "POST" for row in ROWS[name])]
ONLY_POST = [name for name in OF_THE_PRODUCT if all(row.method == "POST" for row in ROWS[name])]
ONLY_GET = [name for name in OF_THE_PRODUCT if all(row.method == "GET" for row in ROWS[name])]


def entitled(row: Row) -> str:
    """Somebody whom the table lets in."""
    return next(person for person in ("dana", "bob", "alice") if row.of(person, own=True) not in (403, 404, LOGIN))


@pytest.mark.parametrize("name", WRITES)
def test_what_writes_needs_the_token_against_forgery(name, people, model_version):
    row = next(row for row in ROWS[name] if row.method == "POST")
    own, _ = make_pair(row.state)
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = people[entitled(row)].cookies
    before = Event.objects.count()

    answer = forged.post(address_of(name, own), dict(row.data))

    assert answer.status_code == 403
    assert Event.objects.count() == before


@pytest.mark.parametrize("name", ONLY_POST)
def test_what_writes_is_not_done_by_following_a_link(name, people, model_version):
    row = ROWS[name][0]
    own, _ = make_pair(row.state)
    before = Event.objects.count()

    answer = people[entitled(row)].get(address_of(name, own))

    assert answer.status_code == 405
    assert Event.objects.count() == before


@pytest.mark.parametrize("name", [name for name in ONLY_GET if not name.startswith("admin:")])
def test_what_only_shows_takes_no_post(name, people, model_version):
    row = ROWS[name][0]
    own, _ = make_pair(row.state)

    assert people[entitled(row)].post(address_of(name, own)).status_code == 405


def test_a_case_of_today_is_open_to_every_radiographer(people, model_version):
    frank = making.make_person("frank", "radiographer")
    today = make_one("ready", frank, CANARY, minutes_ago=0)

    assert people["alice"].get(reverse("case", args=[today.pk])).status_code == 200


def test_a_closed_account_is_nobody(people, alice, model_version):
    own, _ = make_pair("ready")
    User.objects.filter(pk=alice.pk).update(is_active=False)

    for name in ("worklist", "case", "picture", "my_uploads"):
        answer = people["alice"].get(address_of(name, own))
        check_answer(answer, LOGIN, "nobody", name)
