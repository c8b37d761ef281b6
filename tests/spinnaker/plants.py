"""Mistakes to plant into a network: each adds its own populations and names where it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuroport.network.description import Network


@dataclass(frozen=True)
class Plant:
    """A mistake.

    Attributes
    ----------
    code, where : str
        The finding that must be made, once, at a place that contains `where`.
    build : callable
        Adds it to a simulator.
    change : callable or None
        Changes the frozen network, for what the front end refuses.
    """

    code: str
    where: str
    build: Callable[[Any], None]
    change: Callable[[Network], Network] | None = None


def _pair(sim: Any, name: str, cell: Any = None, sources: int = 4, size: int = 4) -> Any:
    cell = cell if cell is not None else sim.IF_curr_exp(tau_refrac=1.0)
    pre = sim.Population(sources, sim.SpikeSourceArray(spike_times=[1.0]), label=f"{name}.pre")
    return pre, sim.Population(size, cell, label=f"{name}.post")


def _join(sim: Any, name: str, synapse: Any = None, receptor: str = "excitatory",
          connector: Any = None, **more: Any) -> None:
    pre, post = _pair(sim, name, **more)
    sim.Projection(pre, post, connector or sim.AllToAllConnector(),
                   synapse or sim.StaticSynapse(weight=1.0, delay=1.0),
                   receptor_type=receptor, label=f"{name}.join")


def _stdp(
    sim: Any, plus: float = 0.5, minus: float = 0.5, delay: float = 1.0, **more: Any
) -> Any:
    return sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(A_plus=plus, A_minus=minus),
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=1.0),
        weight=0.5, delay=delay, **more,
    )


def _two_weights(sim: Any, name: str, small: float) -> None:
    pre, post = _pair(sim, name)
    other = sim.Population(4, sim.SpikeSourceArray(spike_times=[1.0]), label=f"{name}.other")
    sim.Projection(pre, post, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=small, delay=1.0), label=f"{name}.join")
    sim.Projection(other, post, sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=8.0, delay=1.0), label=f"{name}.large")


def _saturating(sim: Any) -> None:
    _join(sim, "p303", sim.StaticSynapse(weight=0.01, delay=1.0), sources=100,
          cell=sim.IF_cond_exp(tau_refrac=1.0))


def _busy(sim: Any) -> None:
    pre = sim.Population(800, sim.SpikeSourcePoisson(rate=30.0), label="p316.pre")
    post = sim.Population(250, sim.IF_curr_exp(tau_refrac=1.0), label="p316.post")
    sim.Projection(pre, post, sim.AllToAllConnector(), _stdp(sim), label="p316.join")


def _two_rules(sim: Any) -> None:
    pre, post = _pair(sim, "p312")
    sim.Projection(pre, post, sim.AllToAllConnector(), _stdp(sim), label="p312.first")
    sim.Projection(pre, post, sim.AllToAllConnector(), _stdp(sim, plus=0.25), label="p312.join")


def _two_stages(sim: Any) -> None:
    pre = sim.Population(4, sim.SpikeSourceArray(spike_times=[1.0]), label="p331.pre")
    for name, delay in (("large", 40.0), ("small", 80.0)):
        post = sim.Population(256, sim.IF_curr_exp(tau_refrac=1.0), label=f"p331.{name}")
        sim.Projection(pre, post, sim.AllToAllConnector(),
                       sim.StaticSynapse(weight=1.0, delay=delay), label=f"p331.to {name}")


def _noise(sim: Any) -> None:
    cells = sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0), label="p318")
    sim.NoisyCurrentSource(mean=0.1, stdev=0.1, stop=10.0, dt=1.0).inject_into(cells)


def _record(sim: Any) -> None:
    sim.Population(2, sim.IF_curr_exp(tau_refrac=1.0), label="p317").record("v")


def _recorded(network: Network) -> Network:
    return replace(network, populations=tuple(
        replace(p, recordings=tuple(replace(r, variable="u") for r in p.recordings))
        if p.label == "p317" else p
        for p in network.populations
    ))


def _changed(label: str, **values: Any) -> Callable[[Network], Network]:
    def change(network: Network) -> Network:
        return replace(network, projections=tuple(
            replace(p, **{k: v(p) for k, v in values.items()}) if p.label == label else p
            for p in network.projections
        ))

    return change


def _uneven(p: Any) -> Any:
    return {**p.parameters, "A_plus": np.linspace(0.4, 0.5, p.size)}


PLANTS = (
    Plant("NP301", "p301.join", lambda sim: _two_weights(sim, "p301", 0.0001)),
    Plant("NP302", "p302.join", lambda sim: _two_weights(sim, "p302", 0.0035)),
    Plant("NP303", "p303.post", _saturating),
    Plant("NP304", "p304.join", lambda sim: _join(sim, "p304", _stdp(sim, 1e-5, 1e-5))),
    Plant("NP305", "p305.join", lambda sim: _join(sim, "p305", _stdp(sim), size=256, sources=2)),
    Plant("NP306", "p306.join", lambda sim: _join(
        sim, "p306", sim.StaticSynapse(weight=1.0, delay=100.0), size=256)),
    Plant("NP307", "p307.join", lambda sim: _join(
        sim, "p307", sim.StaticSynapse(weight=1.0, delay=9000.0))),
    Plant("NP308", "p308.join", lambda sim: _join(
        sim, "p308", sim.StaticSynapse(weight=1.0, delay=100.0), size=256)),
    Plant("NP309", "p309.join", lambda sim: _join(sim, "p309"),
          _changed("p309.join", delay=lambda p: np.zeros_like(p.delay))),
    Plant("NP310", "p310", lambda sim: sim.Population(
        2, sim.EIF_cond_exp_isfa_ista(tau_refrac=1.0), label="p310") and None),
    Plant("NP311", "p311.join", lambda sim: _join(
        sim, "p311", sim.TsodyksMarkramSynapse(weight=1.0, delay=1.0))),
    Plant("NP312", "p312.join", _two_rules),
    Plant("NP313", "p313.join", lambda sim: _join(sim, "p313", _stdp(sim)),
          _changed("p313.join", parameters=_uneven)),
    Plant("NP314", "p314.join", lambda sim: _join(
        sim, "p314", _stdp(sim, dendritic_delay_fraction=0.0))),
    Plant("NP315", "p315.post", lambda sim: _join(
        sim, "p315", cell=sim.IF_curr_alpha(tau_refrac=1.0))),
    Plant("NP316", "p316.post", _busy),
    Plant("NP317", "p317", _record, _recorded),
    Plant("NP318", "current source", _noise),
    Plant("NP319", "p319", lambda sim: sim.Population(
        2, sim.IF_curr_exp(tau_refrac=1.0, v_thresh=1e5), label="p319") and None),
    Plant("NP321", "p321.join", lambda sim: _join(sim, "p321"),
          _changed("p321.join", weight=lambda p: -p.weight)),
    Plant("NP322", "p322.post", lambda sim: _join(
        sim, "p322", cell=sim.IF_curr_delta(tau_refrac=1.0))),
    Plant("NP324", "p324", lambda sim: sim.Population(
        2, sim.IF_curr_exp(tau_refrac=0.5), label="p324") and None),
    Plant("NP343", "p343.post", lambda sim: _join(
        sim, "p343", cell=sim.IF_curr_alpha(tau_refrac=1.0, tau_syn_E=3.0, tau_syn_I=3.0))),
    Plant("NP344", "p344.join", lambda sim: _join(  # a ring that the user's own number makes
        sim, "p344", _stdp(sim, delay=128.0), size=64)),
    Plant("NP330", "p330.post", lambda sim: _join(
        sim, "p330", _stdp(sim, delay=15.0), size=256, connector=sim.OneToOneConnector(),
        sources=256)),
    Plant("NP331", "p331.pre", _two_stages),
)
OPTIONS = {"neurons_per_core": {
    "p308.post": 256, "p316.post": 250, "p344.post": 64, "p331.large": 256, "p331.small": 128,
}}
