"""Preview: what the chip will hold against what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Network
from neuroport.network.signs import weight_sign
from neuroport.numerics import SPINNAKER
from neuroport_spinnaker.chip.limits import FIXED_BITS
from neuroport_spinnaker.chip.weight_grid import effective
from neuroport_spinnaker.place.case import unit
from neuroport_spinnaker.place.placed import Placed

__all__ = ["preview", "Preview", "ProjectionPreview", "ParameterPreview"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ProjectionPreview:
    """Weights of a projection before and after.

    Attributes
    ----------
    label, unit : str
    asked, held : ndarray of float, shape (n_synapses,)
        nA or µS, in the network's order; NaN in `held` where a synapse is missing.
    resolution : float
        Smallest weight that is not zero.
    shift : int
        Ring-buffer shift.
    source : str
        ``sPyNNaker`` or ``formula``.
    """

    label: str
    unit: str
    asked: FloatArray
    held: FloatArray
    resolution: float
    shift: int
    source: str

    @property
    def dead(self) -> int:
        """Synapses whose weight becomes zero."""
        return int(((self.asked != 0) & (self.held == 0)).sum())

    @property
    def worst(self) -> float:
        """Largest relative change among the weights that are not zero."""
        there = self.asked != 0
        if not there.any():
            return 0.0
        return float(np.nanmax(np.abs(self.held[there] / self.asked[there] - 1.0)))


@dataclass(frozen=True)
class ParameterPreview:
    """A parameter of a population before and after; the value that changes most."""

    population: str
    name: str
    asked: float
    held: float


@dataclass(frozen=True)
class Preview:
    """What the chip will hold of a network."""

    findings: ClassVar[None] = None
    projections: tuple[ProjectionPreview, ...]
    parameters: tuple[ParameterPreview, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each projection."""
        return [
            {
                "projection": p.label, "synapses": int(p.asked.size), "unit": p.unit,
                "asked": _range(p.asked), "on the chip": _range(p.held),
                "resolution": p.resolution, "shift": p.shift, "become zero": p.dead,
                "largest change": round(p.worst, 5), "source": p.source,
            }
            for p in self.projections
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "projections": self.rows(),
            "parameters": [
                {"population": p.population, "parameter": p.name, "asked": p.asked,
                 "on the chip": p.held}
                for p in self.parameters
            ],
        }

    def __str__(self) -> str:
        lines = [
            f"{r['projection']}: {r['synapses']} synapses, asked {r['asked']} {r['unit']}, on the "
            f"chip {r['on the chip']} {r['unit']} (steps of {r['resolution']:.6g}), "
            f"{r['become zero']} become zero, largest change {r['largest change']:.2%}"
            for r in self.rows()
        ]
        lines += [
            f"{p.population}.{p.name}: {p.asked:.9g} becomes {p.held:.9g}" for p in self.parameters
        ]
        return "\n".join(lines)


def _range(values: FloatArray) -> str:
    if not values.size or np.isnan(values).all():
        return "-"
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def preview(
    written: Network, placed: Placed, read_back: Mapping[str, FloatArray] | None = None
) -> Preview:
    """Return effective weights and parameters.

    Parameters
    ----------
    written : Network
        With the weights as the user wrote them.
    placed : Placed
    read_back : mapping of str to ndarray, optional
        Weights that sPyNNaker gave back, see :attr:`neuroport_spinnaker.plan.plan.Plan.weights`.
        Without them the formula is used.
    """
    network = placed.alone.network
    projections = []
    for asked, p in zip(written.projections, network.projections, strict=True):
        scale = placed.scale(p.post, p.receptor)
        if scale is None or p.size == 0:
            continue
        known = (read_back or {}).get(p.label)
        # The chip keeps only the size of a weight: its receptor adds or takes away.
        sign = weight_sign(p, network.population(p.post).cell)
        projections.append(
            ProjectionPreview(
                p.label, unit(placed.alone, p), np.asarray(asked.weight, dtype=float),
                sign * np.abs(effective(p.weight, scale)) if known is None else known,
                scale.resolution, scale.shift, "formula" if known is None else "sPyNNaker",
            )
        )
    step = 2.0**-FIXED_BITS
    parameters = []
    for population in network.populations:
        if population.cell.is_source:
            continue
        for name, values in population.parameters.items():
            if name == "tau_refrac":  # the chip counts whole steps, rounded up
                held = SPINNAKER.refractory_steps(values, network.timestep) * network.timestep
            else:
                held = np.rint(values / step) * step
            if values.size and (held != values).any():
                k = int(np.abs(held - values).argmax())
                parameters.append(
                    ParameterPreview(population.label, name, float(values[k]), float(held[k]))
                )
    return Preview(tuple(projections), tuple(parameters))
