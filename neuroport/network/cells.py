"""Cell models as data: a membrane, its receptors, parameters and recordable variables.

A backend builds a cell from this description; nothing here belongs to an engine. Parameter names,
defaults and units are PyNN's (``pyNN.standardmodels.cells``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Receptor", "CellEquations", "CellModel", "CELLS", "RECEPTOR_KINDS"]

ReceptorKind = Literal[
    "current_exp",
    "current_alpha",
    "delta",
    "conductance_exp",
    "conductance_alpha",
    "direct",
    "direct_conductance",
]
RECEPTOR_KINDS: dict[str, str] = {
    "current_exp": "current that decays exponentially; weight in nA",
    "current_alpha": "alpha-function current, peak = weight, in nA",
    "delta": "jump of the potential, weight in mV (or one step of current, see numerics)",
    "conductance_exp": "conductance that decays exponentially; weight in µS",
    "conductance_alpha": "alpha-function conductance, peak = weight, in µS",
    "direct": "the weight is added to a variable of the model's own equations",
    "direct_conductance": "the same, where that variable is a conductance",
}


@dataclass(frozen=True, slots=True)
class Receptor:
    """One way into a cell.

    Attributes
    ----------
    name : str
        The receptor type, e.g. ``excitatory``.
    kind : str
        A key of :data:`RECEPTOR_KINDS`.
    variable : str
        The recordable variable, e.g. ``isyn_exc`` or ``gsyn_inh``.
    tau : str
        Name of the time-constant parameter; empty for ``delta`` and where a weight is added to a
        variable of the model's own.
    reversal : str
        Name of the reversal-potential parameter; conductances only.
    """

    name: str
    kind: ReceptorKind
    variable: str
    tau: str = ""
    reversal: str = ""

    @property
    def conductance(self) -> bool:
        """Whether the weight is a conductance (µS)."""
        return "conductance" in self.kind

    @property
    def direct(self) -> bool:
        """Whether the weight is added to a variable of the model's own equations."""
        return self.kind.startswith("direct")


@dataclass(frozen=True, slots=True)
class CellEquations:
    """A cell given by its equations; see :func:`neuroport.pynn.equations.cell_by_equations`.

    Attributes
    ----------
    derivatives : mapping
        Variable -> right-hand side of d(variable)/dt, in the variable's unit per ms.
    threshold : str
        Condition for a spike.
    reset : tuple of str
        Assignments after a spike.
    refractory : str
        Parameter that holds the refractory period (ms), or empty.
    clamped : tuple of str
        Variables that are not integrated while refractory.
    definitions : mapping
        Names for sub-expressions.

    Notes
    -----
    ``dt`` is the time step (ms). `threshold` and `reset` may use ``uniform(k)``, the k-th random
    number of the cell in this step: see :mod:`neuroport.realise.draws`.
    """

    derivatives: Mapping[str, str]
    threshold: str
    reset: tuple[str, ...]
    refractory: str = ""
    clamped: tuple[str, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=dict)

    @property
    def draws(self) -> bool:
        """Whether cells take random numbers, and so have a parameter with their stream."""
        return any("uniform(" in text for text in (self.threshold, *self.reset))

    @property
    def potential(self) -> str:
        """The membrane potential: the variable in the threshold, or else the first one."""
        named = re.findall(r"[A-Za-z_]\w*", self.threshold)
        return next((n for n in named if n in self.derivatives), next(iter(self.derivatives), ""))


