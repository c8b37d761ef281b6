"""One type from the run to the comparison: what a simulator recorded, stored, loaded, joined."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neo
import numpy as np
import pytest
import quantities as pq

import neuroport
from neuroport.compare import RecordingFormatError, compare
from neuroport.jobs.run import run
from neuroport.jobs.saving import save
from neuroport.jobs.specification import RunSpec
from neuroport.results import Result, collect, join_results, load_results, load_run, save_results


def simulate(seed: int = 3, runs: int = 1, backend: Any = None) -> Any:
    sim = neuroport.simulator("brian2", timestep=0.5, seed=seed)
    if backend is not None:
        sim.state.backend = backend(sim.state.backend)
    source = sim.Population(5, sim.SpikeSourcePoisson(rate=200.0), label="source")
    cells = sim.Population(6, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    cells.record(["spikes", "v"])
    sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=2.0, delay=1.0),
                   label="in")
    for number in range(runs):
        if number:
            sim.reset()
        sim.run(40.0)
    return sim


def same(one: Result, other: Result) -> None:
    """Hold two results against each other on every rung, and their data."""
    found = compare(one, other)
    assert str(found.verdict) == "identical", str(found)
    assert one.populations == other.populations
    assert one.n_spikes == other.n_spikes > 0
    assert one.structure is not None and other.structure is not None
    assert dict(one.structure.sizes) == dict(other.structure.sizes)
    for label, projection in one.structure.projections.items():
        np.testing.assert_array_equal(projection.weight,
                                      other.structure.projections[label].weight)


@pytest.mark.parametrize("runs", [1, 2])
def test_what_is_stored_is_what_was_collected(tmp_path: Path, runs: int) -> None:
    made = collect(simulate(runs=runs))
    save_results(made, tmp_path / "out")
    same(made, load_results(tmp_path / "out"))
    same(made, load_run(tmp_path / "out"))
    assert made.populations == (("cells",) if runs == 1 else ("cells, run 1", "cells, run 2"))
    (block,) = load_results(tmp_path / "out").blocks
    assert len(block.segments) == runs


def test_several_simulators_keep_apart(tmp_path: Path) -> None:
    made = join_results([collect(simulate(seed)) for seed in (1, 2)], name="both")
    assert made.populations == ("simulator 1, cells", "simulator 2, cells")
    assert made.structure is not None
    assert made.structure.projections["simulator 2, in"].presynaptic == "simulator 2, source"
    save_results(made, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["simulator-1", "simulator-2"]
    loaded = load_run(tmp_path / "out")
    same(made, loaded)
    assert [one.information["seed"] for one in loaded.simulators] == [1, 2]


def test_a_run_and_its_folder_are_the_same_result(tmp_path: Path) -> None:
    spec = RunSpec("ca3-memory", backend="brian2", traces=2)
    report = run(spec)
    folder = save(report, tmp_path / "out")
    assert report.result is not None and folder is not None
    same(report.result, load_run(folder))
    assert report.result.score is not None
    assert report.result.score.outcomes.tolist() == [1.0] * 9
    stored = json.loads((folder / "run.json").read_text())["specification"]
    assert RunSpec.from_dict(stored) == spec


@pytest.mark.parametrize("step", [None, 0.25, 2.0**-15])
def test_traces_are_judged_in_the_steps_that_the_backend_declares(step: float | None) -> None:
    def declared(backend: Any) -> Any:
        return SimpleNamespace(
            information=backend.information,
            capabilities=replace(backend.capabilities, kind="emulated", recording_step=step))

    sim = simulate()
    sim.state.backend = declared(sim.state.backend)
    made = collect(sim)
    assert made.signal_resolution("cells", "v") == step
    assert made.information["recording_step"] == step


def test_the_machines_declare_the_step_of_their_recordings() -> None:
    from neuroport.backend import backend_class

    # s16.15, as sPyNNaker's binaries record it.
    for name, step in (("spinnaker", 2.0**-15), ("spinnaker-emulated", 2.0**-15),
                       ("brian2", None), ("nest", None)):
        assert backend_class(name).capabilities.recording_step == step


def test_a_folder_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    folder = save_results(simulate(), tmp_path / "out")
    about = json.loads((folder / "run.json").read_text())
    del about["recording_step"]
    for runs_on, step in (("emulated", 2.0**-15), ("simulation", None)):
        (folder / "run.json").write_text(json.dumps({**about, "runs_on": runs_on}))
        assert load_run(folder).signal_resolution("cells", "v") == step


def test_blocks_without_a_time_step_say_what_was_assumed(tmp_path: Path) -> None:
    block = neo.Block(name="cells")
    block.segments.append(neo.Segment())
    block.segments[0].spiketrains.append(
        neo.SpikeTrain([1.0, 2.0] * pq.ms, t_stop=5 * pq.ms, source_index=0))
    save_results([block], tmp_path / "out")
    assert "assumed" in load_results(tmp_path / "out").provenance["time step"]
    with pytest.raises(RecordingFormatError, match="--timestep"):
        load_run(tmp_path / "out")
    assert load_run(tmp_path / "out", timestep=0.1).timestep == 0.1
