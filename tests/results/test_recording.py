"""Stored results come back as they were, whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import neo
import numpy as np
import pytest
import quantities as pq

import neuroport
from neuroport.errors import FileFormatError, NotReadyError
from neuroport.output.naming import default_directory
from neuroport.output.writing import write_folder
from neuroport.results import OutputError, load_results, save_results


@pytest.fixture
def sim() -> Any:
    """Two populations after two segments."""
    sim = neuroport.simulator("brian2", timestep=0.1, seed=3)
    cells = sim.Population(6, sim.IF_curr_exp(i_offset=1.0), label="cells")
    cells[1:4].record("v")
    cells[2:6].record("spikes")
    silent = sim.Population(2, sim.IF_curr_exp(), label="silent")
    silent.record("spikes")
    sim.run(60.0)
    sim.reset()
    sim.run(30.0)
    return sim


def blocks_of(sim: Any) -> list[Any]:
    return [p.get_data() for p in sim.state.populations]


def test_blocks_come_back_as_they_were(sim: Any, tmp_path: Path) -> None:
    save_results(sim, tmp_path / "out")
    stored = load_results(tmp_path / "out")
    assert [b.name for b in stored.blocks] == ["cells", "silent"]
    for before, after in zip(blocks_of(sim), stored.blocks, strict=True):
        assert len(after.segments) == len(before.segments) == 2
        for old, new in zip(before.segments, after.segments, strict=True):
            assert [t.annotations["source_index"] for t in new.spiketrains] == [
                t.annotations["source_index"] for t in old.spiketrains
            ]
            for a, b in zip(old.spiketrains, new.spiketrains, strict=True):
                np.testing.assert_array_equal(a.rescale("ms").magnitude, b.magnitude)
                assert a.t_stop == b.t_stop
            for a, b in zip(old.analogsignals, new.analogsignals, strict=True):
                np.testing.assert_array_equal(a.magnitude, b.magnitude)
                assert (a.name, a.units, a.sampling_rate) == (b.name, b.units, b.sampling_rate)
    assert stored.n_spikes > 0


def test_provenance_survives(sim: Any, tmp_path: Path) -> None:
    save_results(sim, tmp_path / "out", information={"command": "by hand"})
    stored = load_results(tmp_path / "out")
    annotations = stored.blocks[0].annotations
    provenance = sim.state.provenance()
    assert provenance["network_hash"]
    for name, value in provenance.items():
        assert annotations[name] == value, name
    assert stored.information["command"] == "by hand"
    assert stored.information["seed"] == 3
    assert stored.information["versions"]["brian2"]
    assert stored.network is not None
    assert stored.network.hash == sim.network().hash == stored.information["network_hash"]


@pytest.mark.parametrize("umask", [0o022, 0o007, 0o077])
def test_files_are_for_whom_the_umask_says(sim: Any, tmp_path: Path, umask: int) -> None:
    """A group that shares its results has set it so; whoever shares none, too."""
    before = os.umask(umask)
    try:
        folder = save_results(sim, tmp_path / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~umask
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}
    assert modes == dict.fromkeys(
        ("results.nix", "network.network", "findings.json", "run.json"), 0o666 & ~umask
    )


def test_nothing_is_overwritten(sim: Any, tmp_path: Path) -> None:
    save_results(sim, tmp_path / "out")
    with pytest.raises(OutputError, match="is not empty"):
        save_results(sim, tmp_path / "out")


def test_a_place_that_cannot_be_written_is_named(sim: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="could not be written"):
        save_results(sim, tmp_path / "file" / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(sim: Any, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        save_results(sim, tmp_path / "closed" / "out")


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "first").write_text("x")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_folder(tmp_path / "out", fill)
    assert list(tmp_path.iterdir()) == []


def test_incomplete_results_are_refused(sim: Any, tmp_path: Path) -> None:
    folder = save_results(sim, tmp_path / "out")
    with pytest.raises(FileFormatError, match="no stored results"):
        load_results(tmp_path)
    (folder / "results.nix").write_bytes(b"damaged")
    with pytest.raises(FileFormatError, match="damaged"):
        load_results(folder)
    (folder / "results.nix").unlink()
    with pytest.raises(FileFormatError, match=r"missing: results\.nix"):
        load_results(folder)
    (folder / "run.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(FileFormatError, match="format 99"):
        load_results(folder)


def test_nothing_to_save_is_said(tmp_path: Path) -> None:
    sim = neuroport.simulator("brian2")
    with pytest.raises(NotReadyError, match="no results yet"):
        save_results(sim, tmp_path / "out")


def test_default_directory_is_new_and_plain(tmp_path: Path) -> None:
    first = default_directory("my model/2", "0123456789abcdef", tmp_path)
    assert first.parent == tmp_path / "neuroport-output"
    assert first.name.startswith("my-model-2-01234567-")
    first.mkdir(parents=True)
    assert default_directory("my model/2", "0123456789abcdef", tmp_path) != first


def test_thousands_of_cells_are_stored_quickly(tmp_path: Path) -> None:
    block = neo.Block(name="many", size=4000)
    segment = neo.Segment()
    block.segments.append(segment)
    for cell in range(4000):
        segment.spiketrains.append(
            neo.SpikeTrain([1.0, cell / 100] * pq.ms, t_stop=50 * pq.ms, source_index=cell)
        )
    began = time.perf_counter()
    save_results([block], tmp_path / "out")
    assert time.perf_counter() - began < 8.0  # a train a cell would take more than a minute
    (stored,) = load_results(tmp_path / "out").blocks
    assert [len(t) for t in stored.segments[0].spiketrains] == [2] * 4000
    assert float(max(stored.segments[0].spiketrains[2500])) == 25.0


@pytest.mark.parametrize("ending", ["nix", "pkl"])
def test_pynn_s_write_data(sim: Any, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"cells.{ending}"
    sim.state.populations[0].write_data(str(path), "spikes")
    block = neo.io.get_io(str(path), mode="ro").read_block() if ending == "nix" \
        else neo.PickleIO(str(path)).read_block()
    assert len(block.segments[0].spiketrains) == 4
    assert block.annotations["seed"] == 3
