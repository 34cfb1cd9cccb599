"""Every address of the product, and what each person gets from it. tests/cases/test_url_matrix.py holds it to that.

`others` is what alice, a radiographer, gets for a case that another radiographer opened yesterday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOGIN = "sent to the login"
Status = int | str


@dataclass(frozen=True)
class Row:
    """The statuses of one method of one address, by person; `state` is where the case stands."""

    method: str
    alice: Status
    bob: Status
    dana: Status
    others: Status | None = None
    nobody: Status = LOGIN
    mallory: Status = 403
    state: str = "ready"
    data: Mapping[str, str] = field(default_factory=dict)

    def of(self, person: str, *, own: bool) -> Status:
        """What this person gets, for alice's own case or the other one."""
        if person == "alice" and not own and self.others is not None:
            return self.others
        status: Status = getattr(self, person)
        return status


def everybody(method: str, status: Status) -> Row:
    """An address without rights."""
    return Row(method, status, status, status, nobody=status, mallory=status)


def staff(method: str, status: Status, data: Mapping[str, str] | None = None) -> Row:
    """Any role."""
    return Row(method, status, status, status, data=data or {})


def seen(method: str, status: Status, state: str = "ready") -> Row:
    """Any role that may see the case."""
    return Row(method, status, status, status, others=404, state=state)


def senders(method: str, status: Status, state: str = "ready", data: Mapping[str, str] | None = None) -> Row:
    """Radiographers who may see the case, and administrators."""
    return Row(method, status, 403, status, others=404, state=state, data=data or {})


def reader(method: str, status: Status, state: str = "claimed", dana: Status = 403, **data: str) -> Row:
    """Radiologists; the case is claimed by bob, or signed by him."""
    return Row(method, 403, status, dana, others=403, state=state, data=data)


VERDICT = {"verdict": "normal", "comment": ""}
FINDING = {"finding": "tension pneumothorax", "found_at": "2020-01-02T10:00"}
NOT_A_PASSWORD = {"username": "alice", "password": "a guess"}

