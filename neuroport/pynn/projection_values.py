"""A projection's synapses as they are now: which cells they join, and their values.

Delays are whole steps, as they are used. Until the network has run weights are the script's; from
then on they are those that the engine holds, and the synapses themselves are where a machine drew
its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common

from neuroport.errors import UnknownParameterError
from neuroport.network.signs import receptor_sign, without_sign
from neuroport.pynn.entrance import entrance
from neuroport.pynn.freezing import delay_steps

__all__ = ["MULTIPLE", "Connection", "Present"]

_STORED = ("weight", "delay")


_COMBINED = {"sum": (0.0, np.add), "min": (np.inf, np.minimum), "max": (-np.inf, np.maximum)}
MULTIPLE = (*_COMBINED, "first", "last")


class Present:
    """The synapses of one projection at this moment.

    Parameters
    ----------
    projection : ProjectionBase

    Attributes
    ----------
    pre, post : ndarray of int, shape (n_synapses,)
        Cells, counted within the two groups; source by source, as PyNN's NEST and sPyNNaker list
        them. The network keeps its own order.
    order : ndarray of int, shape (n_synapses,)
        Where each is in the network's order.
    drawn : bool
        Whether a machine drew them itself.
    """

    def __init__(self, projection: Any) -> None:
        self._projection = projection
        self._state = projection._simulator.state
        found = self._state.drawn_synapses(projection)
        self.drawn = found is not None
        self.order: NDArray[np.int64]
        self._found: dict[str, NDArray[np.float64]] = {}
        if found is None:
            pre, post, self.order = projection.made.pre, projection.made.post, projection.order
        else:
            pre, post, weight, delay = found
            self._found = {"weight": self._signed(weight), "delay": delay}
            self.order = np.lexsort((post, pre))
        self.pre, self.post = pre[self.order], post[self.order]

    def values(self, name: str) -> NDArray[Any]:
        """Return one value a synapse, source by source.

        Parameters
        ----------
        name : str
            A parameter of the synapse type; ``presynaptic_index``, ``postsynaptic_index``;
            ``written_weight`` and ``written_delay`` for what the script gave, ``stored_weight``
            and ``stored_delay`` for what the network holds, also before it has run.

        Raises
        ------
        UnknownParameterError
        """
        written = self._projection.written
        if name == "presynaptic_index":
            return np.asarray(self.pre)
        if name == "postsynaptic_index":
            return np.asarray(self.post)
        how, plain = "", name
        if name not in written:
            how, _, plain = name.partition("_")
            if how not in ("written", "stored") or plain not in _STORED:
                how, plain = "", name
        if plain == "dendritic_delay_fraction" and self._projection.model.kind == "stdp":
            fraction = float(self._projection.synapse_type.dendritic_delay_fraction)
            return np.full(self.pre.size, fraction)
        if plain not in written:
            names = [f"{how}_{name}" for how in ("written", "stored") for name in _STORED]
            raise UnknownParameterError(
                [name], type(self._projection.synapse_type).__name__, [*written, *names],
                where=f"projection '{self._projection.label}'",
            )
        if how != "written" and plain in self._found:
            return self._found[plain][self.order]
        now = plain == "delay" or (plain == "weight" and self._state.step > 0)
        values = self._held(plain) if how == "stored" or (not how and now) else written[plain]
        if self.drawn and values.size:  # a machine draws synapses that are all alike
            return np.full(self.pre.size, values[0])
        return values[self.order]

    def _held(self, name: str) -> NDArray[np.float64]:
        if name == "delay":
            dt = float(self._state.dt)
            return np.asarray(delay_steps(self._projection.written["delay"], dt) * dt)
        weight = self._state.present_weights(self._projection)
        return self._signed(weight)

    def _signed(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return weights in the signs in which the dialect reads them."""
        projection = self._projection
        if self._state.dialect.unsigned:
            for cell in projection.target_cells:
                weight = without_sign(weight, receptor_sign(cell, projection.receptor_type))
        return weight

    def array(
        self, values: NDArray[Any], multiple_synapses: str
    ) -> NDArray[np.float64]:
        """Return values, one a synapse, as an array of shape (pre.size, post.size)."""
        projection = self._projection
        array = np.full((projection.pre.size, projection.post.size), np.nan)
        pre, post = self.pre, self.post
        if multiple_synapses in ("last", "first"):
            # The last of equal places wins. As a copy: NumPy walks reversed views forwards.
            order = np.arange(pre.size)
            if multiple_synapses == "first":
                order = order[::-1].copy()
            array[pre[order], post[order]] = values[order]
        else:
            start, combine = _COMBINED[multiple_synapses]
            array[pre, post] = start
            combine.at(array, (pre, post), values)
        return array


@entrance()
class Connection(common.Connection):  # type: ignore[misc]
    """One synapse of a projection, with attribute access to its parameters."""

    def __init__(self, projection: Any, number: int) -> None:
        object.__setattr__(self, "_projection", projection)
        object.__setattr__(self, "_number", number)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._projection.present.values(name)[self._number]

    def __setattr__(self, name: str, value: Any) -> None:
        self._projection.write_one(self._number, name, value)

    def as_tuple(self, *attribute_names: str) -> tuple[Any, ...]:
        """Return the values of some attributes."""
        return tuple(getattr(self, name) for name in attribute_names)
