"""Mistakes of a user: each is answered by a named error at the user's own line."""

from __future__ import annotations

import dataclasses
import re
import signal
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import neo
import numpy as np
import pytest
import quantities as pq

import neuroport
from neuroport import errors

HERE = Path(__file__).name
nan = float("nan")


def sim_of(**options: Any) -> Any:
    return neuroport.simulator("brian2", **{"timestep": 1.0, "codegen": "numpy", **options})


def cells(sim: Any, n: int = 3, **parameters: Any) -> Any:
    return sim.Population(n, sim.IF_curr_exp(**parameters))


def join(sim: Any, connector: Any = None, synapse: Any = None, **options: Any) -> Any:
    pre, post = cells(sim), cells(sim)
    return sim.Projection(pre, post, connector or sim.AllToAllConnector(),
                          synapse or sim.StaticSynapse(weight=0.1), **options)


# name -> (what is done, error, what the message must say)
MISTAKES: dict[str, tuple[Callable[[Any], Any], type[Exception], list[str]]] = {
    "misspelt parameters, both": (
        lambda s: s.IF_curr_exp(tau_mm=20.0, v_treshold=-50.0), errors.UnknownParameterError,
        ["2 problems", "'tau_mm'", "did you mean 'tau_m'", "'v_treshold'", "v_thresh"]),
    "misspelt in set": (
        lambda s: cells(s).set(tau_sin_E=2.0), errors.UnknownParameterError, ["tau_syn_E"]),
    "misspelt synapse parameter": (
        lambda s: s.StaticSynapse(wieght=0.1), errors.UnknownParameterError, ["weight"]),
    "misspelt initial value": (
        lambda s: cells(s).initialize(vv=1.0), errors.UnknownParameterError, ["'vv'"]),
    "NaN parameter": (
        lambda s: cells(s, tau_m=nan), errors.InvalidValueError, ["tau_m", "NaN"]),
    "NaN in a list": (
        lambda s: cells(s, tau_m=[1.0, nan, 2.0]), errors.InvalidValueError, ["NaN in 1 of 3"]),
    "NaN from a function": (
        lambda s: cells(s, tau_m=lambda i: i * nan), errors.InvalidValueError, ["NaN in 3 of 3"]),
    "NaN weight": (
        lambda s: s.StaticSynapse(weight=nan), errors.InvalidValueError, ["weight", "NaN"]),
    "NaN from a distance": (
        lambda s: join(s, synapse=s.StaticSynapse(weight="d*float('nan')")),
        errors.InvalidValueError, ["weight", "9 of 9"]),
    "NaN in a connection list": (
        lambda s: s.FromListConnector([(0, 1, nan, 1.0)]), errors.ConnectorError, ["NaN"]),
    "NaN spike time": (
        lambda s: s.Population(1, s.SpikeSourceArray(spike_times=[1.0, nan])),
        errors.InvalidValueError, ["spike_times"]),
    "NaN initial value": (
        lambda s: cells(s).initialize(v=nan), errors.InvalidValueError, ["'v'"]),
    "infinite weight": (
        lambda s: s.StaticSynapse(weight=float("inf")), errors.InvalidValueError, ["infinite"]),
    "negative size": (lambda s: cells(s, -3), errors.InvalidSizeError, ["-3", "1 or more"]),
    "size zero": (lambda s: cells(s, 0), errors.InvalidSizeError, ["0", "1 or more"]),
    "fractional size": (
        lambda s: cells(s, 2.5), errors.InvalidSizeError, ["2.5", "int("]),  # type: ignore[arg-type]
    "values that do not fit": (
        lambda s: cells(s, tau_m=[1.0, 2.0]), errors.InvalidSizeError, ["(2,)", "3"]),
    "negative time constant": (
        lambda s: cells(s, tau_m=-20.0), errors.InvalidValueError, ["-20", "above 0"]),
    "zero capacitance": (lambda s: cells(s, cm=0.0), errors.InvalidValueError, ["above 0"]),
    "view outside": (lambda s: cells(s)[[0, 7]], errors.InvalidSizeError, ["7", "0 to 2"]),
    "delay 0": (
        lambda s: join(s, synapse=s.StaticSynapse(delay=0.0)), errors.DelayError,
        ["0 ms", "1 ms (one time step)", "way out"]),
    "plastic delay 0": (
        lambda s: join(s, synapse=s.STDPMechanism(
            s.SpikePairRule(), s.AdditiveWeightDependence(), delay=0)), errors.DelayError,
        ["0 ms", "one time step"]),
    "delay below min_delay": (
        lambda s: join(sim_of(min_delay=3.0), synapse=s.StaticSynapse(delay=2.0)),
        errors.DelayError, ["2 ms", "3 ms (min_delay)"]),
    "delay above max_delay": (
        lambda s: join(sim_of(max_delay=5.0), synapse=s.StaticSynapse(delay=9.0)),
        errors.DelayError, ["9 ms", "5 ms", "raise max_delay"]),
    "positive inhibition": (
        lambda s: join(s, receptor_type="inhibitory"), errors.WeightSignError,
        ["0.1", "'inhibitory'", "9 of 9", "dialect='spynnaker'"]),
    "negative excitation": (
        lambda s: join(s, synapse=s.StaticSynapse(weight=-0.1)), errors.WeightSignError,
        ["-0.1", "receptor_type='inhibitory'"]),
    "unknown receptor": (
        lambda s: join(s, receptor_type="exitatory"), errors.UnsupportedError,
        ["'exitatory'", "excitatory, inhibitory", "did you mean 'excitatory'"]),
    "synapses to a source": (
        lambda s: s.Projection(cells(s), s.Population(1, s.SpikeSourceArray()),
                               s.AllToAllConnector(), s.StaticSynapse()),
        errors.UnsupportedError, ["receives nothing"]),
    "probability above 1": (
        lambda s: s.FixedProbabilityConnector(1.5), errors.ConnectorError, ["1.5", "0 to 1"]),
    "negative number": (
        lambda s: s.FixedNumberPreConnector(-1), errors.ConnectorError, ["-1", "0 or more"]),
    "array of another shape": (
        lambda s: join(s, s.ArrayConnector(np.ones((2, 3), dtype=bool))),
        errors.ConnectorError, ["(2, 3)", "(3, 3)"]),
    "list of cells that do not exist": (
        lambda s: join(s, s.FromListConnector([(0, 1, 0.1, 1.0), (9, 1, 0.1, 1.0)])),
        errors.ConnectorError, ["9 in row 1", "0 to 2"]),
    "column names that do not fit": (
        lambda s: s.FromListConnector([(0, 1, 0.5)], column_names=("weight", "delay")),
        errors.ConnectorError, ["2 names for 1"]),
    "class instead of connector": (
        lambda s: join(s, s.AllToAllConnector), errors.ConnectorError, ["write the parentheses"]),
    "too many without replacement": (
        lambda s: join(s, s.FixedTotalNumberConnector(99, with_replacement=False)),
        errors.ConnectorError, ["99", "9 pairs"]),
    "no self-connection in one cell": (
        lambda s: (lambda p: s.Projection(p, p, s.FixedNumberPreConnector(
            1, allow_self_connections=False), s.StaticSynapse()))(cells(s, 1)),
        errors.ConnectorError, ["at least two cells"]),
    "weights of a wrong shape": (
        lambda s: join(s, synapse=s.StaticSynapse(weight=np.ones((2, 2)))),
        errors.InvalidSizeError, ["(2, 2)"]),
    "weights of another wrong shape": (
        lambda s: join(s, synapse=s.StaticSynapse(weight=np.ones((1, 2)))),
        errors.InvalidSizeError, ["(1, 2)"]),
    "too much memory": (
        lambda s: s.Projection(cells(s, 50_000), cells(s, 50_000), s.AllToAllConnector(),
                               s.StaticSynapse()),
        errors.NetworkTooLargeError, ["2,500,000,000 synapses", "300.0 GB", "sparser"]),
    "unsorted spike times": (
        lambda s: s.Population(1, s.SpikeSourceArray(spike_times=[5.0, 2.0])),
        errors.InvalidValueError, ["5 ms is followed by 2 ms", "sorted("]),
    "negative spike time": (
        lambda s: s.Population(1, s.SpikeSourceArray(spike_times=[-5.0])),
        errors.InvalidValueError, ["-5 ms"]),
    "unknown variable": (
        lambda s: cells(s).record("gsyn_exc"), errors.UnsupportedError,
        ["'gsyn_exc'", "isyn_exc", "spikes"]),
    "sampling between steps": (
        lambda s: cells(s).record("v", sampling_interval=1.5), errors.InvalidTimeError,
        ["1.5 ms", "2 ms"]),
    "run backwards": (lambda s: s.run(-1.0), errors.InvalidTimeError, ["-1", "0 ms or more"]),
    "run NaN": (lambda s: s.run(nan), errors.InvalidTimeError, ["nan"]),
    "run for ever": (lambda s: s.run(float("inf")), errors.InvalidTimeError, ["inf"]),
    "run until NaN": (lambda s: s.run_until(nan), errors.InvalidTimeError, ["nan"]),
    "unknown backend": (
        lambda s: neuroport.simulator("brain2"), errors.UnknownBackendError,
        ["'brain2'", "did you mean 'brian2'"]),
    "unknown numerics": (
        lambda s: sim_of(numerics="spinaker"), errors.UnknownNumericsError,
        ["pynn, spinnaker", "did you mean 'spinnaker'"]),
    "unknown choice": (
        lambda s: sim_of(numerics={"inputrule": "step", "threshold_rule": "<"}),
        errors.UnknownNumericsError, ["2 problems", "input_rule", "'>=' or '>'"]),
    "numerics that are not numbers": (
        lambda s: sim_of(numerics={"trace_bits": 1.5, "plastic_weight_step": float("inf")}),
        errors.UnknownNumericsError, ["2 problems", "trace_bits"]),
    "unknown dialect": (
        lambda s: sim_of(dialect="spinnaker"), errors.InvalidValueError, ["pynn, spynnaker"]),
    "time step 0": (lambda s: sim_of(timestep=0.0), errors.InvalidValueError, ["0.0", "above 0"]),
    "unknown cell": (
        lambda s: s.Population(1, s.IF_facets_hardware1()), errors.UnsupportedError,
        ["IF_facets_hardware1", "IF_curr_exp", "IF_cond_exp"]),
    "data before a run": (
        lambda s: cells(s).get_data(), errors.NotReadyError, ["record", "run("]),
    "dendritic fraction": (
        lambda s: s.STDPMechanism(s.SpikePairRule(), s.AdditiveWeightDependence(),
                                  dendritic_delay_fraction=1.5),
        errors.InvalidValueError, ["1.5", "0 to 1"]),
    "True as weight": (
        lambda s: s.StaticSynapse(weight=True), errors.InvalidValueError,
        ["'weight'", "a truth value", "1 is the number"]),
    "True from a function": (
        lambda s: cells(s, tau_m=lambda i: True), errors.InvalidValueError,
        ["'tau_m'", "a truth value", "population"]),
    "a text as weight": (
        lambda s: s.StaticSynapse(weight="0.1"), errors.InvalidValueError,
        ["no function of the distance d", "leave out the quotes"]),
    "a text as cell parameter": (
        lambda s: cells(s, tau_m="1/d"), errors.InvalidValueError, ["'tau_m'", "the text '1/d'"]),
    "a division by no distance": (
        lambda s: (lambda p: s.Projection(p, p, s.AllToAllConnector(), s.StaticSynapse(
            weight="1/d")))(cells(s)), errors.InvalidValueError,
        ["weight='1/d'", "ZeroDivisionError"]),
    "texts in a list": (
        lambda s: cells(s, tau_m=["1", "2", "3"]), errors.InvalidValueError, ["quotes"]),
    "a quantity": (
        lambda s: cells(s, tau_m=0.02 * pq.s), errors.InvalidValueError, ["unit", "plain number"]),
    "a masked value": (
        lambda s: cells(s, tau_m=np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])),
        errors.InvalidValueError, ["masked"]),
    "a complex initial value": (
        lambda s: cells(s).initialize(v=1j), errors.InvalidValueError, ["complex", "'v'"]),
    "infinity from a function": (
        lambda s: cells(s, tau_m=lambda i: np.inf), errors.InvalidValueError, ["inf in 3 of 3"]),
    "a function that fails": (
        lambda s: cells(s, tau_m=lambda i: 1 / 0), errors.InvalidValueError,
        ["'tau_m'", "ZeroDivisionError", "population"]),
    "a size without end": (
        lambda s: cells(s, 10**30), errors.NetworkTooLargeError, ["cells", "GB", "smaller"]),
    "a sampling interval of nothing": (
        lambda s: cells(s).record("v", sampling_interval=1e-300), errors.InvalidTimeError,
        ["1e-300", "1 ms, 2 ms"]),
    "a delay without end": (
        lambda s: join(s, synapse=s.StaticSynapse(weight=0.1, delay=1e300)), errors.DelayError,
        ["1e+300 ms", "2^31"]),
    "a run without end": (
        lambda s: s.run(1e300), errors.InvalidTimeError, ["1e+300", "steps", "ms"]),
    "a callback that stays where it is": (
        lambda s: s.run(5.0, callbacks=[lambda t: t]), errors.InvalidTimeError,
        ["callback", "a later time", "t + interval"]),
    "a callback without an answer": (
        lambda s: s.run(5.0, callbacks=[lambda t: None]), errors.InvalidTimeError, ["None"]),
    "a function instead of a list of callbacks": (
        lambda s: s.run(5.0, callbacks=abs), errors.InvalidTimeError, ["callbacks=["]),
    "cellparams beside a cell": (
        lambda s: s.Population(2, s.IF_curr_exp(), {"tau_m": 1.0}), errors.InvalidValueError,
        ["cellparams", "IF_curr_exp(...) takes"]),
    "no cell type": (
        lambda s: s.Population(2, "IF_curr_exp"), errors.InvalidValueError, ["cell type"]),
    "data of what no cell has": (
        lambda s: (cells(s), s.run(1.0), s.state.populations[0].get_data("vv")),
        errors.UnsupportedError, ["'vv'", "did you mean 'v'"]),
    "a file that is none": (
        lambda s: cells(s).record("v", to_file=3), errors.InvalidValueError, ["to_file", "path"]),
    "a negative spread": (
        lambda s: s.RandomDistribution("normal", (0.0, -1.0)), errors.InvalidValueError,
        ["'normal'", "sigma=-1.0"]),
    "an unknown distribution": (
        lambda s: s.RandomDistribution("normall", (0.0, 1.0)), errors.InvalidValueError,
        ["did you mean 'normal'"]),
    "a seed that is a time": (
        lambda s: s.NumpyRNG(seed=1.5), errors.InvalidValueError, ["seed", "1.5"]),
    "a grid that does not fit": (
        lambda s: s.Population(5, s.IF_curr_exp(), structure=s.Grid2D()).positions,
        errors.InvalidValueError, ["n=5"]),
    "boundaries the wrong way round": (
        lambda s: s.Space(periodic_boundaries=((4.0, 0.0), None, None)),
        errors.InvalidValueError, ["periodic_boundaries"]),
    "a current into a text": (
        lambda s: cells(s).inject("DCSource"), errors.InvalidValueError, ["no current source"]),
    "a current that is a text": (
        lambda s: s.DCSource(amplitude="0.1"), errors.InvalidValueError,
        ["'amplitude'", "without quotes"]),
    "a negative resource": (
        lambda s: join(s, synapse=s.TsodyksMarkramSynapse(weight=0.1, U=-0.5)),
        errors.InvalidValueError, ["'U'", "0 to 1"]),
    "a time constant of learning of nothing": (
        lambda s: join(s, synapse=s.STDPMechanism(
            s.SpikePairRule(tau_plus=0.0), s.AdditiveWeightDependence(), weight=0.1)),
        errors.InvalidValueError, ["'tau_plus'", "above 0 ms"]),
    "equations that are no texts": (
        lambda s: s.cell_by_equations("Own", derivatives={"v": 1.0}, threshold=None, reset="",
                                      parameters={"a": "1"}, initial={"v": 0.0}),
        errors.InvalidValueError, ["3 problems", "threshold", "derivatives['v']",
                                   "parameters['a']"]),
    "rule without weights": (
        lambda s: s.STDPMechanism(s.SpikePairRule()), errors.InvalidValueError,
        ["weight_dependence"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str) -> None:
    do, kind, words = MISTAKES[name]
    with pytest.raises(kind) as caught:
        do(sim_of())
    message = str(caught.value)
    assert isinstance(caught.value, errors.NeuroportError)
    for word in words:
        assert word in message, message
    # The user's own file and line: this one.
    assert re.search(rf"at .*{re.escape(HERE)}:\d+", message), message


def test_errors_of_dependencies_are_still_of_their_kind() -> None:
    """A script that catches PyNN's and NumPy's errors goes on to catch them."""
    sim = sim_of()
    population = cells(sim)
    with pytest.raises(ValueError, match="population 'population0'") as caught:
        population.id_to_index(99)  # PyNN's own, which says nothing of the population
    assert isinstance(caught.value, errors.InvalidValueError)
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(AssertionError):
        population.positions = "here"
    with pytest.raises(FileNotFoundError, match="FromFileConnector"):
        join(sim, sim.FromFileConnector("no/such/file.txt"))


def test_what_is_a_number_in_other_words_is_taken() -> None:
    sim = sim_of()
    for value in (20, 20.0, np.float32(20), np.int8(20), np.array(20.0),
                  Decimal("20"), Fraction(20), [20, 20, 20], (20.0, 20.0, 20.0),
                  np.full(3, 20.0, dtype=">f8"), lambda i: 20.0 + 0 * i):
        population = cells(sim, tau_m=value)
        assert population.get("tau_m", simplify=False).tolist() == [20.0] * 3, value
    train = neo.SpikeTrain([0.001, 0.002] * pq.s, t_stop=1.0)
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[train, [5]]))
    assert [s.value.tolist() for s in source.get("spike_times")] == [[1.0, 2.0], [5.0]]


