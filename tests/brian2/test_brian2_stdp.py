"""Spike-timing-dependent plasticity against an oracle that sums over pairs of spikes.

The oracle keeps no traces: it has the two lists of spikes of a synapse and adds up pairs, so it
shares nothing with the implementation but the rule's definition:

* a presynaptic spike of step k acts at k + (axonal delay), a postsynaptic one of step s at
  s + (dendritic delay);
* of two that act at the same moment the postsynaptic one is looked at first, except where the whole
  delay is axonal: the arrival in a step may cause the spike of that step and cannot see it;
* a pair at the same moment changes nothing ("ignored") or depresses ("depression").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Any

import numpy as np
import pytest

N = 40
STEPS = 90
TEACHER = 1000.0
# Positions of the two lists of events of one synapse.
PRE, POST = "pre", "post"


@dataclass
class Rule:
    """One STDP mechanism, in the words of the oracle."""

    timing: str = "pair"
    weight: str = "additive"
    tau_plus: float = 12.0
    tau_minus: float = 17.0
    a_plus: float = 0.02
    a_minus: float = 0.03
    w_min: float = 0.0
    w_max: float = 0.5
    mu_plus: float = 0.4
    mu_minus: float = 0.7
    eta: float = 0.01
    rho: float = 20.0
    absolute: bool = False
    coincidence: str = "ignored"
    deferred: bool = False
    initial_spike: bool = False


@dataclass
class Expected:
    """What a synapse delivered (step -> weight) and the weight that can be seen at the end."""

    delivered: dict[int, float] = field(default_factory=dict)
    seen: float = 0.0


def oracle(
    rule: Rule, pre: list[int], post: list[int], delay: int, fraction: float, w0: float, dt: float,
    until: int,
) -> Expected:
    """Return what one synapse does, from the lists of its spikes (steps)."""
    axonal = round(delay * (1.0 - fraction))
    dendritic = delay - axonal
    causal = dendritic == 0  # the arrival is part of the step in which it is used
    first, second = (PRE, POST) if causal else (POST, PRE)
    rank = {first: 0, second: 1}
    events = [(k + axonal, rank[PRE], PRE, k) for k in pre if k + axonal <= until]
    events += [(s + dendritic, rank[POST], POST, s) for s in post]
    events.sort()
    w = w0
    result = Expected(seen=w0)
    before: list[int] = []  # when presynaptic spikes acted so far
    after: list[int] = []

    def clip(value: float) -> float:
        return min(max(value, rule.w_min), rule.w_max)

    def pairs(times: list[int], now: int, tau: float, same: bool) -> float:
        chosen = [t for t in times if t < now or (same and t == now)]
        if rule.timing == "nearest_pair":
            chosen = [max(chosen)] if chosen else []
        return sum(exp(-(now - t) * dt / tau) for t in chosen)

    def up(amount: float, w: float) -> float:
        scale = 1.0 if rule.absolute else rule.w_max
        change = {
            "additive": rule.a_plus * scale,
            "multiplicative": rule.a_plus * (rule.w_max - w),
            "additive_multiplicative": rule.a_plus * scale,
            "gutig": rule.a_plus * scale * (1 - w / rule.w_max) ** rule.mu_plus,
        }[rule.weight]
        return clip(w + change * amount)

    def down(amount: float, w: float) -> float:
        scale = 1.0 if rule.absolute else rule.w_max
        change = {
            "additive": rule.a_minus * scale,
            "multiplicative": rule.a_minus * (w - rule.w_min),
            "additive_multiplicative": rule.a_minus * (w - rule.w_min),
            "gutig": rule.a_minus * scale * (w / rule.w_max) ** rule.mu_minus,
        }[rule.weight]
        return clip(w - change * amount)

    for now, _, kind, step in events:
        # An arrival of the next step's start belongs to this step's end.
        if now - (1 if causal and kind == PRE else 0) >= until:
            continue
        if kind == POST:
            if rule.timing == "vogels":
                w = clip(w + rule.eta * pairs(before, now, rule.tau_plus, True))
            else:
                imagined = [0] if rule.initial_spike and rule.timing == "nearest_pair" else []
                w = up(pairs(imagined + before, now, rule.tau_plus, False), w)
                if causal and rule.coincidence == "depression" and now in before:
                    w = down(1.0, w)
            after.append(now)
            if not rule.deferred:
                result.seen = w
        else:
            if rule.timing == "vogels":
                target = 2 * rule.rho * 1e-3 * rule.tau_plus
                w = clip(w + rule.eta * (pairs(after, now, rule.tau_plus, True) - target))
            else:
                w = down(pairs(after, now, rule.tau_minus, rule.coincidence == "depression"), w)
            before.append(now)
            result.delivered[step + delay] = w
            result.seen = w
    return result


def mechanism(sim: Any, rule: Rule, fraction: float, weight: Any, delay: Any) -> Any:
    """Return the PyNN object of a rule."""
    if rule.timing == "vogels":
        timing = sim.Vogels2011Rule(tau=rule.tau_plus, eta=rule.eta, rho=rule.rho)
    else:
        kind = {"pair": sim.SpikePairRule, "nearest_pair": sim.SpikeNearestPairRule}[rule.timing]
        timing = kind(tau_plus=rule.tau_plus, tau_minus=rule.tau_minus, A_plus=rule.a_plus,
                      A_minus=rule.a_minus)
    bounds = {"w_min": rule.w_min, "w_max": rule.w_max}
    dependence = {
        "additive": lambda: sim.AdditiveWeightDependence(**bounds),
        "multiplicative": lambda: sim.MultiplicativeWeightDependence(**bounds),
        "additive_multiplicative":
            lambda: sim.AdditivePotentiationMultiplicativeDepression(**bounds),
        "gutig": lambda: sim.GutigWeightDependence(
            **bounds, mu_plus=rule.mu_plus, mu_minus=rule.mu_minus),
    }[rule.weight]()
    return sim.STDPMechanism(timing_dependence=timing, weight_dependence=dependence,
                             dendritic_delay_fraction=fraction, weight=weight, delay=delay)


def trains(seed: int, density: float) -> list[list[int]]:
    """Return random spike trains, one a synapse, in steps."""
    rng = np.random.default_rng(seed)
    return [np.flatnonzero(rng.random(STEPS - 15) < density).tolist() for _ in range(N)]


def check(
    make: Any, rule: Rule, fraction: float, *, dt: float = 1.0, density: float = 0.15,
    longest: int = 7, sign: float = 1.0, **numerics: Any,
) -> None:
    """Run N independent synapses and compare what they delivered and hold with the oracle."""
    sim = make(timestep=dt, numerics={"base": "pynn", **numerics})
    pre = trains(1, density)
    post = [[s + 1 for s in train] for train in trains(2, density)]
    rng = np.random.default_rng(3)
    delay = rng.integers(1, longest + 1, N)
    w0 = rng.uniform(rule.w_min, rule.w_max, N)
    sources = sim.Population(N, sim.SpikeSourceArray(
        spike_times=[sim.Sequence([k * dt for k in t]) for t in pre]))
    teacher = sim.Population(N, sim.SpikeSourceArray(
        spike_times=[sim.Sequence([(s - 1) * dt for s in t]) for t in post]))
    # Currents are gone after one step (e^-50), so a sample of isyn is what has just arrived.
    cells = sim.Population(N, sim.IF_curr_exp(
        tau_syn_E=dt / 50, tau_syn_I=dt / 50, tau_refrac=0.0, cm=0.1 * dt, tau_m=20.0))
    sim.Projection(teacher, cells, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=TEACHER, delay=dt))
    receptor, variable = ("excitatory", "isyn_exc") if sign > 0 else ("inhibitory", "isyn_inh")
    plastic = sim.Projection(
        sources, cells, sim.OneToOneConnector(),
        mechanism(sim, rule, fraction, sign * w0, delay * dt), receptor_type=receptor)
    cells.record(["spikes", variable])
    sim.run(STEPS * dt)
    segment = cells.get_data().segments[0]
    fired = [np.rint(t.rescale("ms").magnitude / dt).astype(int).tolist()
             for t in segment.spiketrains]
    assert fired == post  # the protocol: the teacher alone decides when cells fire
    arrived = np.asarray(segment.analogsignals[0])
    if sign > 0:
        for i, train in enumerate(post):
            arrived[train, i] -= TEACHER
    seen = np.array([w for _, _, w in sorted(plastic.get("weight", format="list"))])
    changed = 0
    for i in range(N):
        want = oracle(rule, pre[i], post[i], int(delay[i]), fraction, w0[i], dt, STEPS)
        for step, weight in want.delivered.items():
            if step <= STEPS:
                # 1e-9 nA: TEACHER was subtracted, which leaves 1000 * 2**-52.
                assert arrived[step, i] == pytest.approx(sign * weight, abs=1e-9), (i, step)
        assert seen[i] == pytest.approx(sign * want.seen, abs=1e-9), i
        changed += abs(want.seen - w0[i]) > 1e-3
    assert changed > N / 2  # the protocol exercises the rule


RULES = [
    Rule(),
    Rule(timing="nearest_pair"),
    Rule(weight="multiplicative", a_plus=0.1, a_minus=0.15),
    Rule(weight="additive_multiplicative", a_plus=0.05, a_minus=0.2),
    Rule(weight="gutig"),
    Rule(timing="vogels"),
]
NAMES = ["pair", "nearest", "multiplicative", "additive-multiplicative", "gutig", "vogels"]


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_rule_equals_the_sum_over_pairs(make: Any, rule: Rule, fraction: float) -> None:
    check(make, rule, fraction)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("coincidence", ["ignored", "depression"])
@pytest.mark.parametrize("timing", ["pair", "nearest_pair"])
def test_coincidence_rule(make: Any, timing: str, coincidence: str, fraction: float) -> None:
    # Dense trains and short delays: a third of the spikes coincide with one of the other side.
    check(make, Rule(timing=timing, coincidence=coincidence, a_plus=0.01, a_minus=0.012), fraction,
          coincidence=coincidence, density=0.35, longest=3)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_deferred_updates_are_seen_at_the_next_presynaptic_spike(
    make: Any, fraction: float
) -> None:
    check(make, Rule(deferred=True), fraction, plasticity_update="deferred")


@pytest.mark.parametrize("fraction", [0.5, 1.0])
def test_several_spikes_under_way(make: Any, fraction: float) -> None:
    # Delays up to 20 steps with a spike every second step: ten in the dendrite at once.
    check(make, Rule(), fraction, density=0.5, longest=20)


def test_absolute_amplitudes(make: Any) -> None:
    check(make, Rule(absolute=True, a_plus=0.01, a_minus=0.012), 1.0,
          plasticity_amplitude="absolute")


def test_other_time_step(make: Any) -> None:
    check(make, Rule(), 0.5, dt=0.1, density=0.2)


def test_imaginary_first_spike_takes_part_in_nearest_pairs(make: Any) -> None:
    check(make, Rule(timing="nearest_pair", initial_spike=True), 1.0,
          initial_presynaptic_spike=True)


def test_plastic_inhibition_keeps_its_sign(make: Any) -> None:
    check(make, Rule(timing="vogels", w_max=0.3), 1.0, sign=-1.0)


def test_dendritic_fraction_is_overruled_by_the_chip(make: Any) -> None:
    # With dendritic_delay="all" a fraction of 0 learns as a fraction of 1.
    weights = []
    for fraction, rule in ((0.0, "all"), (1.0, "as_given")):
        sim = make(numerics={"dendritic_delay": rule})
        plastic = one_pair(sim, [10.0], [13.0], 5.0, fraction)
        sim.run(30.0)
        weights.append(plastic.get("weight", format="list", with_address=False)[0])
    assert weights[0] == weights[1]
    assert weights[0] != 0.05


def one_pair(sim: Any, pre: list[float], post: list[float], delay: float, fraction: float) -> Any:
    """Return a plastic synapse whose cell fires at the given times."""
    dt = sim.get_time_step()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=pre))
    teacher = sim.Population(1, sim.SpikeSourceArray(spike_times=[t - dt for t in post]))
    cell = sim.Population(1, sim.IF_curr_exp(tau_syn_E=dt / 50, tau_refrac=dt, cm=0.1 * dt))
    sim.Projection(teacher, cell, sim.OneToOneConnector(),
                   sim.StaticSynapse(weight=TEACHER, delay=dt))
    return sim.Projection(
        source, cell, sim.OneToOneConnector(),
        mechanism(sim, Rule(a_plus=0.01, a_minus=0.012, w_max=1.0), fraction, 0.05, delay))


@pytest.mark.parametrize(
    ("fraction", "potentiates"), [(1.0, True), (0.0, False)], ids=["dendritic", "axonal"]
)
def test_sign_of_learning_depends_on_where_the_delay_is(
    make: Any, fraction: float, potentiates: bool
) -> None:
    # The spike leaves at 20 ms, the cell fires at 21.5 ms, the delay is 5 ms. In the dendrite the
    # postsynaptic spike needs 5 ms to the synapse (26.5, after 20): potentiation. In the axon the
    # presynaptic one does (25, after 21.5): depression, seen by the synapse at 25 ms.
    sim = make(timestep=0.1)
    plastic = one_pair(sim, [20.0], [21.5], 5.0, fraction)
    sim.run(40.0)
    change = plastic.get("weight", format="list", with_address=False)[0] - 0.05
    want = 0.01 * exp(-6.5 / 12.0) if potentiates else -0.012 * exp(-3.5 / 17.0)
    assert change == pytest.approx(want, rel=1e-9)  # one exponential: rounding error only
