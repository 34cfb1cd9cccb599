"""Names of DICOM in the spelling of the page."""

import pytest

from cases.names import shown_name


@pytest.mark.parametrize(
    ("stored", "korean", "english"),
    [
        ("Hong^Gildong=洪^吉洞=홍^길동", "홍길동", "Hong Gildong"),
        ("Yamada^Tarou=山田^太郎", "山田太郎", "Yamada Tarou"),
        ("=洪^吉洞=홍^길동", "홍길동", "洪吉洞"),
        ("Smith^John^^Dr", "Smith John Dr", "Smith John Dr"),
        ("김영희", "김영희", "김영희"),
        ("김^영희", "김영희", "김영희"),
        ("Lee Minsu", "Lee Minsu", "Lee Minsu"),
        ("", "", ""),
        ("===", "", ""),
    ],
)
def test_the_spelling_fits_the_language(stored, korean, english):
    assert (shown_name(stored, "ko"), shown_name(stored, "en")) == (korean, english)
