"""All of the doctor's checks, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.db import DatabaseError
from django.utils.translation import gettext as _

from cases.oversight import doctor
from cases.oversight.decoders import check_decoders
from cases.oversight.doctor import Finding

Check = Callable[[], Finding | Iterable[Finding] | None]
CHECKS: tuple[Check, ...] = (
    doctor.check_python,
    doctor.check_pillow,
    check_decoders,
    doctor.check_secrets,
    doctor.check_time_zone,
    doctor.check_data_folder,
    doctor.check_disk,
    doctor.check_database,
    doctor.check_journal,
    doctor.check_broker,
    doctor.check_models,
    doctor.check_gate,
    doctor.check_workers,
)


def examine(*, ask_tensorflow: bool = False, checks: Iterable[Check] = CHECKS) -> Iterator[Finding]:
    """Every finding; a check that needs the database says so where that is away."""
    yield doctor.check_gpu(ask_tensorflow)
    for check in checks:
        yield from found_by(check)


def found_by(check: Check) -> Iterator[Finding]:
    """What one check finds."""
    try:
        found = check()
        if isinstance(found, Finding):
            yield found
        elif found is not None:
            yield from found
    except DatabaseError as error:
        name = check.__name__.removeprefix("check_").capitalize()
        yield Finding(name, _("unknown (%(error)s)") % {"error": type(error).__name__}, _("Mend the database first."))