def test_a_default_that_is_a_whole_number_cuts_nothing() -> None:
    sim = sim_of()
    own = sim.cell_by_equations("Own", derivatives={"v": "(I - v)/tau"}, threshold="v > 1",
                                reset="v = 0", parameters={"tau": 10}, initial={"v": 0})
    assert sim.Population(1, own(tau=10.7)).get("tau") == 10.7  # it ran with 10
    assert sim.Population(2, own(tau=[10.7, 3.2])).get("tau").tolist() == [10.7, 3.2]
    assert sim.Population(1, sim.SpikeSourceGamma(alpha=1.5)).get("alpha") == 1.5
    rule = sim.synapse_by_equations("Rule", parameters={"tau": 10}, decays={"x": "tau"},
                                    on_presynaptic="x = 1", on_postsynaptic="x = 0")
    cells = sim.Population(1, own())
    made = sim.Projection(cells, cells, sim.AllToAllConnector(),
                          rule(weight=0.1, delay=1.0, tau=10.7))
    assert made.get("tau", "list", with_address=False) == [10.7]


def test_data_are_written_at_the_end_to_paths_and_writers(make: Any, tmp_path: Path) -> None:
    sim = make()
    population = cells(sim)
    population.record("v", to_file=tmp_path / "path.pkl")  # PyNN takes a text only
    population.record("spikes", to_file=neo.io.PickleIO(str(tmp_path / "writer.pkl")))
    sim.run(2.0)
    sim.end()
    assert neo.io.PickleIO(str(tmp_path / "path.pkl")).read_block().segments[0].analogsignals
    assert (tmp_path / "writer.pkl").exists()


