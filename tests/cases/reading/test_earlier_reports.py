"""Earlier reports of the patient are read whole on the case page, by who may see them."""

from __future__ import annotations

from django.urls import reverse

from cases.models import Case
from cases.reading.services import claim, sign
from tests.making import make_patient

LONG = "Opacity in the right lower zone. " + "No effusion. " * 20 + "Control in six weeks."
FINDING = [{"pattern": "lobar", "side": "right", "zone": "lower"}]


def page_of(client, case) -> str:
    return client.get(reverse("case", args=[case.pk])).content.decode()


def make_followed_up(a_case, reader) -> tuple[Case, Case]:
    """(now, signed before) of one patient."""
    patient = make_patient()
    before = claim(case=a_case(patient=patient, seed=1, minutes_ago=3000), by=reader)
    sign(case=before, by=reader, version=before.version, verdict="pneumonia", comment=LONG, findings=FINDING)
    return a_case(patient=patient), before


def test_text_and_findings_stand_whole_behind_one_key(a_case, client_of, carol, bob):
    now, before = make_followed_up(a_case, carol)
    page = page_of(client_of(bob), now)
    assert LONG in page
    assert "lobar consolidation" in page
    assert '<summary data-key="&amp;"' in page or '<summary data-key="&"' in page
    assert f'href="{reverse("report", args=[before.pk])}"' in page


def test_its_own_page_does_not_take_the_place_of_a_case_in_hand(a_case, client_of, carol, bob):
    now, before = make_followed_up(a_case, carol)
    link = f'href="{reverse("report", args=[before.pk])}" target="_blank" rel="noopener"'
    assert link not in page_of(client_of(bob), now)
    claim(case=now, by=bob)
    assert link in page_of(client_of(bob), now)


def test_what_is_kept_back_is_not_unfolded(a_case, client_of, carol, bob):
    now, before = make_followed_up(a_case, carol)
    Case.objects.filter(pk=before.pk).update(kept_back="second")
    page = page_of(client_of(bob), now)
    assert LONG not in page
    assert "lobar consolidation" not in page.split('id="earlier-title"')[1].split("</section>")[0]
    assert before.number in page
