"""Timing of the emulated board from outside: what is chosen, what is labelled, what is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neuroport_spinnaker.machine.emulation import Emulation
from neuroport_spinnaker.machine.lost_spikes import losses
from neuroport_spinnaker.toolchain.phases import BUILD, READ, RUN, Phases

import neuroport
from neuroport.errors import BackendMissingError, InvalidValueError, UnknownArgumentError

pytestmark = pytest.mark.filterwarnings("ignore")


# -- choosing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "words"), [
    ({"timing": "fast"}, "ideal or loaded"),
    ({"pace": "quick"}, "1:10"),
    ({"pace": "1:0"}, "1:10"),
    ({"threads": 0}, "1 or more"),
    ({"timing": "fast", "threads": -1}, r"(?s)timing.*threads"),
])
def test_choices_that_do_not_exist_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        neuroport.simulator("spinnaker-emulated", **options)


def test_a_machine_has_no_timing_to_choose() -> None:
    with pytest.raises(UnknownArgumentError, match="timing"):
        neuroport.simulator("spinnaker", timing="loaded")


def test_only_loaded_timing_is_approximate() -> None:
    assert not Emulation().approximate
    assert Emulation().findings() == []
    assert "approximate" not in Emulation().label
    loaded = Emulation("loaded", "1:1")
    assert loaded.label == (
        "unofficial emulated board, timing 'loaded', which is approximate, pace 1:1")
    (found,) = loaded.findings()
    assert (found.code, found.severity.value) == ("NP342", "warning")
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, timing="loaded")
    sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0))
    assert [f.code for f in sim.check() if f.severity.rank].count("NP342") == 1


# -- findings --------------------------------------------------------------------------------------


def board_report() -> Any:
    return pytest.importorskip("neuroport_spinnaker.board.report", exc_type=ImportError)


def core(place: tuple[int, int, int], dropped: int = 0, **counted: int) -> Any:
    x, y, p = place
    return board_report().CoreReport(
        (x, y), p, "IF_curr_exp.aplx", 17, "PAUSED", 0, (0,) * 16, 1, 0, 0, dropped, 0, "", counted
    )


def report(*cores: Any) -> Any:
    return board_report().BoardReport(
        "127.0.0.2", 4, 1, "loaded", 0.0, 0.0, 0, 0, 0, 0, 0, 0, {}, 0, 0, cores=list(cores)
    )


WHERE = [
    {"x": 0, "y": 0, "p": 1, "of": "a", "label": "a(0:9)"},
    {"x": 0, "y": 0, "p": 2, "of": "a", "label": "a(10:19)"},
    {"x": 1, "y": 0, "p": 3, "of": "b", "label": "b_delayed"},
]


def test_losses_are_summed_by_population_and_name_the_worst_core() -> None:
    found = losses(report(
        core((0, 0, 1), late_spikes=3), core((0, 0, 2), 40, late_spikes=4, timer_overruns=1),
        core((1, 0, 3), ring_buffer_saturations=7),
    ), WHERE, "timing 'loaded', approximate")
    assert [f.where for f in found] == ["population 'a'", "population 'b'"]
    first, second = found
    assert first.data == {"core": [0, 0, 2], "late_spikes": 7, "timer_overruns": 1,
                          "packets_dropped": 40}
    assert "late spikes 7" in first.measured
    assert "most on core 0,0,2" in first.measured
    assert "approximate" in first.measured
    assert "more to do in a step" in first.why
    assert second.data["ring_buffer_saturations"] == 7
    assert "cut off" in second.why
    assert second.fixes == ("smaller weights, or inputs spread over several steps",)


def test_nothing_lost_is_no_finding() -> None:
    assert losses(report(core((0, 0, 1), late_spikes=0)), WHERE) == ()


def test_a_core_of_no_population_is_named_by_its_program() -> None:
    (found,) = losses(report(core((3, 3, 3), 5)), WHERE)
    assert found.where == "IF_curr_exp.aplx"


# -- time ------------------------------------------------------------------------------------------


def test_phases_share_out_the_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 2.0, 10.0, 20.0, 30.0, 38.0, 50.0, 51.0])
    monkeypatch.setattr("neuroport_spinnaker.toolchain.phases.time.monotonic", lambda: next(clock))
    phases = Phases()
    with phases.during(BUILD):
        pass
    with phases.running() as told:  # 10 s, of which 7 are told
        told |= {"mapping": 3.0, READ: 4.0}
    with phases.running() as told:  # 8 s, of which 2 are new
        told |= {"mapping": 3.0, READ: 6.0}
    phases.begin()  # another process counts from zero
    with phases.running() as told:
        told |= {"mapping": 1.0}
    assert phases.as_dict() == {BUILD: 2.0, "mapping": 4.0, READ: 6.0, RUN: 9.0}


# -- runs ------------------------------------------------------------------------------------------


def small(timing: str) -> tuple[Any, Any, Any, Any]:
    """Return spikes, v, weights and findings of a network that asks little of a board."""
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, seed=7, numerics="spinnaker",
                              timing=timing)
    source = sim.Population(20, sim.SpikeSourcePoisson(rate=40.0), label="source")
    cells = sim.Population(
        20, sim.IF_curr_exp(tau_refrac=1.0, i_offset=0.5, v_thresh=-60.0), label="cells")
    learns = sim.Projection(
        source, cells, sim.FixedProbabilityConnector(0.5), sim.STDPMechanism(
            timing_dependence=sim.SpikePairRule(A_plus=0.01, A_minus=0.01),
            weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=4.0),
            weight=2.0, delay=sim.RandomDistribution("uniform", (1.0, 9.0))))
    sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.2),
                   sim.StaticSynapse(weight=-0.5, delay=2.0), receptor_type="inhibitory")
    cells.record(["spikes", "v"])
    sim.run(300.0)
    block = cells.get_data()
    assert ("approximate" in block.annotations["engine"]) == (timing == "loaded")
    segment = block.segments[-1]
    spikes = [t.magnitude for t in segment.spiketrains]
    weights = np.array(learns.get("weight", format="list"))
    v = segment.filter(name="v")[0].magnitude
    findings = sim.findings
    sim.end()
    return spikes, v, weights, findings


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_loaded_equals_ideal_where_nothing_is_heavy() -> None:
    spikes, v, weights, found = small("ideal")
    assert sum(map(len, spikes)) > 100
    assert len(set(weights[:, -1])) > 20  # they learnt
    loaded = small("loaded")
    # Work takes time there: a row may be processed after a cell's spike of the same step instead
    # of before it, and that pair then counts the other way round. Everything else is the same.
    paired_otherwise = (loaded[2] != weights).any(axis=1)
    assert paired_otherwise.mean() < 0.05
    same = np.setdiff1d(np.arange(20), weights[paired_otherwise, 1].astype(int))
    assert len(same) >= 15
    np.testing.assert_equal([loaded[0][k] for k in same], [spikes[k] for k in same])
    np.testing.assert_array_equal(loaded[1][:, same], v[:, same])
    assert {f.code for f in loaded[3]} - {f.code for f in found} == {"NP342"}
    assert "NP341" not in {f.code for f in loaded[3]}


HEAVY = """
import neuroport.pynn as sim
sim.setup(timestep=1.0)
target = sim.Population(64, sim.IF_curr_exp(tau_refrac=1.0), label="swamped")
for k in range(12):
    burst = sim.Population(250, sim.SpikeSourceArray(spike_times=[20.0, 21.0, 22.0]))
    sim.Projection(burst, target, sim.FixedNumberPostConnector(40),
                   sim.StaticSynapse(weight=0.001, delay=1.0))
