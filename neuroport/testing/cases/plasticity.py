"""Spike-timing-dependent plasticity: each rule with each weight dependence, by pair protocols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import Capabilities, StdpCapability
from neuroport.testing.case import (
    Case,
    Judge,
    Observed,
    Outcome,
    Part,
    Setting,
    honoured,
    spike_table,
)
from neuroport.testing.cases.carrier import RUNS, Carrier, conductance, plain
from neuroport.testing.pairs import plastic_weight

__all__ = ["PlasticPart", "cases", "learnt"]

FloatArray = NDArray[np.float64]
DELAY = 6  # steps; no power of two, which a ring of that length would take for 0
# From a presynaptic spike to a postsynaptic one, in steps. With any part of the delay and with a
# step more none act at the same moment: that is another rule's matter.
APART = (-17, -9, -4, -2, 2, 4, 11, 17)
PRE = (20.0, 55.0, 85.0)
LAST = 110.0  # brings the weight up to date where updates are deferred
FRACTIONS = (0.0, 0.5, 1.0)
TIMING_CLASSES = {"pair": "SpikePairRule", "nearest_pair": "SpikeNearestPairRule",
                  "vogels": "Vogels2011Rule"}
WEIGHT_CLASSES = {"additive": "AdditiveWeightDependence",
                  "multiplicative": "MultiplicativeWeightDependence",
                  "additive_multiplicative": "AdditivePotentiationMultiplicativeDepression",
                  "gutig": "GutigWeightDependence"}


def _values(timing: str, dependence: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return parameters, and what each becomes where it is varied; weights in weak weights."""
    if timing == "vogels":
        one, other = {"tau": 15.0, "eta": 0.05, "rho": 8.0}, {"tau": 25.0, "eta": 0.1, "rho": 14.0}
        # Vogels' rate of change is a weight, not a fraction: it is scaled with the weights.
    else:
        one = {"tau_plus": 12.0, "tau_minus": 17.0, "A_plus": 0.08, "A_minus": 0.1}
        other = {"tau_plus": 25.0, "tau_minus": 9.0, "A_plus": 0.14, "A_minus": 0.05}
    one |= {"w_min": 0.0, "w_max": 1.0}
    other |= {"w_min": 0.45, "w_max": 0.6}
    if dependence == "gutig":
        one |= {"mu_plus": 0.4, "mu_minus": 0.7}
        other |= {"mu_plus": 0.9, "mu_minus": 0.2}
    return one, other


_WEIGHTS = ("w_min", "w_max", "eta")


