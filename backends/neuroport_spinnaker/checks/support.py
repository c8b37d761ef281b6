"""Does the chip have what the network uses?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.findings import Finding, Severity, finding
from neuroport.network.description import PoissonSource
from neuroport.numerics import SPINNAKER
from neuroport_spinnaker.chip.limits import (
    CELLS,
    CURRENTS,
    FIXED_BITS,
    FIXED_LARGEST,
    NEAREST_CELL,
    RECORDABLE,
)
from neuroport_spinnaker.lower.machine_made import drawn_there
from neuroport_spinnaker.place.case import Case, place

__all__ = ["cells", "parameters", "recordings", "currents", "numerics"]

_INPUTS = {name for name, theirs in RECORDABLE.items() if theirs.startswith("gsyn")}


def cells(case: Case) -> Iterator[Finding]:
    """Find cell types that the chip does not have, or has in another meaning."""
    dt = case.network.timestep
    for population in case.network.populations:
        cell = population.cell
        if cell.name not in CELLS or cell.membrane == "equations":
            near = NEAREST_CELL.get(cell.name, "IF_cond_exp" if any(
                r.conductance for r in cell.receptors) else "IF_curr_exp")
            yield finding(
                "NP310", place(population), measured=cell.name,
                limit=f"cells: {', '.join(CELLS)}", why="there is no binary with it",
                fixes=(f"the nearest is {near}",), line=population.line,
            )
            continue
        targeted = any(p.size for p in case.incoming.get(population.label, ()))
        if cell.name == "IF_curr_alpha" and targeted:
            fast = sorted(
                {r.tau for r in cell.receptors
                 if any(p.receptor == r.name and p.size
                        for p in case.incoming.get(population.label, ()))
                 and population.parameters[r.tau].min() < dt}
            )
            if fast:
                value = min(float(population.parameters[name].min()) for name in fast)
                yield finding(
                    "NP315", place(population),
                    measured=f"{', '.join(fast)} = {value:g} ms",
                    limit=f"2 time steps or more ({2 * dt:g} ms)",
                    why="the binary then computes no synaptic input at all",
                    fixes=(f"{fast[0]}={2 * dt:g} or more", "IF_curr_exp", "a smaller time step"),
                    line=population.line,
                )
        if (
            cell.name == "IF_curr_delta" and targeted
            and case.network.numerics.delta_input == "voltage"
        ):
            p = population.parameters
            factor = p["cm"] / (p["tau_m"] * -np.expm1(-dt / p["tau_m"]))
            yield finding(
                "NP322", place(population), measured="weights in mV (numerics 'pynn')",
                limit="weights in nA", why="on the chip a delta synapse is a current of one step",
                fixes=(f"multiply the weights by {float(factor.flat[0]):.6g} nA/mV and use "
                       "numerics='spinnaker'",),
                line=population.line,
            )


def parameters(case: Case) -> Iterator[Finding]:
    """Find parameters that the chip's numbers cannot hold, and refractory periods."""
    unit = 2.0**-FIXED_BITS
    for population in case.network.populations:
        if population.cell.is_source or population.cell.name not in CELLS:
            continue
        for name, values in {**population.parameters, **population.initial}.items():
            if not values.size:
                continue
            where = f"{place(population)}, {name}"
            big = np.abs(values) >= FIXED_LARGEST
            held = np.rint(values / unit) * unit
            change = np.zeros_like(values)
            there = (values != 0) & ~big
            change[there] = np.abs(held[there] / values[there] - 1.0)
            bad = big | (change > case.options.weight_loss)
            if not bad.any():
                continue
            worst = int(np.where(big, np.inf, change).argmax())
            yield finding(
                "NP319", where, measured=f"{name} = {values[worst]:g}"
                + ("" if big[worst] else f" becomes {held[worst]:g}"),
                limit=f"below {FIXED_LARGEST:g}, in steps of {unit:.3g}",
                why="the chip computes with 16 bits before and 15 after the point",
                fixes=("a value within the limits",), line=population.line,
                severity=Severity.ERROR if big.any() or (held[bad] == 0).any()
                else Severity.WARNING,
            )
        refractory = population.parameters.get("tau_refrac")
        if refractory is not None and case.network.numerics.refractory_rule != "ceil":
            steps = refractory / case.network.timestep
            up = np.ceil(steps - 1e-9)
            off = (up - steps) > 1e-6
            if off.any():
                k = int((up - steps).argmax())
                yield finding(
                    "NP324", place(population),
                    measured=f"tau_refrac = {refractory[k]:g} ms is "
                    f"{up[k] * case.network.timestep:g} ms on the chip",
                    limit=f"multiples of {case.network.timestep:g} ms",
                    why="the chip counts whole steps, rounded up",
                    fixes=(f"tau_refrac={up[k] * case.network.timestep:g}",),
                    line=population.line,
                )


