"""Does a passport still say what the database and the stored files say? A line for each thing that was compared."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from cases import events, storage
from cases.models import Analysis, Case, CriticalResult, Event, ModelVersion, Opinion, Radiograph, Reading, Report
from cases.reading.content import content_sha256
from cases.reports import facts
from cases.reports.passport import FORMAT, Body, body_without_patient

HOLDS, BROKEN, UNKNOWN = ("holds", "does not hold", "could not be checked")


class NotAPassport(Exception):
    """The file is no passport that this program reads, or of a case that is not here."""


@dataclass(frozen=True)
class Line:
    """One thing that was compared.

    Attributes:
        verdict: HOLDS, BROKEN, or UNKNOWN where what to compare with is not there.
        what: the thing. why: what differs, or what is missing; empty where it holds.
    """

    verdict: str
    what: str
    why: str = ""


def compared(what: str, same: bool, why: str) -> Line:
    """A line that holds, or does not and says why."""
    return Line(HOLDS, what) if same else Line(BROKEN, what, why)


def check_file(text: str) -> Iterator[Line]:
    """Check a passport file against this installation.

    Raises:
        NotAPassport: no JSON, another format, or no such signed version here.
    """
    file = _read(text)
    body: Body = file["passport"]
    report = _report_of(body)
    yield compared("the file's own hash", content_sha256(body) == file["sha256"], "what the file says was changed")
    stored = sealed_body(report) or {}
    if "stands_for" in file:
        same = bool(stored) and body_without_patient(stored) == body and file["stands_for"] == report.passport_sha256
        yield compared("the passport without the patient", same, "it is not what the sealed passport gives")
    else:
        same = (body, file["sha256"]) == (stored, report.passport_sha256)
        yield compared("the passport beside the report", same, "the sealed passport is another one, or gone")
    yield from check_report(report)
    yield from check_files(stored)


def _read(text: str) -> dict[str, Any]:
    try:
        file = json.loads(text, object_pairs_hook=_once)
        if file["format"] != FORMAT or not isinstance(file["passport"], dict):
            raise NotAPassport(f"The file says it is {file['format']!r}; this program reads {FORMAT!r}.")
        str(file["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotAPassport(f"The file is no passport ({type(error).__name__}: {error}).") from error
    return dict(file)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _report_of(body: Body) -> Report:
    try:
        number, version = str(body["case"]["number"]), int(body["report_version"])
        found: Report = Report.objects.select_related("case").get(
            case_id=int(number.removeprefix("C-")), version=version
        )
        return found
    except (KeyError, TypeError, ValueError) as error:
        raise NotAPassport("The file does not say which case and version it is about.") from error
    except Report.DoesNotExist:
        raise NotAPassport(f"Version {version} of {number} is not in this database.") from None


# ---- rows ----


def check_report(report: Report) -> Iterator[Line]:
    """The report, its seal, and every row that its sealed passport tells of."""
    yield from _check_seal(report)
    body = sealed_body(report)
    if body:
        yield _same_facts("the case", body["case"], report.case, facts.case_facts)
        yield from _check_versions(report, body)
        yield _check_no_more_pictures(report.case, body)
        yield from _check_rows(body)
        yield from _check_events(report.case, body)
    elif not report.passport_sha256:
        yield Line(UNKNOWN, f"the passport of version {report.version}", "it was signed before there were passports")


def _signature(report: Report) -> Event | None:
    """The event of the signature, if the key says that it is ours."""
    rows = Event.objects.filter(stream=f"case:{report.case_id}", verb__in=["signed", "amended"])
    event = rows.filter(details__report=report.pk).order_by("seq").last()
    return event if event and hmac.compare_digest(event.mac, events.expected_mac(event)) else None


def sealed_body(report: Report) -> Body | None:
    """The stored passport, where it is the one that the event of the signature sealed."""
    event = _signature(report)
    found = hashlib.sha256(report.passport.encode()).hexdigest()
    if event is None or event.details.get("passport") != found:
        return None
    body: Body = json.loads(report.passport)
    return body


def _check_seal(report: Report) -> Iterator[Line]:
    """The hashes in the event of the signature, which the chain seals, beside those of the row and its content."""
    what = f"the report, version {report.version}"
    yield compared(
        f"{what}: its content", content_sha256(report.content) == report.content_sha256, "it is not what its hash says"
    )
    event = _signature(report)
    if event is None:
        yield Line(BROKEN, f"{what}: its signature", "no event that the key has sealed tells of it")
        return
    sealed = event.details.get("sha256"), event.details.get("passport", "")
    same = sealed == (report.content_sha256, report.passport_sha256)
    yield compared(f"{what}: its hashes in the event of the signature", same, "the event sealed other hashes")
    said = (event.actor_id, event.details.get("version"))
    yield compared(f"{what}: who signed", said == (report.signed_by_id, report.version), "the event names another")
    own = hashlib.sha256(report.passport.encode()).hexdigest() if report.passport_sha256 else ""
    yield compared(f"{what}: its stored passport", own == report.passport_sha256, "it is not what its hash says")


def _check_versions(report: Report, body: Body) -> Iterator[Line]:
    rows = {row.version: row for row in report.case.reports.all()}
    for said in body["reports"]:
        row = rows.get(said["version"])
        yield _same_facts(f"report version {said['version']}", said, row, facts.report_facts)


FROM_THE_FIRST = ("id", "finding", "found_at")  # of a critical result: what no later note changes
KINDS: tuple[tuple[str, str, type[Model], Callable[[Any], dict[str, Any]]], ...] = (
    ("pictures", "picture", Radiograph, facts.picture_facts),
    ("models", "model version", ModelVersion, facts.model_facts),
    ("analyses", "analysis", Analysis, facts.analysis_facts),
    ("readings", "reading", Reading, facts.reading_facts),
    ("opinions", "opinion", Opinion, facts.opinion_facts),
)


def _check_no_more_pictures(case: Case, body: Body) -> Line:
    """A signed case takes no picture and gives none away."""
    now = set(case.radiographs.values_list("pk", flat=True))
    return compared(
        "the pictures of the case", now == {said["id"] for said in body["pictures"]}, "there are others now"
    )


def _check_rows(body: Body) -> Iterator[Line]:
    for name, word, model, say in KINDS:
        rows = model._default_manager.in_bulk([said["id"] for said in body.get(name, [])])
        for said in body.get(name, []):  # passports of the first days have no opinions
            yield _same_facts(f"{word} {said['id']}", said, rows.get(said["id"]), say)
    calls = CriticalResult.objects.in_bulk([said["id"] for said in body["critical_results"]])
    for said in body["critical_results"]:
        # A call that was open at the signature may have been completed since; a complete one never changes.
        kept = {name: said[name] for name in FROM_THE_FIRST} if said["state"] == "open" else said
        yield _same_facts(f"critical result {said['id']}", kept, calls.get(said["id"]), facts.call_facts)


def _same_facts(what: str, said: dict[str, Any], row: Any, say: Callable[[Any], dict[str, Any]]) -> Line:
    if row is None:
        return Line(BROKEN, what, "the row is gone")
    try:
        now = say(row)
    except (TypeError, ValueError) as error:
        return Line(BROKEN, what, f"the row can't be read ({error})")
    differing = sorted(name for name in now if name in said and said[name] != now[name])
    return compared(what, not differing, f"differs in {', '.join(differing)}")


def _check_events(case: Case, body: Body) -> Iterator[Line]:
    """Each event that led there: the row as the passport has it, and its seal as the key gives it."""
    said = body["events"]
    rows = {row.seq: row for row in Event.objects.filter(stream=said["stream"], seq__lte=said["head"]["seq"])}
    bad = [entry["seq"] for entry in said["entries"] if not _is_sealed(entry, rows.get(entry["seq"]))]
    why = f"changed or gone: number {', '.join(map(str, bad))}"
    yield compared(f"the {len(said['entries'])} events up to the signature of {case.number}", not bad, why)


def _is_sealed(entry: dict[str, Any], row: Event | None) -> bool:
    if row is None or facts.event_facts(row) != entry:
        return False
    return hmac.compare_digest(row.mac, events.expected_mac(row))


# ---- files ----


def check_files(body: Body) -> Iterator[Line]:
    """The uploaded bytes, the pictures that readers saw, and the bundles, as they lie in the store."""
    for said in body.get("pictures", []):
        yield _check_original(said)
        if said["rendition_sha256"]:
            row = Radiograph.objects.filter(pk=said["id"]).first()
            found = facts.stored_sha256(row.rendition_key) if row else ""
            yield _same_file(f"picture {said['id']}: the picture that was seen", said["rendition_sha256"], found)
    for said in body.get("models", []):
        yield _check_bundle(said)


def _check_original(said: dict[str, Any]) -> Line:
    row = Radiograph(original_sha256=said["original_sha256"])
    what = f"picture {said['id']}: the uploaded file"
    return _same_file(what, said["original_sha256"], facts.stored_sha256(row.original_key))


def _same_file(what: str, wanted: str, found: str) -> Line:
    if not found:
        return Line(UNKNOWN, what, "the file is not in the store")
    return compared(what, found == wanted, f"its SHA-256 is {found}")


def _check_bundle(said: dict[str, Any]) -> Line:
    from inference.bundle import Bundle
    from inference.errors import BundleRejected

    what = f"the bundle of {said['name']} {said['version']}"
    row = ModelVersion.objects.filter(pk=said["id"]).first()
    try:
        found = Bundle.open(row.directory).sha256 if row else ""
    except BundleRejected as error:
        verdict = BROKEN if error.code == "bundle_altered" else UNKNOWN
        return Line(verdict, what, error.message("en"))
    return _same_file(what, said["bundle_sha256"], found)


def check_pixels(body: Body) -> Iterator[Line]:
    """Decode the uploaded files anew and compare the pixels; slow, and needs the decoders."""
    from inference.errors import RadiographError
    from inference.radiograph import read_radiograph

    for said in body.get("pictures", []):
        what = f"picture {said['id']}: its pixels"
        key = Radiograph(original_sha256=said["original_sha256"]).original_key
        try:
            found = read_radiograph(storage.get(key)).pixel_sha256
        except (FileNotFoundError, RadiographError) as error:
            yield Line(UNKNOWN, what, str(error))
            continue
        yield compared(what, found == said["pixel_sha256"], f"their SHA-256 is {found}")
