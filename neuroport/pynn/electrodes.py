"""Current sources: PyNN's own, realised step by step in ``realise.currents``."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN.common import Assembly, IDMixin
from pyNN.parameters import Sequence
from pyNN.standardmodels import electrodes

from neuroport.errors import (
    InvalidTimeError,
    InvalidValueError,
    Problem,
    UnknownParameterError,
    UserError,
)
from neuroport.network.description import CurrentSource
from neuroport.network.edits import CurrentEdit
from neuroport.numerics import to_steps
from neuroport.plain_numbers import NotNumbersError, floats, number_problem, one_float, shown
from neuroport.pynn.entrance import entrance
from neuroport.pynn.parameters import identity, signature_of
from neuroport.realise.currents import current_samples
from neuroport.source_line import user_line

__all__ = ["current_source_types"]

STREAM_NOISE = 20


class _CurrentError(InvalidValueError, TypeError):
    """A current that cannot be injected there."""


def current_source_types(state: Any) -> dict[str, type]:
    """Return PyNN's current sources bound to a simulator's state."""
    return {
        name: _bound(getattr(electrodes, name), state)
        for name in ("DCSource", "ACSource", "StepCurrentSource", "NoisyCurrentSource")
    }


def _bound(base: type, state: Any) -> type:
    defaults: dict[str, Any] = base.default_parameters  # type: ignore[attr-defined]

    @entrance("get_data")
    class Source(base):  # type: ignore[misc]
        translations = identity(base)
        __signature__ = signature_of(defaults, state.dialect.order(base.__name__, None))

        def __init__(self, *values: Any, **keywords: Any) -> None:
            parameters = state.dialect.arguments(base.__name__, values, keywords)
            parameters.pop("rng", None)
            _check_names(base.__name__, parameters, list(defaults))
            object.__setattr__(self, "line", user_line())
            object.__setattr__(self, "_number", len(state.current_sources))
            object.__setattr__(self, "_targets", [])
            object.__setattr__(self, "_values", {})
            object.__setattr__(self, "_recorded", False)
            object.__setattr__(self, "_history", [])
            super().__init__(**parameters)
            start = dict(defaults)
            if base.__name__ == "NoisyCurrentSource":
                start["dt"] = state.dt
            self._take({**start, **parameters})
            state.current_sources.append(self)

        def _take(self, given: dict[str, Any]) -> None:
            values = {**self._values, **given}
            clean = _checked(base.__name__, values, defaults)
            if base.__name__ == "StepCurrentSource":
                clean = _check_steps(clean, state.dt)
            elif base.__name__ == "NoisyCurrentSource":
                _check_noise(clean, state.dt)
            object.__setattr__(self, "_values", clean)

        def set_parameters(self, copy: bool = True, **parameters: Any) -> None:
            """Set parameters of the source; from now on, where a simulation has begun."""
            _check_names(base.__name__, parameters, list(defaults))
            state.check_change(CurrentEdit, "", list(parameters))
            self._take(parameters)
            self._history.append((state.step, self.frozen()))
            state.currents_changed()

        def get_parameters(self) -> dict[str, Any]:
            """Return the parameters."""
            return {
                k: Sequence(v) if isinstance(v, np.ndarray) else v for k, v in self._values.items()
            }

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            if name in self._values:
                value = self._values[name]
                return Sequence(value).value if isinstance(value, np.ndarray) else value
            return super().__getattr__(name)

        def inject_into(self, cells: Any) -> None:
            """Inject the current into cells."""
            if isinstance(cells, IDMixin):
                cells = [cells]
            state.check_change(CurrentEdit, "", [])
            for population, index in _targets(cells):
                if not population.celltype.injectable:
                    raise _CurrentError(
                        Problem(
                            "Can't inject current into a spike source.",
                            measured=f"{type(population.celltype).__name__} "
                            f"'{population.label}'",
                        )
                    )
                self._targets.append((population.label, index))
            state.currents_changed()

        def record(self) -> None:
            """Keep the current for ``get_data``."""
            object.__setattr__(self, "_recorded", True)

        def _get_data(self) -> tuple[Any, Any]:
            steps = state.step + 1
            times = np.arange(steps) * state.dt
            samples = np.zeros(steps)
            history = self._history or [(0, self.frozen())]
            for position, (first, frozen) in enumerate(history):
                last = history[position + 1][0] if position + 1 < len(history) else steps
                if last > first:
                    samples[first:last] = current_samples(
                        frozen, first, last, state.dt, state.seed
                    )
            return times, samples

        def frozen(self) -> CurrentSource:
            """Return the source as a frozen description."""
            return CurrentSource(
                base.__name__,
                {k: v.tolist() if isinstance(v, np.ndarray) else v
                 for k, v in self._values.items()},
                tuple(self._targets),
                (STREAM_NOISE, self._number),
                self.line,
            )

        def begin(self) -> None:
            """Note the parameters with which a simulation begins."""
            object.__setattr__(self, "_history", [(0, self.frozen())])

    Source.__name__ = Source.__qualname__ = base.__name__
    Source.__doc__ = base.__doc__
    return Source


def _check_names(model: str, given: dict[str, Any], valid: list[str]) -> None:
    unknown = [name for name in given if name not in valid]
    if unknown:
        raise UnknownParameterError(unknown, model, valid)


def _checked(model: str, values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as numbers and arrays of numbers, or refuse all that are none."""
    clean: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        if not isinstance(defaults[name], Sequence):
            problem = number_problem(
                f"{model}: '{name}'", value, infinite=name == "stop",
                least=0 if name == "stdev" else None, above=0 if name == "dt" else None)
            if problem is None:
                clean[name] = one_float(value)
            else:
                problems.append(problem)
            continue
        try:
            numbers = floats(getattr(value, "value", value)).reshape(-1)
        except NotNumbersError as error:
            problems.append(Problem(f"{model}: '{name}' are not numbers: {error}", shown(value),
                                    "a list of numbers", error.fix))
            continue
        if not np.isfinite(numbers).all():
            problems.append(Problem(f"{model}: '{name}' are not finite numbers", shown(value)))
        clean[name] = numbers
    if problems:
        raise InvalidValueError(problems, where=model)
    return clean


