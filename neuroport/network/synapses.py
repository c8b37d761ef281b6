"""Synapse models as data: what a connection does with a spike.

Parameter names and defaults are PyNN's (``pyNN.standardmodels.synapses``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["BY_EQUATIONS", "SynapseModel", "SynapseEquations", "STATIC", "TSODYKS_MARKRAM",
           "TIMING_RULES", "WEIGHT_RULES"]

TimingRule = Literal["pair", "nearest_pair", "vogels", ""]
WeightRule = Literal[
    "additive", "multiplicative", "additive_multiplicative", "gutig", ""
]
# PyNN's synapses that are given by equations, see neuroport.network.named_equations.
BY_EQUATIONS = ("SimpleStochasticSynapse", "StochasticTsodyksMarkramSynapse",
                "MultiQuantalSynapse")
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
    """A synapse given by its equations.

    Attributes
    ----------
    decays : mapping
        Trace variable -> parameter with its time constant (ms); traces decay exponentially.
    on_presynaptic, on_postsynaptic : tuple of str
        Assignments at a presynaptic arrival and at a postsynaptic spike. ``weight`` may be
        assigned; trace values are those just before the event. Presynaptic statements may use
        ``uniform(k)``, the k-th random number of this spike, see :mod:`neuroport.realise.draws`.
    initial : mapping of str to float
        Variables that do not decay, and the values that they start from; traces start from 0.
    delivers : str
        What a presynaptic spike adds to the receptor, after its statements.
    """

    decays: Mapping[str, str]
    on_presynaptic: tuple[str, ...]
    on_postsynaptic: tuple[str, ...]
    initial: Mapping[str, float] = field(default_factory=dict)
    delivers: str = "weight"

    @property
    def draws(self) -> bool:
        """Whether spikes take random numbers, and so synapses have a parameter with a stream."""
        return any("uniform(" in text for text in self.on_presynaptic)

    @property
    def learns(self) -> bool:
        """Whether a statement changes the weight."""
        statements = (*self.on_presynaptic, *self.on_postsynaptic)
        return any(re.match(r"\s*weight\s*[-+*]?=", text) for text in statements)


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
        return self.kind == "stdp" or (self.equations is not None and self.equations.learns)

    @property
    def own(self) -> bool:
        """Whether it is the user's own, and none of PyNN's."""
        return self.kind == "equations" and self.name not in BY_EQUATIONS


STATIC = SynapseModel("StaticSynapse", "static")
TSODYKS_MARKRAM = SynapseModel(
    "TsodyksMarkramSynapse", "tsodyks_markram", parameters=("U", "tau_rec", "tau_facil")
)
