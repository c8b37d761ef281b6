"""Short-term plasticity of Tsodyks, Uziel & Markram (2000), J. Neurosci. 20:RC50.

Integrated exactly between spikes: x recovered, y active, z inactive, u the use of resources; the
active part decays with the time constant of the target's synaptic current.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuroport.network.cells import CellModel
from neuroport.network.description import Projection
from neuroport.statements.synapses.code import FloatArray, IntArray, Pathway, SynapseCode

__all__ = ["code"]

_NEVER = -1e9


def code(
    projection: Projection, target: CellModel, arrival: str, timestep: float, later: int
) -> SynapseCode:
    """Return the statements of Tsodyks-Markram synapses."""
    tau = target.receptor(projection.receptor).tau
    statements = "\n".join(
        [
            f"s_h = (t_in_timesteps - s_last)*{timestep!r}",
            "s_Py = exp(-s_h/s_tau_psc)",
            "s_Pz = exp(-s_h/s_tau_rec)",
            # z gains what y loses and hands it on to x.
            "s_Pyz = s_tau_rec/(s_tau_rec - s_tau_psc)*(s_Pz - s_Py)",
            "s_z = (1.0 - s_x - s_y)*s_Pz + s_y*s_Pyz",
            "s_y = s_y*s_Py",
            "s_x = 1.0 - s_y - s_z",
            "s_u = s_u*exp(-s_h/s_tau_facil)",
            "s_u = s_u + s_U*(1.0 - s_u)",
            "s_released = s_u*s_x",
            "s_x = s_x - s_released",
            "s_y = s_y + s_released",
            "s_last = t_in_timesteps",
            arrival.format(w="(s_w*s_released)"),
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
            "s_w": p.weight,
            "s_U": p.parameters["U"],
            "s_tau_rec": recover,
            "s_tau_facil": np.maximum(p.parameters["tau_facil"], 1e-6),
            "s_tau_psc": psc,
            "s_x": np.ones(n),
            "s_y": np.zeros(n),
            "s_u": np.zeros(n),
            "s_last": np.full(n, _NEVER),
        }

    equations = "\n".join(
        [f"{v} : 1" for v in ("s_w", "s_x", "s_y", "s_u", "s_last")]
        + [f"{v} : 1 (constant)" for v in ("s_U", "s_tau_rec", "s_tau_facil", "s_tau_psc")]
    )
    return SynapseCode(
        equations,
        (Pathway("pre", "pre", statements, delay, 0),),
        values,
        key=("tsodyks_markram", arrival, tau),
    )
