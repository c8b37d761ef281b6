"""Population, PopulationView and Assembly: PyNN's own, storing realised values."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.parameters import ArrayParameter, LazyArray, ParameterSpace, Sequence
from pyNN.random import AbstractRNG, NumpyRNG

from neuroport.errors import (
    InvalidSizeError,
    InvalidValueError,
    Problem,
    UnknownParameterError,
    UserError,
)
from neuroport.findings import finding
from neuroport.network.description import Population
from neuroport.network.edits import ParameterEdit, SpikeEdit, StateEdit
from neuroport.plain_numbers import is_whole, shown
from neuroport.pynn.cells import cell_model
from neuroport.pynn.entrance import entrance
from neuroport.pynn.freezing import frozen_population
from neuroport.pynn.parameters import check_initial, check_parameters
from neuroport.pynn.population_arguments import (
    cannot_use,
    check_finite,
    check_physical,
    check_population,
    check_size,
    checked_per_core,
    checked_selector,
    label_problems,
)
from neuroport.pynn.population_data import PopulationData
from neuroport.pynn.spike_times import check_spike_times, spike_lists
from neuroport.realise.streams import is_default_rng, stream_seed
from neuroport.realise.values import cell_values, describe_value
from neuroport.source_line import user_line

__all__ = ["ID", "PopulationBase", "ViewBase", "AssemblyBase"]

# Keys of random streams: the first number says what draws.
STREAM_PARAMETER, STREAM_INITIAL, STREAM_SAMPLE = 1, 2, 4


@entrance()
class ID(int, common.IDMixin):  # type: ignore[misc]
    """A cell: an integer with attribute access to the cell's parameters."""

    def __getattr__(self, name: str) -> Any:
        # NumPy asks every cell for __array__ and the like; PyNN would read all parameters first.
        if name.startswith("__"):
            raise AttributeError(name)
        return super().__getattr__(name)


class _Parameters(PopulationData):
    """What populations and views share: checked get, set and initialize."""

    def set(self, **parameters: Any) -> None:
        """Set parameters for every cell; see ``pyNN.common.BasePopulation.set``.

        In the sPyNNaker dialect, names of state variables set the initial values.
        """
        parent, index = self._place()
        names = list(parent.celltype.get_parameter_names())
        states = parent._simulator.state.dialect.states(
            parameters, parent.celltype.default_initial_values, names
        )
        if states:
            self.initialize(**states)
            parameters = {k: v for k, v in parameters.items() if k not in states}
        if hasattr(parent.celltype, "flat"):
            parameters = parent.celltype.flat(parameters)
        check_parameters(type(parent.celltype).__name__, parameters, names)
        if parameters:
            kind = SpikeEdit if parent.model.is_source else ParameterEdit
            parent._simulator.state.check_change(kind, parent.label, list(parameters))
        for name, value in parameters.items():
            parent._store(name, value, index)
        if parameters:
            parent._simulator.state.parameters_changed(parent, list(parameters))

    def initialize(self, **initial_values: Any) -> None:
        """Set initial values of state variables; see ``pyNN.common.BasePopulation.initialize``.

        Once a simulation has begun this sets the present state.
        """
        parent, index = self._place()
        check_initial(initial_values, type(parent.celltype).__name__,
                      list(parent.celltype.default_initial_values),
                      f"population '{parent.label}'")
        if initial_values:
            parent._simulator.state.check_change(StateEdit, parent.label, list(initial_values))
        for variable, value in initial_values.items():
            parent._store_initial(variable, value, index)
        if initial_values:
            parent._simulator.state.states_changed(parent, list(initial_values), index)

    def _get_parameters(self, *names: str) -> ParameterSpace:
        parent, index = self._place()
        valid = list(parent.celltype.get_parameter_names())
        # The name of a receptor stands for all of its parameters.
        arrays: Callable[[str], list[str]] = getattr(
            parent.celltype, "parts_of", lambda name: [])
        flat = [n for name in names
                for n in ([name] if name in valid or arrays(name)
                          else [v for v in valid if v.startswith(name + ".")] or [name])]
        unknown = [name for name in flat if name not in valid and not arrays(name)]
        if unknown:
            raise UnknownParameterError(
                unknown, type(parent.celltype).__name__, valid,
                where=f"population '{parent.label}'",
            )
        size = parent.size if index is None else index.size
        values: dict[str, Any] = {}
        for name in flat:
            if arrays(name):
                rows = np.array([parent._parameters[part] for part in arrays(name)]).T
                array = np.empty(size, dtype=object)
                for k, row in enumerate(rows if index is None else rows[index]):
                    array[k] = ArrayParameter(row)
                values[name] = array
                continue
            stored = parent._parameters[name]
            if isinstance(stored, list):
                chosen = stored if index is None else [stored[k] for k in index]
                array = np.empty(len(chosen), dtype=object)
                for k, item in enumerate(chosen):
                    array[k] = Sequence(item)
                values[name] = array
            else:
                values[name] = stored if index is None else stored[index]
        return ParameterSpace(values, shape=(size,))

    def _place(self) -> tuple[Any, NDArray[np.int64] | None]:
        raise NotImplementedError

    def sample(self, n: int, rng: Any = None) -> Any:
        """Return a view of `n` cells drawn at random; from the seed where no `rng` is given."""
        if not is_whole(n) or not 0 < n <= len(self):  # type: ignore[arg-type]
            raise InvalidSizeError(
                Problem("sample(n): n is no number of cells", shown(n),
                        f"a whole number, 1 to {len(self)}"),  # type: ignore[arg-type]
                where=f"'{self.label}'",  # type: ignore[attr-defined]
            )
        if rng is not None and not isinstance(rng, AbstractRNG):
            raise InvalidValueError(
                Problem("rng is not a PyNN random number generator", shown(rng),
                        "NumpyRNG(seed=...)"))
        if is_default_rng(rng):
            state = self._simulator.state  # type: ignore[attr-defined]
            rng = NumpyRNG(seed=stream_seed(state.seed, (STREAM_SAMPLE, state.next_sample())))
        return super().sample(int(n), rng)  # type: ignore[misc]


