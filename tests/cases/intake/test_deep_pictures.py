"""The picture at its full depth: made once, by the reader worker, for more than 8 bits; only for who sees the case."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from cases import analysis, storage
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Case, Radiograph
from inference.deep import numbers_in
from tests.inference import pictures as made


@pytest.fixture
def read(alice, model_version):
    """A radiograph of this file, as the reader worker leaves it."""

    def read_it(data: bytes, name: str) -> Radiograph:
        content = ContentFile(data)
        upload = receive_upload(content=content, name=name, by=alice, details=UploadDetails(), kind="clinical")
        analysis.prepare_radiograph(upload.radiograph_id)
        return Radiograph.objects.get(pk=upload.radiograph_id)

    return read_it


def address(radiograph: Radiograph) -> str:
    return reverse("deep_picture", args=[radiograph.pk])


def test_the_browser_gets_every_value_of_a_12_bit_picture(read, bob, client_of):
    values = made.torso(12, (320, 288))
    radiograph = read(made.dicom(values, WindowCenter=1800, WindowWidth=2600), "chest.dcm")
    answer = client_of(bob).get(address(radiograph))
    said, numbers = numbers_in(answer.content)
    np.testing.assert_array_equal(said["low"] + numbers, values)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_picture_of_eight_bits_has_none(read, bob, client_of):
    radiograph = read(made.jpeg(made.torso(8, (320, 288))), "chest.jpg")
    assert radiograph.deep_key == ""
    assert client_of(bob).get(address(radiograph)).status_code == 404


def test_it_is_as_hidden_as_its_case(read, alice, bob, mallory, client, client_of):
    radiograph = read(made.png(made.torso(16, (320, 288))), "chest.png")
    assert client_of(alice).get(address(radiograph)).status_code == 200
    Case.objects.update(opened_by=bob, received_at=timezone.now() - timedelta(days=3))
    Radiograph.objects.update(uploaded_by=bob)
    assert client_of(alice).get(address(radiograph)).status_code == 404
    assert client_of(mallory).get(address(radiograph)).status_code == 403
    assert client.get(address(radiograph)).status_code == 302


def test_a_file_that_is_gone_is_absent(read, bob, client_of):
    radiograph = read(made.png(made.torso(16, (320, 288))), "chest.png")
    storage.remove(radiograph.deep_key)
    assert client_of(bob).get(address(radiograph)).status_code == 404