def _targets(cells: Any) -> list[tuple[Any, Any]]:
    if isinstance(cells, Assembly):
        return [pair for part in cells.populations for pair in _targets(part)]
    if hasattr(cells, "_place"):
        population, index = cells._place()
        return [
            (population, np.arange(population.size, dtype=np.int64) if index is None else index)
        ]
    by_population: dict[int, tuple[Any, list[int]]] = {}
    for cell in cells:
        population = cell.parent
        entry = by_population.setdefault(id(population), (population, []))
        entry[1].append(population.id_to_index(cell))
    return [(p, np.array(sorted(index), dtype=np.int64)) for p, index in by_population.values()]


class _StepTimeError(InvalidTimeError):
    """Times of a step current that cannot be used."""


def _check_steps(values: dict[str, Any], timestep: float) -> dict[str, Any]:
    times, amplitudes = values["times"], values["amplitudes"]
    problems = []
    if (times < 0).any():
        problems.append(
            Problem("Step current cannot accept negative timestamps.", f"{times.min():g} ms")
        )
    if (np.diff(times) <= 0).any():
        problems.append(Problem("Step current timestamps should be monotonically increasing."))
    if times.size != amplitudes.size:
        # set_parameters may change one before the other; PyNN pairs them as far as they go.
        problems.append(
            Problem("times and amplitudes have different lengths",
                    f"{times.size} times, {amplitudes.size} amplitudes")
        )
    if problems:
        raise _StepTimeError(problems, where="StepCurrentSource")
    # Times are moved to the grid; of several in one step the last one counts (PyNN).
    grid = to_steps(times, timestep) * timestep
    kept, index = np.unique(np.flip(grid), return_index=True)
    return {**values, "times": kept, "amplitudes": np.flip(amplitudes)[index]}


def _check_noise(values: dict[str, Any], timestep: float) -> None:
    steps = values["dt"] / timestep
    if steps < 1 - 1e-9 or abs(steps - round(steps)) > 1e-6:
        raise UserError(
            Problem(
                "NoisyCurrentSource: dt must be a multiple of the time step",
                measured=f"{values['dt']:g} ms",
                limit=f"multiples of {timestep:g} ms",
            )
        )
