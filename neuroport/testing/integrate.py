"""Cells integrated finely, by their textbook equations: what a conformance case expects.

Shares nothing with any backend: Runge-Kutta of the fourth order with many steps in a time step,
the synaptic variables in closed form, the threshold and the arrivals on the grid of the contract
(``docs/numerics.md``). With ``input_rule="step"`` leaky cells follow the formula there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuroport.network.cells import CELLS, Receptor
from neuroport.numerics import Numerics, to_steps

__all__ = ["Trajectory", "integrate"]

FloatArray = NDArray[np.float64]
State = dict[str, FloatArray]
Change = Callable[[dict[str, FloatArray], State], None]
LONGEST = 0.05  # ms; a substep, for time constants of 2 ms and more
FEWEST = 1  # substeps in a time step


@dataclass(frozen=True)
class Trajectory:
    """What cells did.

    Attributes
    ----------
    signals : mapping of str to ndarray, shape (n_steps + 1, n_cells)
        Sample k is the state at the beginning of step k, arrivals included.
    spikes : ndarray of float, shape (n_spikes, 2)
        (step, cell), by step.
    """

    signals: Mapping[str, FloatArray]
    spikes: FloatArray


def integrate(
    cell: str,
    parameters: Mapping[str, FloatArray],
    initial: Mapping[str, FloatArray],
    arrivals: Mapping[str, FloatArray],
    *,
    steps: int,
    timestep: float,
    numerics: Numerics,
    injected: FloatArray | None = None,
    changes: Mapping[int, Change] | None = None,
) -> Trajectory:
    """Return the trajectory of cells of one type.

    Parameters
    ----------
    cell : str
        A standard cell type, no source.
    parameters, initial : mapping of str to ndarray, shape (n_cells,)
        PyNN's names and units.
    arrivals : mapping of str to ndarray, shape (n_steps + 1, n_cells)
        Receptor -> summed weights that are used in each step.
    steps : int
    timestep : float
        ms.
    numerics : Numerics
        The rules of refractoriness, threshold and input.
    injected : ndarray of float, shape (n_steps, n_cells), optional
        nA.
    changes : mapping of int to callable, optional
        Step -> ``change(parameters, state)``, before that step; both are changed in place.
    """
    membrane, receptors, _ = CELLS[cell]
    p = {name: np.array(values, dtype=float) for name, values in parameters.items()}
    cells = next(iter(p.values())).size
    state = {name: np.array(values, dtype=float) for name, values in initial.items()}
    rises = {r.name: np.zeros(cells) for r in receptors}  # of alpha functions
    for receptor in receptors:
        if receptor.tau:
            state.setdefault(receptor.variable, np.zeros(cells))
    samples: dict[str, list[FloatArray]] = {name: [] for name in state}
    blocked = np.zeros(cells, dtype=int)
    spikes = []
    for step in range(steps + 1):
        if changes and step in changes:
            changes[step](p, state)
        for receptor in receptors:
            _arrive(receptor, arrivals[receptor.name][step], p, state, rises, blocked, timestep,
                    numerics)
        for name, values in state.items():
            samples[name].append(values.copy())
        if step == steps:
            break
        current = p["i_offset"] + (0.0 if injected is None else injected[step])
        before = state["v"].copy()
        free = blocked == 0
        # A jump over the threshold fires in its step, before the leak can pull it back.
        jumped = _fires(membrane, p, before, before, numerics) if (
            membrane == "leaky" and receptors[0].kind == "delta") else False
        _advance(cell, membrane, receptors, p, state, rises, current, free, timestep, numerics)
        blocked = np.maximum(blocked - 1, 0)
        fired = free & (jumped | _fires(membrane, p, state["v"], before, numerics))
        _reset(membrane, p, state, fired)
        if "tau_refrac" in p:
            wait = (np.ceil(p["tau_refrac"] / timestep - 1e-9)
                    if numerics.refractory_rule == "ceil" else to_steps(p["tau_refrac"], timestep))
            blocked = np.where(fired, wait.astype(int), blocked)
        spikes += [(step, int(k)) for k in np.flatnonzero(fired)]
    return Trajectory(
        {name: np.array(rows) for name, rows in samples.items()},
        np.array(spikes, dtype=float).reshape(-1, 2),
    )


def _arrive(
    receptor: Receptor, weight: FloatArray, p: State, state: State, rises: State,
    blocked: NDArray[np.int64], timestep: float, numerics: Numerics,
) -> None:
    if receptor.kind == "delta":
        state["v"] += np.where(blocked > 0, 0.0, weight)
    elif receptor.kind.endswith("alpha"):
        rises[receptor.name] = rises[receptor.name] + weight * np.e / p[receptor.tau]
    else:
        tau = p[receptor.tau]
        kept = tau / timestep * -np.expm1(-timestep / tau) if numerics.input_rule == "step" else 1.0
        state[receptor.variable] += weight * kept


def _synapse(receptor: Receptor, p: State, state: State, rises: State, since: float) -> FloatArray:
    """Return the synaptic variable some time into the step."""
    decay = np.exp(-since / p[receptor.tau])
    found: FloatArray = (state[receptor.variable] + rises[receptor.name] * since) * decay
    return found


def _advance(
    cell: str, membrane: str, receptors: tuple[Receptor, ...], p: State, state: State,
    rises: State, current: FloatArray, free: NDArray[np.bool_], timestep: float,
    numerics: Numerics,
) -> None:
    with_tau = [r for r in receptors if r.tau]
    inner = [n for n in state if n not in {r.variable for r in receptors}]

    def slopes(y: State, since: float) -> State:
        total = current.copy()
        held = numerics.input_rule == "step"
        for r in with_tau:
            g = state[r.variable] if held else _synapse(r, p, state, rises, since)
            total = total + (g * (p[r.reversal] - y["v"]) if r.reversal else g)
        return _SLOPES[membrane](cell, p, y, total, free)

    y = {name: state[name] for name in inner}
    substeps = max(FEWEST, int(np.ceil(timestep / LONGEST)))
    h = timestep / substeps
    for k in range(substeps):
        now = k * h
        a = slopes(y, now)
        b = slopes({n: y[n] + 0.5 * h * a[n] for n in inner}, now + 0.5 * h)
        c = slopes({n: y[n] + 0.5 * h * b[n] for n in inner}, now + 0.5 * h)
        d = slopes({n: y[n] + h * c[n] for n in inner}, now + h)
        y = {n: y[n] + h / 6.0 * (a[n] + 2 * b[n] + 2 * c[n] + d[n]) for n in inner}
    for r in with_tau:
        state[r.variable] = _synapse(r, p, state, rises, timestep)
        rises[r.name] = rises[r.name] * np.exp(-timestep / p[r.tau])
    state.update(y)


def _leaky(
    cell: str, p: State, y: State, current: FloatArray, free: NDArray[np.bool_]
) -> State:
    return {"v": free * ((p["v_rest"] - y["v"]) / p["tau_m"] + current / p["cm"])}


def _adaptive(
    cell: str, p: State, y: State, current: FloatArray, free: NDArray[np.bool_]
) -> State:
    leak = p["cm"] / p["tau_m"]
    # Beyond the spike the upswing only has to be steep, not infinite.
    upswing = np.exp(np.minimum((y["v"] - p["v_thresh"]) / p["delta_T"], 10.0))
    away = np.minimum(y["v"], p["v_spike"]) - p["v_rest"]
    return {
        "v": free * (leak * (p["v_rest"] - y["v"] + p["delta_T"] * upswing) - y["w"] + current)
        / p["cm"],
        "w": (p["a"] * 1e-3 * away - y["w"]) / p["tau_w"],
    }


def _equations(
    cell: str, p: State, y: State, current: FloatArray, free: NDArray[np.bool_]
) -> State:
    # IF_cond_exp_gsfa_grr (Muller et al. 2007); g_s and g_r in nS.
    total = current + 1e-3 * (y["g_s"] * (p["e_rev_sfa"] - y["v"])
                              + y["g_r"] * (p["e_rev_rr"] - y["v"]))
    return {**_leaky(cell, p, y, total, free), "g_s": -y["g_s"] / p["tau_sfa"],
            "g_r": -y["g_r"] / p["tau_rr"]}


def _izhikevich(
    cell: str, p: State, y: State, current: FloatArray, free: NDArray[np.bool_]
) -> State:
    # PyNN's cell takes nA over a capacitance of 1 pF; sPyNNaker's counts 1 nA as 1 mV/ms.
    drive = current * (1000.0 if cell == "Izhikevich" else 1.0)
    v = np.clip(y["v"], -200.0, 100.0)
    return {
        "v": 0.04 * v**2 + 5.0 * v + 140.0 - y["u"] + drive,
        "u": p["a"] * (p["b"] * np.minimum(v, 40.0) - y["u"]),
    }


def _over_exp(x: FloatArray) -> FloatArray:
    """Return x / (exp(x) - 1), also at 0."""
    small = np.abs(x) < 1e-7
    safe = np.where(small, 1.0, x)
    return np.where(small, 1.0 - x / 2, safe / np.expm1(safe))


def _traub(cell: str, p: State, y: State, current: FloatArray, free: NDArray[np.bool_]) -> State:
    u = y["v"] - p["v_offset"]
    return {
        "v": (p["g_leak"] * (p["e_rev_leak"] - y["v"])
              - p["gbar_Na"] * y["m"] ** 3 * y["h"] * (y["v"] - p["e_rev_Na"])
              - p["gbar_K"] * y["n"] ** 4 * (y["v"] - p["e_rev_K"]) + current) / p["cm"],
        "m": (1.28 * _over_exp((13.0 - u) / 4.0) * (1.0 - y["m"])
              - 1.4 * _over_exp((u - 40.0) / 5.0) * y["m"]),
        "n": (0.16 * _over_exp((15.0 - u) / 5.0) * (1.0 - y["n"])
              - 0.5 * np.exp((10.0 - u) / 40.0) * y["n"]),
        "h": (0.128 * np.exp((17.0 - u) / 18.0) * (1.0 - y["h"])
              - 4.0 / (1.0 + np.exp((40.0 - u) / 5.0)) * y["h"]),
    }


_SLOPES: dict[str, Callable[[str, State, State, FloatArray, NDArray[np.bool_]], State]] = {
    "leaky": _leaky, "adaptive_exponential": _adaptive, "izhikevich": _izhikevich,
    "hodgkin_huxley": _traub, "equations": _equations,
}


def _fires(
    membrane: str, p: State, v: FloatArray, before: FloatArray, numerics: Numerics
) -> NDArray[np.bool_]:
    if membrane == "hodgkin_huxley":  # the upward crossing, as NEST's Traub cell has it
        level = p["v_offset"] + 30.0
        return np.asarray((v >= level) & (before < level))
    name = {"leaky": "v_thresh", "equations": "v_thresh",
            "adaptive_exponential": "v_spike"}.get(membrane, "")
    level = p[name] if name else np.full_like(v, 30.0)
    return np.asarray(v >= level if numerics.threshold_rule == ">=" else v > level)


def _reset(membrane: str, p: State, state: State, fired: NDArray[np.bool_]) -> None:
    if membrane == "hodgkin_huxley":
        return
    state["v"] = np.where(fired, p["c"] if membrane == "izhikevich" else p["v_reset"], state["v"])
    if membrane == "adaptive_exponential":
        state["w"] = state["w"] + fired * p["b"]
    elif membrane == "izhikevich":
        state["u"] = state["u"] + fired * p["d"]
    elif membrane == "equations":
        state["g_s"] = state["g_s"] + fired * p["q_sfa"]
        state["g_r"] = state["g_r"] + fired * p["q_rr"]
