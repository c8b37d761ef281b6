"""The two dialects: what a constructor takes, what names mean, what is refused and how."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuroport
from neuroport import errors

HERE = Path(__file__).name


def simulator(dialect: str = "spynnaker") -> Any:
    return neuroport.simulator("brian2", timestep=1.0, codegen="numpy", dialect=dialect)


# Constructors with arguments that have no name -> the same with names, as sPyNNaker reads them.
POSITIONAL: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "SpikeSourceArray": (
        lambda s: s.SpikeSourceArray([[1.0]]),
        lambda s: s.SpikeSourceArray(spike_times=[[1.0]])),
    "SpikeSourcePoisson": (
        lambda s: s.SpikeSourcePoisson(10.0, 5.0, 20.0),
        lambda s: s.SpikeSourcePoisson(rate=10.0, start=5.0, duration=20.0)),
    "SpikeSourcePoisson without an end": (
        lambda s: s.SpikeSourcePoisson(10.0, 5.0, None),
        lambda s: s.SpikeSourcePoisson(rate=10.0, start=5.0)),
    "IF_curr_exp": (
        lambda s: s.IF_curr_exp(10.0, 0.5, -70.0, -71.0, -49.0, 2.0, 3.0, 1.0, 0.1),
        lambda s: s.IF_curr_exp(tau_m=10.0, cm=0.5, v_rest=-70.0, v_reset=-71.0, v_thresh=-49.0,
                                tau_syn_E=2.0, tau_syn_I=3.0, tau_refrac=1.0, i_offset=0.1)),
    "IF_curr_delta": (
        lambda s: s.IF_curr_delta(10.0, 0.5, -70.0, -71.0, -49.0, 1.0, 0.1),
        lambda s: s.IF_curr_delta(tau_m=10.0, cm=0.5, v_rest=-70.0, v_reset=-71.0,
                                  v_thresh=-49.0, tau_refrac=1.0, i_offset=0.1)),
    "IF_cond_exp": (
        lambda s: s.IF_cond_exp(10.0, e_rev_I=-75.0),
        lambda s: s.IF_cond_exp(tau_m=10.0, e_rev_I=-75.0)),
    "Izhikevich": (
        lambda s: s.Izhikevich(0.1, 0.25, -60.0, 3.0, 0.5, -13.0, -64.0, 1.0, 2.0),
        lambda s: s.Izhikevich(a=0.1, b=0.25, c=-60.0, d=3.0, i_offset=0.5, u=-13.0, v=-64.0,
                               tau_syn_E=1.0, tau_syn_I=2.0)),
}


@pytest.mark.parametrize("name", POSITIONAL)
def test_cells_take_arguments_in_spynnakers_order(name: str) -> None:
    def made(constructor: Callable[[Any], Any]) -> tuple[Any, ...]:
        sim = simulator()
        population = sim.Population(1, constructor(sim), label="p")
        frozen = sim.network().population("p")
        values = {k: v.tolist() for k, v in {**frozen.parameters, **frozen.initial}.items()}
        times = None if frozen.spikes is None else repr(frozen.spikes)
        return population.celltype.__class__.__name__, values, times

    without, named = (made(constructor) for constructor in POSITIONAL[name])
    assert without == named


def test_synapses_and_rules_take_arguments_in_spynnakers_order() -> None:
    sim = simulator()
    cells = sim.Population(4, sim.IF_curr_exp(), label="cells")
    sim.Projection(cells, cells, sim.AllToAllConnector(False, True, False),
                   sim.StaticSynapse(0.5, 2.0, None), label="static")
    sim.Projection(
        cells, cells, sim.FixedProbabilityConnector(1.0, True, True, False),
        sim.STDPMechanism(sim.SpikePairRule(10.0, 11.0, 0.1, 0.2),
                          sim.AdditiveWeightDependence(0.1, 2.0), None, 1.0, 0.75, 3.0, None, True),
        label="plastic")
    static, plastic = sim.network().projections
    assert static.size == 12
    assert set(static.weight) == {0.5} and set(static.delay) == {2}
    assert plastic.size == 16
    assert set(plastic.weight) == {0.75} and set(plastic.delay) == {3}
    assert {k: float(v[0]) for k, v in plastic.parameters.items()} == {
        "tau_plus": 10.0, "tau_minus": 11.0, "A_plus": 0.1, "A_minus": 0.2, "w_min": 0.1,
        "w_max": 2.0}


def test_vogels_rule_in_spynnakers_terms() -> None:
    rule = simulator().extra_models.Vogels2011Rule(0.12, 20.0, 0.005, 0.005)
    given = {k: v.base_value for k, v in rule.parameter_space._parameters.items()}
    # Vogels et al. (2011), doi 10.1126/science.1211095: alpha = 2 rho tau, here 3 Hz.
    assert given == {"tau": 20.0, "eta": 0.005, "rho": pytest.approx(3.0)}
    # On an emulated board A_minus = 0.01 and 0.2 learnt the same weight in every bit.
    other = simulator().Vogels2011Rule(0.12, 20.0, 0.005, 0.004)
    assert {k: v.base_value for k, v in other.parameter_space._parameters.items()} == given
    with pytest.raises(errors.InvalidValueError, match="needs alpha"):
        simulator().Vogels2011Rule(tau=20.0, A_plus=0.005)


def test_currents_take_arguments_in_spynnakers_order() -> None:
    sim = simulator()
    source = sim.ACSource(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert source.get_parameters() == {
        "start": 1.0, "stop": 2.0, "amplitude": 3.0, "offset": 4.0, "frequency": 5.0, "phase": 6.0}


def test_populations_and_projections_take_what_only_spynnaker_has() -> None:
    sim = simulator()
    cells = sim.Population(3, sim.IF_curr_exp, {"v": -61.0}, None, {"isyn_exc": 0.25}, "cells",
                           {"seed": 3}, neurons_per_core=2, splitter=None)
    sim.Projection(cells, cells, sim.OneToOneConnector(), sim.StaticSynapse(), None, "excitatory",
                   None, "p", False, partition_id=None)
    frozen = sim.network().population("cells")
    assert set(frozen.initial["v"]) == {-61.0} and set(frozen.initial["isyn_exc"]) == {0.25}
    assert frozen.per_core == 2


# name -> (what is done in PyNN's dialect, what the message must say)
REFUSED: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "spike times": (
        lambda s: s.SpikeSourceArray([[1.0]]),
        ["SpikeSourceArray(spike_times=[[1.0]])", "dialect='spynnaker'"]),
    "rate": (lambda s: s.SpikeSourcePoisson(10.0), ["SpikeSourcePoisson(rate=10.0)"]),
    "cell": (lambda s: s.IF_curr_exp(10.0, 0.5), ["IF_curr_exp(tau_m=10.0, cm=0.5)"]),
    "cell without a counterpart": (
        lambda s: s.IF_cond_alpha(10.0), ["IF_cond_alpha takes its arguments by name"]),
    "synapse": (
        lambda s: s.StaticSynapse(0.5, 1.0), ["StaticSynapse(weight=0.5, delay=1.0)"]),
    "current": (lambda s: s.DCSource(0.5), ["DCSource(amplitude=0.5)"]),
    "rule": (lambda s: s.Vogels2011Rule(0.1), ["Vogels2011Rule takes its arguments by name"]),
    "too many": (lambda s: s.SpikePairRule(1.0, 2.0, 3.0, 4.0, 5.0), ["at most 4 arguments", "5"]),
    "too many for a connector": (
        lambda s: s.OneToOneConnector(1, 2, 3, 4), ["at most 3 arguments", "4"]),
    "too many for a mechanism": (
        lambda s: s.STDPMechanism(*range(7)), ["at most 6 arguments", "7"]),
    "twice": (
        lambda s: s.SpikePairRule(1.0, tau_plus=2.0), ["'tau_plus' twice"]),
    "too many for a population": (
        lambda s: s.Population(1, s.IF_curr_exp(), None, None, None, "p", {}),
        ["at most 6 arguments", "7"]),
    "only sPyNNaker's": (
        lambda s: s.Population(1, s.IF_curr_exp(), seed=3), ["no argument 'seed'"]),
    "projection": (
        lambda s: s.Projection(1, 2, 3, download_synapses=True),
        ["no argument 'download_synapses'"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_pynns_dialect_names_the_keyword_form(name: str) -> None:
    do, words = REFUSED[name]
    with pytest.raises(TypeError) as caught:
        do(simulator("pynn"))
    message = str(caught.value)
    assert isinstance(caught.value, errors.NeuroportError)
    for word in words:
        assert word in message, message
    assert re.search(rf"at .*{re.escape(HERE)}:\d+", message), message


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (lambda s: s.IF_curr_exp(*range(13)), ["at most 12 arguments"]),
        (lambda s: s.StaticSynapse(1.0, weight=2.0), ["'weight' twice"]),
        (lambda s: s.IF_cond_alpha(1.0), ["takes its arguments by name"]),
        (lambda s: s.Population(1, s.IF_curr_exp(), colour="red"), ["no argument 'colour'"]),
        (lambda s: s.Projection(1, 2, 3, colour="red"), ["no argument 'colour'"]),
    ])
def test_spynnakers_dialect_refuses_by_name(do: Callable[[Any], Any], words: list[str]) -> None:
    with pytest.raises(TypeError) as caught:
        do(simulator())
    assert isinstance(caught.value, errors.NeuroportError)
    for word in words:
        assert word in str(caught.value)


def test_models_that_only_spynnaker_has_are_refused_by_name() -> None:
    with pytest.raises(errors.UnsupportedError, match="no extra model 'WeightChanger'"):
        _ = simulator().extra_models.WeightChanger
    s = simulator()
    with pytest.raises(errors.InvalidValueError, match="backprop_delay"):
        s.STDPMechanism(s.SpikePairRule(), s.AdditiveWeightDependence(), backprop_delay=False)


def test_izhikevich_is_the_dialects_own() -> None:
    assert "tau_syn_E" in simulator().Izhikevich.default_parameters
    assert "tau_syn_E" not in simulator("pynn").Izhikevich.default_parameters


def test_help_shows_the_arguments() -> None:
    pynn, spynnaker = simulator("pynn"), simulator()
    shown = str(inspect.signature(pynn.IF_curr_exp))
    assert shown.startswith("(*, ") and "tau_m=20.0" in shown
    assert str(inspect.signature(spynnaker.IF_curr_exp)).startswith("(tau_m=20.0, cm=1.0")
    assert str(inspect.signature(pynn.FixedProbabilityConnector)).startswith(
        "(p_connect, allow_self_connections=True")
    for sim in (pynn, spynnaker):
        for name in ("Population", "Projection", "AllToAllConnector", "StaticSynapse",
                     "STDPMechanism", "SpikePairRule", "IF_curr_exp", "DCSource"):
            assert inspect.getdoc(getattr(sim, name)), name
            assert "**parameters" not in str(inspect.signature(getattr(sim, name))), name


def test_results_tell_the_dialect_by_name(make: Any) -> None:
    sim = make(dialect="spynnaker")
    cells = sim.Population(1, sim.IF_curr_exp())
    cells.record("spikes")
    sim.run(2.0)
    assert cells.get_data().annotations["dialect"] == "spynnaker"
    assert "dialect='spynnaker'" in repr(sim)
    assert np.array_equal(sim.another().state.dialect.name, "spynnaker")
