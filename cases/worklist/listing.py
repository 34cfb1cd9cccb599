"""The list as one person sees it: made once for all who ask for the same in the same moment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from django.core.paginator import Page, Paginator
from django.utils.translation import get_language

from cases import pulse, rules
from cases.blind.eyes import Eyes, eyes_of
from cases.models import User
from cases.models.patients import overdue_since
from cases.worklist.columns import Column
from cases.worklist.counts import Counts, OwnCounts, queue_counts
from cases.worklist.filters import Filters
from cases.worklist.queries import MOST, listed_ids, rows_in
from cases.worklist.rows import Drawn, drawn, row_of
from cases.worklist.together import Together

PAGE_SIZE = 50


@dataclass(frozen=True)
class Asked:
    """What a page asks for."""

    filters: Filters
    search: str
    page: str
    columns: tuple[Column, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the columns."""
        return tuple(column.code for column in self.columns)


@dataclass(frozen=True)
class Listing:
    """What a page shows; `rows.object_list` is a list of Drawn. `more`: there are more than MOST cases.

    `eyes` are those that it was made for. `fragments`: its HTML, by what else a page shows.
    """

    rows: Page
    more: bool
    counts: Counts
    model_answers: bool
    eyes: Eyes
    fragments: dict[Hashable, str] = field(default_factory=dict, compare=False)

    def fragment(self, user: User, own: OwnCounts, draw: Callable[[], str]) -> str:
        """What `draw` makes for this person; drawn once for all whose page is the same to the letter."""
        marks_own = any(item.row.mine for item in self.rows.object_list)
        alike = (user.role, own, user.pk if marks_own else None)
        if alike not in self.fragments:
            self.fragments[alike] = draw()
        return self.fragments[alike]


_together: Together[Listing] = Together()


def listing_for(user: User, asked: Asked, *, may_be_old_s: float = 0.0) -> Listing:
    """The list, with this person's own cases marked; `may_be_old_s`: it may be what others saw so many seconds ago."""
    eyes = eyes_of(user)
    key = (audience(user, asked.filters, eyes), asked.filters, asked.search, asked.page, asked.codes, get_language())
    shared = _together.ask(key, partial(_listing, user, asked, eyes), may_be_old_s=may_be_old_s)
    own = [_as_own(item, user, asked.codes) for item in shared.rows.object_list]
    return replace(shared, rows=Page(own, shared.rows.number, shared.rows.paginator))


def audience(user: User, filters: Filters, eyes: Eyes) -> Hashable:
    """People with the same audience get the same list: who sees all cases with equal eyes, unless "mine" is asked."""
    return ("all" if user.role in rules.SEE_ALL_CASES and not filters.mine else user.pk), eyes


def _listing(user: User, asked: Asked, eyes: Eyes) -> Listing:
    model_answers = pulse.alive("infer")
    ids = listed_ids(user, asked.filters, asked.search, eyes, by_model=model_answers)
    page = Paginator(ids[:MOST], PAGE_SIZE).get_page(asked.page)
    page.object_list = _drawn_rows(page.object_list, asked, eyes, by_model=model_answers)
    return Listing(
        rows=page, more=len(ids) > MOST, counts=queue_counts(user, eyes), model_answers=model_answers, eyes=eyes
    )


def _drawn_rows(ids: Sequence[int], asked: Asked, eyes: Eyes, *, by_model: bool) -> list[Drawn]:
    waits = asked.filters.is_in_reading_order
    row = partial(row_of, eyes=eyes, since=overdue_since(), by_model=by_model, in_reading_order=waits)
    return [drawn(row(case), asked.codes) for case in rows_in(ids)]


def _as_own(item: Drawn, user: User, codes: tuple[str, ...]) -> Drawn:
    return drawn(replace(item.row, mine=True), codes) if item.row.reader_id == user.pk else item
