"""Do weights survive their storage, and do their sums fit?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroport.findings import Finding, Severity, finding
from neuroport.findings.about import about, place
from neuroport_spinnaker.chip.weight_grid import effective
from neuroport_spinnaker.place.case import Case, unit

__all__ = ["weights", "saturation"]


def weights(case: Case) -> Iterator[Finding]:
    """Find weights that become zero, or change by more than the option weight_loss."""
    for projection in case.network.projections:
        scale = case.scales.get((projection.post, projection.receptor))
        if scale is None or projection.size == 0:
            continue
        asked = np.abs(projection.weight)
        real = asked > 0
        if not real.any():
            continue
        held = np.abs(effective(projection.weight, scale))
        dead = real & (held == 0)
        name = unit(case, projection)
        if dead.any():
            smallest, largest = float(asked[dead].min()), float(asked[dead].max())
            factor = scale.resolution / smallest
            others = [
                p for p in case.incoming[projection.post]
                if p.receptor == projection.receptor and p.label != projection.label and p.size
            ]
            giant = max(others, key=lambda p: float(np.abs(p.weight).max()), default=None)
            fixes = [
                f"multiply the weights of this projection by {factor:.4g} or more, "
                f"to at least {scale.resolution:.4g} {name}"
            ]
            if giant is not None and np.abs(giant.weight).max() > largest:
                top = float(np.abs(giant.weight).max())
                # The step follows the largest sum; powers of two keep the arithmetic exact.
                divide = 2 ** int(np.ceil(np.log2(factor)))
                fixes.append(
                    f"divide the weights of '{giant.label}' (largest {top:.4g} {name}) by "
                    f"{divide:d} and use more of its synapses or cells"
                )
                fixes.append(
                    f"give '{projection.pre}' and '{giant.pre}' target populations of their own"
                )
            drawn = case.drawn_scales[projection.post, projection.receptor]
            yield about(
                projection, "NP301",
                measured=f"{int(dead.sum())} of {int(real.sum())} synapses, of "
                + (f"{smallest:.4g} {name}" if smallest == largest
                   else f"{smallest:.4g} to {largest:.4g} {name}"),
                limit=f"resolution {scale.resolution:.6g} {name} into "
                f"{projection.post}.{projection.receptor} (ring-buffer shift {scale.shift})"
                + (f"; {drawn.resolution:.6g} {name} with sPyNNaker's own connectors, which make "
                   f"room for {drawn.inputs} inputs" if drawn.shift != scale.shift else ""),
                why=f"one scale holds sums up to {scale.largest:.6g} {name} of {scale.inputs} "
                "inputs in 16 bits; weights below half a step are stored as 0",
                fixes=fixes,
                severity=Severity.ERROR if dead.sum() == real.sum() else Severity.WARNING,
                dead=int(dead.sum()), synapses=int(real.sum()), resolution=scale.resolution,
                drawn_resolution=drawn.resolution,
                shift=scale.shift, factor=factor, projection=projection.label,
            )
        alive = real & ~dead
        change = np.zeros_like(asked)
        change[alive] = np.abs(held[alive] / asked[alive] - 1.0)
        much = change > case.options.weight_loss
        if much.any():
            worst = int(change.argmax())
            yield about(
                projection, "NP302",
                measured=f"{int(much.sum())} of {int(real.sum())} weights change by more than "
                f"{case.options.weight_loss:.0%}; {asked[worst]:.4g} {name} becomes "
                f"{held[worst]:.4g} {name} ({held[worst] / asked[worst] - 1:+.1%})",
                limit=f"resolution {scale.resolution:.6g} {name} (shift {scale.shift})",
                why="weights are whole multiples of the resolution",
                fixes=(f"weights of at least {scale.resolution / case.options.weight_loss / 2:.4g} "
                       f"{name}", f"multiples of {scale.resolution:.6g} {name}"),
                worst=float(change[worst]), resolution=scale.resolution,
                projection=projection.label,
            )


def saturation(case: Case) -> Iterator[Finding]:
    """Find receptors whose expected sum exceeds what a ring entry holds."""
    for (label, receptor), scale in case.scales.items():
        population = case.populations[label]
        name = "µS" if population.cell.receptor(receptor).conductance else "nA"
        if scale.busy > scale.capacity:
            yield finding(
                "NP303", f"{place(population)}, receptor {receptor}",
                measured=f"up to {scale.busy:.4g} {name} in one step ({scale.inputs} inputs at "
                f"{scale.rate:.3g} Hz, mean + 5 standard deviations)",
                limit=f"{scale.capacity:.4g} {name} (shift {scale.shift})",
                why="what exceeds a 16-bit ring entry is cut off",
                fixes=("weaker synapses and more of them", "spread the delays",
                       "expect lower rates, if the model has them"),
                line=population.line, capacity=scale.capacity, expected=scale.busy,
            )
