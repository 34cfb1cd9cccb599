"""The trial page: what it keeps, what it says, what it leaves switched off."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

from inference.errors import UnreadableImage, UnsupportedImage
from inference.page import PAGE_TEXTS, ForgetfulStates, build_page, make_desk
from inference.page_shell import choose_language, rewrite_page
from inference.trial import AT_ONCE, Refusal, TrialAnswer, TrialDesk, refuse, take_upload
from inference.trial_panel import WORDS, draw_answer, draw_empty, draw_waiting

ANSWER = TrialAnswer(
    rendition=b"\xff\xd8jpeg",
    probabilities={"NORMAL": 0.18, "PNEUMONIA": 0.82},
    positive="PNEUMONIA",
    band="likely",
    sensitive=0.21,
    specific=0.74,
    model="pneumonia",
    version="1.2.0",
    notes=("The age is unknown.",),
    queue_seconds=0.2,
    total_seconds=1.5,
)


async def answer_at_once(data: bytes, language: str, person: int | None) -> TrialAnswer:
    return ANSWER


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "uploads"


def built(folder: Path):
    """In a loop, because Gradio makes one of its own where none runs, and never closes it."""

    async def build():
        return build_page(answer_at_once, folder)

    return asyncio.run(build())


def ask(folder: Path, host: str, path: str, **request) -> httpx.Response:
    """One request to the page on a desk."""

    async def send() -> httpx.Response:
        desk = make_desk(answer_at_once, folder)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(desk), base_url=f"http://{host}") as browser:
            return await browser.request(request.pop("method", "GET"), path, **request)

    return asyncio.run(send())


def test_both_languages_have_the_same_texts():
    assert set(PAGE_TEXTS["en"]) == set(PAGE_TEXTS["ko"])
    assert set(WORDS["en"]) == set(WORDS["ko"])


def test_an_upload_is_gone_once_it_is_read(tmp_path):
    path = tmp_path / "1" / "token"
    path.parent.mkdir()
    path.write_bytes(b"picture")
    assert take_upload({"path": str(path)}, tmp_path, 7) == b"picture"
    assert not path.exists()


def test_a_file_that_is_too_large_is_not_read_and_gone_as_well(tmp_path):
    (tmp_path / "token").write_bytes(b"x" * 8)
    with pytest.raises(UnsupportedImage, match="larger than"):
        take_upload({"path": str(tmp_path / "token")}, tmp_path, 7)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("named", [None, {}, {"path": "/etc/passwd"}, {"path": "uploads/../secret"}, {"path": ""}])
def test_nothing_but_an_upload_is_read(tmp_path, monkeypatch, named):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        take_upload(named, tmp_path / "uploads", 99)
    assert secret.exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path, folder):
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(FileNotFoundError):
        take_upload({"path": str(folder / "link")}, folder, 99)


def test_what_a_killed_process_left_is_deleted_and_the_folder_is_private(folder):
    folder.mkdir(mode=0o755)
    (folder / "left").write_bytes(b"picture")
    built(folder)
    assert list(folder.rglob("left")) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_everything_that_records_shares_or_calls_home_is_off(folder):
    async def mounted():
        desk = make_desk(answer_at_once, folder)
        return desk.routes[-1].app.app.get_blocks()

    page = asyncio.run(mounted())
    assert (page.analytics_enabled, page.run_history, page.share, page.show_error) == (False,) * 4
    assert (page.pwa, page.mcp_server, page.ssr_mode, page.enable_monitoring) == (False,) * 4
    assert (page.footer_links, page.allowed_paths, page.delete_cache) == ([], [], (60, 300))
    assert {fn.api_visibility for fn in page.fns.values()} == {"private"}


def test_a_session_with_its_answer_is_not_kept(folder):
    page = built(folder)
    states = ForgetfulStates()
    states.set_blocks(page)
    assert states["a"] is not states["a"]
    assert "a" not in states


def test_no_other_file_of_this_machine_reaches_the_model(folder, tmp_path):
    """Gradio asks this only of launched pages; a mounted one takes any path as an upload unless it is told."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    asked: list[bytes] = []

    async def predict(data: bytes, language: str, person: int | None) -> TrialAnswer:
        asked.append(data)
        return ANSWER

    async def join_and_wait() -> str:
        desk = make_desk(predict, folder)
        item = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
        message = {"data": [item], "fn_index": 0, "session_hash": "a"}
        transport = httpx.ASGITransport(desk)
        async with desk.router.lifespan_context(desk), httpx.AsyncClient(transport=transport) as browser:
            await browser.post("http://127.0.0.1/try/gradio_api/queue/join", json=message)
            return (await browser.get("http://127.0.0.1/try/gradio_api/queue/data?session_hash=a")).text

    assert '"success":false' in asyncio.run(join_and_wait())
    assert asked == []
    assert secret.exists()


def test_a_desk_answers_to_its_own_names_only(folder):
    assert ask(folder, "127.0.0.1", "/try/").status_code == 200
    assert ask(folder, "evil.example", "/try/").status_code == 400


