"""Cell types: each parameter as one value and as an array, each state, each recordable.

One population has every parameter away from its base at once; another has one cell for each
parameter and state that differs from the first cell in that alone. Both are driven gently, then
hard, so that every parameter shows in the potential or in the spikes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import Capabilities, CellCapability
from neuroport.network.cells import CELLS
from neuroport.testing.case import Case, Observed, Part, Setting, honoured, signal, spike_table
from neuroport.testing.integrate import Trajectory, integrate
from neuroport.testing.judges import after_spikes, spikes_like, trace

__all__ = ["CellPart", "Sample", "SAMPLES", "arrivals", "cases", "needs", "own_rules",
           "potential", "settable",
           "setting_for"]

FloatArray = NDArray[np.float64]
Values = Mapping[str, float]

# ms; all well inside the first run, then a burst in the second
GENTLE_EXCITATION = (3.0, 5.0, 13.0)
GENTLE_INHIBITION = (8.0, 18.0)
BURST = tuple(np.arange(32.0, 48.0).tolist())
QUIET = 30.0
LATER = 12.0  # ms after the last spike in which what a spike leaves behind is looked at
EXCITATORY_DELAY, INHIBITORY_DELAY = 1.0, 2.0


@dataclass(frozen=True)
class Sample:
    """Values with which a cell type is tried.

    Attributes
    ----------
    base, other : mapping of str to float
        Parameters, and what each of them becomes where it is varied.
    weights : tuple of float
        Of the excitatory and the inhibitory spikes, in PyNN's signs.
    initial, initial_other : mapping of str to float
        States, likewise.
    burst : float
        By how much the spikes of the burst are stronger.
    """

    base: Values
    other: Values
    weights: tuple[float, float]
    initial: Values = field(default_factory=lambda: {"v": -65.0})
    initial_other: Values = field(default_factory=lambda: {"v": -58.0})
    burst: float = 1.0


_LEAKY = {"cm": 0.25, "tau_m": 15.0, "v_rest": -65.0, "v_reset": -68.0, "v_thresh": -55.0,
          "tau_refrac": 2.0, "i_offset": 0.05}
_LEAKY_OTHER = {"cm": 0.4, "tau_m": 10.0, "v_rest": -62.0, "v_reset": -60.0, "v_thresh": -51.0,
                "tau_refrac": 6.0, "i_offset": 0.11}
_TAUS = {"tau_syn_E": 3.0, "tau_syn_I": 4.0}
_TAUS_OTHER = {"tau_syn_E": 5.0, "tau_syn_I": 9.0}
_REVERSALS = {"e_rev_E": 0.0, "e_rev_I": -80.0}
_REVERSALS_OTHER = {"e_rev_E": -30.0, "e_rev_I": -70.0}
_CURRENTS = {"isyn_exc": 0.1, "isyn_inh": -0.1}
_CONDUCTANCES = {"gsyn_exc": 0.002, "gsyn_inh": 0.01}
_ADEXP = {"cm": 0.281, "tau_m": 9.3667, "v_rest": -70.6, "v_reset": -70.6, "v_thresh": -50.4,
          "v_spike": -40.0, "delta_T": 2.0, "tau_w": 40.0, "a": 4.0, "b": 0.08, "i_offset": 0.2,
          "tau_refrac": 2.0}
_ADEXP_OTHER = {"cm": 0.4, "tau_m": 7.0, "v_rest": -67.0, "v_reset": -58.0, "v_thresh": -56.0,
                "v_spike": -49.0, "delta_T": 4.0, "tau_w": 15.0, "a": 20.0, "b": 0.4,
                "i_offset": 0.35, "tau_refrac": 5.0}
_TRAUB = {"gbar_Na": 20.0, "gbar_K": 6.0, "g_leak": 0.01, "cm": 0.2, "v_offset": -63.0,
          "e_rev_Na": 50.0, "e_rev_K": -90.0, "e_rev_leak": -65.0, "i_offset": 0.02}
_TRAUB_OTHER = {"gbar_Na": 14.0, "gbar_K": 9.0, "g_leak": 0.02, "cm": 0.3, "v_offset": -60.0,
                "e_rev_Na": 10.0, "e_rev_K": -60.0, "e_rev_leak": -62.0, "i_offset": 0.06}
_IZHIKEVICH = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 6.0, "i_offset": 0.001}
_IZHIKEVICH_OTHER = {"a": 0.06, "b": 0.21, "c": -45.0, "d": 2.0, "i_offset": 0.0016}


_ADAPTING = {"tau_sfa": 40.0, "e_rev_sfa": -75.0, "q_sfa": 15.0, "tau_rr": 3.0,
             "e_rev_rr": -78.0, "q_rr": 200.0}
_ADAPTING_OTHER = {"tau_sfa": 15.0, "e_rev_sfa": -60.0, "q_sfa": 40.0, "tau_rr": 8.0,
                   "e_rev_rr": -66.0, "q_rr": 500.0}


def _leaky(extra: Values, other: Values, weights: tuple[float, float], states: Values) -> Sample:
    return Sample({**_LEAKY, **extra}, {**_LEAKY_OTHER, **other}, weights,
                  {"v": -65.0, **dict.fromkeys(states, 0.0)}, {"v": -58.0, **states})


def _adaptive() -> Sample:
    return Sample({**_ADEXP, **_TAUS, **_REVERSALS}, {**_ADEXP_OTHER, **_TAUS_OTHER,
                                                      **_REVERSALS_OTHER},
                  (0.004, 0.006), {"v": -68.0, "w": 0.0, **dict.fromkeys(_CONDUCTANCES, 0.0)},
                  {"v": -62.0, "w": 0.1, **_CONDUCTANCES}, burst=3.0)


SAMPLES: dict[str, Sample] = {
    "IF_curr_exp": _leaky(_TAUS, _TAUS_OTHER, (0.25, -0.25), _CURRENTS),
    "IF_curr_alpha": _leaky(_TAUS, _TAUS_OTHER, (0.12, -0.12), _CURRENTS),
    "IF_curr_delta": _leaky({}, {}, (2.5, -2.5), {}),
    "IF_cond_exp": _leaky({**_TAUS, **_REVERSALS}, {**_TAUS_OTHER, **_REVERSALS_OTHER},
                          (0.005, 0.02), _CONDUCTANCES),
    "IF_cond_alpha": _leaky({**_TAUS, **_REVERSALS}, {**_TAUS_OTHER, **_REVERSALS_OTHER},
                            (0.0025, 0.01), _CONDUCTANCES),
    "IF_cond_exp_gsfa_grr": Sample(
        {**_LEAKY, **_TAUS, **_REVERSALS, **_ADAPTING},
        {**_LEAKY_OTHER, **_TAUS_OTHER, **_REVERSALS_OTHER, **_ADAPTING_OTHER}, (0.005, 0.02),
        {"v": -65.0, "g_s": 0.0, "g_r": 0.0, **dict.fromkeys(_CONDUCTANCES, 0.0)},
        {"v": -58.0, "g_s": 5.0, "g_r": 20.0, **_CONDUCTANCES}, burst=2.0),
    "EIF_cond_exp_isfa_ista": _adaptive(),
    "EIF_cond_alpha_isfa_ista": _adaptive(),
    "HH_cond_exp": Sample(
        {**_TRAUB, **_TAUS, **_REVERSALS}, {**_TRAUB_OTHER, **_TAUS_OTHER, **_REVERSALS_OTHER},
        (0.0006, 0.003),
        {"v": -65.0, "m": 0.02, "n": 0.15, "h": 0.98, **dict.fromkeys(_CONDUCTANCES, 0.0)},
        {"v": -63.0, "m": 0.08, "n": 0.25, "h": 0.8, **_CONDUCTANCES}, burst=8.0),
    "Izhikevich": Sample(_IZHIKEVICH, _IZHIKEVICH_OTHER, (1.2, -1.2), {"v": -70.0, "u": -14.0},
                         {"v": -66.0, "u": -13.0}, burst=4.0),
    "Izhikevich_curr_exp": Sample(
        {**_IZHIKEVICH, **_TAUS, "i_offset": 1.0}, {**_IZHIKEVICH_OTHER, **_TAUS_OTHER,
                                                    "i_offset": 1.6},
        (1.5, -1.5), {"v": -70.0, "u": -14.0, "isyn_exc": 0.0, "isyn_inh": 0.0},
        {"v": -66.0, "u": -12.0, "isyn_exc": 0.5, "isyn_inh": -0.5}, burst=3.0),
}


def setting_for(capabilities: Capabilities, cell: str) -> Setting:
    """Return the setting in which a cell type is tried.

    A simulation whose scheme is not exact is tried at the time step that such cells need; a
    machine at the one that it was made for.
    """
    capability = capabilities.cells[cell]
    numerics = honoured(capabilities, capability.numerics)
    timestep = 1.0
    if capabilities.kind == "simulation" and capability.scheme:
        timestep = 0.02 if CELLS[cell][0] == "hodgkin_huxley" else 0.1
    return Setting(numerics, timestep, (30.0, 20.0, 30.0))


def own_rules(setting: Setting) -> bool:
    """Whether cells follow rules of a machine's own, which only the reference has too."""
    n = setting.numerics
    return (n.input_rule, n.delta_input, n.integrator, n.decay_bits, n.state_bits,
            n.static_weight_step) != ("exact", "voltage", "accurate", None, None, None)


