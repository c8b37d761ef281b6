"""The PyNN front end: ``import neuroport.pynn as sim``.

Used as a module it is PyNN's module style over one simulator, see
:mod:`neuroport.pynn.module_style`. PyNN itself is imported when the first name is used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name != "__all__":
        raise AttributeError(name)
    if find_spec(f"{__name__}.{name}") is not None:  # `from neuroport.pynn import equations`
        return import_module(f"{__name__}.{name}")
    return getattr(import_module("neuroport.pynn.module_style"), name)
