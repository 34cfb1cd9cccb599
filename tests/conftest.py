"""People with known rights, and cases to look at; the making is in tests/making.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from django.utils import translation

from cases.models import Case, ModelVersion, User
from cases.reading.shelf import forget_embeddings
from tests import making


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The test database, let go of by everybody before it is dropped: threads of async code keep their sessions."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture(autouse=True)
def language_of_the_site() -> Iterator[None]:
    """English in each test: a page that was asked for in Korean leaves its language behind in the thread."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def nothing_seen_before() -> Iterator[None]:
    """Ids begin anew with each test: what the last one left in memory belongs to other cases."""
    yield
    forget_embeddings()


@pytest.fixture
def fast_passwords(settings):
    """A cheap hash: a log-in costs a millisecond, not a third of a second."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db, fast_passwords) -> User:
    """Uploads."""
    return making.make_person("alice", "radiographer")


@pytest.fixture
def bob(db, fast_passwords) -> User:
    """Reads."""
    return making.make_person("bob", "radiologist")


@pytest.fixture
def carol(db, fast_passwords) -> User:
    """Reads second."""
    return making.make_person("carol", "radiologist")


@pytest.fixture
def erin(db, fast_passwords) -> User:
    """Adjudicates."""
    return making.make_person("erin", "radiologist")


@pytest.fixture
def dana(db, fast_passwords) -> User:
    """Administers."""
    return making.make_person("dana", "administrator")


@pytest.fixture
def mallory(db, fast_passwords) -> User:
    """May log in, and has no role."""
    return making.make_person("mallory")


@pytest.fixture
def model_version(db) -> ModelVersion:
    """The model version that runs."""
    return making.make_model()


@pytest.fixture
def a_case(db, model_version) -> Callable[..., Case]:
    """`a_case(state="ready", probability=0.91, patient=..., claimed_by=..., ...)`, see making.make_case."""
    return making.make_case


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """`client_of(alice)`: a browser in which this person has logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return log_in