ROWS: dict[str, tuple[Row, ...]] = {
    "worklist": (staff("GET", 200),),
    "worklist_rows": (staff("GET", 200),),
    "worklist_search": (staff("POST", 302, {"q": "kim"}),),
    "worklist_columns": (staff("POST", 302, {"column": "age"}),),
    "live": (Row("GET", 204, 204, 204, nobody=403),),  # no Redis here: the page polls
    "upload": (staff("GET", 200), staff("POST", 422, {"priority": "normal"})),
    "upload_file": (staff("POST", 422),),
    "my_uploads": (staff("GET", 200),),
    "my_uploads_rows": (staff("GET", 200),),
    "answer_upload": (Row("POST", 302, 404, 404, others=404),),
    "correct_case": (senders("GET", 200), senders("POST", 302, data={"patient_id": "P-1", "priority": "normal"})),
    "withdraw_case": (senders("GET", 200), senders("POST", 302, data={"reason": "wrong patient"})),
    "restore_case": (senders("POST", 302, state="rejected"),),
    "rerun_case": (seen("POST", 302),),
    "picture": (seen("GET", 200),),
    "thumbnail": (seen("GET", 200),),
    "deep_picture": (seen("GET", 200),),
    "turn_picture": (reader("POST", 200, orientation="90"), reader("POST", 200, state="signed", orientation="0f")),
    "next_case": (reader("POST", 302),),
    "next_pictures": (reader("GET", 200, state="ready"),),
    "prefetch_worker": (everybody("GET", 200),),
    "beside": (seen("GET", 200),),
    "workstation": (staff("GET", 200), staff("POST", 302, {"key-i": "v", "key-v": "i"})),
    "case": (seen("GET", 200), seen("GET", 200, state="claimed"), seen("GET", 200, state="signed")),
    "claim_case": (reader("POST", 302, state="ready"),),
    "release_case": (reader("POST", 302, dana=302),),
    "score_anyway": (reader("POST", 302, reason="I looked at it"),),
    "ask_heat_map": (reader("POST", 302, state="ready"), reader("POST", 302, state="signed")),
    "heat_map": (reader("GET", 200, state="ready"),),
    "heat_map_picture": (reader("GET", 200, state="ready"),),
    "similar": (Row("GET", 403, 200, 200), Row("GET", 403, 200, 200, state="signed")),
    "skip_case": (reader("POST", 302),),
    "keep_case": (reader("POST", 200),),
    "read_case": (reader("POST", 302, **VERDICT),),
    "sign_case": (reader("GET", 302), reader("POST", 200, **VERDICT)),
    "store_opinion": (reader("POST", 302, **VERDICT),),
    "take_second": (reader("POST", 302, state="signed"),),
    "keep_second": (reader("POST", 409, state="signed"),),
    "next_second": (reader("POST", 302, state="signed"),),
    "release_second": (reader("POST", 302, state="signed", dana=302),),
    "store_second": (reader("GET", 302, state="signed"), reader("POST", 422, state="signed", **VERDICT)),
    "adjudicate": (reader("GET", 302, state="signed"), reader("POST", 422, state="signed", **VERDICT)),
    "my_figures": (Row("GET", 403, 200, 403),),
    "reader_pairs": (Row("GET", 403, 403, 200),),
    "amend_case": (reader("GET", 200, state="signed"), reader("POST", 422, state="signed", **VERDICT)),
    "report": (seen("GET", 200, state="signed"), seen("GET", 302)),
    "phrases": (Row("GET", 403, 200, 403), Row("POST", 403, 422, 403)),
    "phrase": (Row("GET", 403, 200, 403), Row("POST", 403, 422, 403)),
    "drop_phrase": (Row("POST", 403, 302, 403),),
    "report_pdf": (seen("GET", 200, state="signed"), seen("GET", 404)),
    "passport": (seen("GET", 200, state="signed"), seen("GET", 404)),
    "open_calls": (Row("GET", 403, 200, 200),),
    "calls": (Row("GET", 403, 200, 200), Row("POST", 403, 302, 422, data=FINDING)),
    "note_call": (Row("POST", 403, 302, 302),),
    "withdraw_call": (Row("POST", 403, 302, 302, data={"reason": "another patient"}),),
    "models": (staff("GET", 200),),
    "model": (staff("GET", 200),),
    "side_by_side": (Row("GET", 403, 403, 200),),
    "status": (Row("GET", 403, 403, 200),),
    "livez": (everybody("GET", 200),),
    "readyz": (everybody("GET", 503),),  # no worker runs here
    "set_language": (everybody("GET", 302), everybody("POST", 302)),
    "login": (
        Row("GET", 302, 302, 302, nobody=200, mallory=302),
        Row("POST", 302, 302, 302, nobody=200, mallory=302, data=NOT_A_PASSWORD),
    ),
    "logout": (everybody("POST", 302),),
    "password_change": (Row("GET", 200, 200, 200, mallory=200), Row("POST", 200, 200, 200, mallory=200)),
    "password_change_done": (Row("GET", 200, 200, 200, mallory=200),),
    "admin:cases_user_password": (Row("GET", 403, 403, 200), Row("POST", 403, 403, 200)),
    "admin:cases_modelversion_activate": (Row("GET", 403, 403, 200), Row("POST", 403, 403, 200)),
    "admin:cases_modelversion_stop": (Row("GET", 403, 403, 200), Row("POST", 403, 403, 200)),
    "admin:cases_modelversion_shadow": (Row("GET", 403, 403, 200), Row("POST", 403, 403, 200)),
    "admin:index": (Row("GET", 403, 403, 200),),
    "admin:login": (Row("GET", 403, 403, 302),),
    "admin:jsi18n": (Row("GET", 403, 403, 200),),
    "admin:app_list": (Row("GET", 403, 403, 200),),
}

# Every model of the admin has the same pages; what dana gets, by the end of the address's name.
ADMIN_PAGES: dict[str, int] = {"changelist": 200, "change": 200, "history": 302, "add": 403, "delete": 403}
ADMIN_EXCEPTIONS: dict[str, int] = {
    "admin:cases_user_add": 200,
    "admin:cases_findingterm_add": 200,
    "admin:cases_phrase_add": 200,
}


def rows_of(name: str) -> tuple[Row, ...] | None:
    """The rows of an address, or None where the table does not know it."""
    if name in ROWS:
        return ROWS[name]
    page = name.rpartition("_")[2]
    if not name.startswith("admin:cases_") or page not in ADMIN_PAGES:
        return None
    dana = ADMIN_EXCEPTIONS.get(name, ADMIN_PAGES[page])
    return (Row("GET", 403, 403, dana),)
