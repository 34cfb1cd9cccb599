"""The verbs of second reading: take, say the second opinion, decide as the third; or close it without them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Unpack

from django.db import connection, transaction
from django.utils import timezone

from cases import events, rules
from cases.models import Case, Opinion, Reading, Report, SecondReading, Site, User
from cases.models.listed import copy_again
from cases.reading.services import amend
from cases.reading.words import Said, checked_words, words_of
from cases.reports.row_seals import sealed_second


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
    if row.is_in_hand and row.claimed_by_id != by.pk:
        raise rules.RuleBroken("second_taken")


def _check_waits(row: SecondReading) -> None:
    if row.state not in SecondReading.WAITING:
        raise rules.RuleBroken("wrong_state", move="second", state=row.state)


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
        return _take(case, row, by)


def _take(case: Case, row: SecondReading, by: User) -> SecondReading:
    if row.claimed_by_id != by.pk:
        events.record("second_taken", by=by, case=case, stage=row.state)
    row.claimed_by = by
    row.lease_until = _lease_end()
    row.save(update_fields=["claimed_by", "lease_until"])
    return row


def take_next(*, by: User) -> SecondReading | None:
    """Of the readings that this reader may do and nobody has, the one that waits longest, taken in one step.

    None where nothing waits for this reader.

    Raises:
        RuleBroken: `not_your_role`.
    """
    if by.role != rules.Role.RADIOLOGIST:
        raise rules.RuleBroken("not_your_role")
    with transaction.atomic():
        for case_id in _waiting(by):
            free = Case.objects.filter(pk=case_id).select_for_update(skip_locked=_may_skip()).first()
            row = SecondReading.objects.select_for_update().get(case_id=case_id) if free else None
            if free and row and not row.is_in_hand and may_take(row, by):
                return _take(free, row, by)
    return None


def _may_skip() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _waiting(by: User) -> list[int]:
    """Ids of the cases, the longest drawn first."""
    rows = SecondReading.objects.filter(state__in=SecondReading.WAITING).exclude(lease_until__gt=timezone.now())
    others = rows.exclude(first_reader=by).exclude(second_reader=by)
    return list(others.order_by("drawn_at", "pk").values_list("case_id", flat=True))


def release(*, case: Case, by: User) -> SecondReading:
    """Give it back without a word: its reader, or an administrator, who takes it from its reader.

    Raises:
        RuleBroken: `not_your_role`; `wrong_state`: it waits for nobody, or nobody has it; `not_your_case`: another
            reader has it.
    """
    with transaction.atomic():
        case, row = _locked(case)
        _check_may_release(row, by)
        reason, holder = "released" if row.claimed_by_id == by.pk else "taken_over", row.claimed_by_id
        row.claimed_by, row.lease_until = None, None
        row.save(update_fields=["claimed_by", "lease_until"])
        events.record("second_released", by=by, case=case, stage=row.state, holder=holder, reason=reason)
        return row


def _check_may_release(row: SecondReading, by: User) -> None:
    if by.role not in rules.MOVES["release"].roles:
        raise rules.RuleBroken("not_your_role")
    if row.claimed_by_id is None:
        raise rules.RuleBroken("wrong_state", move="second", state=row.state)
    if by.role == rules.Role.RADIOLOGIST and row.claimed_by_id != by.pk:
        raise rules.RuleBroken("not_your_case")


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
        events.record("second_stored", by=by, case=case, agrees=verdict == signed, **sealed_second(row, opinion))
        return opinion


def check_may_decide(*, case: Case, by: User) -> None:
    """Whether this person may decide now, before anything of the decision is read back.

    Raises:
        RuleBroken: as check_may_take; `wrong_state`: it waits for no third reader.
    """
    row = SecondReading.objects.filter(case_id=case.pk).first()
    _check_stage(case, row, by, "third")


def adjudicate(*, case: Case, by: User, reason: str, version: int, **said: Unpack[Said]) -> Opinion:
    """Decide where first and second reader differ; where the decision is not what is signed, amend the report by it.

    It is another one where verdict or findings differ; a comment alone stays with the opinion. The caller has read
    back what is decided and checked the signing session.

    Args:
        version: the case's version that the reader's page was made from.

    Raises:
        RuleBroken: as check_may_decide; `verdict_missing`, `comment_missing`, `finding_...`, `reason_missing`;
            `signed_since`: the report was amended after the page was made.
    """
    words = checked_words(said)
    rules.check_reason(reason)
    with transaction.atomic():
        case, row = _held(case, by, "third")
        if case.version != version:
            raise rules.RuleBroken("signed_since")
        opinion = _opinion(case, by, "third", words.verdict, words.comment)
        row.third_reader = by
        _move(row, "done")
        events.record("adjudicated", by=by, case=case, **sealed_second(row, opinion))
        signed = words_of(newest_report(case).reading)
        if (signed.verdict, signed.findings) != (words.verdict, words.findings):
            amend(case=case, by=by, reason=reason, version=version, **said)
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
        if row.is_in_hand:
            raise rules.RuleBroken("second_taken")
        stage = row.state
        _move(row, "closed")
        events.record("second_closed", by=by, case=case, stage=stage, reason=reason.strip(), **sealed_second(row))
        return row


def _held(case: Case, by: User, stage: str) -> tuple[Case, SecondReading]:
    """Case and row, locked, if this person may speak at this stage now."""
    case, row = _locked(case)
    return case, _check_stage(case, row, by, stage)


def _check_stage(case: Case, row: SecondReading | None, by: User, stage: str) -> SecondReading:
    if row is None:
        raise rules.RuleBroken("wrong_state", move="second", state=str(case.state))
    check_may_take(row, by)
    if row.state != stage:
        raise rules.RuleBroken("wrong_state", move="second", state=row.state)
    return row


def _opinion(case: Case, by: User, kind: str, verdict: str, comment: str) -> Opinion:
    return Opinion.objects.create(
        case=case, reader=by, kind=kind, verdict=verdict, comment=comment.strip(), analysis=case.top_analysis
    )


def newest_report(case: Case) -> Report:
    """What is signed last, with its reading."""
    report: Report = case.reports.select_related("reading").latest("version")
    return report


def _move(row: SecondReading, state: str) -> None:
    row.state, row.claimed_by, row.lease_until = state, None, None
    row.done_at = None if state in SecondReading.WAITING else timezone.now()
    row.save()
    copy_again(row.case)