def arrivals(
    setting: Setting, times: tuple[float, ...], delay: float, weight: float, cells: int
) -> FloatArray:
    """Return the summed weights that each step uses, shape (n_steps + 1, n_cells)."""
    result = np.zeros((setting.steps + 1, cells))
    late = 0 if setting.numerics.delay_rule == "same_step" else 1
    for time in times:
        step = round((time + delay) / setting.timestep) + late
        if step <= setting.steps:
            result[step] += weight
    return result


class CellPart(Part):
    """Cells of one type with spikes on both receptors.

    Parameters
    ----------
    label, setting
        See :class:`~neuroport.testing.case.Part`.
    cell : str
    parameters, initial : mapping of str to float or list of float
    size : int
    record : tuple of str
    inputs : tuple of bool
        Whether there are excitatory and inhibitory spikes.
    burst : bool
        Whether they end in a burst.
    """

    def __init__(
        self, label: str, setting: Setting, cell: str, parameters: Mapping[str, Any],
        initial: Mapping[str, Any], size: int, record: tuple[str, ...],
        inputs: tuple[bool, bool] = (True, True), burst: bool = True,
    ) -> None:
        super().__init__(label, setting)
        self.cell, self.parameters, self.initial = cell, dict(parameters), dict(initial)
        self.size, self.record = size, record
        sample = SAMPLES[cell]
        excitation, inhibition = sample.weights
        driven = [
            ("excitatory", GENTLE_EXCITATION, EXCITATORY_DELAY, excitation, inputs[0]),
            ("inhibitory", GENTLE_INHIBITION, INHIBITORY_DELAY, inhibition, inputs[1]),
            ("excitatory", BURST, EXCITATORY_DELAY, sample.burst * excitation, burst)]
        self.inputs = [(receptor, times, delay, weight)
                       for receptor, times, delay, weight, there in driven if there]

    @property
    def exact(self) -> bool:
        """Whether the numerics are those of the textbook."""
        return not own_rules(self.setting)

    def build(self, sim: Any) -> None:
        """Add the cells and their sources."""
        self.cells = sim.Population(
            self.size, self.cell_type(sim), label=self.label, initial_values=self.initial)
        for number, (receptor, times, delay, weight) in enumerate(self.inputs):
            source = sim.Population(1, sim.SpikeSourceArray(spike_times=list(times)),
                                    label=f"{self.label}, source {number}")
            sim.Projection(source, self.cells, sim.AllToAllConnector(),
                           sim.StaticSynapse(weight=weight, delay=delay), receptor_type=receptor)
        self.cells.record(list(self.record))

    def cell_type(self, sim: Any) -> Any:
        """Return the cells' type with its parameters."""
        return getattr(sim, self.cell)(**self.parameters)

    def observe(self, sim: Any) -> dict[str, FloatArray]:
        """Return all recorded variables."""
        return {name: spike_table(self.cells, self.setting.timestep) if name == "spikes"
                else signal(self.cells, name) for name in self.record}

    def expected(self, observed: Observed) -> dict[str, FloatArray]:
        """Return them by fine integration."""
        done = self.trajectory()
        return {**done.signals, "spikes": done.spikes}

    def trajectory(self) -> Trajectory:
        """Return what the cells should do."""
        summed = {r.name: np.zeros((self.setting.steps + 1, self.size))
                  for r in CELLS[self.cell][1]}
        for receptor, times, delay, weight in self.inputs:
            summed[receptor] += arrivals(self.setting, times, delay, weight, self.size)
        return integrate(
            self.cell, _arrays({**defaults(self.cell), **self.parameters}, self.size),
            _arrays({**initials(self.cell), **self.initial}, self.size), summed,
            steps=self.setting.steps, timestep=self.setting.timestep,
            numerics=self.setting.numerics)


