"""Can plasticity work on the chip as it was asked for?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.backend.capabilities import StdpCapability
from neuroport.findings import Finding
from neuroport.findings.about import about
from neuroport.network.description import Projection
from neuroport.network.plasticity import learning_rule
from neuroport_spinnaker.capabilities import CAPABILITIES
from neuroport_spinnaker.lower.rules import chip_rule
from neuroport_spinnaker.place.case import Case, unit

__all__ = ["learning", "rules"]

_COARSE = 4  # steps of the stored weight in one full pairing, below which the rule is distorted


def rules(case: Case) -> Iterator[Finding]:
    """Find populations whose plastic projections have different rules."""
    first: dict[str, tuple[Projection, dict[str, float | str]]] = {}
    for projection in case.network.projections:
        there = CAPABILITIES.synapse(projection.synapse)
        if not isinstance(there, StdpCapability) or projection.size == 0 or any(
            np.ptp(projection.parameters[name]) > 0 for name in there.uniform
        ):
            continue
        rule = chip_rule(projection, case.network)
        if projection.post not in first:
            first[projection.post] = (projection, rule)
            continue
        other, known = first[projection.post]
        differ = sorted(k for k in {*rule, *known} if rule.get(k) != known.get(k))
        if differ:
            yield about(
                projection, "NP312",
                measured=f"{', '.join(differ)} differ from those of '{other.label}'",
                limit=f"one rule for all plastic projections into '{projection.post}'",
                why="a core holds one rule", fixes=("the same rule and parameters",
                                                    "split the population"),
            )


def learning(case: Case) -> Iterator[Finding]:
    """Find rules whose changes are too small for the stored weight."""
    for projection in case.network.projections:
        scale = case.scales.get((projection.post, projection.receptor))
        there = CAPABILITIES.synapse(projection.synapse)
        if scale is None or projection.size == 0 or not isinstance(there, StdpCapability):
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
        yield about(
            projection, "NP304",
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
            resolution=step, sizes=sizes, lost=lost,
            projection=projection.label,
        )