@dataclass(frozen=True, slots=True)
class CellModel:
    """A cell type.

    Attributes
    ----------
    name : str
        PyNN's class name, or the user's.
    membrane : str
        ``leaky``, ``adaptive_exponential``, ``hodgkin_huxley``, ``izhikevich``, ``equations`` or
        ``source``.
    receptors : tuple of Receptor
        In PyNN's order.
    parameters : tuple of str
        Names of all parameters.
    states : tuple of str
        Variables that have an initial value.
    recordable : tuple of str
        What can be recorded.
    units : mapping
        Unit of each parameter and variable.
    equations : CellEquations or None
        For ``equations`` only.
    """

    name: str
    membrane: str
    receptors: tuple[Receptor, ...]
    parameters: tuple[str, ...]
    states: tuple[str, ...]
    recordable: tuple[str, ...]
    units: Mapping[str, str] = field(default_factory=dict)
    equations: CellEquations | None = None

    @property
    def own(self) -> bool:
        """Whether it is the user's own, and none of PyNN's."""
        return self.membrane == "equations" and CELLS.get(self.name, ("",))[0] != "equations"

    @property
    def is_source(self) -> bool:
        """Whether the cell only emits spikes that are known beforehand."""
        return self.membrane == "source"

    def receptor(self, name: str) -> Receptor:
        """Return the receptor of that name.

        Raises
        ------
        KeyError
            If the cell does not have it.
        """
        for receptor in self.receptors:
            if receptor.name == name:
                return receptor
        raise KeyError(name)


def _pair(kind: ReceptorKind, prefix: str, tau: bool = True) -> tuple[Receptor, Receptor]:
    conductance = kind.startswith("conductance")
    return (
        Receptor("excitatory", kind, f"{prefix}_exc", "tau_syn_E" if tau else "",
                 "e_rev_E" if conductance else ""),
        Receptor("inhibitory", kind, f"{prefix}_inh", "tau_syn_I" if tau else "",
                 "e_rev_I" if conductance else ""),
    )


# name -> (membrane, receptors, recordable). Parameters and units are read from PyNN's classes.
CELLS: dict[str, tuple[str, tuple[Receptor, ...], tuple[str, ...]]] = {
    "IF_curr_exp": (
        "leaky", _pair("current_exp", "isyn"), ("spikes", "v", "isyn_exc", "isyn_inh")),
    "IF_curr_alpha": (
        "leaky", _pair("current_alpha", "isyn"), ("spikes", "v", "isyn_exc", "isyn_inh")),
    "IF_curr_delta": ("leaky", _pair("delta", "isyn", tau=False), ("spikes", "v")),
    "IF_cond_exp": (
        "leaky", _pair("conductance_exp", "gsyn"), ("spikes", "v", "gsyn_exc", "gsyn_inh")),
    "IF_cond_alpha": (
        "leaky", _pair("conductance_alpha", "gsyn"), ("spikes", "v", "gsyn_exc", "gsyn_inh")),
    "EIF_cond_exp_isfa_ista": (
        "adaptive_exponential",
        _pair("conductance_exp", "gsyn"),
        ("spikes", "v", "w", "gsyn_exc", "gsyn_inh"),
    ),
    "EIF_cond_alpha_isfa_ista": (
        "adaptive_exponential",
        _pair("conductance_alpha", "gsyn"),
        ("spikes", "v", "w", "gsyn_exc", "gsyn_inh"),
    ),
    "HH_cond_exp": (
        "hodgkin_huxley",
        _pair("conductance_exp", "gsyn"),
        ("spikes", "v", "gsyn_exc", "gsyn_inh", "m", "n", "h"),
    ),
    "IF_cond_exp_gsfa_grr": (
        "equations",
        _pair("conductance_exp", "gsyn"),
        ("spikes", "v", "g_s", "g_r", "gsyn_exc", "gsyn_inh"),
    ),
    "GIF_cond_exp": (
        "equations",
        _pair("conductance_exp", "gsyn"),
        ("spikes", "v", "i_eta", "v_t", "gsyn_exc", "gsyn_inh"),
    ),
    "Izhikevich": ("izhikevich", _pair("delta", "isyn", tau=False), ("spikes", "v", "u")),
    "Izhikevich_curr_exp": (
        "izhikevich", _pair("current_exp", "isyn"),
        ("spikes", "v", "u", "isyn_exc", "isyn_inh")),
    "SpikeSourceArray": ("source", (), ("spikes",)),
    "SpikeSourcePoisson": ("source", (), ("spikes",)),
    "SpikeSourcePoissonRefractory": ("source", (), ("spikes",)),
    "SpikeSourceGamma": ("source", (), ("spikes",)),
}