class PlasticPart(Part):
    """Synapses that each see pairs with another interval; a teacher decides when cells fire.

    Parameters
    ----------
    label, setting, found
        As elsewhere.
    timing, dependence : str
        The rules.
    varied : str
        A parameter that half of the synapses have another value of; empty: none.
    fraction : float
        ``dendritic_delay_fraction``.
    receptor : str
    repeated : int
        Presynaptic spikes in a step.
    """

    def __init__(
        self, label: str, setting: Setting, found: Carrier, timing: str, dependence: str,
        *, varied: str = "", fraction: float = 1.0, receptor: str = "excitatory",
        repeated: int = 1,
    ) -> None:
        super().__init__(label, setting)
        self.found, self.timing, self.dependence = found, timing, dependence
        self.varied, self.fraction, self.receptor = varied, fraction, receptor
        self.repeated = repeated
        self.sign = -1.0 if receptor == "inhibitory" and not conductance(found) else 1.0

    @property
    def exact(self) -> bool:
        """Whether the rules are PyNN's, whenever a change is seen."""
        n = self.setting.numerics
        return (n.plastic_weight_step, n.static_weight_step, n.trace_bits,
                n.initial_presynaptic_spike, n.state_bits) == (None, None, None, False, None)

    def parameters(self) -> dict[str, FloatArray]:
        """Return the rules' parameters for each synapse, weights as magnitudes."""
        one, other = _values(self.timing, self.dependence)
        size = self.found.weak
        return {k: np.array([(other[k] if k == self.varied and i % 2 else v)
                             * (size if k in _WEIGHTS else 1.0) for i in range(len(APART))])
                for k, v in one.items()}

    def _signed(self) -> dict[str, FloatArray]:
        """Return the parameters with PyNN's sign of the bounds."""
        return {k: v * (self.sign if k in ("w_min", "w_max") else 1.0)
                for k, v in self.parameters().items()}

    def mechanism(self, sim: Any, start: float, delay: float) -> Any:
        """Return the synapse type, with the first synapse's values."""
        values = {k: float(v[0]) for k, v in self._signed().items()}
        timing = getattr(sim, TIMING_CLASSES[self.timing])
        dependence = getattr(sim, WEIGHT_CLASSES[self.dependence])
        return sim.STDPMechanism(
            timing_dependence=timing(
                **{k: v for k, v in values.items() if k in timing.default_parameters}),
            weight_dependence=dependence(
                **{k: v for k, v in values.items() if k in dependence.default_parameters}),
            dendritic_delay_fraction=self.fraction, weight=start, delay=delay)

    def build(self, sim: Any) -> None:
        """Add sources, teachers, cells and a plastic projection."""
        f, dt = self.found, self.setting.timestep
        n = len(APART)
        pre = [t for t in (*PRE, LAST) for _ in range(self.repeated)]
        source = sim.Population(n, sim.SpikeSourceArray(spike_times=[t * dt for t in pre]),
                                label=f"{self.label}, source")
        teacher = sim.Population(n, sim.SpikeSourceArray(spike_times=[
            sim.Sequence([(t + apart - 1.0) * dt for t in PRE]) for apart in APART]),
            label=f"{self.label}, teacher")
        self.cells = sim.Population(n, getattr(sim, f.cell)(**f.parameters), label=self.label)
        sim.Projection(teacher, self.cells, sim.OneToOneConnector(),
                       sim.StaticSynapse(weight=f.strong, delay=dt))
        values = self._signed()
        start = 0.5 * f.weak * self.sign
        if self.varied:
            connector = sim.FromListConnector(
                [(i, i, start, DELAY * dt, values[self.varied][i]) for i in range(n)],
                column_names=["weight", "delay", self.varied])
        else:
            connector = sim.OneToOneConnector()
        self.made = sim.Projection(
            source, self.cells, connector, self.mechanism(sim, start, DELAY * dt),
            receptor_type=self.receptor)
        self.cells.record("spikes")

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return the weights at the end, as magnitudes in weak weights, and the spikes."""
        listed = sorted(self.made.get("weight", format="list"))
        return {"weight": np.array([w for _, _, w in listed]) * self.sign / self.found.weak,
                "spikes": spike_table(self.cells, self.setting.timestep)}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return the weights as sums over the pairs that were there."""
        p, spikes = self.parameters(), observed["spikes"]
        n = self.setting.numerics
        dendritic = round(DELAY * (1.0 if n.dendritic_delay == "all" else self.fraction))
        weights = [
            plastic_weight(
                self.timing, self.dependence, {k: float(v[i]) for k, v in p.items()},
                min(max(0.5 * self.found.weak, p["w_min"][i]), p["w_max"][i]),
                [t for t in (*PRE, LAST) for _ in range(self.repeated)],
                spikes[spikes[:, 1] == i, 0].tolist(), axonal=DELAY - dendritic,
                dendritic=dendritic, timestep=self.setting.timestep,
                absolute=n.plasticity_amplitude == "absolute")
            for i in range(len(APART))]
        return {"weight": np.array(weights) / self.found.weak, "spikes": spikes}


