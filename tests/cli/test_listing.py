"""Commands that tell what there is."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from neuroport import doctor


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("models",), {"models"}),
        (("models", "ca3-memory"), {"name", "summary", "timestep_ms", "numerics", "options"}),
        (("backends",), {"backends"}),
        (("backends", "brian2"), {"name", "kind", "has"}),
        (("numerics",), {"numerics"}),
        (("explain",), {"codes"}),
        (("explain", "np101"), {"code", "title", "severity", "explanation"}),
        (("doctor",), {"ready", "checks"}),
    ],
)
def test_json_has_stable_keys(command, words, keys) -> None:
    result = command(*words, "--json")
    assert result.exit_code == 0
    assert set(json.loads(result.stdout)) == keys


def test_a_model_names_its_options(command) -> None:
    text = command("models", "ca3-memory").stdout
    for option in ("--experiment", "--cues", "--contents", "--rounds", "--period"):
        assert option in text


def test_backends_say_where_they_run(command) -> None:
    (brian2,) = [b for b in json.loads(command("backends", "--json").stdout)["backends"]
                 if b["name"] == "brian2"]
    assert brian2["installed"] is True
    assert brian2["runs_on"] == "simulation"
    assert brian2["versions"]["brian2"]


def test_a_backend_shows_what_it_has_and_no_more(command) -> None:
    told = command("backends", "spinnaker").stdout
    assert "hardware" in told
    assert "Vogels2011Rule with AdditiveWeightDependence" in told
    assert "HH_cond_exp" not in told
    result = command("backends", "spinaker")
    assert result.exit_code == 2
    assert "did you mean 'spinnaker'?" in result.stderr


def test_doctor_fails_and_names_the_command_for_a_missing_package(command, monkeypatch) -> None:
    real = doctor.version

    def version(name: str) -> str:
        if name == "neo":
            raise doctor.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor, "version", version)
    result = command("doctor")
    assert result.exit_code == 1
    assert "pip install 'neo" in result.stdout
    assert "something required is missing" in result.stdout


def test_doctor_sees_a_folder_that_cannot_be_written(command, monkeypatch) -> None:
    monkeypatch.setattr(
        doctor, "_writable", lambda path: "Permission denied" if "output" in str(path) else ""
    )
    result = command("doctor", "--json")
    (check,) = [c for c in json.loads(result.stdout)["checks"] if c["name"] == "results folder"]
    assert (check["state"], result.exit_code) == ("missing", 1)


def test_help_does_not_wait_for_heavy_packages() -> None:
    code = (
        "import sys\nsys.argv = ['neuroport', '--help']\nfrom neuroport.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('brian2', 'matplotlib.figure', 'nixio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_code_s_number_alone_is_enough(command) -> None:
    for code in ("101", "np101", "NP301"):
        done = command("explain", code)
        assert done.exit_code == 0
        assert done.stdout.startswith("NP")


def test_quick_commands_import_no_engine_no_arrays_and_no_figures() -> None:
    for words in (["--version"], ["--help"], ["run", "--help"], ["explain", "NP301"]):
        code = (f"import sys; sys.argv = ['neuroport', *{words}]\n"
                "from neuroport.cli import main\ntry:\n    main()\nfinally:\n"
                "    print(sorted({'numpy', 'brian2', 'neo', 'jinja2', 'matplotlib'}"
                " & set(sys.modules)), file=sys.stderr)")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                              timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stderr.splitlines()[-1] == "[]", words