def test_a_desk_has_no_open_schema(folder):
    assert ask(folder, "127.0.0.1", "/try/openapi.json").status_code == 404


def test_the_answer_says_band_thresholds_version_time_and_that_it_is_no_diagnosis():
    said = draw_answer(ANSWER, "en")
    expected = ["Pneumonia: likely", "0.820", "0.180", "Below 0.21", "From 0.74", "pneumonia 1.2.0", "1.5 s"]
    expected += ["not calibrated", "The age is unknown.", "Not for diagnosis", "data:image/jpeg;base64,"]
    assert [words for words in expected if words not in said] == []


def test_no_figure_claims_certainty():
    said = draw_answer(TrialAnswer(probabilities={"A": 0.99999, "B": 0.00001}), "en")
    assert "&gt; 0.999" in said
    assert "&lt; 0.001" in said


def test_the_answer_speaks_korean():
    said = draw_answer(ANSWER, "ko")
    expected = ["폐렴: 가능성 높음", "정상", "기준값 0.21 미만", "모델 버전", "진단용이 아닙니다"]
    assert [words for words in expected if words not in said] == []


def test_a_refusal_shows_no_number():
    said = draw_answer(refuse("no_inference_worker", "en"), "en")
    assert "No probability for this picture" in said
    assert "no_inference_worker" in said
    assert "trial-bar" not in said


def test_what_comes_from_outside_is_escaped():
    evil = "<img src=x onerror=alert(1)>"
    answer = TrialAnswer(
        probabilities={evil: 1.0}, positive=evil, band="likely", model=evil, version=evil, notes=(evil,)
    )
    refused = TrialAnswer(refusal=Refusal(evil, evil, evil))
    assert evil not in draw_answer(TrialAnswer(**{**vars(answer), "total_seconds": 1.0}), "en")
    assert evil not in draw_answer(refused, "ko")


def test_no_panel_has_an_empty_line_that_would_end_its_html():
    panels = [draw(language) for draw in (draw_empty, draw_waiting) for language in WORDS]
    assert not [text for text in [*panels, draw_answer(ANSWER, "en")] if "\n" in text]


@pytest.mark.parametrize(
    ("cookie", "asked", "chosen"),
    [
        ("django_language=ko", "en", "ko"),
        ("django_language=xx", "ko-KR,en;q=0.5", "ko"),
        ("", "de-DE,ko;q=0.8,en;q=0.5", "ko"),
        ("", "de", "en"),
        ("", "", "en"),
    ],
)
def test_the_switch_decides_before_the_browser(cookie, asked, chosen):
    assert choose_language(Headers({"cookie": cookie, "accept-language": asked})) == chosen


def test_each_script_of_the_page_gets_the_nonce():
    page = b'<html\n lang="en"><head></head><script>1</script><script type="module" src="x"></script></html>'
    text = rewrite_page(page, "abc", "ko", {"en": "Try", "ko": "Try"}).decode()
    assert text.count('<script nonce="abc"') == text.count("<script") == 3
    assert 'lang="ko"' in text


@pytest.mark.timeout(300)  # gradio is imported once more, also on a busy machine
def test_the_page_brings_neither_tensorflow_nor_decoders():
    code = (
        "import sys, inference.page; "
        "print({'tensorflow', 'keras', 'imagecodecs', 'pydicom', 'django', 'celery'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=280)
    assert (found.stdout, found.returncode) == ("set()\n", 0)


def test_the_answers_shape_is_known_without_gradio():
    code = "import sys, inference.trial, inference.trial_panel, inference.page_shell; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=100).returncode == 0


def ask_desk(folder: Path, predict, times: int = 1) -> list[TrialAnswer]:
    """What `times` people are told who come at the same moment."""
    folder.mkdir()
    paths = [folder / str(number) for number in range(times)]
    for path in paths:
        path.write_bytes(b"picture")

    async def come() -> list[TrialAnswer]:
        desk = TrialDesk(predict, folder)
        return await asyncio.gather(*[desk.answer({"path": str(path)}, "ko", None) for path in paths])

    return asyncio.run(come())


def test_an_error_of_the_instrument_is_said_in_words(folder):
    async def refuse_it(data: bytes, language: str, person: int | None) -> TrialAnswer:
        raise UnreadableImage("truncated_file")

    [answer] = ask_desk(folder, refuse_it)
    assert answer.refusal.code == "truncated_file"
    assert answer.total_seconds is not None
    assert list(folder.iterdir()) == []


def test_who_comes_when_too_many_wait_is_told_so(folder):
    async def take_a_moment(data: bytes, language: str, person: int | None) -> TrialAnswer:
        await asyncio.sleep(0.5)
        return ANSWER

    answers = ask_desk(folder, take_a_moment, times=AT_ONCE + 3)
    refused = [answer.refusal.code for answer in answers if answer.refusal]
    assert set(refused) == {"engine_busy"}
    assert len(refused) >= 3
    assert list(folder.iterdir()) == []