def test_callbacks_are_called_when_they_want(make: Any) -> None:
    sim = make()
    cells(sim)
    called: list[float] = []

    def every_two(t: float) -> float:
        called.append(t)
        return t + 2.0

    sim.run(6.0, callbacks=[every_two, lambda t: np.inf])
    assert called == [0.0, 2.0, 4.0, 6.0]


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="did you mean 'IF_curr_exp'"):
        _ = sim_of().IF_cur_exp


def test_refused_projections_leave_nothing_behind() -> None:
    sim = sim_of()
    with pytest.raises(errors.WeightSignError):
        join(sim, synapse=sim.StaticSynapse(weight=-1.0))
    assert sim.network().projections == ()


@pytest.mark.parametrize(
    ("parameters", "unit"),
    [({"tau_m": 0.02}, "s"), ({"cm": 250.0}, "pF"), ({"v_rest": -0.065}, "V")])
def test_units_of_the_wrong_size_are_findings(parameters: dict[str, float], unit: str) -> None:
    sim = sim_of()
    cells(sim, **parameters)
    found = [f for f in sim.check() if f.code == "NP103"]
    assert len(found) == 1
    name, value = next(iter(parameters.items()))
    assert f"{name} = {value:g}" in found[0].measured
    assert f"make sense in {unit};" in found[0].why
    assert found[0].fixes
    assert found[0].line is not None
    assert found[0].line.file.endswith(HERE)


