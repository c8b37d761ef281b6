"""Projection: PyNN's own, with connections realised as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.connectors import Connector
from pyNN.parameters import LazyArray
from pyNN.space import Space

from neuroport.errors import (
    ConnectorError,
    InvalidValueError,
    NetworkTooLargeError,
    Problem,
    UnknownParameterError,
    WeightSignError,
)
from neuroport.network.cells import CellModel
from neuroport.network.description import Projection
from neuroport.network.signs import receptor_sign, sign_problem, without_sign
from neuroport.pynn.freezing import frozen_parts
from neuroport.pynn.observation import checked_only
from neuroport.pynn.parameters import check_parameters
from neuroport.pynn.population_arguments import unsupported_receptor
from neuroport.pynn.projection_arguments import check_arguments, check_delays
from neuroport.pynn.synapses import synapse_model
from neuroport.realise.connections import connect
from neuroport.realise.estimates import estimate_synapses, uses_script_rng
from neuroport.realise.memory import BYTES_PER_SYNAPSE
from neuroport.realise.streams import stream_name
from neuroport.realise.values import describe_value, synapse_values
from neuroport.realise.wiring import Connections, Wiring
from neuroport.source_line import at_line, user_line

__all__ = ["ProjectionBase", "Connection"]

STREAM_PROJECTION = 10
# Larger projections are realised when they are needed, so that planning stays quick.
_EAGER = 2_000_000


class Connection(common.Connection):  # type: ignore[misc]
    """One synapse of a projection, with attribute access to its parameters."""

    def __init__(self, projection: ProjectionBase, number: int) -> None:
        object.__setattr__(self, "_projection", projection)
        object.__setattr__(self, "_number", number)

    def __getattr__(self, name: str) -> Any:
        return self._projection._values(name)[self._number]

    def __setattr__(self, name: str, value: Any) -> None:
        values = self._projection._values(name).copy()
        values[self._number] = value
        self._projection._write({name: values})

    def as_tuple(self, *attribute_names: str) -> tuple[Any, ...]:
        """Return the values of some attributes."""
        return tuple(getattr(self, name) for name in attribute_names)


class ProjectionBase(common.Projection):  # type: ignore[misc]
    """Synapses between two groups of cells; see ``pyNN.common.Projection``."""

    __doc__ = common.Projection.__doc__

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
        shown = label or f"{getattr(pre, 'label', pre)}→{getattr(post, 'label', post)}"
        where = f"projection '{shown}'"
        check_arguments(pre, post, connector, synapse_type, where)
        if receptor_type not in ("default", None) and receptor_type not in post.receptor_types:
            raise unsupported_receptor(str(receptor_type), list(post.receptor_types), where)
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
        self.label: str = state.unique_label(label or shown)
        self._number = state.next_number()
        self._realised: Connections | None = None
        self._attributes: dict[str, NDArray[np.float64]] = {}
        self._described: dict[str, str] = {}
        self.expected_synapses = 0.0
        state.add_projection(self)
        try:
            self.model = synapse_model(self.synapse_type)
            self._check_delay()
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
            self._distance,
            self,
            state.seed,
            stream_name(STREAM_PROJECTION, self.label),
        )
        try:
            made = connect(self._connector, wiring)
        except (ConnectorError, UnknownParameterError) as error:
            error.where = error.where or where
            error.args = (error.text(),)
            raise
        # Attributes first, so that an error leaves the projection unrealised.
        attributes: dict[str, NDArray[np.float64]] = {}
        values = dict(self.synapse_type.parameter_space._parameters)
        for name in sorted(values):
            if name == "dendritic_delay_fraction":
                continue
            if name in made.columns:
                attributes[name] = np.array(made.columns[name], dtype=float)
                continue
            attributes[name] = synapse_values(
                values[name], made.pre, made.post, (self.pre.size, self.post.size),
                self._distance, self, state.seed,
                state.stream(STREAM_PROJECTION, self.label, name), name,
            )
            self._described[name] = describe_value(values[name])
        self._check_values(attributes)
        self._realised = made
        self._attributes = attributes

    def _distance(
        self, pre: NDArray[np.int64], post: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Distance (µm) between given cells, with the projection's Space."""
        space = self.space
        axes = np.asarray(space.axes)
        before = np.asarray(self.pre.positions)[axes]
        # As pyNN.space.Space.distances: the offset is applied before the scale factor.
        offset, scale = (
            np.broadcast_to(np.asarray(value, dtype=float), (3,))[:, np.newaxis]
            for value in (space.offset, space.scale_factor)
        )
        after = (np.asarray(self.post.positions) + offset) * scale
        delta = np.abs(before[:, pre] - after[axes][:, post])
        if space.periodic_boundaries is not None:
            for row, axis in enumerate(axes):
                boundary = space.periodic_boundaries[axis]
                if boundary is not None:
                    width = boundary[1] - boundary[0]
                    delta[row] = np.minimum(delta[row], width - delta[row])
        return np.asarray(np.sqrt((delta**2).sum(axis=0)))

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

    def _check_delay(self) -> None:
        delay = self.synapse_type.parameter_space._parameters.get("delay")
        if delay is not None and delay.is_homogeneous and not callable(delay.base_value):
            try:
                value = delay.base_value if delay.shape is None else delay.evaluate(simplify=True)
                check_delays(self, np.array([float(value)]))
            except (TypeError, ValueError):
                return

    def _check_values(self, attributes: dict[str, NDArray[np.float64]]) -> None:
        where = f"projection '{self.label}'"
        problems = [
            Problem(
                f"synapse parameter '{name}' is not a finite number",
                measured=f"{int((~np.isfinite(v)).sum())} of {v.size} synapses",
            )
            for name, v in attributes.items()
            if not np.isfinite(v).all()
        ]
        if problems:
            raise InvalidValueError(problems, where=where)
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

    def __len__(self) -> int:
        return int(self.made.pre.size)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [Connection(self, k) for k in range(*i.indices(len(self)))]
        if not -len(self) <= i < len(self):
            raise IndexError(f"projection '{self.label}' has {len(self)} connections, not {i}")
        return Connection(self, int(i) % len(self))

    def __iter__(self) -> Iterator[Connection]:
        for k in range(len(self)):
            yield Connection(self, k)

    def _values(self, name: str) -> NDArray[np.float64]:
        if name == "presynaptic_index":
            return self.made.pre.astype(float)
        if name == "postsynaptic_index":
            return self.made.post.astype(float)
        made = self.made
        if name == "dendritic_delay_fraction" and self.model.kind == "stdp":
            return np.full(made.pre.size, float(self.synapse_type.dendritic_delay_fraction))
        if name not in self._attributes:
            raise UnknownParameterError(
                [name], type(self.synapse_type).__name__, list(self._attributes),
                where=f"projection '{self.label}'",
            )
        if name == "weight" and self.model.plastic:
            present = self._simulator.state.present_weights(self)
            if present is not None:
                return self._user_sign(present)
        return self._attributes[name]

    def _user_sign(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._simulator.state.dialect.unsigned:
            for cell in self.target_cells:
                weight = without_sign(weight, receptor_sign(cell, self.receptor_type))
        return weight

    def _present(self, names: Any) -> tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]:
        """Return the synapses' cells and attributes: a machine may have drawn its own."""
        drawn = self._simulator.state.drawn_synapses(self)
        if drawn is None:
            made = self.made
            addresses = {"presynaptic_index": made.pre, "postsynaptic_index": made.post}
            return made.pre, made.post, [
                addresses[n] if n in addresses else self._values(n) for n in names
            ]
        pre, post, weight, delay = drawn
        known = {"presynaptic_index": pre, "postsynaptic_index": post,
                 "weight": self._user_sign(weight), "delay": delay}
        # Everything else is the same for all: a core holds a rule once.
        return pre, post, [
            known[n] if n in known else np.full(pre.size, self._values(n)[0]) for n in names
        ]

    def _get_attributes_as_list(self, names: Any) -> list[tuple[Any, ...]]:
        columns = self._present(names)[2]
        return list(zip(*(c.tolist() for c in columns), strict=True))

    def _get_attributes_as_arrays(
        self, names: Any, multiple_synapses: str = "sum"
    ) -> list[NDArray[np.float64]]:
        pre, post, columns = self._present(names)
        shape = (self.pre.size, self.post.size)
        result = []
        for values in columns:
            array = np.full(shape, np.nan)
            if multiple_synapses in ("last", "first"):
                # The last of equal places wins. As a copy: NumPy walks reversed views forwards.
                order = np.arange(pre.size)
                if multiple_synapses == "first":
                    order = order[::-1].copy()
                array[pre[order], post[order]] = values[order]
            else:
                start = {"sum": 0.0, "min": np.inf, "max": -np.inf}[multiple_synapses]
                combine = {"sum": np.add, "min": np.minimum, "max": np.maximum}[multiple_synapses]
                array[pre, post] = start
                combine.at(array, (pre, post), values)
            result.append(array)
        return result

    def set(self, **attributes: Any) -> None:
        """Set connection attributes; see ``pyNN.common.Projection.set``.

        A list or one-dimensional array with one value for each synapse is accepted too.
        """
        valid = list(self.synapse_type.get_parameter_names())
        # A (pre, post) array may hold NaN where there is no synapse; values are checked below.
        plain = {k: 0.0 if np.ndim(v) == 2 else v for k, v in attributes.items()}
        check_parameters(type(self.synapse_type).__name__, plain, valid)
        made = self.made
        state = self._simulator.state
        written: dict[str, NDArray[np.float64]] = {}
        for name, value in attributes.items():
            if isinstance(value, (list, tuple)):
                value = np.asarray(value, dtype=float)
            lazy = value if isinstance(value, LazyArray) else LazyArray(value, dtype=float)
            written[name] = synapse_values(
                lazy, made.pre, made.post, (self.pre.size, self.post.size), self._distance, self,
                state.seed, state.stream(STREAM_PROJECTION, self.label, name), name,
            )
        self._write(written)

    def _write(self, written: dict[str, NDArray[np.float64]]) -> None:
        unknown = [n for n in written if n not in self._attributes]
        if unknown:
            raise UnknownParameterError(
                unknown, type(self.synapse_type).__name__, list(self._attributes)
            )
        self._check_values({**self._attributes, **written})
        self._attributes = {**self._attributes, **written}
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
