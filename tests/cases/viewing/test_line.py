"""The next case's picture, fetched ahead: the one that "next" would take, and nothing is claimed, opened or told."""

from __future__ import annotations

import json

from django.urls import reverse

from cases.models import Case, Event
from cases.reading import services
from tests import making


def ahead(client) -> list[str]:
    return json.loads(client.get(reverse("next_pictures")).content)["pictures"]


def test_it_is_the_picture_of_the_case_that_next_takes(bob, client_of):
    making.make_case()
    urgent = making.make_case(priority="urgent", seed=1)
    client = client_of(bob)
    assert ahead(client) == [reverse("picture", args=[urgent.radiographs.get().pk])]
    assert services.claim_next(by=bob) == urgent
    assert ahead(client) != [reverse("picture", args=[urgent.radiographs.get().pk])]


def test_nothing_is_claimed_or_opened_and_nothing_of_the_model_is_told(bob, client_of):
    case = making.make_case(probability=0.91)
    before = Event.objects.count()
    answer = client_of(bob).get(reverse("next_pictures"))
    assert json.loads(answer.content) == {"pictures": [reverse("picture", args=[case.radiographs.get().pk])]}
    assert Case.objects.get(pk=case.pk).claimed_by is None
    assert Event.objects.count() == before


def test_a_deep_picture_comes_along(bob, client_of):
    radiograph = making.make_case().radiographs.get()
    radiograph.deep_key = "deep/x.bin"
    radiograph.save(update_fields=["deep_key"])
    assert ahead(client_of(bob)) == [reverse(name, args=[radiograph.pk]) for name in ("picture", "deep_picture")]


def test_what_was_skipped_is_passed_over_and_an_empty_line_is_empty(bob, client_of):
    first, second = making.make_case(minutes_ago=9), making.make_case(seed=1)
    client = client_of(bob)
    client.post(reverse("claim_case", args=[first.pk]))
    client.post(reverse("skip_case", args=[first.pk]))
    services.release(case=Case.objects.get(pk=second.pk), by=bob)
    assert ahead(client) == [reverse("picture", args=[second.radiographs.get().pk])]
    services.claim(case=Case.objects.get(pk=second.pk), by=bob)
    assert ahead(client) == []
