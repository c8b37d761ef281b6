"""Synapse models as data: what a connection does with a spike.

Parameter names and defaults are PyNN's (``pyNN.standardmodels.synapses``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["SynapseModel", "SynapseEquations", "STATIC", "TSODYKS_MARKRAM", "TIMING_RULES",
           "WEIGHT_RULES"]

TimingRule = Literal["pair", "nearest_pair", "vogels", ""]
WeightRule = Literal[
    "additive", "multiplicative", "additive_multiplicative", "gutig", ""
]
# The parts of an STDP rule, with PyNN's names (the nearest-pair rule has sPyNNaker's).
TIMING_RULES: dict[str, str] = {
    "pair": "SpikePairRule",
    "nearest_pair": "SpikeNearestPairRule",
    "vogels": "Vogels2011Rule",
}
WEIGHT_RULES: dict[str, str] = {
    "additive": "AdditiveWeightDependence",
    "multiplicative": "MultiplicativeWeightDependence",
    "additive_multiplicative": "AdditivePotentiationMultiplicativeDepression",
    "gutig": "GutigWeightDependence",
}


@dataclass(frozen=True, slots=True)
class SynapseEquations:
    """A plastic synapse given by its equations.

    Attributes
    ----------
    decays : mapping
        Trace variable -> parameter with its time constant (ms); traces decay exponentially.
    on_presynaptic, on_postsynaptic : tuple of str
        Assignments at a presynaptic arrival and at a postsynaptic spike. ``weight`` may be
        assigned; trace values are those just before the event.
    """

    decays: Mapping[str, str]
    on_presynaptic: tuple[str, ...]
    on_postsynaptic: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SynapseModel:
    """A synapse type.

    Attributes
    ----------
    name : str
        PyNN's class name (for STDP: the combination of its rules).
    kind : str
        ``static``, ``tsodyks_markram``, ``stdp`` or ``equations``.
    timing, weight_dependence : str
        The STDP rules.
    parameters : tuple of str
        Names of the per-synapse parameters besides weight and delay.
    equations : SynapseEquations or None
        For ``equations`` only.
    """

    name: str
    kind: Literal["static", "tsodyks_markram", "stdp", "equations"]
    timing: TimingRule = ""
    weight_dependence: WeightRule = ""
    parameters: tuple[str, ...] = field(default_factory=tuple)
    equations: SynapseEquations | None = None

    @property
    def plastic(self) -> bool:
        """Whether the stored weight changes during a run."""
        return self.kind in ("stdp", "equations")


STATIC = SynapseModel("StaticSynapse", "static")
TSODYKS_MARKRAM = SynapseModel(
    "TsodyksMarkramSynapse", "tsodyks_markram", parameters=("U", "tau_rec", "tau_facil")
)
