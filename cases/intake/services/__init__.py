"""The verbs of the intake, one file each: receive an upload, place a picture in its study, correct, move."""

from cases.intake.services.correct import correct_patient
from cases.intake.services.move import cancel, requeue, rerun, restore, withdraw
from cases.intake.services.place import place_in_study
from cases.intake.services.receive import answer_upload, check_may_upload, receive_upload

__all__ = [
    "answer_upload",
    "cancel",
    "check_may_upload",
    "correct_patient",
    "place_in_study",
    "receive_upload",
    "requeue",
    "rerun",
    "restore",
    "withdraw",
]
