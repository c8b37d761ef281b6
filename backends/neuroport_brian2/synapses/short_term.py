"""Short-term plasticity of Tsodyks, Uziel & Markram (2000), J. Neurosci. 20:RC50.

Integrated exactly between spikes: x recovered, y active, z inactive, u the use of resources; the
active part decays with the time constant of the target's synaptic current.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuroport.network.cells import CellModel
from neuroport.network.description import Projection
from neuroport_brian2.synapses.code import FloatArray, IntArray, Pathway, SynapseCode

__all__ = ["code"]

_NEVER = -1e9


def code(
    projection: Projection, target: CellModel, arrival: str, timestep: float, later: int
) -> SynapseCode:
    """Return the Brian2 code of Tsodyks-Markram synapses."""
    tau = target.receptor(projection.receptor).tau
    statements = "\n".join(
        [
            f"x_h = (t_in_timesteps - x_last)*{timestep!r}",
            "x_Py = exp(-x_h/x_tau_psc)",
            "x_Pz = exp(-x_h/x_tau_rec)",
            # z gains what y loses and hands it on to x.
            "x_Pyz = x_tau_rec/(x_tau_rec - x_tau_psc)*(x_Pz - x_Py)",
            "x_z = (1.0 - x_x - x_y)*x_Pz + x_y*x_Pyz",
            "x_y = x_y*x_Py",
            "x_x = 1.0 - x_y - x_z",
            "x_u = x_u*exp(-x_h/x_tau_facil)",
            "x_u = x_u + x_U*(1.0 - x_u)",
            "x_released = x_u*x_x",
            "x_x = x_x - x_released",
            "x_y = x_y + x_released",
            "x_last = t_in_timesteps",
            arrival.format(w="(x_w*x_released)"),
        ]
    )

    def delay(p: Projection) -> IntArray:
        return p.delay - 1 + later

    def values(p: Projection, cells: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        n = p.size
        # A receptor without a time constant releases in an instant.
        psc = cells[tau][p.post_index] if tau else np.full(n, 1e-6)
        recover = p.parameters["tau_rec"]
        # Equal time constants are a removable singularity; a relative 1e-7 away from it the
        # result is the limit to nine digits.
        psc = np.where(np.abs(psc - recover) < 1e-7 * recover, psc * (1 + 1e-7), psc)
        return {
            "x_w": p.weight,
            "x_U": p.parameters["U"],
            "x_tau_rec": recover,
            "x_tau_facil": np.maximum(p.parameters["tau_facil"], 1e-6),
            "x_tau_psc": psc,
            "x_x": np.ones(n),
            "x_y": np.zeros(n),
            "x_u": np.zeros(n),
            "x_last": np.full(n, _NEVER),
        }

    equations = "\n".join(
        [f"{v} : 1" for v in ("x_w", "x_x", "x_y", "x_u", "x_last")]
        + [f"{v} : 1 (constant)" for v in ("x_U", "x_tau_rec", "x_tau_facil", "x_tau_psc")]
    )
    return SynapseCode(
        equations,
        (Pathway("pre", "pre", statements, delay, 0),),
        values,
        key=("tsodyks_markram", arrival, tau),
    )
