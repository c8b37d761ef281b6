"""Can plasticity work on the chip as it was asked for?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.findings import Finding, finding
from neuroport.network.description import Network, Projection
from neuroport_spinnaker.checks.case import Case, place, unit
from neuroport_spinnaker.chip.limits import CELLS, TIMING_RULES, WEIGHT_RULES
from neuroport_spinnaker.chip.static_memory import STATIC, combined_binary, split_binaries
from neuroport_spinnaker.place.layout import rule_of

__all__ = ["learning", "rules", "amplitudes", "chip_rule"]

_COARSE = 4  # steps of the stored weight in one full pairing, below which the rule is distorted


def amplitudes(projection: Projection, network: Network) -> tuple[float, float]:
    """Return (A_plus, A_minus) as the chip uses them: absolute for additive rules."""
    p = projection.parameters
    if projection.synapse.timing == "vogels":
        eta = float(p["eta"].flat[0])
        return eta, eta
    plus, minus = float(p["A_plus"].flat[0]), float(p["A_minus"].flat[0])
    additive = projection.synapse.weight_dependence == "additive"
    if additive and network.numerics.plasticity_amplitude == "fraction":
        top = float(np.abs(p["w_max"]).flat[0])
        return plus * top, minus * top
    return plus, minus


def chip_rule(projection: Projection, network: Network) -> dict[str, float | str]:
    """Return the rule of a plastic projection in the chip's terms."""
    p = projection.parameters
    plus, minus = amplitudes(projection, network)
    rule: dict[str, float | str] = {
        "timing": projection.synapse.timing,
        "weight": projection.synapse.weight_dependence or "additive",
        "A_plus": plus,
        "A_minus": minus,
    }
    low, high = float(p["w_min"].flat[0]), float(p["w_max"].flat[0])
    rule["w_min"], rule["w_max"] = min(abs(low), abs(high)), max(abs(low), abs(high))
    if projection.synapse.timing == "vogels":
        tau = float(p["tau"].flat[0])
        rule["tau"] = tau
        rule["alpha"] = 2.0 * tau * float(p["rho"].flat[0]) * 1e-3
    else:
        rule["tau_plus"] = float(p["tau_plus"].flat[0])
        rule["tau_minus"] = float(p["tau_minus"].flat[0])
    return rule


def _known(projection: Projection) -> bool:
    synapse = projection.synapse
    return synapse.kind == "stdp" and synapse.timing in TIMING_RULES and (
        synapse.weight_dependence in WEIGHT_RULES or synapse.timing == "vogels"
    )


def rules(case: Case) -> Iterator[Finding]:
    """Find synapse types, rules and combinations that the chip does not have."""
    first: dict[str, tuple[Projection, dict[str, float | str]]] = {}
    for projection in case.network.projections:
        synapse = projection.synapse
        if synapse.kind == "static":
            continue
        if not _known(projection):
            near = "StaticSynapse" if synapse.kind == "tsodyks_markram" else (
                "SpikePairRule with Additive- or MultiplicativeWeightDependence"
            )
            yield finding(
                "NP311", place(projection), measured=synapse.name,
                limit=f"timing: {', '.join(TIMING_RULES.values())}; weights: "
                f"{', '.join(WEIGHT_RULES.values())}",
                why="there is no binary with it", fixes=(f"the nearest is {near}",),
                line=projection.line,
            )
            continue
        if projection.size == 0:
            continue
        cell = case.populations[projection.post].cell.name
        kinds = rule_of([projection])
        if cell in CELLS and combined_binary(cell, kinds) not in STATIC and (
            split_binaries(cell, kinds)[1] not in STATIC
        ):
            yield finding(
                "NP311", place(projection), measured=f"{TIMING_RULES[synapse.timing or '']} with "
                f"{WEIGHT_RULES.get(synapse.weight_dependence or '', 'other')}",
                limit="both are there, and not together", why="there is no binary with it",
                fixes=("the nearest is AdditiveWeightDependence",), line=projection.line,
            )
            continue
        mixed = sorted(k for k, v in projection.parameters.items() if np.ptp(v) > 0)
        if mixed:
            yield finding(
                "NP313", place(projection), measured=f"{', '.join(mixed)} differ",
                limit="one value for all synapses", why="a core holds the rule once",
                fixes=("one value", "one population for each value"), line=projection.line,
            )
            continue
        if case.network.numerics.dendritic_delay == "as_given" and (
            projection.dendritic_fraction != 1.0
        ):
            yield finding(
                "NP314", place(projection),
                measured=f"dendritic_delay_fraction = {projection.dendritic_fraction:g}",
                limit="1", why="the chip treats the whole delay as dendritic; the sign of "
                "learning can depend on it",
                fixes=("dendritic_delay_fraction=1", "numerics='spinnaker'"),
                line=projection.line,
            )
        rule = chip_rule(projection, case.network)
        if projection.post not in first:
            first[projection.post] = (projection, rule)
            continue
        other, known = first[projection.post]
        differ = sorted(k for k in {*rule, *known} if rule.get(k) != known.get(k))
        if differ:
            yield finding(
                "NP312", place(projection),
                measured=f"{', '.join(differ)} differ from those of '{other.label}'",
                limit=f"one rule for all plastic projections into '{projection.post}'",
                why="a core holds one rule", fixes=("the same rule and parameters",
                                                    "split the population"),
                line=projection.line,
            )


def learning(case: Case) -> Iterator[Finding]:
    """Find rules whose changes are too small for the stored weight."""
    for projection in case.network.projections:
        scale = case.scales.get((projection.post, projection.receptor))
        if scale is None or projection.size == 0 or not _known(projection):
            continue
        plus, minus = amplitudes(projection, case.network)
        span = 1.0
        if projection.synapse.weight_dependence == "multiplicative":
            span = float(np.ptp([projection.parameters["w_min"], projection.parameters["w_max"]]))
        step = scale.resolution
        sizes = {"A_plus": abs(plus) * span, "A_minus": abs(minus) * span}
        small = {k: v for k, v in sizes.items() if 0 < v < _COARSE * step}
        if not small:
            continue
        name = unit(case, projection)
        lost = [k for k, v in small.items() if v < step]
        why = (
            "potentiation below one step is cut off to nothing and depression below one step "
            "costs a whole step, so weights drift to w_min" if lost else
            "changes are cut off to whole steps, so the rule is distorted"
        )
        smallest = min(small.values())
        yield finding(
            "NP304", place(projection),
            measured=", ".join(
                f"{k}: {v:.4g} {name} = {v / step:.2g} steps a pairing" for k, v in small.items()
            ),
            limit=f"one step is {step:.6g} {name} (shift {scale.shift}); {_COARSE} steps or more "
            "keep the rule's shape",
            why=why,
            fixes=(
                f"multiply A_plus and A_minus by {_COARSE * step / smallest:.3g} or more",
                f"a smaller w_max or fewer inputs into {projection.post}.{projection.receptor}, "
                "for a finer step",
            ),
            line=projection.line, resolution=step, sizes=sizes, lost=lost,
            projection=projection.label,
        )
