"""What a DICOM header says of the examination: modality, part of the body, view; silence says nothing.

Words are compared as capitals, whatever stands between them; codes stand for words (`examination_codes`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from inference.examination_codes import REGION_OF_CODE, VIEW_OF_CODE

OTHER_MODALITIES = frozenset(
    (
        *("BI", "BMD", "CT", "ECG", "EPS", "ES", "FA", "FID", "GM", "HD", "IO", "IVOCT", "IVUS", "LEN", "LS"),
        *("MG", "MR", "NM", "OAM", "OCT", "OP", "OPT", "OPV", "PLAN", "PR", "PT", "PX", "REG", "RTDOSE"),
        *("RTIMAGE", "RTPLAN", "RTSTRUCT", "SEG", "SM", "SR", "TG", "US", "VA", "XA", "XC"),
    )
)
"""Modality (PS3.3 section C.7.3.1.1.1): none of them is a projection radiograph of the chest."""

SPELLINGS_OF_MODALITY = {"DR": "DX"}
"""No term of the standard, and still written by some devices for digital radiography."""

CHEST_WORDS = frozenset(("CHEST", "THORAX", "LUNG", "HEART", "MEDIASTINUM", "RIB", "TRACHEA", "BRONCHUS"))
"""Parts that a chest X-ray shows; named beside another part ("CHEST ABDOMEN") they leave it one."""

OTHER_PARTS = frozenset(
    (
        *("ABDOMEN", "ABDOMENPELVIS", "ACJOINT", "ACROMIOCLAVICULAR", "ADRENAL", "ANKLE", "ANUS", "ARM", "AUDITORY"),
        *("AXILLA", "BACK", "BILE", "BILEDUCT", "BILIARY", "BLADDER", "BRAIN", "BREAST", "BUTTOCK", "CALCANEUS"),
        *("CALF", "CAROTID", "CEREBELLUM", "CERVICALSPINE", "CERVIX", "CHEEK", "CIRCLEOFWILLIS", "CLAVICLE", "COCCYX"),
        *("COLON", "CORNEA", "CSPINE", "CTSPINE", "DUODENUM", "EAR", "ELBOW", "ENTIREBODY", "ESOPHAGUS", "EXTREMITY"),
        *("EYE", "EYELID", "FACE", "FACIAL", "FEMUR", "FIBULA", "FINGER", "FLANK", "FOOT", "FOREARM", "GALLBLADDER"),
        *("HAND", "HEAD", "HEADNECK", "HEEL", "HIP", "HUMERUS", "IAC", "ILEUM", "ILIUM", "INTESTINE", "JAW"),
        *("JEJUNUM", "KIDNEY", "KNEE", "KUB", "LARGEINTESTINE", "LARYNX", "LEG", "LIMB", "LIVER", "LOWEREXTREMITY"),
        *("LOWERLEG", "LSPINE", "LSSPINE", "LUMBARSPINE", "MANDIBLE", "MASTOID", "MAXILLA", "MOUTH", "NASAL", "NECK"),
        *("NOSE", "OPTIC", "OPTICCANAL", "ORBIT", "ORBITAL", "OVARY", "PANCREAS", "PANCREATIC", "PAROTID", "PATELLA"),
        *("PELVIS", "PENIS", "PHARYNX", "PROSTATE", "RADIUS", "RADIUSULNA", "RECTUM", "SACROILIAC", "SACRUM", "SCALP"),
        *("SCAPULA", "SCJOINT", "SCLERA", "SCROTUM", "SELLA", "SESAMOID", "SHOULDER", "SIJOINT", "SINUS", "SKULL"),
        *("SMALLINTESTINE", "SPINE", "SPLEEN", "SSPINE", "STERNOCLAVICULAR", "STERNUM", "STOMACH", "SUBMANDIBULAR"),
        *("TARSAL", "TEETH", "TEMPOROMANDIBULAR", "TESTIS", "THIGH", "THUMB", "THYROID", "TIBFIB", "TIBIA"),
        *("TIBIAFIBULA", "TLSPINE", "TMJ", "TOE", "TONGUE", "TOOTH", "TSPINE", "ULNA", "UPPERARM", "UPPEREXTREMITY"),
        *("UPRURINARYTRACT", "URETER", "URETHRA", "URINARY", "UTERUS", "VAGINA", "VERTEBRAL", "VULVA", "WHOLEBODY"),
        *("WHOLESPINE", "WRIST", "ZYGOMA"),
    )
)
"""BodyPartExamined (PS3.16 annex L) without the chest and its parts, and words of the regions that have codes."""

LATERAL = "LATERAL"
LATERAL_VIEWS = frozenset(
    ("L", "LL", "LAT", "LATERAL", "LEFTLATERAL", "LLD", "LLO", "R", "RL", "RIGHTLATERAL", "RLD", "RLO", "SAGITTAL")
)
"""ViewPosition (PS3.3 section C.8.1.1)."""
_LATERAL_WORDS = frozenset(("LAT", "LATERAL", "LL", "RL"))
"""One of them among others ("XTABLE LATERAL", "MEDIAL-LATERAL") is enough."""

FRONTAL = "FRONTAL"
FRONTAL_VIEWS = {
    **dict.fromkeys(("AP", "ANTEROPOSTERIOR", "ANTERIORPOSTERIOR"), "AP"),
    **dict.fromkeys(("PA", "POSTEROANTERIOR", "POSTERIORANTERIOR"), "PA"),
    FRONTAL: FRONTAL,
}
_NO_VIEW = frozenset(
    (
        *("BEDSIDE", "CHEST", "ERECT", "HORIZONTAL", "MOBILE", "NONE", "PORTABLE", "PROJECTION", "SEMI", "SEMIERECT"),
        *("SITTING", "STANDING", "SUPINE", "THORAX", "UNKNOWN", "UNSPECIFIED", "UPRIGHT", "VIEW"),
    )
)
"""Words that stand in ViewPosition and do not say from where the picture was taken."""


def is_other_examination(tags: Mapping[str, str]) -> bool:
    """Whether modality, body part or region say plainly that this is no chest X-ray."""
    return modality_named(tags) in OTHER_MODALITIES or any(map(is_other_part, _parts_named(tags)))


def is_other_part(words: str) -> bool:
    """Whether these words name a part of the body, and the chest not beside it."""
    if _letters(words) in OTHER_PARTS:
        return True
    named = {form for word in _words(words) for form in (word, word.removesuffix("S"))}
    return not named & CHEST_WORDS and bool(named & OTHER_PARTS)


def modality_named(tags: Mapping[str, str]) -> str:
    """Modality as the standard spells it; "" where nothing is said."""
    letters = _letters(tags.get("Modality", ""))
    return SPELLINGS_OF_MODALITY.get(letters, letters)


def views_named(tags: Mapping[str, str]) -> frozenset[str]:
    """From where the picture was taken, by every tag that says so.

    Returns:
        "AP", "PA", "FRONTAL" (one of these two), "LATERAL", or any other view in the header's words.
    """
    coded = (VIEW_OF_CODE.get(code, "") for code in _codes(tags, "ViewCodeSequence"))
    named = (view_of(words) for words in (tags.get("ViewPosition", ""), *coded))
    return frozenset(filter(None, (*named, _view_by_orientation(tags.get("PatientOrientation", "")))))


def view_of(words: str) -> str:
    """One view as `views_named` gives it; "" where the words name none."""
    left = [word for word in _words(words) if word not in _NO_VIEW]
    joined = "".join(left)
    if joined in LATERAL_VIEWS or _LATERAL_WORDS.intersection(left):
        return LATERAL
    return FRONTAL_VIEWS.get(joined, " ".join(left))


def is_among(view: str, views: frozenset[str]) -> bool:
    """Whether a view is one of these; "FRONTAL" is AP or PA, and either of them is frontal."""
    frontal = set(FRONTAL_VIEWS.values())
    return view in views or (view == FRONTAL and bool(views & frontal)) or (view in frontal and FRONTAL in views)


def _view_by_orientation(orientation: str) -> str:
    """PatientOrientation ("L\\F"): which way rows and columns run; its first letters say in which plane.

    Rows or columns that run to front or back make a picture from the side, or one from above.
    """
    axes = {axis[:1] for axis in orientation.upper().split("\\")}
    if axes & set("AP"):
        return LATERAL if axes & set("HF") else "AXIAL" if axes & set("LR") else ""
    return FRONTAL if axes & set("LR") and axes & set("HF") else ""


def _parts_named(tags: Mapping[str, str]) -> Iterator[str]:
    yield tags.get("BodyPartExamined", "")
    yield from (REGION_OF_CODE.get(code, "") for code in _codes(tags, "AnatomicRegionSequence"))


def _codes(tags: Mapping[str, str], keyword: str) -> Iterator[str]:
    """The codes themselves, of "SCT 399173006" and several of these."""
    return (code.rpartition(" ")[2] for code in tags.get(keyword, "").split("\\"))


def _letters(text: str) -> str:
    return "".join(_words(text))


def _words(text: str) -> list[str]:
    return re.findall("[A-Z]+", text.upper())