@entrance()
class PopulationBase(_Parameters, common.Population):  # type: ignore[misc]
    """Cells of one type; see ``pyNN.common.Population``."""

    __doc__ = common.Population.__doc__
    __signature__ = signature(common.Population)

    def __init__(
        self,
        size: Any,
        cellclass: Any,
        cellparams: Any = None,
        structure: Any = None,
        initial_values: Any = None,
        label: str | None = None,
        *more: Any,
        **options: Any,
    ) -> None:
        self.line = user_line()
        spoken = self._simulator.state.dialect
        size = spoken.size(size)
        check_population(cellclass, cellparams, structure, initial_values, label)
        check_size(size, label)
        options = spoken.options("Population", more, options)
        for name, why in spoken.idle(options).items():
            self._simulator.state.idle(f"{name} of a population", why)
        per_core = checked_per_core(options.get("neurons_per_core"))
        if isinstance(cellclass, type):
            cellclass, cellparams = cellclass(**(cellparams or {})), None
        self.model = cell_model(cellclass)
        initial_values = {
            **getattr(cellclass, "initial_given", {}), **dict(initial_values or {})
        }
        check_initial(initial_values, type(cellclass).__name__,
                      list(cellclass.default_initial_values), f"population '{label}'")
        state = self._simulator.state
        state.check_open(f"population '{label}'" if label else "a population")
        kind = type(cellclass).__name__
        self._per_core = state.per_core.get(kind) if per_core is None else per_core
        # PyNN numbers unnamed populations over the whole process; here a simulator's own count.
        label = state.unique_label(str(label or f"population{len(state.populations)}"))
        super().__init__(size, cellclass, cellparams, structure, initial_values, label)
        state.add_population(self)

    @property
    def label(self) -> str:
        """Name, unique in its simulator; it can be changed before the first run."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        made = hasattr(self, "_label")  # PyNN's constructor sets it first, unique already
        self._label: str = self._simulator.state.relabel(self._label, label) if made else label

    def _create_cells(self) -> None:
        state = self._simulator.state
        first = state.id_counter
        cells = np.empty(self.size, dtype=object)
        for k in range(self.size):
            cell = ID(first + k)
            object.__setattr__(cell, "parent", self)
            cells[k] = cell
        self.all_cells = cells
        self.first_id, self.last_id = cells[0], cells[-1]
        self._mask_local = np.ones(self.size, dtype=bool)
        state.id_counter += self.size
        self._number = state.next_number()
        self._parameters: dict[str, Any] = {}
        self._described: dict[str, str] = {}
        self._initial: dict[str, NDArray[np.float64]] = {}
        written = getattr(self.celltype, "values", None)
        values = written() if written else dict(self.celltype.parameter_space._parameters)
        for name, value in values.items():
            self._store(name, value, None)

    def _place(self) -> tuple[Any, NDArray[np.int64] | None]:
        return self, None

    def _store(self, name: str, value: Any, index: NDArray[np.int64] | None) -> None:
        """Evaluate a parameter once and keep the values."""
        size = self.size if index is None else index.size
        key = self._simulator.state.stream(STREAM_PARAMETER, self.label, name)
        described = f"population '{self.label}'" if hasattr(self, "label") else ""
        if name == "spike_times":
            lists = spike_lists(value, size)
            check_spike_times(lists, described)
            cells = np.arange(size) if index is None else index
            if name in self._parameters and self._simulator.state.step:
                self._tell_of_the_past([self._parameters[name][k] for k in cells], lists)
            if index is None:
                self._parameters[name] = lists
            else:
                for k, times in zip(index, lists, strict=True):
                    self._parameters[name][k] = times
            return
        try:
            values = cell_values(value, size, self._simulator.state.seed, key)
        except UserError:
            raise
        except Exception as error:  # whatever a function of the user's does
            raise cannot_use(name, value, size, described, error) from error
        check_finite(name, values, described)
        check_physical(name, values, type(self.celltype).__name__, described)
        if index is None:
            self._parameters[name] = values
            self._described[name] = describe_value(value)
        else:
            self._parameters[name] = self._parameters[name].copy()
            self._parameters[name][index] = values

    def tell_of_the_past(self) -> None:
        """Report spike times that were over before the population was made."""
        if "spike_times" in self._parameters:
            times = self._parameters["spike_times"]
            self._tell_of_the_past([np.empty(0)] * len(times), times)

    def _tell_of_the_past(
        self, old: list[NDArray[np.float64]], new: list[NDArray[np.float64]]
    ) -> None:
        """Report spike times before the present that were not in the list already."""
        state = self._simulator.state
        late = [
            np.setdiff1d(times[times < state.t - 0.5 * state.dt], before)
            for before, times in zip(old, new, strict=True)
        ]
        lost = np.concatenate(late) if late else np.empty(0)
        if lost.size:
            state.report(
                finding(
                    "NP109",
                    f"population '{self.label}'",
                    measured=f"{lost.size} spike times, the first at {lost.min():g} ms",
                    limit=f"{state.t:g} ms, the present time, or later",
                    why="they are not emitted",
                    fixes=("give times later than the present", "call reset() first"),
                    line=user_line(),
                )
            )

    def _store_initial(self, variable: str, value: Any, index: NDArray[np.int64] | None) -> None:
        size = self.size if index is None else index.size
        key = self._simulator.state.stream(STREAM_INITIAL, self.label, variable)
        described = f"population '{self.label}'"
        try:
            values = cell_values(value, size, self._simulator.state.seed, key)
        except UserError:
            raise
        except Exception as error:  # whatever a function of the user's does
            raise cannot_use(variable, value, size, described, error) from error
        check_finite(variable, values, described)
        if index is None:
            self._initial[variable] = values
        else:
            self._initial[variable] = self._initial[variable].copy()
            self._initial[variable][index] = values
        stored = self._initial[variable]
        same = bool((stored == stored[0]).all())
        self.initial_values[variable] = LazyArray(
            float(stored[0]) if same else stored, shape=(self.size,), dtype=float
        )

    def _set_initial_value_array(self, variable: str, initial_values: Any) -> None:
        self._store_initial(variable, initial_values, None)

    def _get_view(self, selector: Any, label: str | None = None) -> Any:
        return self._view_class(self, selector, label)

    def describe_frozen(self) -> Population:
        """Return the population as a frozen description with its realised values."""
        return frozen_population(self)


@entrance()
class ViewBase(_Parameters, common.PopulationView):  # type: ignore[misc]
    """Some cells of a population; see ``pyNN.common.PopulationView``."""

    __doc__ = common.PopulationView.__doc__
    __signature__ = signature(common.PopulationView)

    def __init__(self, parent: Any, selector: Any, label: str | None = None) -> None:
        if not isinstance(parent, common.populations.BasePopulation):
            raise InvalidValueError(Problem("a view is of a population or another view",
                                            shown(parent), "a Population or PopulationView"))
        problems = label_problems(label)
        if problems:
            raise InvalidValueError(problems, where=f"view of '{parent.label}'")
        super().__init__(parent, checked_selector(parent, selector), label)

    def _place(self) -> tuple[Any, NDArray[np.int64] | None]:
        population = self.grandparent
        return population, population.id_to_index(self.all_cells).astype(np.int64)

    @property
    def initial_values(self) -> dict[str, LazyArray]:
        """Initial values of the cells in the view."""
        parent, index = self._place()
        return {
            name: LazyArray(values[index], shape=(self.size,), dtype=float)
            for name, values in parent._initial.items()
        }

    def _set_initial_value_array(self, variable: str, initial_values: Any) -> None:
        parent, index = self._place()
        parent._store_initial(variable, initial_values, index)

    def id_to_local_index(self, cell: Any) -> Any:
        """Return the index of a cell in the view."""
        return self.id_to_index(cell)

    def _get_view(self, selector: Any, label: str | None = None) -> Any:
        return self._view_class(self, selector, label)


@entrance()
class AssemblyBase(common.Assembly):  # type: ignore[misc]
    """Several populations and views together; see ``pyNN.common.Assembly``."""

    __doc__ = common.Assembly.__doc__

    def rset(self, parametername: str, rand_distr: Any) -> None:
        """*Deprecated*, use ``set(name=distribution)``."""
        self.set(**{parametername: rand_distr})
