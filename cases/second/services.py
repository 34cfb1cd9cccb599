"""The verbs of second reading: take, say the second opinion, decide as the third; or close it without them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from cases import events, rules
from cases.findings.lines import Line
from cases.models import Case, Opinion, Reading, Report, SecondReading, Site, User
from cases.models.listed import copy_again
from cases.reading.services import amend
from cases.reading.words import Said


def check_may_take(row: SecondReading, by: User) -> None:
    """Whether this person may read this case now, as its second or third reader.

    Raises:
        RuleBroken: `not_your_role`; `wrong_state`: it waits for nobody; `read_before`: this person is one of its
            readers, or as a second reader has said something of it before; `second_taken`: another has it in hand.
    """
    if by.role != rules.Role.RADIOLOGIST:
        raise rules.RuleBroken("not_your_role")
    _check_waits(row)
    if by.pk in (row.first_reader_id, row.second_reader_id) or (row.state == "second" and _has_spoken(row.case_id, by)):
        raise rules.RuleBroken("read_before")
    if _is_kept(row) and row.claimed_by_id != by.pk:
        raise rules.RuleBroken("second_taken")


def _check_waits(row: SecondReading) -> None:
    if row.state not in SecondReading.WAITING:
        raise rules.RuleBroken("wrong_state", move="second", state=row.state)


def _is_kept(row: SecondReading) -> bool:
    return row.lease_until is not None and row.lease_until > timezone.now()


def may_take(row: SecondReading, by: User) -> bool:
    """The boolean twin of check_may_take."""
    try:
        check_may_take(row, by)
    except rules.RuleBroken:
        return False
    return True


def _has_spoken(case_id: int, by: User) -> bool:
    said = Reading.objects.filter(case_id=case_id, reader=by).exists()
    return said or Opinion.objects.filter(case_id=case_id, reader=by).exists()


def take(*, case: Case, by: User) -> SecondReading:
    """Take a case for a second or third reading; taking it again renews the claim.

    Raises:
        RuleBroken: as check_may_take.
    """
    with transaction.atomic():
        case, row = _locked(case)
        check_may_take(row, by)
        if row.claimed_by_id != by.pk:
            events.record("second_taken", by=by, case=case, stage=row.state)
        row.claimed_by = by
        row.lease_until = _lease_end()
        row.save(update_fields=["claimed_by", "lease_until"])
        return row


def _lease_end() -> datetime:
    return timezone.now() + timedelta(minutes=Site.current().lease_minutes)


def keep(*, case: Case, by: User) -> datetime | None:
    """A sign of life renews the claim; its end comes back, or None where the case is no longer this reader's."""
    end = _lease_end()
    mine = SecondReading.objects.filter(case_id=case.pk, claimed_by=by)
    return end if mine.update(lease_until=end) else None


def _locked(case: Case) -> tuple[Case, SecondReading]:
    """Case and row, locked in this order as everywhere: an event of the case takes a lock on it, too."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    row = SecondReading.objects.select_for_update().filter(case_id=case.pk).first()
    if row is None:
        raise rules.RuleBroken("wrong_state", move="second", state=str(case.state))
    return case, row


def store_second(*, case: Case, by: User, verdict: str, comment: str) -> Opinion:
    """Keep the second reader's opinion: equal to what is signed, the second reading is done; else a third decides.

    Raises:
        RuleBroken: as check_may_take; `verdict_missing`, `comment_missing`.
    """
    rules.check_verdict(verdict, comment)
    with transaction.atomic():
        case, row = _held(case, by, "second")
        opinion = _opinion(case, by, "second", verdict, comment)
        signed = newest_report(case).reading.verdict
        row.second_reader, row.second_verdict, row.signed_verdict = by, verdict, signed
        _move(row, "done" if verdict == signed else "third")
        events.record("second_stored", by=by, case=case, opinion=opinion.pk, agrees=verdict == signed)
        return opinion


def adjudicate(*, case: Case, by: User, verdict: str, comment: str, reason: str) -> Opinion:
    """Decide where first and second reader differ; where the decision is not what is signed, amend the report by it.

    The findings that are signed stay in the amendment, unless the decision is that the picture is normal. The caller
    has checked the signing session.

    Raises:
        RuleBroken: as check_may_take; `verdict_missing`, `comment_missing`, `reason_missing`.
    """
    rules.check_verdict(verdict, comment)
    rules.check_reason(reason)
    with transaction.atomic():
        case, row = _held(case, by, "third")
        opinion = _opinion(case, by, "third", verdict, comment)
        row.third_reader = by
        _move(row, "done")
        events.record("adjudicated", by=by, case=case, opinion=opinion.pk)
        signed = newest_report(case).reading
        if signed.verdict != verdict:
            said = Said(verdict=verdict, comment=comment, findings=_kept_findings(signed, verdict))
            amend(case=case, by=by, reason=reason, version=case.version, **said)
        return opinion


def close(*, case: Case, by: User, reason: str) -> SecondReading:
    """End a second or third reading that nobody will do: what is signed stays, and nothing is kept back any more.

    Raises:
        RuleBroken: `not_your_role`, `reason_missing`; `wrong_state`: it waits for nobody; `second_taken`: a reader has
            it in hand.
    """
    if by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role")
    rules.check_reason(reason)
    with transaction.atomic():
        case, row = _locked(case)
        _check_waits(row)
        if _is_kept(row):
            raise rules.RuleBroken("second_taken")
        events.record("second_closed", by=by, case=case, stage=row.state, reason=reason.strip())
        _move(row, "closed")
        return row


def _held(case: Case, by: User, stage: str) -> tuple[Case, SecondReading]:
    """Case and row, locked, if this person may speak at this stage now."""
    case, row = _locked(case)
    check_may_take(row, by)
    if row.state != stage:
        raise rules.RuleBroken("wrong_state", move="second", state=row.state)
    return case, row


def _opinion(case: Case, by: User, kind: str, verdict: str, comment: str) -> Opinion:
    return Opinion.objects.create(
        case=case, reader=by, kind=kind, verdict=verdict, comment=comment.strip(), analysis=case.top_analysis
    )


def _kept_findings(signed: Reading, verdict: str) -> Sequence[Line]:
    lines: Sequence[Line] = signed.findings
    return () if verdict == rules.Verdict.NORMAL else lines


def newest_report(case: Case) -> Report:
    """What is signed last, with its reading."""
    report: Report = case.reports.select_related("reading").latest("version")
    return report


def _move(row: SecondReading, state: str) -> None:
    row.state, row.claimed_by, row.lease_until = state, None, None
    row.done_at = None if state in SecondReading.WAITING else timezone.now()
    row.save()
    copy_again(row.case)