def defaults(cell: str) -> dict[str, float]:
    """Return PyNN's default parameters."""
    from neuroport.pynn.cells import CELL_TYPES

    return dict(CELL_TYPES[cell].default_parameters)


def initials(cell: str) -> dict[str, float]:
    """Return PyNN's initial values."""
    from neuroport.pynn.cells import CELL_TYPES

    return dict(CELL_TYPES[cell].default_initial_values)


def _arrays(values: Mapping[str, Any], size: int) -> dict[str, FloatArray]:
    return {k: np.broadcast_to(np.asarray(v, dtype=float), (size,)).copy()
            for k, v in values.items()}


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield the cases of all cell types."""
    for cell in SAMPLES:
        yield from _cell(capabilities, cell)


def _without(capabilities: Capabilities, cell: str) -> str:
    if cell not in capabilities.cells:
        near = capabilities.nearest.get(cell)
        return f"cell {cell}" + (f" (nearest: {near})" if near else "")
    return needs(capabilities)


def needs(capabilities: Capabilities) -> str:
    """Return what a driven cell needs and the backend does not declare."""
    if "SpikeSourceArray" not in capabilities.cells:
        return "cell SpikeSourceArray"
    return "" if "StaticSynapse" in capabilities.synapses else "synapse StaticSynapse"


def _cell(capabilities: Capabilities, cell: str) -> Iterator[Case]:
    sample, subject = SAMPLES[cell], f"cell {cell}"
    states = [n for n in CELLS[cell][2] if n in sample.initial]
    lacks = _without(capabilities, cell)
    if lacks:
        yield Case(subject, "every parameter, one value", lacks)
        for feature in (*(f"{name}, an array" for name in sample.other),
                        *(f"initial {name}" for name in states),
                        *(f"records {name}" for name in CELLS[cell][2])):
            yield Case(subject, feature, lacks)
        return
    have = capabilities.cells[cell]
    setting = setting_for(capabilities, cell)
    base = {**sample.base, **have.fixed_parameters}
    other = {**sample.other, **have.fixed_parameters}
    initial = {k: sample.initial[k] for k in states if settable(have, k)}
    quiet = round(QUIET / setting.timestep)
    one = CellPart(f"{cell}, one value", setting, cell, other, initial, 2,
                   _recordable(have, CELLS[cell][2]))
    yield Case(subject, "every parameter, one value", part=one,
               judge=_both(have, 1, setting))
    varied = [k for k in other if k not in (*have.uniform, *have.fixed_parameters)]
    parameters: dict[str, Any] = {
        k: [v, *(other[k] if k == name else v for name in varied), *[v] * len(initial)]
        if k in varied else v for k, v in base.items()}
    starts = {k: [v] * (1 + len(varied)) + [sample.initial_other[k] if k == name else v
                                            for name in initial] for k, v in initial.items()}
    several = CellPart(f"{cell}, arrays", setting, cell, parameters, starts,
                       1 + len(varied) + len(initial),
                       _recordable(have, ("spikes", "v", *(n for n in initial if n != "v"))))
    for name in sample.other:
        missing = "parameter" if name in have.fixed_parameters else (
            "different values in a population for" if name in have.uniform else "")
        yield Case(subject, f"{name}, an array", missing and f"{missing} {name}",
                   None if missing else several,
                   _both(have, 1 + varied.index(name), setting) if not missing
                   else _nothing)
    for name in states:
        there = settable(have, name)
        place = 1 + len(varied) + list(initial).index(name) if there else 0
        judge = _both(have, place, setting) if name == "v" or name not in have.recordables else (
            trace(name, place, quiet=quiet, scheme=have.scheme,
                  lost=int(name in have.without_last_sample)))
        yield Case(subject, f"initial {name}", "" if there else f"initial value of {name}",
                   several if there else None, judge)
    for name in CELLS[cell][2]:
        there = name in have.recordables
        lost = int(name in have.without_last_sample)
        judge = {"spikes": spikes_like(name, 0, scheme=have.scheme, steps=_slack(have, setting)),
                 "v": potential(have, 0, setting)}.get(
            name, trace(name, 0, quiet=quiet, scheme=have.scheme, lost=lost))
        yield Case(subject, f"records {name}", "" if there else f"recording of {name}",
                   one if there else None, judge)


def settable(have: CellCapability, state: str) -> bool:
    """Whether the initial value of a state can be set."""
    return state in have.states and state not in have.fixed_states


def _recordable(have: CellCapability, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(n for n in names if n in have.recordables)


def _nothing(outcome: Any) -> str:
    return ""


def _slack(have: CellCapability, setting: Setting) -> int:
    """Steps that a spike may be off with an approximate scheme: 1.5 ms with one of first order."""
    return max(1, round((1.5 if "first order" in have.scheme else 0.3) / setting.timestep))


def potential(have: CellCapability, cell: int, setting: Setting) -> Any:
    """Judge the potential of one cell."""
    jumps: tuple[int, ...] = ()
    if CELLS[have.name][1][0].kind == "delta":
        times = [t + EXCITATORY_DELAY for t in (*GENTLE_EXCITATION, *BURST)]
        times += [t + INHIBITORY_DELAY for t in GENTLE_INHIBITION]
        jumps = tuple(round(t / setting.timestep) for t in times)
    return trace("v", cell, quiet=round(QUIET / setting.timestep), scheme=have.scheme,
                 lost=int("v" in have.without_last_sample), jumps=jumps)


def _both(have: CellCapability, cell: int, setting: Setting) -> Any:
    """Judge the potential and the spikes of one cell, those of them that can be recorded."""
    judges = []
    if "v" in have.recordables:
        judges.append(potential(have, cell, setting))
    if "spikes" in have.recordables:
        judges.append(
            spikes_like("spikes", cell, scheme=have.scheme, steps=_slack(have, setting)))
        spike_resets = CELLS[have.name][0] != "hodgkin_huxley"
        if "v" in have.recordables and have.scheme and spike_resets:
            judges.append(after_spikes(cell, round(LATER / setting.timestep)))
    return lambda outcome: next((said for judge in judges if (said := judge(outcome))), "")