def recordings(case: Case) -> Iterator[Finding]:
    """Find variables that the chip does not record."""
    for population in case.network.populations:
        if population.cell.name not in CELLS:
            continue
        allowed = ["spikes"] if population.cell.is_source else list(RECORDABLE)
        for recording in population.recordings:
            if recording.variable not in allowed:
                yield finding(
                    "NP317", f"{place(population)}, variable {recording.variable}",
                    measured=recording.variable, limit=", ".join(allowed),
                    why="the binary does not record it", fixes=("record something else",),
                    line=population.line,
                )
        inputs = sorted({r.variable for r in population.recordings} & _INPUTS)
        if inputs and not population.cell.is_source:
            yield finding(
                "NP332", place(population), measured=f"n samples of {', '.join(inputs)} in n steps",
                limit="n + 1", why="spikes for the present step lie in the core's private memory",
                fixes=("record v", "leave the last sample of the other side out"),
                line=population.line,
            )


def currents(case: Case) -> Iterator[Finding]:
    """Find currents that the chip cannot inject."""
    for number, source in enumerate(case.network.currents):
        if source.kind not in CURRENTS:
            yield finding(
                "NP318", f"current source {number + 1}", measured=source.kind,
                limit=", ".join(CURRENTS), why="its noise would be drawn by the chip",
                fixes=("StepCurrentSource with samples of your own",), line=source.line,
            )


def numerics(case: Case) -> Iterator[Finding]:
    """Say where the chip's own rules differ from the network's numerics."""
    choices = case.network.numerics.differences(SPINNAKER)
    for honoured in ("plasticity_amplitude", "integrator", "plastic_weight_step", "trace_bits"):
        choices.pop(honoured, None)
    if not any(p.synapse.plastic for p in case.network.projections):
        for plastic in ("plasticity_update", "dendritic_delay", "coincidence",
                        "initial_presynaptic_spike"):
            choices.pop(plastic, None)
    choices = {k: v for k, v in choices.items() if k != "delta_input" or any(
        p.cell.name == "IF_curr_delta" for p in case.network.populations)}
    if choices:
        yield finding(
            "NP320", "network",
            measured=", ".join(f"{k}: {mine}" for k, (mine, _) in choices.items()),
            limit=", ".join(f"{k}: {theirs}" for k, (_, theirs) in choices.items()),
            why="these are built into the binaries",
            fixes=("numerics='spinnaker' makes the reference follow the chip",),
        )
    if case.network.timestep < 1.0:
        slow = int(np.ceil(1.0 / case.network.timestep - 1e-9))
        yield finding(
            "NP327", "network", measured=f"time step {case.network.timestep:g} ms: {slow} times "
            "slower than real time", limit="1 ms",
            why="a core gets one millisecond of machine time a step", fixes=("a step of 1 ms",),
            time_scale_factor=slow,
        )
    for projection in case.network.projections:
        if drawn_there(projection, case.options):
            yield finding(
                "NP329", place(projection), measured=f"{projection.connector} on the machine",
                limit=f"the network's own {projection.size} synapses",
                why="the machine draws which cells are joined",
                fixes=("connectors='realised'",), line=projection.line,
            )
    drawn = [p for p in case.network.populations if isinstance(p.spikes, PoissonSource)]
    if case.options.poisson == "machine":
        for population in drawn:
            yield finding(
                "NP328", place(population), measured="poisson='machine'", limit="",
                why="the chip draws from its own random numbers",
                fixes=("poisson='realised'",), line=population.line,
            )
