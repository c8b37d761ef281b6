"""PyNN's module style over a simulator object: names that go to the simulator in force.

A script may take them before ``setup()`` (``from pyNN.nest import *``), and call ``setup()`` more
than once; what it took then belongs to the newest simulator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from typing import Any

from pyNN.standardmodels import electrodes, synapses

from neuroport.pynn.populations import AssemblyBase, PopulationBase, ViewBase
from neuroport.pynn.projections import ProjectionBase
from neuroport.pynn.simulator import Simulator, procedures

__all__ = ["late_names"]

_CLASSES: dict[str, type] = {
    "Population": PopulationBase,
    "PopulationView": ViewBase,
    "Assembly": AssemblyBase,
    "Projection": ProjectionBase,
    **{base.__name__: base for base in (
        synapses.StaticSynapse, synapses.TsodyksMarkramSynapse, synapses.STDPMechanism,
        synapses.SimpleStochasticSynapse, synapses.StochasticTsodyksMarkramSynapse,
        synapses.MultiQuantalSynapse,
        electrodes.DCSource, electrodes.ACSource, electrodes.StepCurrentSource,
        electrodes.NoisyCurrentSource)},
}

_METHODS = ("end", "record_v", "record_gsyn", "list_standard_models", "save_state", "restore_state",
            "set_number_of_neurons_per_core", "set_number_of_synapse_cores",
            "set_allow_delay_extensions")


def late_names(simulator: Callable[[], Simulator]) -> dict[str, Any]:
    """Return classes and functions that act on the simulator in force.

    Parameters
    ----------
    simulator : callable
        Returns it, or raises NotReadyError.
    """
    shown = {**procedures(), **{name: getattr(Simulator, name) for name in _METHODS}}
    functions = {name: _function(name, like, simulator) for name, like in shown.items()}
    return {**functions, **{name: _class(base, name, simulator) for name, base in _CLASSES.items()}}


def _function(name: str, like: Any, simulator: Callable[[], Simulator]) -> Any:
    @wraps(like)
    def call(*values: Any, **keywords: Any) -> Any:
        return getattr(simulator(), name)(*values, **keywords)

    order = [p for p in signature(like).parameters.values() if p.name != "self"]
    call.__signature__ = Signature(order)  # type: ignore[attr-defined]
    return call


def _class(base: type, name: str, simulator: Callable[[], Simulator]) -> Any:
    def present() -> Any:
        return getattr(simulator(), name)

    class Late(type(base)):  # type: ignore[misc]
        """A class that stands for the one of the simulator in force."""

        def __new__(cls, made: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
            if not any(isinstance(b, Late) for b in bases):
                return super().__new__(cls, made, bases, body)
            own = tuple(present() if isinstance(b, Late) else b for b in bases)
            return type(own[0])(made, own, body)

        def __call__(cls, *values: Any, **keywords: Any) -> Any:
            return present()(*values, **keywords)

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, base)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, base)

    return Late(name, (base,), {
        "__doc__": base.__doc__, "__module__": "neuroport.pynn", "__signature__": signature(base)})
