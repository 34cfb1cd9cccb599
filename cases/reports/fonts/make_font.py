"""How PneumoPaper.ttf.xz was made: python cases/reports/fonts/make_font.py NanumGothic.ttf PneumoPaper.ttf.xz

From NanumGothic (Debian's fonts-nanum) come Latin, Greek, signs, all 11,172 modern Hangul syllables and the Hanja that
it has; hinting, layout tables and everything that only other programs read stay behind. The licence (OFL.txt) reserves
the name of the original, so the result has another one.
"""

from __future__ import annotations

import io
import lzma
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

BLOCKS = (  # first and last of each
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x391, 0x3C9),
    (0x2010, 0x2033),
    (0x20AC, 0x20AC),
    (0x2100, 0x22FF),
    (0x2460, 0x2473),
    (0x25A0, 0x25FF),
    (0x3001, 0x3011),
    (0x3131, 0x318E),
    (0x3380, 0x33DF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xFF01, 0xFF5E),
)
NAMES = {1: "Pneumo Paper", 2: "Regular", 3: "Pneumo Paper 1", 4: "Pneumo Paper", 6: "PneumoPaper"}
COPYRIGHT = "Copyright (c) 2010, NAVER Corporation. Licensed under the SIL Open Font License 1.1; see OFL.txt."


def make_font(source: Path, target: Path) -> None:
    """Write the subset, renamed and compressed."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(hinting=False, layout_features=[], name_IDs=[], notdef_outline=True, glyph_names=False)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "DSIG", "gasp", "kern"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in BLOCKS for code in range(first, last + 1)])
    subsetter.subset(font)
    for place, text in {0: COPYRIGHT, **NAMES}.items():
        font["name"].setName(text, place, 3, 1, 0x409)
    out = io.BytesIO()
    font.save(out)
    target.write_bytes(lzma.compress(out.getvalue(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    make_font(Path(sys.argv[1]), Path(sys.argv[2]))
