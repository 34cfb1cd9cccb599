"""Writing and checking the chain of events. Every writing service calls `record` inside its transaction."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cases import live
from cases.models import Case, Event, EventHead, User
from cases.selects import Fields, Select
from cases.writes import insert_rows, update_row

Happened = tuple[str, dict[str, Any]]
"""A verb and its details, as `record` takes them."""
_HEAD_FIELDS = Fields(EventHead)
_HEAD = Select(
    lambda stream: EventHead.objects.select_for_update().filter(pk=stream).values_list(*_HEAD_FIELDS.columns)
)


def record(verb: str, *, by: User | None, case: Case | None = None, stream: str = "site", **details: Any) -> Event:
    """Add one event to its stream, inside the caller's transaction, and ring the pages once it is committed.

    Args:
        verb: what happened, in the past tense ("signed").
        by: the person, or None for the system.
        case: its stream is the case's own; without one, `stream` names it ("site", "upload:<id>", "user:<id>").
        details: JSON values; personal values only as field names or `keyed_hash`.
    """
    return record_in_order([(verb, details)], by=by, case=case, stream=stream)[-1]


def record_in_order(
    happened: Sequence[Happened], *, by: User | None, case: Case | None = None, stream: str = "site"
) -> list[Event]:
    """As `record`, for at least one event of the same stream: one look at its end, and the pages are rung once."""
    _check_inside_transaction()
    head = _locked_head(f"case:{case.pk}" if case else stream)
    added = _add(head, happened, by, case)
    update_row(EventHead, head.pk, {"seq": head.seq, "mac": head.mac})
    return added


def record_opening(case: Case, *, by: User | None, **details: Any) -> Event:
    """`case_opened`, the first event of a case that this transaction has made: its stream is nobody else's yet."""
    _check_inside_transaction()
    head = EventHead(stream=f"case:{case.pk}")
    added = _add(head, [("case_opened", details)], by, case)
    insert_rows([head])
    return added[0]


def _check_inside_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is written in the transaction of the change it tells of")


def _locked_head(stream: str) -> EventHead:
    found = _HEAD(stream)
    if not found:
        EventHead.objects.bulk_create([EventHead(stream=stream)], ignore_conflicts=True)  # or somebody else did
        found = _HEAD(stream)
    return _HEAD_FIELDS.row(found[0])


def _add(head: EventHead, happened: Sequence[Happened], by: User | None, case: Case | None) -> list[Event]:
    """Write the events behind `head`, which then says where the stream ends."""
    added = []
    for verb, details in happened:
        event = Event(stream=head.stream, seq=head.seq + 1, at=timezone.now(), actor=by, verb=verb, case=case)
        event.details, event.previous_mac = details, head.mac
        event.mac = expected_mac(event)
        head.seq, head.mac = event.seq, event.mac
        added.append(event)
    insert_rows(added)
    if case:
        transaction.on_commit(partial(live.publish, case.pk))
    return added


def changes_of(row: Any, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """For the details of an event: of these fields the ones that become another value, with the old and the new one."""
    return {name: {"old": getattr(row, name), "new": new} for name, new in values.items() if getattr(row, name) != new}


def expected_mac(event: Event) -> str:
    """HMAC-SHA256 over everything the row says and the row before it."""
    said = [
        event.stream,
        event.seq,
        instant(event.at),
        event.actor_id,
        event.verb,
        event.case_id,
        event.details,
        event.previous_mac,
    ]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return _hmac(text)


def keyed_hash(value: object) -> str:
    """16 hex digits that stand for a personal value: equal values compare equal, nobody reads them back."""
    return _hmac(f"value:{value}")[:16]


def _hmac(text: str) -> str:
    return hmac.new(settings.EVENT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def instant(at: datetime) -> str:
    """A moment in UTC, to the microsecond, as seals say it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def broken_links() -> Iterator[str]:
    """A sentence for each place where the chain does not hold, in order; none when it is whole."""
    heads = {head.stream: head for head in EventHead.objects.iterator()}
    last: dict[str, tuple[int, str]] = {}
    for event in Event.objects.order_by("stream", "seq").iterator():
        seq, mac = last.get(event.stream, (0, ""))
        last[event.stream] = (event.seq, event.mac)
        if event.seq != seq + 1:
            yield f"{event.stream}: event {seq + 1} is missing before event {event.seq} (row {event.pk})"
        elif event.previous_mac != mac or not hmac.compare_digest(event.mac, expected_mac(event)):
            yield f"{event.stream}: event {event.seq} (row {event.pk}) was changed"
    for stream, head in heads.items():
        if last.get(stream, (0, "")) != (head.seq, head.mac):
            yield f"{stream}: the events after number {last.get(stream, (0, ''))[0]} are missing"
    for case in Case.objects.exclude(pk__in=Event.objects.filter(seq=1, case__isnull=False).values("case_id")):
        yield f"case:{case.pk}: the case has no events"
