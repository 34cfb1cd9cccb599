"""What holds on every page for people who don't see it well or use no mouse; asked of the page itself."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

HOME = Path(__file__).parent
STOPS = 12  # of the Tab key; the header and the first controls of the page


def problems_of(page: Page) -> list[str]:
    """What is missing on this page: labels, names, alternative texts, a visible focus."""
    found = list(page.evaluate((HOME / "basics_names.js").read_text()))
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        found.append(page.evaluate((HOME / "basics_focus.js").read_text()))
    return [problem for problem in dict.fromkeys(found) if problem]
