"""Everybody logs in by the form and sees what the role may see."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STAFF = ["Worklist", "Try a picture", "Models"]
SENDERS = ["Worklist", "Upload", "My uploads", "Try a picture", "Models"]
CLOSED = "This page is not open to you"


@pytest.mark.parametrize(
    ("person", "links", "closed"),
    [
        ("alice", SENDERS, ["/status/"]),
        ("bob", [*STAFF, "My figures"], ["/status/"]),
        ("dana", [*SENDERS, "Agreement", "Status", "Admin"], []),
    ],
)
def test_the_header_leads_to_what_the_role_may_see(visit, person, links, closed):
    page = visit.log_in(person)

    expect(page.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(links)
    expect(page.get_by_role("heading", level=1)).to_have_text("Worklist")
    expect(page.get_by_role("button", name="Next case")).to_have_count(1 if person == "bob" else 0)
    for address in closed:
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text(CLOSED)


def test_whoever_has_no_role_sees_nothing_of_a_patient(visit, clinic):
    page = visit("mallory")
    (case_id,) = clinic.bring_in(clinic.draw("a.jpg"), patient_id="P-311", patient_name="Kim Younghee")

    for address in ("/", f"/cases/{case_id}/", "/uploads/", "/models/"):
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text(CLOSED)
        expect(page.locator("body")).not_to_contain_text("Younghee")
    expect(page.get_by_role("navigation", name="Main")).to_have_count(0)


def test_nobody_is_led_to_the_log_in_and_on_to_where_they_wanted(visit):
    page = visit()
    page.goto("/models/")

    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    expect(page.locator(".notice")).to_contain_text("Please log in to see that page.")


def test_a_wrong_password_is_said_and_logging_out_ends_the_visit(visit):
    page = visit.log_in("carol")
    page.locator("summary", has_text="Carol").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("User name").fill("carol")
    page.get_by_label("Password").fill("not hers")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_contain_text("The user name or the password is not right.")
    visit.logins.pop("carol")  # that session has ended
