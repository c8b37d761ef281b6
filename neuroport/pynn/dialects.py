"""The dialects by their names: how scripts are read, in PyNN's way or in sPyNNaker's."""

from __future__ import annotations

from neuroport.errors import InvalidValueError, unknown_name
from neuroport.plain_numbers import shown
from neuroport.pynn.argument_order import ARGUMENT_ORDER
from neuroport.pynn.dialect import PYNN, Dialect
from neuroport.pynn.spynnaker_dialect import SPYNNAKER

__all__ = ["ARGUMENT_ORDER", "DIALECTS", "PYNN", "SPYNNAKER", "Dialect", "dialect_of"]

DIALECTS: dict[str, Dialect] = {d.name: d for d in (PYNN, SPYNNAKER)}


def dialect_of(name: str) -> Dialect:
    """Return a dialect by its name.

    Raises
    ------
    InvalidValueError
        Naming those there are.
    """
    if isinstance(name, str) and name in DIALECTS:
        return DIALECTS[name]
    raise InvalidValueError(
        unknown_name(f"there is no dialect {shown(name)}", shown(name), DIALECTS))
