"""The verbs of a reading: open, claim, keep, release, skip, save, sign, amend."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Unpack

from django.db import connection, transaction
from django.utils import timezone

from cases import analysis, events, pulse, rules
from cases.blind.eyes import check_may_amend, check_opinion, eyes_of, seen_analysis
from cases.models import Case, Event, Reading, Report, Site, User
from cases.reading.content import content_sha256, report_content
from cases.reading.words import Said, Words, checked_words, words_of
from cases.reports import passport
from cases.second.draw import draw

ONE_VISIT = timedelta(minutes=10)
AT_ONCE = 50  # how many cases are looked at for one that nobody else is just taking


class Conflict(Exception):
    """Somebody else was first; `who` has the case or signed it, `case` is how it stands now.

    `who` is None where nobody has it: the reader's claim has ended.
    """

    def __init__(self, case: Case, who: User | None) -> None:
        self.case, self.who = case, who
        super().__init__(f"case {case.pk} is in other hands")


def note_opening(*, case: Case, by: User) -> bool:
    """Write that a person looked at a case; looking again within ten minutes is the same visit. True: written."""
    with transaction.atomic():
        since = timezone.now() - ONE_VISIT
        if Event.objects.filter(stream=f"case:{case.pk}", actor=by, verb="opened", at__gte=since).exists():
            return False
        events.record("opened", by=by, case=case)
        return True


# ---- claims ----


def claim_next(*, by: User, besides: Collection[int] = ()) -> Case | None:
    """The first case of the worklist's order that nobody has, claimed in one step; None when nothing waits.

    Args:
        besides: ids of cases that this reader has skipped.

    Raises:
        RuleBroken: `not_your_role`.
    """
    _check_role("claim", by)
    passed = set(besides)
    with transaction.atomic():
        while candidates := _waiting(by, passed):
            for pk in candidates:
                if case := _locked_if_free(pk):
                    return _claim(case, by)
            passed.update(candidates)
    return None


def next_in_line(*, by: User, besides: Collection[int] = ()) -> int | None:
    """The id of the case that `claim_next` would take now; nothing is taken, so another reader may be quicker."""
    _check_role("claim", by)
    return next(iter(_waiting(by, set(besides))), None)


def _waiting(by: User, besides: Collection[int]) -> list[int]:
    """Ids of the first cases of the reading order that nobody has; the index alone answers, no row is touched."""
    waiting = Case.objects.visible_to(by).claimable().filter(claimed_by=None).exclude(pk__in=list(besides))
    order = waiting.in_reading_order(by_model=pulse.alive("infer"), kept=eyes_of(by).kept("model"))
    return list(order.values_list("pk", flat=True)[:AT_ONCE])


def _locked_if_free(pk: int) -> Case | None:
    """The case, locked; None where another reader was quicker, or is just taking it."""
    free = Case.objects.filter(pk=pk, state__in=rules.READABLE, claimed_by=None)
    return free.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked).first()


def claim(*, case: Case, by: User) -> Case:
    """Take this case, or keep it where it is mine already.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
        Conflict: another reader has it, or has signed it.
    """
    _check_role("claim", by)
    with transaction.atomic():
        case = _locked(case)
        if case.claimed_by_id == by.pk:
            return case
        if case.claimed_by_id is not None:
            raise Conflict(case, case.claimed_by)
        if case.state in rules.FINAL:
            raise Conflict(case, last_signer(case))
        return _claim(case, by)


def _check_role(move: str, by: User) -> None:
    """The role half of check_move, where there is no case yet or its state is somebody else's news."""
    if by.role not in rules.MOVES[move].roles:
        raise rules.RuleBroken("not_your_role", move=move)


def _locked(case: Case) -> Case:
    # Without joins: PostgreSQL reads the row anew once it has the lock, but not what was joined to the old one.
    return Case.objects.select_for_update().get(pk=case.pk)


def _claim(case: Case, by: User) -> Case:
    move = rules.check_move("claim", case.state, by.role)
    case.state, case.claimed_by, case.lease_until = rules.State.CLAIMED, by, _lease_end()
    case.version += 1
    case.save(update_fields=["state", "claimed_by", "lease_until", "version"])
    events.record(move.event, by=by, case=case)
    return case


def _lease_end() -> datetime:
    return timezone.now() + timedelta(minutes=Site.current().lease_minutes)


def keep(*, case: Case, by: User) -> datetime | None:
    """A sign of life renews the lease; its end comes back, or None where the case is no longer this reader's."""
    end = _lease_end()
    mine = Case.objects.filter(pk=case.pk, claimed_by=by, state__in=rules.IN_HAND)
    return end if mine.update(lease_until=end) else None


def release(*, case: Case, by: User | None, reason: str = "released") -> Case:
    """Give a case back to the queue: its reader, an administrator, or the sweeper (`by` None) when the lease ended.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `not_your_case`.
    """
    with transaction.atomic():
        case = _locked(case)
        role = by.role if by else rules.Role.SYSTEM
        move = rules.check_move("release", case.state, role)
        if role == rules.Role.RADIOLOGIST and by and case.claimed_by_id != by.pk:
            raise rules.RuleBroken("not_your_case")
        holder = case.claimed_by_id
        case.state, case.failure_code = analysis.parts_state(case)
        case.claimed_by, case.lease_until = None, None
        case.version += 1
        case.save(update_fields=["state", "failure_code", "claimed_by", "lease_until", "version"])
        events.record(move.event, by=by, case=case, holder=holder, reason=reason)
        return case


