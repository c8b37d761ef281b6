"""What a script finds under PyNN's names, and which of it needs no simulator."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from pyNN import errors, random, space
from pyNN.core import IndexBasedExpression
from pyNN.network import Network
from pyNN.parameters import Sequence
from pyNN.random import GSLRNG

from neuroport.errors import did_you_mean
from neuroport.network.named_equations import STOCHASTIC_SYNAPSES
from neuroport.pynn.cells import CELL_TYPES, COMPONENTS
from neuroport.pynn.chip_only import ONLY_ON_CHIP, chip_only
from neuroport.pynn.connectors import CONNECTORS
from neuroport.pynn.dialects import Dialect
from neuroport.pynn.entrance import checked_class
from neuroport.pynn.equations import cell_by_equations, synapse_by_equations
from neuroport.pynn.parameters import signature_of
from neuroport.pynn.spaces import RANDOMNESS, SPACES
from neuroport.pynn.spynnaker_cells import SPYNNAKER_CELLS
from neuroport.pynn.synapses import SYNAPSE_RULES
from neuroport.pynn.unsupported import UNSUPPORTED, UnsupportedNameError, unsupported

__all__ = ["definitions", "missing_name"]


@cache
def definitions(dialect: Dialect) -> dict[str, Any]:
    """Return the names that belong to no simulator, as a dialect has them."""
    models = {**CELL_TYPES, **SPYNNAKER_CELLS, **COMPONENTS, **SYNAPSE_RULES, **CONNECTORS}
    return dialect.names(
        {
            **{name: _in_dialect(model, dialect) for name, model in models.items()},
            **RANDOMNESS,
            **SPACES,
            "GSLRNG": GSLRNG,
            "Sequence": checked_class(Sequence, __name__),
            "IndexBasedExpression": IndexBasedExpression,
            "Network": Network,
            "errors": errors,
            "random": random,
            "space": space,
            "distance": space.distance,
            "name": "neuroport",
            "cell_by_equations": cell_by_equations,
            "synapse_by_equations": synapse_by_equations,
        }
    )


def _in_dialect(model: Any, dialect: Dialect) -> Any:
    """Return a class whose constructor takes its arguments in a dialect's way."""
    if getattr(model, "dialect", dialect) == dialect:
        return model
    shown = model.__signature__.parameters
    body = {"dialect": dialect, "__doc__": model.__doc__, "__module__": model.__module__}
    if hasattr(model, "recordable"):
        body |= dialect.cell_body(model.recordable, model.units)
    made = type(model.__name__, (model,), body)
    if not hasattr(model, "default_parameters"):  # a connector
        order = dialect.order(model.__name__, tuple(shown))
        required = [n for n, p in shown.items() if p.default is p.empty]
        made.__signature__ = signature_of(  # type: ignore[attr-defined]
            {name: p.default for name, p in shown.items()}, order, required
        )
    return made


def missing_name(name: str, names: Iterable[str], of: str) -> AttributeError:
    """Return the error for a name that a simulator does not have.

    Parameters
    ----------
    name : str
    names : iterable of str
        Those it has.
    of : str
        The simulator, in words.
    """
    if name in ONLY_ON_CHIP:
        return chip_only(name, ONLY_ON_CHIP[name])
    if name not in UNSUPPORTED:
        words = [f"PyNN has no '{name}' ({of})", did_you_mean(name, names)]
        return AttributeError("; ".join(filter(None, words)))
    kind = UNSUPPORTED[name][0]
    return UnsupportedNameError(unsupported(name, kind, _OF_KIND[kind]).problems)


_OF_KIND = {
    "cell type": sorted(CELL_TYPES),
    "connector": sorted(CONNECTORS),
    "native model": [],
    "post-synaptic response": [name for name in COMPONENTS if name.endswith("Response")],
    "random number generator": ["GSLRNG", "NumpyRNG"],
    "synapse type": ["STDPMechanism", "StaticSynapse", "TsodyksMarkramSynapse",
                     *STOCHASTIC_SYNAPSES],
}
