"""Cells and synapses of a model's own: the documented examples run, whatever they are called."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np
import pytest

from neuroport import errors
from neuroport.pynn import equations


def example(function: Any) -> dict[str, Any]:
    """Return the arguments of the call in a function's docstring."""
    doc = inspect.getdoc(function) or ""
    lines = [line[4:] for line in doc.splitlines() if line.startswith((">>> ", "... "))]
    call = ast.parse("\n".join(lines)).body[0].value  # type: ignore[attr-defined]
    given = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
    return {"name": ast.literal_eval(call.args[0]), **given}


def response(make: Any, cell: Any, receptor: str, weight: float) -> Any:
    """Return v after one input spike that arrives at 2 ms."""
    sim = make()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    cells = sim.Population(1, cell(sim))
    sim.Projection(source, cells, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=weight, delay=1.0), receptor_type=receptor)
    cells.record("v")
    sim.run(10.0)
    return np.asarray(cells.get_data().segments[0].analogsignals[0])[:, 0]


def plastic(make: Any, rule: Any) -> float:
    """Return the weight after a spike on each side, pre at 1 + 1 ms and post after 10 ms."""
    sim = make()
    pre = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    kick = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0, 20.0]))
    post = sim.Population(1, sim.IF_curr_delta(tau_refrac=1.0))
    joined = sim.Projection(pre, post, sim.OneToOneConnector(), rule)
    sim.Projection(kick, post, sim.OneToOneConnector(), sim.StaticSynapse(weight=30.0, delay=1.0))
    post.record("spikes")
    sim.run(40.0)
    assert len(post.get_data().segments[0].spiketrains[0]) == 2
    return float(joined.get("weight", format="list", with_address=False)[0])


def test_the_documented_cell_runs(make: Any) -> None:
    given = example(equations.cell_by_equations)
    sim = make()
    cells = sim.Population(2, sim.cell_by_equations(**given)(i_offset=20.0))
    cells.record("spikes")
    sim.run(200.0)
    assert all(len(train) > 1 for train in cells.get_data().segments[0].spiketrains)


def test_the_documented_synapse_runs_and_learns(make: Any) -> None:
    given = example(equations.synapse_by_equations)
    rule = equations.synapse_by_equations(**given)(weight=0.5, delay=1.0, rate_post=0.1)
    # Only the second postsynaptic spike finds post2 above 0: 10 ms after the first.
    t_pre, first, second = 2.0, 11.0, 21.0
    want = 0.5 + 0.1 * np.exp(-(second - t_pre) / 20.0) * np.exp(-(second - first) / 40.0)
    # Within a step: where inside it each engine puts a spike is a choice of the numerics.
    assert plastic(make, rule) == pytest.approx(want, rel=np.exp(1 / 20.0) - 1)


NAMES = ["pre", "post", "a_pre", "a_post", "w", "w_", "last", "since", "s_w", "i", "N", "dt", "xi"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_trace_and_of_a_parameter(make: Any, name: str) -> None:
    def rule(trace: str, tau: str) -> Any:
        return equations.synapse_by_equations(
            "Rule", parameters={tau: 20.0}, decays={trace: tau},
            on_presynaptic=f"{trace} = 1",
            on_postsynaptic=f"weight = weight + 0.1*{trace}")(weight=0.5, delay=1.0)

    want = plastic(make, rule("x", "y"))
    assert want > 0.5
    assert plastic(make, rule(name, "y")) == want
    assert plastic(make, rule("x", name)) == want


CELL_NAMES = ["v_post", "pre", "active", "until", "i_inj", "refractory_steps", "g_rise", "rise",
              "g_gain", "decay", "delta", "dt", "i", "N", "x_v", "lastspike", "not_refractory"]


def passive(variable: str = "v", tau: str = "tau", **more: Any) -> Any:
    return equations.cell_by_equations(
        "Mine", derivatives={variable: f"(-{variable})/{tau} + I"}, threshold=f"{variable} > 100",
        reset=f"{variable} = 0", parameters={tau: 10.0, **more.pop("parameters", {})},
        initial={variable: 0.0, **more.pop("initial", {})}, **more)


@pytest.mark.parametrize("name", CELL_NAMES)
def test_any_name_of_a_variable_and_of_a_parameter(make: Any, name: str) -> None:
    def run(variable: str, tau: str) -> Any:
        sim = make()
        cells = sim.Population(1, passive(variable, tau)(i_offset=1.0))
        cells.record(variable)
        sim.run(5.0)
        return np.asarray(cells.get_data().segments[0].analogsignals[0])[:, 0]

    want = run("v", "tau")
    assert want[-1] > 1.0
    np.testing.assert_array_equal(run(name, "tau"), want)
    np.testing.assert_array_equal(run("v", name), want)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"parameters": {"weight": 1.0}}, ["'weight'", "means something else"]),
        ({"parameters": {"t": 1.0}}, ["'t'"]),
        ({"parameters": {"exp": 1.0}}, ["'exp'"]),
        ({"parameters": {"lambda": 1.0}}, ["'lambda' cannot be a name"]),
        ({"parameters": {"τ": 1.0}}, ["'τ' cannot be a name"]),
        ({"parameters": {"_x": 1.0}}, ["'_x' cannot be a name"]),
        ({"parameters": {"x": 1.0}, "decays": {"x": "x"}}, ["'x' is a parameter and a trace"]),
    ])