def learnt(outcome: Outcome, steps: float = 0.0) -> str:
    """Judge the weights; on a machine's grid they may be off by `steps` of w_max."""
    got, want = outcome.observed["weight"], outcome.wanted["weight"]
    fired = np.unique(outcome.observed["spikes"][:, 1]).size
    if fired != len(APART):
        return f"{fired} of {len(APART)} cells fired when they were taught to"
    # Sums of a few exponentials in double precision; on a grid, the same rules on the same grid;
    # where nobody has a machine's rules, three pairs that are each cut off to a step.
    bound = {"expectation": 1e-9, "reference": 1e-9 + steps, "approximation": 0.05}[outcome.source]
    off = np.abs(got - want)
    if (off <= bound).all():
        return ""
    worst = int(off.argmax())
    return (f"weight of the synapse with {APART[worst]} steps between spikes: {got[worst]:.6g} of "
            f"w_max, expected {want[worst]:.6g}")


def _judge(timing: str) -> Judge:
    """Return the judge of a rule.

    The reference has the pair rules of the SpiNNaker binaries bit for bit. Vogels' rule it has in
    double precision between the grids: each of seven events may then fall on the next step of the
    stored weight, which is 1/1024 nA where 20 nA have to fit, a 500th of w_max.
    """
    return partial(learnt, steps=7 / 500 if timing == "vogels" else 0.0)


def _setting(capabilities: Capabilities, found: Carrier, have: StdpCapability) -> Setting:
    return Setting(honoured(capabilities, capabilities.cells[found.cell].numerics, have.numerics),
                   runs=RUNS)


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield the cases."""
    lacks, found, _ = plain(capabilities)
    for timing in TIMING_CLASSES:
        have = capabilities.stdp.get(timing)
        for dependence in WEIGHT_CLASSES if timing != "vogels" else ("additive",):
            feature = f"{timing} rule, {dependence} weights"
            missing = lacks
            if have is None:
                missing = f"STDP with the {timing} rule"
            elif dependence not in have.weights:
                missing = f"the {timing} rule with {dependence} weights"
            if missing or have is None:
                yield Case("STDP", feature, missing)
                continue
            part = PlasticPart(f"STDP {feature}", _setting(capabilities, found, have), found,
                               timing, dependence)
            yield Case("STDP", feature, part=part, judge=_judge(timing))
        yield from _more(capabilities, timing, have, lacks, found)


def _more(
    capabilities: Capabilities, timing: str, have: StdpCapability | None, lacks: str,
    found: Carrier,
) -> Iterator[Case]:
    missing = lacks or ("" if have is not None and have.weights else
                        f"STDP with the {timing} rule")
    rule = have.weights[0] if have is not None and have.weights else "additive"

    def case(feature: str, lacking: str, options: Mapping[str, Any]) -> Case:
        name = f"{timing} rule: {feature}"
        if missing or lacking or have is None:
            return Case("STDP", name, missing or lacking)
        part = PlasticPart(f"STDP {name}", _setting(capabilities, found, have), found, timing, rule,
                           **options)
        return Case("STDP", name, part=part, judge=_judge(timing))

    for parameter in _values(timing, "additive")[0]:
        lacking = "" if have is None else (
            f"parameter {parameter}" if parameter in have.fixed_parameters else
            f"different values in a projection for {parameter}" if parameter in have.uniform
            else "")
        yield case(f"{parameter}, an array", lacking, {"varied": parameter})
    for fraction in FRACTIONS:
        allowed = have is None or not have.dendritic_fractions or (
            fraction in have.dendritic_fractions)
        yield case(f"dendritic_delay_fraction {fraction:g}",
                   "" if allowed else f"dendritic_delay_fraction {fraction:g}",
                   {"fraction": fraction})
    yield case("onto the inhibitory receptor", "", {"receptor": "inhibitory"})
    several = have is None or have.several_spikes
    yield case("several presynaptic spikes in a step",
               "" if several else "several spikes in a step at a plastic synapse",
               {"repeated": 2})
