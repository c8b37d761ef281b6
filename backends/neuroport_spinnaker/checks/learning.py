"""Can plasticity work on the chip as it was asked for?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.findings import Finding, finding
from neuroport.network.description import Projection
from neuroport.network.plasticity import learning_rule
from neuroport_spinnaker.chip.limits import CELLS, TIMING_RULES, WEIGHT_RULES
from neuroport_spinnaker.chip.static_memory import STATIC, combined_binary, split_binaries
from neuroport_spinnaker.lower.rules import chip_rule
from neuroport_spinnaker.place.case import Case, place, unit
from neuroport_spinnaker.place.layout import rule_of

__all__ = ["learning", "rules"]

_COARSE = 4  # steps of the stored weight in one full pairing, below which the rule is distorted


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
        rule = learning_rule(projection, case.network)
        step = scale.resolution
        sizes = {
            name: float(np.abs(values[0]) * (1.0 if fixed else rule.w_max[0] - rule.w_min[0]))
            for name, values, fixed in zip(
                ("A_plus", "A_minus"), (rule.A_plus, rule.A_minus), rule.absolute, strict=True)
        }
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
