"""The trial page: drop a picture, read its probability. The only file that imports gradio."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import gradio as gr
from gradio.state_holder import SessionState, StateHolder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import RedirectResponse
from starlette.routing import Mount
from starlette.types import ASGIApp

from inference.page_shell import LANGUAGE_KEY, USER_KEY, PageShell
from inference.trial import MAX_TRIAL_BYTES, Predict, TrialDesk
from inference.trial_panel import draw_answer, draw_empty, draw_waiting

CLEAN_SECONDS, KEEP_SECONDS = 60, 300  # the second net: an upload that nobody asked about is gone after these
PAGE_TEXTS = {
    "en": {
        "trial_title": "Try a picture",
        "trial_intro": '<header class="trial-head"><h1>Try a picture</h1><p>Drop one chest X-ray (JPEG, PNG or DICOM) '
        "and read what the model says. Nothing becomes a case and nothing is kept. "
        "<strong>Not for diagnosis.</strong></p></header>",
        "trial_file": "Chest X-ray",
        "trial_clear": "Clear the screen",
        "trial_empty": draw_empty("en"),
        "trial_home": "Back to the application",
    },
    "ko": {
        "trial_title": "영상 시험해 보기",
        "trial_intro": '<header class="trial-head"><h1>영상 시험해 보기</h1><p>흉부 X선 영상(JPEG, PNG, DICOM) 한 장을 '
        "놓으면 모델의 판단을 볼 수 있습니다. 케이스가 만들어지지 않으며 아무것도 보관하지 않습니다. "
        "<strong>진단용이 아닙니다.</strong></p></header>",
        "trial_file": "흉부 X선",
        "trial_clear": "화면 지우기",
        "trial_empty": draw_empty("ko"),
        "trial_home": "애플리케이션으로 돌아가기",
    },
}


class ForgetfulStates(StateHolder):
    """Keeps no session: Gradio would hold the last answer, picture included, in memory for ten thousand of them."""

    def __getitem__(self, session_id: str) -> SessionState:
        """A fresh state at each call."""
        return SessionState(self.blocks)


def build_page(
    predict: Predict, upload_dir: Path, home: str | None = None, max_bytes: int = MAX_TRIAL_BYTES
) -> gr.Blocks:
    """The page that asks `predict` about each file; uploads lie in `upload_dir` (made, emptied, 0700) until read.

    `home` is the address of a link back, where there is something to go back to; `max_bytes` the limit of one file.
    """
    _prepare_surroundings(upload_dir)
    text = gr.I18n(**PAGE_TEXTS)
    with gr.Blocks(
        analytics_enabled=False, title=PAGE_TEXTS["en"]["trial_title"], delete_cache=(CLEAN_SECONDS, KEEP_SECONDS)
    ) as page:
        # gr.Markdown and not gr.HTML: the latter compiles its text as a program, which our content policy forbids.
        gr.Markdown(text("trial_intro"), latex_delimiters=[])
        with gr.Row(elem_classes="trial-row"):
            with gr.Column(scale=2, min_width=300):
                upload = gr.File(label=text("trial_file"), height=260, elem_id="trial-upload")
                clear = gr.Button(text("trial_clear"), size="md", elem_id="trial-clear")
                if home:
                    gr.Button(text("trial_home"), link=home, size="md", variant="secondary", elem_id="trial-home")
            with gr.Column(scale=3, min_width=340):
                result = gr.Markdown(text("trial_empty"), latex_delimiters=[], elem_id="trial-result")
        _wire(TrialDesk(predict, upload_dir, max_bytes), upload, clear, result)
    page.i18n_instance = text
    page.has_launched = True  # mounting leaves it False, and then Gradio takes any path on this machine as an upload
    # No limit in Gradio's queue, which would say so in English only: the desk counts, and has words for it.
    return cast(gr.Blocks, page.queue(default_concurrency_limit=None))


def _prepare_surroundings(upload_dir: Path) -> None:
    shutil.rmtree(upload_dir, ignore_errors=True)  # what a killed process left behind
    upload_dir.mkdir(parents=True, mode=0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(upload_dir)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_RUN_HISTORY"] = "False"


def _wire(desk: TrialDesk, upload: gr.File, clear: gr.Button, result: gr.Markdown) -> None:
    async def answer(uploaded: dict[str, Any] | None, request: gr.Request) -> AsyncIterator[tuple[Any, str]]:
        language = _language_of(request)
        yield gr.skip(), draw_waiting(language)
        person = int(request.username) if request.username else None
        yield None, draw_answer(await desk.answer(uploaded, language, person), language)

    def wipe(request: gr.Request) -> tuple[None, str]:
        return None, draw_empty(_language_of(request))

    # Progress is ours to show: Gradio's is announced by keys that its Korean file lacks.
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # preprocess=False: gr.File would leave an empty temporary file behind at each call.
    upload.upload(answer, upload, [upload, result], preprocess=False, **quiet)
    gr.on([clear.click, upload.clear], wipe, None, [upload, result], **quiet)


def _language_of(request: gr.Request) -> str:
    return cast(str, cast(Any, request).request.scope[LANGUAGE_KEY])


def mount_page(parent: Starlette, page: gr.Blocks, path: str, gate: Callable[[ASGIApp], ASGIApp] | None = None) -> None:
    """Mount `page` at `path` of `parent` with everything off that shares, records or calls home.

    `gate` wraps all of it: where there is one, whoever it has not named in `scope[USER_KEY]` is refused once more here.
    """
    gr.mount_gradio_app(
        cast(Any, parent),  # a Starlette will do
        page,
        path,
        footer_links=[],
        run_history=False,
        app_kwargs={"openapi_url": None},
        auth_dependency=_named_person if gate else None,
        allowed_paths=[],
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=_theme(),
        css_paths=[Path(__file__).with_name("page.css")],
    )
    mount = cast(Mount, parent.routes[-1])
    states = cast(Any, ForgetfulStates)()
    states.set_blocks(page)
    cast(Any, mount.app).state_holder = states
    shell = PageShell(mount.app, {language: texts["trial_title"] for language, texts in PAGE_TEXTS.items()})
    mount.app = gate(shell) if gate else shell


def _named_person(request: gr.Request) -> str | None:
    person = cast(Any, request).scope.get(USER_KEY)
    return None if person is None else str(person)


def _theme() -> gr.themes.Base:
    # System fonts and the application's surfaces; nothing is fetched from anywhere else.
    fonts = ["system-ui", "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "sans-serif"]
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="neutral", font=fonts, font_mono="monospace")
    grounds = {"body_background_fill": ("#f4f5f6", "#111315"), "block_background_fill": ("#ffffff", "#191c1f")}
    raised = ("block_label_background_fill", "background_fill_secondary", "button_secondary_background_fill")
    edges = ("block_border_color", "button_secondary_border_color", "block_label_border_color", "border_color_primary")
    colours = grounds | dict.fromkeys(raised, ("#eef1f3", "#22262a")) | dict.fromkeys(edges, ("#d5dadf", "#2d3338"))
    colours |= {"body_text_color": ("#1b2126", "#d6dadd")}
    colours |= dict.fromkeys(("body_text_color_subdued", "block_label_text_color"), ("#55606a", "#98a2ab"))
    colours |= {"button_secondary_background_fill_hover": ("#e1e6e9", "#2d3338")}
    light = {name: pair[0] for name, pair in colours.items()}
    dark = {f"{name}_dark": pair[1] for name, pair in colours.items()}
    return theme.set(**light, **dark, block_radius="10px", button_border_width="1px")


def serve_page(bundle_directory: Path, gate: Path | str, port: int = 7860) -> None:
    """The page alone on this desk, at 127.0.0.1 only: no Django, no Celery, the network in this process.

    `gate` is the folder of what looks at each picture first, or "off". Raises BundleRejected where the bundle or the
    gate is altered or foreign. Returns at Ctrl+C.
    """
    import uvicorn

    from inference.desk import open_desk

    with open_desk(bundle_directory, gate) as predict, TemporaryDirectory(prefix="trial-") as folder:
        application = make_desk(predict, Path(folder) / "uploads")
        sys.stdout.write(f"http://127.0.0.1:{port}/\n")
        sys.stdout.flush()
        uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=3)


def make_desk(predict: Predict, upload_dir: Path) -> Starlette:
    """The page at /try of an application that answers to this machine's own names only."""
    desk = Starlette(middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])])
    desk.add_route("/", lambda _: RedirectResponse("/try/"))
    mount_page(desk, build_page(predict, upload_dir), "/try")
    return desk
