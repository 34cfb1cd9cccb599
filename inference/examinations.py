"""Words of a DICOM header that say plainly what a picture is not; compared as capitals without spaces and signs."""

from __future__ import annotations

OTHER_MODALITIES = frozenset(
    (
        *("BI", "BMD", "CT", "ECG", "EPS", "ES", "FA", "FID", "GM", "HD", "IO", "IVOCT", "IVUS", "LEN", "LS"),
        *("MG", "MR", "NM", "OAM", "OCT", "OP", "OPT", "OPV", "PLAN", "PR", "PT", "PX", "REG", "RTDOSE"),
        *("RTIMAGE", "RTPLAN", "RTSTRUCT", "SEG", "SM", "SR", "TG", "US", "VA", "XA", "XC"),
    )
)
"""Modality (PS3.3 section C.7.3.1.1.1): none of them is a projection radiograph of the chest."""

OTHER_PARTS = frozenset(
    (
        *("ABDOMEN", "ABDOMENPELVIS", "ANKLE", "ARM", "BLADDER", "BRAIN", "BREAST", "BUTTOCK", "CALCANEUS"),
        *("CALF", "CEREBELLUM", "CERVICALSPINE", "COCCYX", "CSPINE", "ELBOW", "EXTREMITY", "EYE", "FACE"),
        *("FEMUR", "FINGER", "FOOT", "FOREARM", "HAND", "HEAD", "HEEL", "HIP", "HUMERUS", "JAW", "KIDNEY"),
        *("KNEE", "KUB", "LEG", "LIVER", "LOWEREXTREMITY", "LOWERLEG", "LSPINE", "LUMBARSPINE", "MANDIBLE"),
        *("MAXILLA", "NECK", "NOSE", "ORBIT", "PANCREAS", "PATELLA", "PELVIS", "PROSTATE", "SACRUM", "SCALP"),
        *("SIJOINT", "SINUS", "SKULL", "SPINE", "SSPINE", "TEETH", "THIGH", "THUMB", "TIBFIB", "TIBIA"),
        *("TMJ", "TOE", "TSPINE", "UPPERARM", "UPPEREXTREMITY", "UTERUS", "WHOLEBODY", "WHOLESPINE", "WRIST"),
        "ZYGOMA",
    )
)
"""BodyPartExamined (PS3.16 annex L) without the chest, the thorax and their parts."""

LATERAL_VIEWS = frozenset(
    ("L", "LL", "LAT", "LATERAL", "LEFTLATERAL", "LLD", "LLO", "R", "RL", "RIGHTLATERAL", "RLD", "RLO")
)
"""ViewPosition (PS3.3 section C.8.1.1)."""