calm = sim.Population(5, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="calm")
for p in (target, calm):
    p.record("spikes")
sim.run(40.0)
sim.end()
"""


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_an_overloaded_population_is_found_and_the_timing_is_labelled(tmp_path: Path) -> None:
    script = tmp_path / "heavy.py"
    script.write_text(HEAVY, encoding="utf-8")
    told = {}
    for timing in ("ideal", "loaded"):
        done = subprocess.run(
            [sys.executable, "-m", "neuroport", "run", str(script), "-b", "spinnaker-emulated",
             "--numerics", "spinnaker", "--timing", timing, "--output", str(tmp_path / timing),
             "--no-plots", "--json"],
            capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        told[timing] = json.loads(done.stdout)
    counted = {}
    for timing, answer in told.items():
        (lost,) = [f for f in answer["findings"] if f["code"] == "NP341"]
        assert lost["where"] == "population 'swamped'"  # and not 'calm'
        assert len(lost["data"]["core"]) == 3
        counted[timing] = lost["data"]
        stored = json.loads((tmp_path / timing / "run.json").read_text())
        assert stored["engine"]["timing"] == timing
        assert stored["engine"]["approximate"] == (timing == "loaded")
        assert "unofficial" in stored["engine"]["label"]
        assert "NP341" in (tmp_path / timing / "findings.json").read_text()
        # the whole time is shared out, and every phase that must be there is
        phases = answer["phases_s"]
        assert {"tool-chain start", "building", "machine", "mapping", "loading", "simulation", READ,
                "neuroport", "saving and figures"} <= set(phases)
        assert sum(phases.values()) == pytest.approx(
            answer["seconds"] + phases["starting the command"] + phases["saving and figures"],
            abs=0.05)
        assert stored["phases_s"]["loading"] == phases["loading"]
    # queues without an end lose nothing, queues of four do
    assert "packets_dropped" not in counted["ideal"]
    assert counted["ideal"]["input_buffer_overflows"] > 1000
    assert counted["loaded"]["packets_dropped"] > 1000
    assert counted["loaded"]["late_spikes"] > 0
    label = told["loaded"]["runs"][0]["engine"]["label"]
    assert "approximate" in label
    assert [f["code"] for f in told["loaded"]["findings"]].count("NP342") == 1
    assert all(f["code"] != "NP342" for f in told["ideal"]["findings"])


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_saturated_sums_and_steps_that_are_too_long_are_found_in_ideal_timing_too() -> None:
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, numerics="spinnaker")
    # Room is made for what 300 sources send at 30 Hz; they send so that all arrives at once.
    together = sim.Population(300, sim.SpikeSourceArray(
        spike_times=[sim.Sequence([30.0 - k % 10]) for k in range(300)]), label="together")
    drowned = sim.Population(1, sim.IF_curr_exp(tau_refrac=1.0), label="drowned")
    sim.Projection(together, drowned, sim.FromListConnector(
        [(k, 0, 5.0, 1.0 + k % 10) for k in range(300)]), sim.StaticSynapse())
    sim.run(50.0)
    (cut,) = [f for f in sim.findings if f.code == "NP341"]
    assert cut.where == "population 'drowned'"
    assert set(cut.data) == {"core", "ring_buffer_saturations"}
    sim.end()
    hurried = neuroport.simulator(
        "spinnaker-emulated", timestep=0.1, numerics="spinnaker",
        configuration={"Machine": {"time_scale_factor": "1"}},  # sPyNNaker would choose 10
    )
    hurried.Population(256, hurried.IF_curr_exp(tau_refrac=1.0, i_offset=1.0), label="hurried")
    hurried.run(20.0)
    hurried.run(20.0)
    (late,) = [f for f in hurried.findings if f.code == "NP341"]  # one, counted on
    assert late.where == "population 'hurried'"
    assert late.data["callback_queue_overloads"] > 50
    assert "more to do in a step" in late.why
    hurried.end()


def one_cell(**options: Any) -> Any:
    sim = neuroport.simulator(
        "spinnaker-emulated", timestep=1.0, numerics="spinnaker", **options)
    sim.Population(50, sim.IF_curr_exp(tau_refrac=1.0, i_offset=2.0), label="cells").record(
        "spikes")
    return sim


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_long_runs_show_progress_and_nobody_sleeps_their_time() -> None:
    sim = one_cell()
    seen: list[float] = []
    sim.progress = lambda now, target: seen.append(now)
    sim.run(60_000.0)
    account = sim.state.account
    assert account["phases_s"]["simulation"] < 45.0  # a board would take 60 s
    assert account["virtual_s"] > 60.0
    assert seen == sorted(seen)
    # At least after each piece of 20 000 steps; more often where a piece takes long.
    assert {20_000.0, 40_000.0} <= set(seen)
    assert seen[-1] == 60_000.0
    assert account["cores"] == 1  # no monitors
    sim.end()


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_a_paced_board_keeps_wall_time_and_monitors_can_be_asked_for() -> None:
    sim = one_cell(pace="1:1", configuration={"Machine": {
        "enable_advanced_monitor_support": "True", "enable_reinjection": "True"}})
    sim.run(2_000.0)
    account = sim.state.account
    assert account["phases_s"]["simulation"] >= 2.0
    assert account["label"].endswith("pace 1:1")
    assert account["cores"] > 4  # one monitor on each of four chips
    sim.end()


# -- without a compiler ----------------------------------------------------------------------------


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an installation without a C compiler."""
    import importlib.util

    for name in [n for n in sys.modules if n.startswith("neuroport_spinnaker.board")]:
        monkeypatch.delitem(sys.modules, name)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec",
        lambda name, *rest: None if name.endswith("._engine") else find(name, *rest),
    )


@pytest.mark.usefixtures("no_engine")
def test_without_a_compiler_only_the_emulated_board_is_missing_and_doctor_says_so() -> None:
    from neuroport.doctor import examine

    sim = one_cell()
    assert sim.check() is not None  # needs no board
    with pytest.raises(BackendMissingError, match=r"(?s)not built.*way out.*C compiler"):
        sim.run(1.0)
    states = {c.name: c for c in examine()}
    board = states["backend spinnaker-emulated"]
    assert board.state == "optional"
    assert "not built" in board.found
    assert "C compiler" in board.fix
    assert states["backend brian2"].state == "ok"


@pytest.mark.usefixtures("no_engine")
def test_without_a_compiler_the_command_of_the_board_says_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import typer
    from neuroport_spinnaker.commandline import board

    with pytest.raises(typer.Exit) as ended:
        board()
    assert ended.value.exit_code == 2
    assert "install a C compiler" in capsys.readouterr().err
