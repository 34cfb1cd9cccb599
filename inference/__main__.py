"""`python -m inference`: predict on files, open the trial page, list what is read."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.answers import DEFAULT_BUNDLE, answer_files, files_under, open_engine
from inference.bundle import Bundle
from inference.errors import BundleRejected
from inference.gate import DEFAULT_GATE, OFF, gate_named

ANSWERED, REFUSED, WRONG_USE = 0, 1, 2
EXAMPLES = """\
examples:
  python -m inference predict chest.dcm
  python -m inference predict drawing.png --gate off
  python -m inference predict folder/ more.png --json > answers.jsonl
  python -m inference page --port 7860
  python -m inference page --gate off
  python -m inference formats folder/ --markdown

exit codes: 0 every file was answered, 1 some were refused, 2 wrong use
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except FileNotFoundError as error:
        return _complain(str(error))
    except BundleRejected as error:
        return _complain(f"{error.message(options.language)} {error.next_step(options.language)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m inference",
        description="Chest X-rays in, probabilities out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(language="ko" if os.environ.get("LANG", "").startswith("ko") else "en")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_predict(commands)
    _add_page(commands)
    _add_formats(commands)
    return parser


def _add_predict(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    predict = commands.add_parser(
        "predict",
        help="probabilities for files and folders",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    predict.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER", help="JPEG, PNG or DICOM")
    predict.add_argument("--json", action="store_true", help="one JSON object per file and line, on stdout")
    predict.add_argument("--language", choices=("en", "ko"), default=argparse.SUPPRESS, help="of the sentences")
    _add_bundle_and_gate(predict)
    predict.set_defaults(run=_predict)


def _add_page(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    page = commands.add_parser("page", help="the trial page alone, on this machine")
    page.add_argument("--port", type=int, default=7860, help="on 127.0.0.1 (default %(default)s)")
    _add_bundle_and_gate(page)
    page.set_defaults(run=_page)


def _add_formats(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    formats = commands.add_parser("formats", help="what is read of a folder, and what is refused")
    formats.add_argument("folder", type=Path, metavar="FOLDER")
    formats.add_argument("--markdown", action="store_true", help="the whole page docs/formats.md")
    formats.set_defaults(run=_formats)


def _add_bundle_and_gate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE, metavar="DIR", help="the model's directory")
    without = "only size, shape, colour and header are judged"
    parser.add_argument(
        "--gate", default=str(DEFAULT_GATE), metavar="DIR", help=f"the gate's directory; {OFF}: {without}"
    )


def _predict(options: argparse.Namespace) -> int:
    from inference.answer_table import print_lines, print_table, with_progress

    files = files_under(options.paths)
    bundle, gate = Bundle.open(options.bundle), gate_named(options.gate)
    with open_engine(bundle) as engine:
        answers = with_progress(answer_files(files, bundle, engine, gate), files)
        refused = (print_lines if options.json else print_table)(answers, bundle, options.language)
    return REFUSED if refused else ANSWERED


def _page(options: argparse.Namespace) -> int:
    from inference.page import serve_page  # gradio only for who opens the page

    serve_page(options.bundle, options.gate, options.port)
    return ANSWERED


def _formats(options: argparse.Namespace) -> int:
    from inference.formats import lines_of, markdown

    lines = lines_of(options.folder, files_under([options.folder]))
    sys.stdout.write(markdown(lines) if options.markdown else "".join(f"{line.to_markdown()}\n" for line in lines))
    return ANSWERED


def _complain(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return WRONG_USE


if __name__ == "__main__":
    sys.exit(main())
