"""Private memory: reckoned against what the released programs take on the emulated board."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from neuroport_spinnaker.checks import collect
from neuroport_spinnaker.checks.memory import memory
from neuroport_spinnaker.chip.dtcm import BUDGET, delay_core, most_delayed
from neuroport_spinnaker.chip.static_memory import STACKS, STATIC
from neuroport_spinnaker.errors import CoreFailedError
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.case import Case

import neuroport
from neuroport.backend.planning import prepare_for_target
from neuroport.errors import CheckFailedError
from neuroport.machines import load_target

from .memory_cases import CASES, MemoryCase, into

pytestmark = pytest.mark.filterwarnings("ignore")

# The room for spikes that a Poisson core records grows with the busiest cell; it is reckoned for
# what is exceeded once in 10^9 steps. All other parts are exact.
POISSON_ABOVE = 0.02


def emulated(case: MemoryCase) -> Any:
    sim = neuroport.simulator("spinnaker-emulated", timestep=case.timestep, seed=7,
                              numerics="spinnaker", dialect="spynnaker", **case.options)
    case.build(sim)
    return sim


def filters_of(core: Any) -> int:
    """Return the bytes of the blocks that a program takes last, behind its queue of spikes."""
    queue = 4 * 256 + 16
    if queue not in core.blocks or "poisson" in core.binary:
        return 0
    last = len(core.blocks) - 1 - core.blocks[::-1].index(queue)
    return sum(size + 8 for size in core.blocks[last + 1:])


def case_of(network: Any, **options: Any) -> Case:
    return Case(network, load_target("spinn5"), Options(**options))


@pytest.mark.usefixtures("toolchain")
def test_the_table_of_programs_is_that_of_the_installed_release() -> None:
    tool = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "private_memory.py"))
    images = tool["images"]()
    assert {name: images[name] for name in STATIC} == STATIC
    assert tool["STACKS"] == STACKS


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_every_core_takes_what_was_reckoned(board: None, case: MemoryCase) -> None:
    sim = emulated(case)
    reckoned: dict[str, list[Any]] = {}
    for cores in case_of(sim.network(), **case.options).memory.values():
        for core in cores:
            reckoned.setdefault(core.binary, []).append(core)
    sim.run(10 * case.timestep)
    measured: dict[str, tuple[int, int]] = {}
    for core in sim.state.session._board.private_memory():
        name = core.binary.removesuffix(".aplx")
        measured[name] = max(measured.get(name, (0, 0)), (core.used, filters_of(core)))
    sim.end()
    assert set(measured) == set(reckoned)
    for name, (used, filters) in measured.items():
        needed = max(c.needed for c in reckoned[name])
        if name == "spike_source_poisson":
            assert used <= needed <= used * (1.0 + POISSON_ABOVE)
            continue
        assert used - filters == needed
        # The programs load as many of their filters as there is room for and need.
        assert used <= min(BUDGET, max(c.needed + c.filters for c in reckoned[name]))


@pytest.mark.slow
def test_the_largest_core_that_is_said_to_fit_starts_and_one_cell_more_does_not(
    board: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def case(size: int) -> MemoryCase:
        return MemoryCase("", into(timing="pair", size=size, delay=15.0, probability=0.1,
                                   sources=40))

    fits = max(
        n for n in range(200, 257)
        if case_of(emulated(case(n)).network()).memory["cells"][0].needed <= BUDGET
    )
    assert 200 < fits < 256
    sim = emulated(case(fits))
    sim.run(10.0)
    (core,) = [c for c in sim.state.session._board.private_memory() if "stdp" in c.binary]
    assert core.free < 600  # the room for one more cell
    sim.end()
    with pytest.raises(CheckFailedError, match="NP330"):
        emulated(case(fits + 1)).run(10.0)
    monkeypatch.setattr(
        collect, "_CHECKS", tuple(c for c in collect._CHECKS if c is not memory))
    for size, words in ((fits + 1, "RUN_TIME_EXCEPTION"), (256, "Out of DTCM")):
        sim = emulated(case(size))
        with pytest.raises(CoreFailedError, match=words):
            sim.run(10.0)
        sim.end()


def test_a_core_without_room_is_an_error_with_cells_that_fit(spinnaker: Any) -> None:
    sim = spinnaker(numerics="spinnaker", dialect="spynnaker")
    into(timing="pair", size=256, delay=15.0, probability=0.1)(sim)
    prepared = prepare_for_target(sim.network(), "spinn5")
    (one,) = [f for f in prepared.findings if f.code == "NP330"]
    assert one.severity.blocks
    assert one.data["needed"] > BUDGET == one.data["budget"]
    fixed = prepared.planning.fix()
    assert fixed.per_core == {"cells": one.data["neurons_per_core"]}
    assert "NP330" not in {f.code for f in fixed.prepared.findings}
    expected = prepared.planning.predict()
    assert not expected.fits
    assert expected.dtcm_bytes == one.data["needed"]
    assert fixed.prepared.planning.predict().fits


def test_the_budget_is_the_target_s(spinnaker: Any, tmp_path: Path) -> None:
    sim = spinnaker()
    into(size=100)(sim)
    text = (Path(neuroport.__file__).parent / "machines" / "spinn5.toml").read_text()
    (tmp_path / "small.toml").write_text(text.replace("data_bytes = 65536", "data_bytes = 16384"))
    found = prepare_for_target(sim.network(), str(tmp_path / "small.toml")).findings
    assert "NP330" in {f.code for f in found}
    assert "NP330" not in {f.code for f in prepare_for_target(sim.network(), "spinn5").findings}


def test_delays_leave_room_on_the_core_that_delays(spinnaker: Any) -> None:
    """256 sources and a delay of 200 steps: 256 blocks of 264 bytes would not fit."""
    assert delay_core(256, 128, 1).needed > BUDGET
    assert 0 < most_delayed(128, 1) < 256
    assert delay_core(most_delayed(128, 1), 128, 1).needed <= BUDGET
    sim = spinnaker()
    into(delay=200.0, size=256, sources=256)(sim)
    case = case_of(sim.network())
    assert max(c.needed for cores in case.memory.values() for c in cores) <= BUDGET
    assert [f.code for f in collect.check(case)].count("NP306") == 1


def test_a_population_gets_stages_of_one_length(spinnaker: Any) -> None:
    sim = spinnaker()
    pre = sim.Population(4, sim.SpikeSourceArray(spike_times=[1.0]), label="pre")
    for size, delay in ((256, 50.0), (100, 100.0)):
        post = sim.Population(size, sim.IF_curr_exp(tau_refrac=1.0), label=f"{size}")
        sim.Projection(pre, post, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=0.1, delay=delay))
    found = {f.code for f in collect.check(case_of(sim.network()))}
    assert "NP306" in found
    assert "NP331" not in found
    kept = case_of(sim.network(), neurons_per_core={"256": 256, "100": 100})
    assert "NP331" in {f.code for f in collect.check(kept)}


def test_a_user_s_own_number_is_kept_and_judged_where_spikes_are_delayed(spinnaker: Any) -> None:
    sim = spinnaker()
    into(delay=200.0, size=256, sources=256)(sim)
    prepared = prepare_for_target(
        sim.network(), "spinn5", neurons_per_core={"source 0": 256})
    (one,) = [f for f in prepared.findings if f.code == "NP330"]
    assert (one.data["kind"], one.where) == (
        "delays", "population 'source 0', core that delays its spikes")
    fixed = prepared.planning.fix()
    assert fixed.per_core == {"source 0": one.data["neurons_per_core"]}
    assert "NP330" not in {f.code for f in fixed.prepared.findings}


@pytest.mark.parametrize(("longest", "per_core"), [
    (64, 256), (65, 128), (128, 128), (129, 64), (1000, 16), (2049, 2), (4096, 2),
])
def test_no_more_cores_than_a_delay_needs(spinnaker: Any, longest: int, per_core: int) -> None:
    """2^14 places for cells, two receptors and half the longest delay; all of it from 2049 on."""
    sim = spinnaker()
    into(delay=float(longest), size=256, sources=4)(sim)
    assert case_of(sim.network()).layouts["cells"].per_core == per_core


@pytest.mark.slow
@pytest.mark.usefixtures("toolchain")
@pytest.mark.parametrize(("build", "kinds"), [
    (into(delay=200.0, size=256, sources=256), {"source": 2, "delays": 2, "cells": 4}),
    (into("IF_cond_exp", timing="pair", weight="multiplicative", size=300),
     {"source": 1, "synapses": 2, "cells": 2}),
])
def test_a_plan_has_the_memory_of_every_core(
    spinnaker: Any, build: Any, kinds: dict[str, int]
) -> None:
    """Also of cores that delay spikes or take them in, and as many of them as were expected."""
    sim = spinnaker(numerics="spinnaker", dialect="spynnaker")
    build(sim)
    made = prepare_for_target(sim.network(), "spinn5").planning.plan(10.0)
    assert made.application_cores == made.prediction.cores == sum(kinds.values())
    mine = [c for c in made.cores if not c.monitor]
    assert all(c.dtcm is not None and 0 < c.dtcm <= made.dtcm_limit for c in mine)
    assert all(c.dtcm is None for c in made.cores if c.monitor)
    assert made.dtcm == made.prediction.dtcm_bytes
    data = made.as_dict()
    assert data["dtcm"] == max(p["dtcm"] or 0 for p in data["placements"])
    assert {m.kind for s in made.prediction.populations for m in s.dtcm} == set(kinds)
    assert "private memory (DTCM, estimated)" in str(made)
    assert sum(row["delay cores"] for row in made.rows()) == kinds.get("delays", 0)
    assert max(row["DTCM a core (kB)"] for row in made.rows()) == round(made.dtcm / 1e3, 1)
    # Cores that are not full need less.
    sizes = {(c.last - c.first + 1, c.dtcm) for c in mine if c.population == "cells"}
    assert len(sizes) > 1 or len({n for n, _ in sizes}) == 1
