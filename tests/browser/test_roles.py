"""Everybody logs in by the form and sees what the role may see."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STAFF = ["Worklist", "Try a picture", "Models"]
SENDERS = ["Worklist", "Upload", "My uploads", "Try a picture", "Models"]


@pytest.mark.parametrize(
    ("person", "links"),
    [("alice", SENDERS), ("bob", STAFF), ("carol", STAFF), ("dana", [*SENDERS, "Status", "Admin"])],
)
def test_the_header_leads_to_what_the_role_may_see(visit, person, links):
    page = visit.log_in(person)
    expect(page.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(links)
    expect(page.get_by_role("heading", level=1)).to_have_text("Worklist")
