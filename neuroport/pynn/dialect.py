"""What differs between the ways in which scripts are written, and PyNN's own way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from neuroport.errors import InvalidValueError, Problem, UnknownArgumentError
from neuroport.numerics import Numerics
from neuroport.plain_numbers import shown
from neuroport.pynn.argument_order import ARGUMENT_ORDER

__all__ = ["ARGUMENTS", "PYNN", "Dialect", "PositionalArgumentError", "by_name", "too_many"]

class Dialect(Protocol):
    """What differs between the dialects.

    Attributes
    ----------
    name : str
        As ``simulator(dialect=...)`` has it.
    unsigned : bool
        Whether weights to inhibitory receptors are written and read without a sign.
    default_numerics : str
        The numerics of scripts that name none.
    """

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def unsigned(self) -> bool: ...

    @property
    def default_numerics(self) -> str: ...

    def default_delay(self, limit: float, shortest: float) -> float:
        """Return the delay (ms) of synapses that are given none.

        ``limit`` is the shortest that is allowed, ``shortest`` that of the network so far.
        """
        ...

    def shortest_kept(self, limit: float, timestep: float) -> float:
        """Return the shortest delay (ms) that a synapse may have; `limit` is setup's min_delay."""
        ...

    def numerics(self, chosen: Numerics) -> Numerics:
        """Return the numerics with what the dialect means by its amplitudes."""
        ...

    def names(self, models: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a script finds under each name."""
        ...

    def order(self, model: str, native: Sequence[str] | None) -> tuple[str, ...] | None:
        """Return the order of a constructor's arguments, or None where they need their names.

        Parameters
        ----------
        model : str
            Name of the class.
        native : sequence of str or None
            PyNN's own order; None where PyNN takes keywords only.
        """
        ...

    def arguments(
        self,
        model: str,
        values: Sequence[Any],
        keywords: Mapping[str, Any],
        native: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Return a constructor's arguments by PyNN's names.

        Parameters
        ----------
        model : str
            Name of the class.
        values : sequence
            Arguments without a name.
        keywords : mapping
            Arguments with a name.
        native : sequence of str, optional
            PyNN's own order; None where PyNN takes keywords only.

        Raises
        ------
        UnknownArgumentError, PositionalArgumentError
        """
        ...

    def states(
        self, given: Mapping[str, Any], states: Iterable[str], parameters: Iterable[str]
    ) -> dict[str, Any]:
        """Return those of a cell's parameters, as given, that are initial values."""
        ...

    def cell_body(self, recordable: Sequence[str], units: Mapping[str, str]) -> dict[str, Any]:
        """Return what classes of cells have besides PyNN's attributes.

        ``signals`` are other names for variables, which `recordable` and `units` then have, too.
        """
        ...

    def size(self, size: Any) -> Any:
        """Return a population's size; what cannot be one comes back as it is."""
        ...

    def recorded(self, variables: Sequence[str], recordable: Collection[str]) -> list[str]:
        """Return the variables that are meant, of those that a cell has."""
        ...

    def not_recorded(self, variables: Any, recordable: Collection[str]) -> list[str]:
        """Return what was asked for as part of everything, and a cell does not have."""
        ...

    def bases(self, kind: str) -> tuple[type, ...]:
        """Return what ``Population`` and ``PopulationView`` can besides what PyNN's can."""
        ...

    def idle(self, options: Mapping[str, Any]) -> dict[str, str]:
        """Return those of a Population's options that change nothing here, and why."""
        ...

    def options(
        self, what: str, values: Sequence[Any], keywords: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the arguments of a Population or Projection that only this dialect has.

        Raises
        ------
        UnknownArgumentError, PositionalArgumentError
        """
        ...


class PositionalArgumentError(InvalidValueError, TypeError):
    """Arguments without a name that a constructor does not take."""


def too_many(model: str, number: int, order: Sequence[str]) -> PositionalArgumentError:
    return PositionalArgumentError(
        Problem(
            f"{model} takes at most {len(order)} arguments without a name",
            measured=f"{number}",
            limit=", ".join(order),
        ),
        where=model,
    )


def _twice(model: str, names: Sequence[str]) -> PositionalArgumentError:
    return PositionalArgumentError(
        [Problem(f"{model} was given '{name}' twice", "with and without its name")
         for name in names],
        where=model,
    )


def by_name(
    model: str, values: Sequence[Any], keywords: Mapping[str, Any], order: Sequence[str]
) -> dict[str, Any]:
    if len(values) > len(order):
        raise too_many(model, len(values), order)
    given = dict(zip(order, values, strict=False))
    twice = [name for name in given if name in keywords]
    if twice:
        raise _twice(model, twice)
    return {**given, **keywords}


@dataclass(frozen=True, slots=True)
class _PyNN:
    name: str = "pynn"
    unsigned: bool = False
    default_numerics: str = "pynn"

    def default_delay(self, limit: float, shortest: float) -> float:
        return shortest  # as pyNN.nest has it

    def shortest_kept(self, limit: float, timestep: float) -> float:
        return limit

    def numerics(self, chosen: Numerics) -> Numerics:
        return chosen

    def names(self, models: Mapping[str, Any]) -> dict[str, Any]:
        return dict(models)

    def order(self, model: str, native: Sequence[str] | None) -> tuple[str, ...] | None:
        return None if native is None else tuple(native)

    def arguments(
        self,
        model: str,
        values: Sequence[Any],
        keywords: Mapping[str, Any],
        native: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        if native is None and values:
            # sPyNNaker's Vogels2011Rule has other names, too.
            order = ARGUMENT_ORDER.get(model, ()) if model != "Vogels2011Rule" else ()
            written = ", ".join(
                f"{name}={_short(value)}" for name, value in zip(order, values, strict=False)
            )
            raise PositionalArgumentError(
                Problem(
                    f"{model} takes its arguments by name",
                    measured=f"{len(values)} without a name",
                    limit="PyNN's models take keywords only",
                    fix=f"{model}({written or 'name=value'})"
                    + (", or dialect='spynnaker' for scripts written for sPyNNaker"
                       if order else ""),
                ),
                where=model,
            )
        return by_name(model, values, keywords, native or ())

    def states(
        self, given: Mapping[str, Any], states: Iterable[str], parameters: Iterable[str]
    ) -> dict[str, Any]:
        return {}

    def cell_body(self, recordable: Sequence[str], units: Mapping[str, str]) -> dict[str, Any]:
        return {}

    def size(self, size: Any) -> Any:
        return size

    def recorded(self, variables: Sequence[str], recordable: Collection[str]) -> list[str]:
        return list(variables)

    def not_recorded(self, variables: Any, recordable: Collection[str]) -> list[str]:
        return []

    def bases(self, kind: str) -> tuple[type, ...]:
        return ()

    def idle(self, options: Mapping[str, Any]) -> dict[str, str]:
        return {}

    def options(
        self, what: str, values: Sequence[Any], keywords: Mapping[str, Any]
    ) -> dict[str, Any]:
        own = ARGUMENTS[what]
        if values:
            raise too_many(what, len(own) + len(values), own)
        if keywords:
            raise UnknownArgumentError(list(keywords), what, own)
        return {}

    def __str__(self) -> str:
        return self.name


def _short(value: Any) -> str:
    text = shown(value)
    return text if len(text) <= 40 else "..."


# PyNN's own arguments, in their order.
ARGUMENTS = {
    "Population": ("size", "cellclass", "cellparams", "structure", "initial_values", "label"),
    "Projection": ("presynaptic_neurons", "postsynaptic_neurons", "connector", "synapse_type",
                   "source", "receptor_type", "space", "label"),
}

PYNN: Dialect = _PyNN()
