"""Targets, and sizes without mapping."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from neuroport_spinnaker.options import Options

from neuroport.backend import load_backend
from neuroport.backend.planning import prepare_for_target
from neuroport.errors import FileFormatError, InvalidValueError
from neuroport.machines import load_target, target_names
from neuroport.machines.load import UnknownTargetError

pytestmark = pytest.mark.filterwarnings("ignore")


def test_targets_are_data_with_sources() -> None:
    assert {"spinn3", "spinn5"} <= set(target_names())
    for name in target_names():
        target = load_target(name)
        assert target.sources
        assert target.application_cores < target.geometry.cores
    assert load_target("spinn5").geometry.chips == 48


def test_an_unknown_target_names_the_nearest() -> None:
    with pytest.raises(UnknownTargetError, match="did you mean 'spinn5'"):
        load_target("spin5")


def test_a_wrong_target_file_names_every_mistake(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('description = "x"\n[geometry]\nboards = -1\n[budget]\nspeed = 3\n')
    with pytest.raises(FileFormatError) as caught:
        load_target(file)
    text = str(caught.value)
    for name in ("boards", "speed", "sdram_bytes", "family"):
        assert name in text


@pytest.mark.parametrize(("line", "words"), [
    ("chips = 0", "whole number from 1"), ("chips = 1.5", "whole number from 1"),
    ("chips = 2000", "do not fit into the grid"), ("cores_per_chip = 1", "takes all cores"),
    ("version = 99", "2, 3, 4, 5"), ("sdram_bytes = 0", "whole number from 1"),
    ("clock_hertz = inf", "number from 1"), ("chipz = 48", "did you mean 'chips'"),
    ("boards = 60", "fewer chips than boards"),
])
def test_a_target_file_with_one_mistake_says_which(
    tmp_path: Path, line: str, words: str
) -> None:
    import neuroport

    text = (Path(neuroport.__file__).parent / "machines" / "spinn5.toml").read_text()
    name = line.split()[0].replace("chipz", "chips")
    lines = [line if old.startswith(f"{name} =") else old for old in text.splitlines()]
    assert "\n".join(lines) != text.rstrip()
    (tmp_path / "mine.toml").write_text("\n".join(lines))
    with pytest.raises(FileFormatError, match=words):
        load_backend("spinnaker", target=str(tmp_path / "mine.toml"))


def test_wrong_options_are_named_together() -> None:
    with pytest.raises(InvalidValueError) as caught:
        Options(poisson="x", neurons_per_core=0, machine="a", spalloc="b")  # type: ignore[arg-type]
    assert len(caught.value.problems) == 3


def test_100_000_cells_are_predicted_in_seconds(spinnaker: Any) -> None:
    sim = spinnaker()
    cells = sim.Population(100_000, sim.IF_curr_exp(tau_refrac=1.0), label="many")
    sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.0001),
                   sim.StaticSynapse(weight=0.1, delay=1.0))
    network = sim.network()
    began = time.perf_counter()
    expected = prepare_for_target(network, "spinn5-triad").planning.predict()
    assert time.perf_counter() - began < 10.0
    assert expected.cores == 391
    assert expected.fits


def test_a_network_beyond_the_machine_is_found(spinnaker: Any) -> None:
    sim = spinnaker()
    sim.Population(20_000, sim.IF_curr_exp(tau_refrac=1.0), label="many")
    found = prepare_for_target(sim.network(), "spinn3").findings
    assert [f.code for f in found if f.severity.blocks] == ["NP323"]


@pytest.mark.slow
@pytest.mark.usefixtures("toolchain")
def test_below_a_millisecond_spikes_are_taken_in_by_further_cores(spinnaker: Any) -> None:
    """Where sPyNNaker splits neurons from their synapses, the prediction does too."""
    sim = spinnaker(timestep=0.1, numerics="spinnaker")
    alone = sim.Population(300, sim.IF_curr_exp(tau_refrac=1.0), label="alone")
    cells = sim.Population(300, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    sim.Projection(alone, cells, sim.FixedProbabilityConnector(0.1),
                   sim.StaticSynapse(weight=0.1, delay=1.0))
    made = prepare_for_target(sim.network(), "spinn5").planning.plan(100.0)
    assert [row["cores"] for row in made.rows()] == [2, 4]
    assert [(s.cores, s.synapse_cores) for s in made.prediction.populations] == [(2, 0), (2, 2)]
    assert made.prediction.cores == made.application_cores == 6


@pytest.mark.slow
@pytest.mark.usefixtures("toolchain")
def test_a_network_beyond_one_board_is_planned_on_three(spinnaker: Any) -> None:
    sim = spinnaker(numerics="spinnaker")
    first, second = (
        sim.Population(450, sim.IF_curr_exp(tau_refrac=1.0), label=label)
        for label in ("first", "second")
    )
    sim.Projection(first, second, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=0.1, delay=1.0))
    network = sim.network()
    prepared = prepare_for_target(network, "spinn5", neurons_per_core=1)
    assert "NP323" in {f.code for f in prepared.findings}
    made = prepare_for_target(network, "spinn5-triad", neurons_per_core=1).planning.plan(100.0)
    assert made.boards == 3
    assert made.application_cores == made.prediction.cores == 900
    placed = {(c.x, c.y, c.p) for c in made.cores if not c.monitor}
    assert len(placed) == 900
    assert made.prediction.boards == 2
    # A board has 48 chips: more of them are in use than one has.
    assert made.application_chips > 48
    assert 0 < max(made.routing.values()) <= made.routing_limit
    assert set(made.compressed) == set(made.routing)
    assert all(made.compressed[chip] <= n for chip, n in made.routing.items())
    # 450 keys of one population that all pass the same way are one entry.
    assert 0 < sum(made.compressed.values()) < sum(made.routing.values())
