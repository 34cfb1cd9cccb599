"""`python -m tests.browser.screenshots`: make the pictures of docs/tour.md anew, all or those whose names are given."""

from __future__ import annotations

import os
import sys

import pytest

from tests.stack import ROOT

if __name__ == "__main__":
    os.environ["SCREENSHOTS_INTO"] = str(ROOT / "docs" / "screenshots")
    only = ["-k", " or ".join(sys.argv[1:])] if sys.argv[1:] else []
    sys.exit(pytest.main(["-q", "-p", "no:randomly", "-m", "long", *only, str(ROOT / "tests/browser/test_tour.py")]))
