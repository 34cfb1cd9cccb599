"""The data folder, its lock, its keys, and what the processes are told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pneumo_site.demo.environment import build_environment
from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.family import MARK
from pneumo_site.demo.folder import LONGEST_SOCKET_PATH, Folder, open_folder
from pneumo_site.demo.keys import USERS, keep_keys

ADDRESS = "http://127.0.0.1:8000/"


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path, tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_second_demo_on_the_same_data_is_told_who_has_it(tmp_path):
    with (
        open_folder(tmp_path / "var", ADDRESS),
        pytest.raises(DemoError, match="already runs") as caught,
        open_folder(tmp_path / "var", ADDRESS),
    ):
        pass
    assert ADDRESS in caught.value.sentence
    assert "DATA=folder" in caught.value.way_out


def test_the_data_folder_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with open_folder(tmp_path / "var", ADDRESS) as folder:
            assert folder.data.is_dir()


def test_sockets_have_a_private_place_with_a_short_path_that_goes_at_the_end(tmp_path):
    with open_folder(tmp_path / ("deep" * 40), ADDRESS) as folder:
        assert mode(folder.run) == 0o700
        assert len(str(folder.redis_socket)) <= LONGEST_SOCKET_PATH
    assert not folder.run.exists()


def test_the_run_folder_of_a_demo_that_was_killed_is_removed_at_the_next_start(tmp_path):
    left = tmp_path / "pneumo-demo-left"
    left.mkdir()
    (tmp_path / "demo.lock").write_text(f'{{"pid": 1, "run": "{left}"}}')
    with open_folder(tmp_path, ADDRESS):
        assert not left.exists()


def test_a_data_folder_that_cannot_be_written_is_named():
    with pytest.raises(DemoError, match="can't be written") as caught, open_folder(Path("/proc/nothing"), ADDRESS):
        pass
    assert "/proc/nothing" in caught.value.sentence


def test_keys_are_made_once_and_only_the_owner_reads_them(folder):
    first = keep_keys(folder)
    folder.keys.chmod(0o644)
    assert keep_keys(folder) == first
    assert mode(folder.keys) == 0o600


def test_every_user_has_a_password_of_its_own_and_every_folder_its_own_keys(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (keep_keys(Folder(tmp_path / name, tmp_path)) for name in "ab")
    passwords = [*one.passwords.values(), *other.passwords.values()]
    assert tuple(one.passwords) == USERS
    assert len(set(passwords)) == 6
    assert min(map(len, passwords)) >= 16
    assert one.secret_key != other.secret_key
    assert one.event_key != one.secret_key


def test_a_database_without_its_keys_is_not_given_new_ones(folder):
    folder.database.touch()
    with pytest.raises(DemoError, match="is missing, but the database") as caught:
        keep_keys(folder)
    assert "backup" in caught.value.way_out
    assert not folder.keys.exists()


def test_a_key_that_was_deleted_from_the_file_is_named(folder):
    keep_keys(folder)
    lines = folder.keys.read_text().splitlines()
    folder.keys.write_text("\n".join(line for line in lines if not line.startswith("EVENT_KEY")))
    with pytest.raises(DemoError, match="has no EVENT_KEY"):
        keep_keys(folder)


def test_what_the_caller_has_set_is_left_as_it_is_and_nothing_counts_as_not_set(folder):
    given = {"REDIS_URL": "redis://127.0.0.1:1/0", "SITE_KIND": "", "DATA_DIR": "/elsewhere", "HOME": ""}
    told = build_environment(given, folder, keep_keys(folder))
    assert told["REDIS_URL"] == "redis://127.0.0.1:1/0"
    assert told["SITE_KIND"] == "demo"
    assert told["DATA_DIR"] == told[MARK] == told["HOME"] == str(folder.data)


def test_the_keys_of_the_data_folder_do_not_come_from_elsewhere(folder):
    keys = keep_keys(folder)
    told = build_environment({"SECRET_KEY": "of another project", "DJANGO_SETTINGS_MODULE": "other"}, folder, keys)
    assert (told["SECRET_KEY"], told["EVENT_KEY"]) == (keys.secret_key, keys.event_key)
    assert told["DJANGO_SETTINGS_MODULE"] == "pneumo_site.settings"


def test_the_passwords_are_not_in_the_environment_of_the_programs(folder):
    keys = keep_keys(folder)
    told = build_environment({}, folder, keys)
    assert not set(keys.passwords.values()) & set(told.values())