def test_names_that_cannot_be_are_refused_before_an_engine_sees_them(
    arguments: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(errors.InvalidValueError) as caught:
        equations.synapse_by_equations(
            "Rule", **{"decays": {}, "on_presynaptic": "", "on_postsynaptic": "", **arguments})
    for word in words:
        assert word in str(caught.value)


def test_two_rules_of_one_name_stay_apart(make: Any) -> None:
    def rule(amount: float) -> Any:
        return equations.synapse_by_equations(
            "Rule", parameters={}, decays={}, on_presynaptic=f"weight = weight + {amount}",
            on_postsynaptic="")(weight=0.5, delay=1.0)

    sim = make()
    pre = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(1, sim.IF_curr_exp())
    made = [sim.Projection(pre, post, sim.OneToOneConnector(), rule(a)) for a in (0.25, 0.5)]
    sim.run(10.0)
    assert [p.get("weight", format="list", with_address=False) for p in made] == [[0.75], [1.0]]


def leaky(receptors: Any, inflow: str, **more: Any) -> Any:
    return equations.cell_by_equations(
        "Mine", derivatives={"u": "-u/10", "v": f"(v_rest - v)/10 + {inflow}", "g": "-g/5"},
        threshold="v > 0", reset="v = v_rest",
        parameters={"v_rest": -65.0, "e_rev": -80.0}, initial={"u": 0.0, "v": -65.0, "g": 0.0},
        receptors=receptors, **more)


@pytest.mark.parametrize(
    ("adds", "inflow", "more", "conductance"),
    [
        ("g", "g*(e_rev - v)", {}, True),
        ("g", "2*g*(e_rev - v)/3 + I", {}, True),
        ("g", "-g*(v - e_rev)", {}, True),
        ("g", "g*force", {"definitions": {"force": "e_rev - v"}}, True),
        ("g", "flow", {"definitions": {"flow": "0.1*g*(e_rev - v)"}}, True),
        ("g", "g", {}, False),
        ("g", "g*(1 - u)", {}, False),
        ("v", "v*(v - e_rev)/1000", {}, False),
        ("g", "g*e_rev - g*v", {}, False),
        ("g", "g*e_rev - g*v", {"units": {"g": "uS"}}, True),
        ("g", "g*(e_rev - v)", {"units": {"g": "nA"}}, False),
        ({"variable": "g", "adds": "current"}, "g*(e_rev - v)", {}, False),
        ({"variable": "g", "adds": "conductance"}, "g", {}, True),
    ])
def test_what_a_receptor_adds_to_decides_the_sign_of_inhibition(
    make: Any, adds: Any, inflow: str, more: dict[str, Any], conductance: bool
) -> None:
    cell = leaky({"inhibitory": adds}, inflow, **more)
    assert cell.conductance_based == conductance
    right = 0.1 if conductance else -0.1
    response(make, lambda sim: cell(), "inhibitory", right)
    with pytest.raises(errors.WeightSignError):
        response(make, lambda sim: cell(), "inhibitory", -right)


def test_inhibition_by_an_own_conductance_hyperpolarises(make: Any) -> None:
    own = response(make, lambda sim: leaky({"inhibitory": "g"}, "g*(e_rev - v)")(),
                   "inhibitory", 0.1)
    assert own[0] == -65.0
    assert -80.0 < own.min() < -66.0


def test_a_membrane_of_another_name_takes_conductances(make: Any) -> None:
    def run(name: str) -> Any:
        cell = equations.cell_by_equations(
            "Mine", derivatives={name: f"(-65 - {name})/10 + I"}, threshold=f"{name} > 0",
            reset=f"{name} = -65", parameters={"tau": 5.0, "e": 0.0}, initial={name: -65.0},
            receptors={"excitatory": {"kind": "conductance_exp", "tau": "tau", "reversal": "e"}})
        sim = make()
        source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
        cells = sim.Population(1, cell())
        sim.Projection(source, cells, sim.OneToOneConnector(),
                       sim.StaticSynapse(weight=0.01, delay=1.0))
        cells.record(name)
        sim.run(10.0)
        return np.asarray(cells.get_data().segments[0].analogsignals[0])[:, 0]

    want = run("v")
    assert want.max() > -64.0
    np.testing.assert_array_equal(run("potential"), want)


@pytest.mark.parametrize(
    ("receptor", "words"),
    [
        ({"variable": "g", "adds": "charge"}, ["neither a conductance nor a current"]),
        ({"variable": "nowhere"}, ["'nowhere', which is no variable"]),
        ({"kind": "direct"}, ["no kind 'direct'"]),
        ({"kind": "delta", "colour": "red"}, ["no 'colour'"]),
    ])
def test_receptors_that_cannot_be(receptor: Any, words: list[str]) -> None:
    with pytest.raises(errors.InvalidValueError) as caught:
        leaky({"inhibitory": receptor}, "g")
    for word in words:
        assert word in str(caught.value)