def skip(*, case: Case, by: User, besides: Collection[int] = ()) -> Case | None:
    """Give a case back and take the next one that is not it; None when nothing else waits.

    Raises:
        RuleBroken: as in release.
    """
    with transaction.atomic():
        release(case=case, by=by, reason="skipped")
        return claim_next(by=by, besides={*besides, case.pk})


# ---- reading, signing, amending ----


def save_reading(*, case: Case, by: User, version: int, **said: Unpack[Said]) -> Reading:
    """Keep what the reader says; the model's row is not touched, an older reading stays as it was.

    The same words saved twice are one reading.

    Args:
        version: the case's version that the reader's page was made from.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `verdict_missing`, `comment_missing`, `finding_...`.
        Conflict: the case is another reader's, or has moved on since.
    """
    words = checked_words(said)
    with transaction.atomic():
        saved = _saved_already(_locked(case), by, words)
        if saved:
            return saved
        case = _mine(case, by, "read", version)
        reading = _write_reading(case, by, words)
        case.state, case.lease_until = rules.State.READ, _lease_end()
        case.version += 1
        case.save(update_fields=["state", "lease_until", "version"])
        events.record("reading_saved", by=by, case=case, reading=reading.pk, verdict=words.verdict)
        return reading


def _saved_already(case: Case, by: User, words: Words) -> Reading | None:
    if case.state != rules.State.READ or case.claimed_by_id != by.pk:
        return None
    newest = case.readings.order_by("-pk").first()
    same = newest and newest.reader_id == by.pk and words_of(newest) == words
    return newest if same else None


def _write_reading(case: Case, by: User, words: Words) -> Reading:
    shown = seen_analysis(case, by)
    words = words if shown else words._replace(about_model="")  # nothing is said of what was not seen
    return Reading.objects.create(case=case, reader=by, shown_analysis=shown, **words._asdict())


def _mine(case: Case, by: User, move: str, version: int) -> Case:
    """The case, locked, if this person may make the move from the version that the page showed."""
    _check_role(move, by)
    case = _locked(case)
    is_signed = case.state in rules.FINAL
    if is_signed and move != "amend":
        raise Conflict(case, last_signer(case))
    if case.claimed_by_id not in (None, by.pk):
        raise Conflict(case, case.claimed_by)
    if case.version != version:
        raise Conflict(case, last_signer(case) if is_signed else case.claimed_by)
    rules.check_move(move, case.state, by.role)
    return case


def last_signer(case: Case) -> User | None:
    """Who signed the newest version."""
    newest = case.reports.select_related("signed_by").order_by("-version").first()
    return newest.signed_by if newest else None


def sign(*, case: Case, by: User, version: int, **said: Unpack[Said]) -> Report:
    """Freeze the report. The caller has checked the signing session (cases/reading/signing.py).

    Raises:
        RuleBroken: `opinion_missing`: the case is read before the model is shown.
        RuleBroken, Conflict: as in save_reading; Conflict names who signed first.
    """
    words = checked_words(said)
    with transaction.atomic():
        case = _mine(case, by, "sign", version)
        check_opinion(case, by)
        reading = _write_reading(case, by, words)
        report = _freeze(case, reading, by=by, move="sign", number=1, reason="")
        draw(report=report)
        return report


def amend(*, case: Case, by: User, reason: str, version: int, **said: Unpack[Said]) -> Report:
    """Add a version to a signed report, with the reason; the old one stays readable.

    Raises:
        RuleBroken: `reading_kept_back`: this reader is not to see it until the second reading is over.
        RuleBroken: `not_your_role`, `wrong_state`, `reason_missing`, `verdict_missing`, `comment_missing`.
        Conflict: somebody amended it since the page was made.
    """
    words = checked_words(said)
    rules.check_reason(reason)
    with transaction.atomic():
        case = _mine(case, by, "amend", version)
        check_may_amend(case, by)
        reading = _write_reading(case, by, words)
        number = case.reports.count() + 1
        return _freeze(case, reading, by=by, move="amend", number=number, reason=reason.strip()[:500])


def _freeze(case: Case, reading: Reading, *, by: User, move: str, number: int, reason: str) -> Report:
    now = timezone.now()
    content = report_content(case, reading, by=by, at=now.isoformat(), number=number, reason=reason)
    report = Report(
        case=case,
        version=number,
        reading=reading,
        signed_by=by,
        signed_at=now,
        reason=reason,
        content=content,
        content_sha256=content_sha256(content),
    )
    passport.seal(report)
    report.save()
    target = rules.MOVES[move].target
    assert target is not None  # noqa: S101 signing and amending name their target
    case.state, case.claimed_by, case.lease_until = target, None, None
    case.version += 1
    case.save(update_fields=["state", "claimed_by", "lease_until", "version"])
    seals = {"sha256": report.content_sha256, "passport": report.passport_sha256}
    events.record(rules.MOVES[move].event, by=by, case=case, report=report.pk, version=number, **seals)
    return report
