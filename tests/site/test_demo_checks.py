"""Before anything is started: a sentence and a way out."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pneumo_site.demo import checks
from pneumo_site.demo.errors import DemoError


def test_a_taken_port_is_named_with_a_free_one_to_take_instead():
    with socket.socket() as holder:
        holder.bind((checks.HOST, 0))
        holder.listen(1)
        taken = holder.getsockname()[1]
        with pytest.raises(DemoError) as caught:
            checks.check_port(taken)
    assert f"Port {taken}" in caught.value.sentence
    free = int(caught.value.way_out.rpartition("PORT=")[2])
    assert free != taken
    checks.check_port(free)


def test_too_little_room_says_how_much_is_there_and_how_much_is_needed(tmp_path):
    with pytest.raises(DemoError, match=r"GB free; the demo needs 1000000000\.0 GB") as caught:
        checks.check_disk(tmp_path, needed=10**18)
    assert "DATA=folder" in caught.value.way_out


def test_enough_room_is_enough(tmp_path):
    checks.check_disk(tmp_path, needed=1)


@pytest.mark.parametrize(
    ("version", "redis_url", "accepted"),
    [
        ((3, 10, 1), "", False),
        ((3, 11, 0), "", True),
        ((3, 12, 9), "", True),
        ((3, 13, 1), "", False),
        ((3, 13, 1), "redis://127.0.0.1:6379/0", True),
        ((3, 10, 1), "redis://127.0.0.1:6379/0", False),
    ],
)
def test_a_newer_python_needs_a_redis_of_its_own(version, redis_url, accepted):
    if accepted:
        checks.check_python(version, redis_url)
    else:
        with pytest.raises(DemoError, match=f"Python {checks.dotted(version)}"):
            checks.check_python(version, redis_url)


def test_a_folder_of_pictures_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DemoError, match="There is no folder") as caught:
        checks.check_images(tmp_path / "x-rays")
    assert str(tmp_path / "x-rays") in caught.value.sentence
    assert "IMAGES=" in caught.value.way_out


def test_the_message_has_the_sentence_the_end_of_the_log_and_the_way_out():
    error = DemoError("It broke.", "Mend it.", ["line one", "line two"])
    assert str(error) == "It broke.\n    line one\n    line two\nMend it."


def test_this_machine_passes_the_check_of_its_own_python():
    checks.check_python(checks.current_version(), "redis://" if Path("/nowhere").exists() else "")
