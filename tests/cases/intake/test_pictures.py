"""Pictures: ours, for those who may see the case, kept by no cache."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases import storage


@pytest.fixture(params=["picture", "thumbnail"])
def address(request):
    """The URL of one of the two."""
    return lambda radiograph: reverse(request.param, args=[radiograph.pk])


def test_it_is_the_jpeg_that_we_made(a_case, bob, client_of, address):
    radiograph = a_case().radiographs.get()
    answer = client_of(bob).get(address(radiograph))
    assert answer.content == storage.get(radiograph.rendition_key)
    assert answer.headers["Content-Type"] == "image/jpeg"


def test_no_cache_keeps_it_and_its_name_says_nothing(a_case, bob, client_of, address):
    headers = client_of(bob).get(address(a_case().radiographs.get())).headers
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("inline; filename=")
    assert "chest" not in headers["Content-Disposition"]


def test_a_case_out_of_sight_is_as_absent_as_one_that_does_not_exist(a_case, alice, client_of, address):
    hidden = a_case(minutes_ago=3 * 24 * 60).radiographs.get()
    client = client_of(alice)
    assert client.get(address(hidden)).status_code == 404
    hidden.pk = 987654
    assert client.get(address(hidden)).status_code == 404


def test_nobody_is_sent_to_the_login_and_no_role_gets_nothing(a_case, mallory, client, client_of, address):
    radiograph = a_case().radiographs.get()
    assert client.get(address(radiograph)).status_code == 302
    assert client_of(mallory).get(address(radiograph)).status_code == 403


def test_a_picture_that_nobody_has_read_yet_is_absent(a_case, bob, client_of, address):
    assert client_of(bob).get(address(a_case(state="received").radiographs.get())).status_code == 404


def test_a_file_that_is_gone_is_absent_too(a_case, bob, client_of, address):
    radiograph = a_case(seed=7).radiographs.get()
    storage.remove(radiograph.rendition_key, radiograph.thumbnail_key)
    assert client_of(bob).get(address(radiograph)).status_code == 404


def test_the_original_has_no_address(a_case, bob, client_of):
    radiograph = a_case().radiographs.get()
    for url in (
        f"/{radiograph.original_key}",
        f"/media/{radiograph.original_key}",
        f"/objects/{radiograph.original_key}",
    ):
        assert client_of(bob).get(url).status_code == 404
