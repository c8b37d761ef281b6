"""Projection: PyNN's own, with connections realised as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.connectors import Connector
from pyNN.parameters import LazyArray
from pyNN.space import Space

from neuroport.errors import (
    InvalidValueError,
    NetworkChangedError,
    NetworkTooLargeError,
    Problem,
    UnknownParameterError,
    WeightSignError,
)
from neuroport.network.cells import CellModel
from neuroport.network.description import Projection
from neuroport.network.signs import sign_problem
from neuroport.plain_numbers import floats, number_problem, one_float
from neuroport.pynn.entrance import entrance
from neuroport.pynn.freezing import frozen_parts
from neuroport.pynn.observation import checked_only
from neuroport.pynn.parameters import check_parameters
from neuroport.pynn.population_arguments import unsupported_receptor
from neuroport.pynn.projection_arguments import (
    cannot_connect,
    cannot_use,
    check_arguments,
    check_delays,
    check_reading,
    check_synapse_values,
    placed,
    written_delay,
)
from neuroport.pynn.projection_values import Connection, Present
from neuroport.pynn.synapses import synapse_model
from neuroport.realise.connections import connect
from neuroport.realise.distances import distances
from neuroport.realise.estimates import estimate_synapses, uses_script_rng
from neuroport.realise.memory import BYTES_PER_SYNAPSE
from neuroport.realise.streams import stream_name
from neuroport.realise.values import describe_value, synapse_values
from neuroport.realise.wiring import Connections, Wiring
from neuroport.source_line import at_line, user_line

__all__ = ["ProjectionBase"]

STREAM_PROJECTION = 10
# Larger projections are realised when they are needed, so that planning stays quick.
_EAGER = 2_000_000


@entrance()
class ProjectionBase(common.Projection):  # type: ignore[misc]
    """Synapses between two groups of cells; see ``pyNN.common.Projection``."""

    __doc__ = common.Projection.__doc__
    __signature__ = signature(common.Projection)

    def __init__(
        self,
        presynaptic_neurons: Any,
        postsynaptic_neurons: Any,
        connector: Any,
        synapse_type: Any = None,
        source: str | None = None,
        receptor_type: str | None = None,
        space: Any = None,
        label: str | None = None,
        *more: Any,
        **options: Any,
    ) -> None:
        self.line = user_line()
        self._simulator.state.dialect.options("Projection", more, options)
        pre, post = _as_view(presynaptic_neurons), _as_view(postsynaptic_neurons)
        check_arguments(pre, post, connector, synapse_type, space, label)
        shown = str(label or f"{pre.label}→{post.label}")
        where = f"projection '{shown}'"
        if receptor_type is not None and not isinstance(receptor_type, str):
            raise unsupported_receptor(receptor_type, list(post.receptor_types), where)
        if receptor_type not in ("default", None) and receptor_type not in post.receptor_types:
            raise unsupported_receptor(receptor_type, list(post.receptor_types), where)
        if not post.receptor_types:
            raise unsupported_receptor(str(receptor_type or "excitatory"), [], where)
        self._simulator.state.check_open(where)
        if receptor_type in ("default", None):
            # An assembly's receptor types are a set, without a first one.
            parts = post.populations if isinstance(post, common.Assembly) else [post]
            common_types = set(post.receptor_types)
            receptor_type = next(t for t in parts[0].receptor_types if t in common_types)
        super().__init__(
            pre, post, connector, synapse_type, source, receptor_type, space or Space(), label
        )
        state = self._simulator.state
        self.label: str = state.unique_label(shown)
        self._number = state.next_number()
        self._realised: Connections | None = None
        self._order: NDArray[np.int64] | None = None
        self.written: dict[str, NDArray[np.float64]] = {}
        self._described: dict[str, str] = {}
        self.expected_synapses = 0.0
        state.add_projection(self)
        try:
            self.model = synapse_model(self.synapse_type)
            one = written_delay(self)
            if one is not None:  # before any synapse is made
                check_delays(self, np.array([one]))
            expected = estimate_synapses(connector, pre.size, post.size)
            state.check_memory(
                expected * BYTES_PER_SYNAPSE, where, expected, NetworkTooLargeError
            )
            self.expected_synapses = expected
            if expected <= _EAGER or uses_script_rng(connector):
                self._realise()
        except BaseException:
            state.remove_projection(self)
            raise

    # -- realising ----------------------------------------------------------------------------

    @property
    def connections(self) -> Iterator[Connection]:
        """The synapses one by one."""
        return iter(self)

    @property
    def made(self) -> Connections:
        """Which cells are joined, as arrays; realised at the first use."""
        if self._realised is None:
            with at_line(self.line):
                self._realise()
        assert self._realised is not None
        return self._realised

    def _realise(self) -> None:
        state = self._simulator.state
        where = f"projection '{self.label}'"
        wiring = Wiring(
            np.asarray(self.pre.all_cells, dtype=np.int64),
            np.asarray(self.post.all_cells, dtype=np.int64),
            self.distance,
            self,
            state.seed,
            stream_name(STREAM_PROJECTION, self.label),
        )
        with placed(where, lambda error: cannot_connect(self._connector, error, where)):
            made = connect(self._connector, wiring)
        # Attributes first, so that an error leaves the projection unrealised.
        attributes: dict[str, NDArray[np.float64]] = {}
        values = dict(self.synapse_type.parameter_space._parameters)
        for name in sorted(values):
            if name == "dendritic_delay_fraction":
                continue
            if name in made.columns:
                attributes[name] = np.array(made.columns[name], dtype=float)
                continue
            attributes[name] = self._synapse_values(name, values[name], made)
            self._described[name] = describe_value(values[name])
        self._check_values(attributes)
        self._realised = made
        self.written = attributes

    def _synapse_values(
        self, name: str, value: LazyArray, made: Connections
    ) -> NDArray[np.float64]:
        """Return one value a synapse, from whatever was given for it."""
        state, where = self._simulator.state, f"projection '{self.label}'"
        with placed(where, lambda error: cannot_use(name, value, where, error)):
            return synapse_values(
                value, made.pre, made.post, (self.pre.size, self.post.size), self.distance, self,
                state.seed, state.stream(STREAM_PROJECTION, self.label, name), name,
            )

    @property
    def order(self) -> NDArray[np.int64]:
        """Where each synapse is in the network's order, listed source by source."""
        if self._order is None:
            self._order = np.lexsort((self.made.post, self.made.pre))
        return self._order

    def distance(
        self, pre: NDArray[np.int64], post: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the distances (µm) between given cells, with the projection's Space."""
        return distances(self.space, self.pre.positions, self.post.positions, pre, post)

    def _collect(
        self,
        connector: Connector,
        collect: Callable[[tuple[Any, int, dict[str, Any]]], None],
    ) -> None:
        """Let a connector of the user's own connect in PyNN's way."""
        self._collector = collect
        connector.connect(self)

    def _convergent_connect(
        self,
        presynaptic_indices: Any,
        postsynaptic_index: int,
        location_selector: Any = None,
        **connection_parameters: Any,
    ) -> None:
        connection_parameters.pop("dendritic_delay_fraction", None)
        self._collector((presynaptic_indices, int(postsynaptic_index), connection_parameters))

    # -- checks -------------------------------------------------------------------------------

    @property
    def target_cells(self) -> list[CellModel]:
        """Types of the postsynaptic cells."""
        post = self.post
        parts = post.populations if isinstance(post, common.Assembly) else [post]
        cells: list[CellModel] = []
        for part in parts:
            cell = part.grandparent.model if hasattr(part, "grandparent") else part.model
            if cell not in cells:
                cells.append(cell)
        return cells

    def _check_values(self, attributes: dict[str, NDArray[np.float64]]) -> None:
        where = f"projection '{self.label}'"
        check_synapse_values(attributes, where)
        if "delay" in attributes:
            check_delays(self, attributes["delay"])
        problem = self.sign_problem(attributes)
        if problem is not None and not checked_only():  # there a finding among others, NP115
            raise WeightSignError(problem, where=where, line=self.line)

    def sign_problem(self, attributes: Mapping[str, NDArray[np.float64]]) -> Problem | None:
        """Return how the signs of weights contradict the receptor, or None.

        Parameters
        ----------
        attributes : mapping of str to ndarray of float
            As the user gave them.
        """
        bounds = attributes if self.model.kind == "stdp" else {}
        unsigned = self._simulator.state.dialect.unsigned
        found = (sign_problem(cell, self.receptor_type, attributes["weight"], bounds, unsigned)
                 for cell in self.target_cells)
        return next((problem for problem in found if problem is not None), None)

    # -- PyNN's interface ---------------------------------------------------------------------

    @property
    def present(self) -> Present:
        """The synapses as they are now."""
        return Present(self)

    def __len__(self) -> int:
        return int(self.present.pre.size)

    def __getitem__(self, i: Any) -> Any:
        size = len(self)
        if isinstance(i, slice):
            return [Connection(self, k) for k in range(*i.indices(size))]
        if not -size <= i < size:
            raise IndexError(f"projection '{self.label}' has {size} connections, not {i}")
        return Connection(self, int(i) % size)

    def __iter__(self) -> Iterator[Connection]:
        for k in range(len(self)):
            yield Connection(self, k)

    def get(
        self,
        attribute_names: str | Sequence[str],
        format: str = "list",  # noqa: A002
        gather: Any = True,
        with_address: bool = True,
        multiple_synapses: str = "sum",
    ) -> Any:
        """Return values of all connections; see ``pyNN.common.Projection.get``.

        Connections are listed source by source. ``delay`` is what is used: whole steps. ``weight``
        is what the script gave until the network has run, and then what the network holds: learnt
        weights, weights on a machine's grid.
        ``written_weight``, ``written_delay`` are always the script's, ``stored_weight``,
        ``stored_delay`` always the network's.

        Parameters
        ----------
        attribute_names : str or sequence of str
        format : {"list", "array"}
            One tuple a connection, or an array of shape (pre.size, post.size) for each name, with
            NaN where there is no connection.
        gather : object
            Has no meaning in one process.
        with_address : bool
            Whether tuples begin with the two cells.
        multiple_synapses : {"sum", "min", "max", "first", "last"}
            What stands in an array for several connections of one pair of cells.

        Raises
        ------
        UnknownParameterError, InvalidValueError
        """
        check_reading(attribute_names, format, multiple_synapses, f"projection '{self.label}'")
        single = isinstance(attribute_names, str)
        names = [attribute_names] if isinstance(attribute_names, str) else list(attribute_names)
        present = self.present
        columns = [present.values(name) for name in names]
        if format == "array":
            arrays = [present.array(values, multiple_synapses) for values in columns]
            return arrays[0] if single else arrays
        if with_address:
            columns = [present.pre, present.post, *columns]
        elif single:
            return columns[0].tolist()
        return list(zip(*(c.tolist() for c in columns), strict=True))

    def set(self, **attributes: Any) -> None:
        """Set connection attributes; see ``pyNN.common.Projection.set``.

        A list or one-dimensional array with one value for each synapse is accepted too.
        """
        valid = list(self.synapse_type.get_parameter_names())
        # A (pre, post) array may hold NaN where there is no synapse; values are checked below.
        plain = {k: 0.0 if isinstance(v, np.ndarray) and v.ndim == 2 and v.dtype.kind in "iuf"
                 else v for k, v in attributes.items()}
        check_parameters(type(self.synapse_type).__name__, plain, valid, texts=True)
        written: dict[str, NDArray[np.float64]] = {}
        for name, value in attributes.items():
            if isinstance(value, (list, tuple)):
                value = floats(value)
            lazy = value if isinstance(value, LazyArray) else LazyArray(value, dtype=float)
            written[name] = self._synapse_values(name, lazy, self.made)
        self._write(written)

    def write_one(self, number: int, name: str, value: Any) -> None:
        """Set one connection's attribute.

        Raises
        ------
        NetworkChangedError
            If a machine drew the connections itself: its own cannot be written one by one.
        """
        state = self._simulator.state
        if state.drawn_synapses(self) is not None:
            raise NetworkChangedError(
                Problem("the machine drew these connections: they cannot be set one by one",
                        fix="connectors='realised', or set() before the first run"),
                where=f"projection '{self.label}'",
            )
        if name not in self.written:
            raise UnknownParameterError(
                [name], type(self.synapse_type).__name__, list(self.written)
            )
        problem = number_problem(f"'{name}'", value)
        if problem is not None:
            raise InvalidValueError(problem, where=f"projection '{self.label}'")
        # The others keep what they learnt.
        learnt = name == "weight" and self.model.plastic and not state.is_unwritten(self, name)
        present = self.present
        values = np.array(self.written[name])
        if learnt:
            values[present.order] = present.values(name)
        values[present.order[number]] = one_float(value)
        self._write({name: values})

    def _write(self, written: dict[str, NDArray[np.float64]]) -> None:
        unknown = [n for n in written if n not in self.written]
        if unknown:
            raise UnknownParameterError(
                unknown, type(self.synapse_type).__name__, list(self.written)
            )
        self._check_values({**self.written, **written})
        self._simulator.state.check_synapses(self, list(written))
        self.written = {**self.written, **written}
        self._simulator.state.synapses_changed(self, list(written))

    def _set_initial_value_array(self, variable: str, initial_value: Any) -> None:
        self._simulator.state.synapse_initial(self, variable, initial_value)

    def save(self, attribute_names: Any, file: Any, format: str = "list",  # noqa: A002
             gather: bool = True, with_address: bool = True) -> None:
        """Save attributes to a file; see ``pyNN.common.Projection.save``."""
        if isinstance(attribute_names, str) and attribute_names not in ("all", "connections"):
            attribute_names = [attribute_names]
        super().save(attribute_names, file, format, gather, with_address)

    def freeze(self) -> tuple[list[Projection], list[NDArray[np.int64]]]:
        """Return the projection as frozen parts; see :func:`frozen_parts`."""
        return frozen_parts(self)


def _as_view(group: Any) -> Any:
    return group.as_view() if isinstance(group, common.IDMixin) else group
