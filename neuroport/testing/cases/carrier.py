"""A cell on which synapses are seen: it fires when an input arrives, or shows it in its potential.

Cases about delays, plasticity and sources need some cell and do not care which: the first of the
leaky ones that a backend declares. Its time constants are so short that an input is gone soon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neuroport.backend.capabilities import Capabilities
from neuroport.network.cells import CELLS
from neuroport.testing.case import Setting, honoured

__all__ = ["Carrier", "carrier", "plain"]

RUNS = (40.0, 30.0, 50.0)


@dataclass(frozen=True)
class Carrier:
    """A cell type and how hard it is driven.

    Attributes
    ----------
    cell : str
    parameters : mapping of str to float
    strong : float
        Weight with which one spike fires it in the step of its arrival.
    weak : float
        Weight with which a spike is seen and does not fire it.
    """

    cell: str
    parameters: Mapping[str, float]
    strong: float
    weak: float


_LEAKY = {"cm": 0.25, "tau_m": 10.0, "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0,
          "tau_refrac": 1.0}
_TAUS = {"tau_syn_E": 1.0, "tau_syn_I": 1.0}
_CARRIERS = (
    Carrier("IF_curr_exp", {**_LEAKY, **_TAUS}, 20.0, 0.5),
    Carrier("IF_cond_exp", {**_LEAKY, **_TAUS}, 0.4, 0.01),
    Carrier("IF_curr_delta", _LEAKY, 40.0, 2.0),
    Carrier("IF_curr_alpha", {**_LEAKY, **_TAUS}, 60.0, 0.3),
    Carrier("IF_cond_alpha", {**_LEAKY, **_TAUS}, 0.8, 0.005),
)


def carrier(capabilities: Capabilities) -> Carrier | None:
    """Return the first leaky cell whose spikes a backend records; None: it has none."""
    for found in _CARRIERS:
        have = capabilities.cells.get(found.cell)
        if have is not None and "spikes" in have.recordables:
            return found
    return None


def plain(capabilities: Capabilities, *, static: bool = True) -> tuple[str, Carrier, Setting]:
    """Return (what is lacking, the cell, the setting) of a case about driven cells."""
    found = carrier(capabilities)
    if found is None:
        return "leaky cells", _CARRIERS[0], Setting(honoured(capabilities), runs=RUNS)
    setting = Setting(honoured(capabilities, capabilities.cells[found.cell].numerics), runs=RUNS)
    if "SpikeSourceArray" not in capabilities.cells:
        return "cell SpikeSourceArray", found, setting
    if static and "StaticSynapse" not in capabilities.synapses:
        return "synapse StaticSynapse", found, setting
    return "", found, setting


def conductance(found: Carrier) -> bool:
    """Whether weights into the cell are conductances, which have no sign."""
    return any(r.conductance for r in CELLS[found.cell][1])
