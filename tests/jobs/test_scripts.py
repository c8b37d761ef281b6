"""Scripts get what was asked for from their context; the environment is the user's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neuroport.errors import InvalidValueError
from neuroport.jobs.run import run
from neuroport.jobs.specification import RunSpec
from neuroport.pynn.defaults import defaulting_to, defaults

SCRIPT = """
import os
import pyNN.{dialect} as sim
assert not [name for name in os.environ if name.startswith("NEUROPORT_")]
sim.setup(timestep=1.0)
cells = sim.Population(2, sim.IF_curr_exp(i_offset=1.0, tau_refrac=1.0), label="cells")
cells.record("spikes")
sim.run(20.0)
"""


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the user's variables away."""
    for name in [name for name in os.environ if name.startswith("NEUROPORT_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(("imported", "dialect"), [("nest", "pynn"), ("spiNNaker", "spynnaker")])
def test_options_reach_a_script_without_the_environment(
    tmp_path: Path, imported: str, dialect: str
) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(dialect=imported))
    before = dict(os.environ)
    report = run(RunSpec(str(path), backend="nest", options={"threads": 2}, numerics="pynn",
                         seed=7))
    assert report.status == "ok", report.error
    assert report.result is not None
    about = report.result.information
    assert (about["backend"], about["seed"], about["dialect"]) == ("nest", 7, dialect)
    assert dict(os.environ) == before
    assert defaults().backend == "brian2"


def test_whoever_runs_a_script_goes_before_the_user_s_variables(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROPORT_BACKEND", "nest")
    monkeypatch.setenv("NEUROPORT_SEED", "5")
    with defaulting_to(backend="spinnaker", numerics=None):
        with defaulting_to(seed=6):
            inner = defaults()
        assert defaults().seed == 5
    assert (inner.backend, inner.seed, inner.numerics) == ("spinnaker", 6, "pynn")
    assert defaults().backend == "nest"


@pytest.mark.parametrize(("name", "text"), [
    ("SEED", "many"), ("BACKEND_OPTIONS", "{machine: here}"), ("BACKEND_OPTIONS", "[1]")])
def test_variables_that_cannot_be_read_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(f"NEUROPORT_{name}", text)
    with pytest.raises(InvalidValueError, match=f"NEUROPORT_{name}"):
        defaults()