def test_delays_off_the_grid_are_rounded_with_a_finding() -> None:
    sim = sim_of()
    join(sim, synapse=sim.StaticSynapse(weight=0.1, delay=2.5))
    found = [f for f in sim.check() if f.code == "NP101"]
    assert "2.5 ms" in found[0].measured
    assert "3 ms is used" in found[0].why  # half a step goes up
    assert set(sim.network().projections[0].delay) == {3}


def test_the_network_is_fixed_after_a_run(make: Any) -> None:
    """On a backend that cannot go on from a state, which Brian2 is made here."""
    sim = make()
    capabilities = dataclasses.replace(sim.state.backend.capabilities, state=False)
    sim.state.backend.capabilities = capabilities
    cells(sim)
    sim.run(1.0)
    with pytest.raises(errors.NetworkChangedError, match="at 1 ms") as caught:
        cells(sim)
    assert "reset()" in str(caught.value)
    assert HERE in str(caught.value)


def test_whole_numbers_of_numpy_are_times(make: Any) -> None:
    sim = make()
    cells(sim)
    assert sim.run(np.int64(3)) == 3.0
    assert sim.run(np.float32(2.0)) == 5.0


def test_an_interrupted_run_keeps_what_was_recorded(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuroport_brian2.engine import loop

    monkeypatch.setattr(loop, "_PROGRESS_EVERY", 0.0)  # report after every step
    sim = make()
    population = cells(sim, i_offset=2.0)
    population.record(["spikes", "v"])

    def stop(now: float, target: float) -> None:
        if now == 50.0:  # once: a second one breaks off at once
            signal.raise_signal(signal.SIGINT)

    sim.state.progress = stop
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(errors.RunInterrupted) as caught:
        sim.run(1000.0)
    assert isinstance(caught.value, KeyboardInterrupt)
    assert 50.0 <= caught.value.reached < 60.0
    assert caught.value.asked == 1000.0
    sim.state.progress = None
    segment = population.get_data().segments[0]
    assert segment.analogsignals[0].shape[0] == int(sim.get_current_time()) + 1
    assert all(len(t) > 1 for t in segment.spiketrains)
    assert segment.annotations["interrupted"] is True
    assert signal.getsignal(signal.SIGINT) is handler  # as it was


def test_findings_warn_at_the_users_line() -> None:
    sim = sim_of()
    cells(sim, tau_m=0.02)
    with pytest.warns(neuroport.FindingWarning, match="NP103") as caught:
        sim.run(1.0)
    assert caught[0].filename.endswith(HERE)


def test_a_run_time_between_two_steps_is_rounded_up_with_a_finding() -> None:
    sim = sim_of()
    cells(sim)
    with pytest.warns(neuroport.FindingWarning, match="NP113") as caught:
        assert sim.run(2.5) == 3.0
    assert caught[0].filename.endswith("test_errors.py")
    assert [f.measured for f in sim.findings if f.code == "NP113"] == ["2.5 ms"]


def test_spike_times_set_in_the_past_are_reported(make: Any) -> None:
    sim = make()
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[[5.0], [6.0]]), label="source")
    source.record("spikes")
    sim.run(10.0)
    with pytest.warns(neuroport.FindingWarning, match="NP109") as caught:
        source.set(spike_times=[5.0, 20.0])  # for the second cell 5 ms is new, and gone
    assert caught[0].filename == __file__
    source.set(spike_times=[4.0, 20.0])  # the warning is shown once a place; the finding is kept
    sim.run(20.0)
    found = [f.measured for f in sim.findings if f.code == "NP109"]
    assert found == [
        "1 spike times, the first at 5 ms",
        "2 spike times, the first at 4 ms",
    ]
    assert [t.magnitude.tolist() for t in source.get_data().segments[0].spiketrains] == [
        [5.0, 20.0], [6.0, 20.0]
    ]


def test_a_population_can_be_renamed_before_the_first_run_only(make: Any) -> None:
    sim = make()
    first = sim.Population(1, sim.SpikeSourceArray(spike_times=[[2.0]]), label="first")
    second = sim.Population(1, sim.SpikeSourceArray(spike_times=[[3.0]]), label="second")
    first.record("spikes")
    second.record("spikes")
    second.label = "first"
    assert second.label == "first #2"
    sim.run(5.0)
    assert second.get_data().segments[0].spiketrains[0].magnitude.tolist() == [3.0]
    with pytest.raises(errors.NetworkChangedError, match="new label"):
        second.label = "other"
    assert second.get_data().segments[0].spiketrains[0].magnitude.tolist() == [3.0]
