"""Does the chip have the values that the network uses, and mean the same by them?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.findings import Finding, Severity, finding
from neuroport.findings.about import about, place
from neuroport.network.description import PoissonSource
from neuroport.numerics import SPINNAKER
from neuroport_spinnaker.capabilities import CAPABILITIES
from neuroport_spinnaker.chip.limits import FIXED_BITS, FIXED_LARGEST, slow_down
from neuroport_spinnaker.lower.machine_made import drawn_there
from neuroport_spinnaker.place.case import Case

__all__ = ["cells", "parameters", "speed_and_draws"]


def cells(case: Case) -> Iterator[Finding]:
    """Find cells that the chip has in another meaning."""
    dt = case.network.timestep
    for population in case.network.populations:
        cell = population.cell
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
                yield about(
                    population, "NP315",
                    measured=f"{', '.join(fast)} = {value:g} ms",
                    limit=f"2 time steps or more ({2 * dt:g} ms)",
                    why="the binary then computes no synaptic input at all",
                    fixes=(f"{fast[0]}={2 * dt:g} or more", "IF_curr_exp", "a smaller time step"),
                )
            else:
                tau = float(population.parameters["tau_syn_E"].flat[0])
                yield about(
                    population, "NP343",
                    measured=f"tau_syn_E = {tau:g} ms: peaks of {dt / (np.e * tau):.3g} of the "
                    "weight",
                    limit="the weight is the peak (PyNN)",
                    why="the binary gives each input the charge of one time step, whatever tau_syn",
                    fixes=(f"multiply the weights by e tau_syn/{dt:g} ms "
                           f"({np.e * tau / dt:.4g} here)", "IF_curr_exp"),
                )
        if (
            cell.name == "IF_curr_delta" and targeted
            and case.network.numerics.delta_input == "voltage"
        ):
            p = population.parameters
            factor = p["cm"] / (p["tau_m"] * -np.expm1(-dt / p["tau_m"]))
            yield about(
                population, "NP322", measured="weights in mV (numerics 'pynn')",
                limit="weights in nA", why="on the chip a delta synapse is a current of one step",
                fixes=(f"multiply the weights by {float(factor.flat[0]):.6g} nA/mV and use "
                       "numerics='spinnaker'",),
            )


def parameters(case: Case) -> Iterator[Finding]:
    """Find parameters that the chip's numbers cannot hold, and refractory periods."""
    unit = 2.0**-FIXED_BITS
    for population in case.network.populations:
        if population.cell.is_source or CAPABILITIES.cell(population.cell) is None:
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
            up = SPINNAKER.refractory_steps(refractory, case.network.timestep)
            off = (up - steps) > 1e-6
            if off.any():
                k = int((up - steps).argmax())
                yield about(
                    population, "NP324",
                    measured=f"tau_refrac = {refractory[k]:g} ms is "
                    f"{up[k] * case.network.timestep:g} ms on the chip",
                    limit=f"multiples of {case.network.timestep:g} ms",
                    why="the chip counts whole steps, rounded up",
                    fixes=(f"tau_refrac={up[k] * case.network.timestep:g}",),
                )


def speed_and_draws(case: Case) -> Iterator[Finding]:
    """Say what the machine does in its own time, and what it draws by itself."""
    if case.network.timestep < 1.0:
        slow = slow_down(case.network.timestep)
        yield finding(
            "NP327", "network", measured=f"time step {case.network.timestep:g} ms: {slow} times "
            "slower than real time", limit="1 ms",
            why="a core gets one millisecond of machine time a step", fixes=("a step of 1 ms",),
            time_scale_factor=slow,
        )
    for projection in case.network.projections:
        if drawn_there(projection, case.options):
            yield about(
                projection, "NP329", measured=f"{projection.connector} on the machine",
                limit=f"the network's own {projection.size} synapses",
                why="the machine draws which cells are joined",
                fixes=("connectors='realised'",),
            )
    drawn = [p for p in case.network.populations if isinstance(p.spikes, PoissonSource)]
    if case.options.poisson == "machine":
        for population in drawn:
            yield about(
                population, "NP328", measured="poisson='machine'", limit="",
                why="the chip draws from its own random numbers",
                fixes=("poisson='realised'",),
            )
