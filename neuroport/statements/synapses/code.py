"""What an engine needs to know of a synapse type.

A pathway with delay n takes a spike of step k at the end of step k+n (as in Brian2), so a delay of
d steps that is to be used *in* step k+d is handed over with delay d−1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Projection

__all__ = ["SynapseCode", "Pathway", "FloatArray"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Pathway:
    """Code that runs when a spike arrives.

    Attributes
    ----------
    name : str
    side : str
        ``pre`` or ``post``.
    statements : str
    delay : callable
        ``delay(projection) -> steps for each synapse``, counted like that.
    order : int
        Among the pathways that run in one step.
    """

    name: str
    side: str
    statements: str
    delay: Callable[[Projection], IntArray]
    order: int


@dataclass(frozen=True)
class SynapseCode:
    """The statements of the synapses of one type into one receptor.

    Attributes
    ----------
    equations : str
    pathways : tuple of Pathway
    values : callable
        ``values(projection, target_parameters) -> {variable: values for each synapse}``.
    weight : str
        The variable that holds the weight.
    signed : bool
        Whether that variable is a magnitude, with the sign in ``s_sign``.
    under_way : callable or None
        ``under_way(projection) -> steps for each synapse`` between the moment at which the
        statements fix what is delivered and its arrival; None: none, or the statements keep it.
    """

    equations: str
    pathways: tuple[Pathway, ...]
    values: Callable[[Projection, Mapping[str, FloatArray]], dict[str, FloatArray]]
    weight: str = "s_w"
    signed: bool = False
    under_way: Callable[[Projection], IntArray] | None = None
    key: tuple[object, ...] = field(default=())
