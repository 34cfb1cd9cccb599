"""`manage.py add_model`: what an administrator decided stays unless somebody says why it is replaced."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from cases.models import Activation, ModelVersion
from cases.oversight.services import activate_model, stop_model
from pneumo_site.demo.preparation import COMMANDS
from tests import making
from tests.inference.small_bundle import small_bundle

pytestmark = pytest.mark.django_db
PROPOSED = {"sensitive": 0.2, "specific": 0.7}
OTHERS = {"sensitive": 0.1, "specific": 0.4}


@pytest.fixture
def add(tmp_path, settings, capsys):
    """Give the command for the bundle of a version; what it said."""
    settings.MODELS_DIR = tmp_path / "models"

    def run(number: str, *words: str) -> str:
        folder = tmp_path / number
        if not folder.exists():
            small_bundle(folder, version=number)
        call_command("add_model", str(folder), *words)
        return capsys.readouterr().out

    return run


def version(number: str) -> ModelVersion:
    return ModelVersion.objects.get(name="small", version=number)


def test_a_bundle_is_registered_and_the_first_is_activated_without_a_reason(add):
    assert "small 1.0 is registered" in add("1.0")
    assert not version("1.0").active
    assert "sensitive 0.2, specific 0.7" in add("1.0", "--activate")
    assert (version("1.0").active, version("1.0").running_thresholds) == (True, PROPOSED)


def test_another_version_is_activated_with_a_reason_alone(add):
    add("1.0", "--activate")
    with pytest.raises(CommandError, match=r"small 1\.0 runs\. Say why .* --reason TEXT") as refused:
        add("2.0", "--activate")
    assert refused.value.returncode == 2
    assert version("1.0").active
    add("2.0", "--activate", "--reason", "better on our own cases")
    assert (version("1.0").active, version("2.0").active) == (False, True)
    assert Activation.objects.first().reason == "better on our own cases"
    assert Activation.objects.first().replaced == version("1.0")


def test_thresholds_are_decided_by_the_command_and_kept(add, dana):
    add("1.0", "--activate", "--sensitive", "0.3", "--specific", "0.6")
    assert version("1.0").running_thresholds == {"sensitive": 0.3, "specific": 0.6}
    assert "sensitive 0.3, specific 0.6" in add("1.0", "--activate")
    assert Activation.objects.count() == 1, "it runs already, with just these"
    with pytest.raises(CommandError, match="--reason TEXT"):
        add("1.0", "--activate", "--specific", "0.8")
    add("1.0", "--activate", "--specific", "0.8", "--reason", "fewer alarms")
    assert version("1.0").running_thresholds == {"sensitive": 0.3, "specific": 0.8}
    activate_model(version=version("1.0"), by=dana, reason="as before")
    assert version("1.0").running_thresholds == {"sensitive": 0.3, "specific": 0.8}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sensitive", "0.3"], "--sensitive belongs to --activate"),
        (["--reason", "why not"], "--reason belongs to --activate"),
        (["--activate", "--sensitive", "1.5"], "1.5 is no share from 0 to 1"),
        (["--activate", "--sensitive", "0.9"], "at most the specific one"),
        (["--activate", "--reason", "?"], "at least three characters"),
        (["--activate", "--activate-first"], "not allowed with"),
    ],
)
def test_what_is_refused_says_what_to_do_and_activates_nothing(add, words, message):
    with pytest.raises(CommandError, match=message):
        add("1.0", *words)
    assert not ModelVersion.objects.filter(active=True).exists()


def test_the_first_of_its_name_alone_is_activated_by_a_start(add, dana):
    assert "is active" in add("1.0", "--activate-first")
    activate_model(version=version("1.0"), by=dana, reason="our own points", thresholds=OTHERS)
    assert "sensitive 0.1" in add("1.0", "--activate-first")
    assert "small 1.0 runs" in add("2.0", "--activate-first")
    assert (version("1.0").running_thresholds, version("2.0").active) == (OTHERS, False)
    stop_model(version=version("1.0"), by=dana, reason="no longer wanted")
    assert "no version of it runs" in add("2.0", "--activate-first")


def test_a_start_of_the_demo_leaves_what_an_administrator_activated(dana, settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "models"
    (words,) = (words for words in COMMANDS if words[0] == "add_model")
    call_command(*words)
    shipped = ModelVersion.objects.get(name="pneumonia")
    assert shipped.active
    activate_model(version=making.make_model("99.0", active=False), by=dana, reason="our own", thresholds=OTHERS)

    call_command(*words)

    running = ModelVersion.objects.get(name="pneumonia", active=True)
    assert (running.version, running.running_thresholds) == ("99.0", OTHERS)


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit):
        call_command("add_model", "--help")
    assert "python manage.py add_model bundles/pneumonia --activate --reason" in capsys.readouterr().out
