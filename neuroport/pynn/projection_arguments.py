"""Arguments of projections and values of their synapses: what is refused, with a way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.connectors import Connector
from pyNN.models import BaseSynapseType
from pyNN.space import Space

from neuroport.errors import ConnectorError, DelayError, InvalidValueError, Problem, UserError
from neuroport.plain_numbers import NotNumbersError, floats, is_one_of, shown
from neuroport.pynn.entrance import also
from neuroport.pynn.freezing import delay_steps
from neuroport.pynn.observation import checked_only
from neuroport.pynn.population_arguments import label_problems
from neuroport.pynn.projection_values import MULTIPLE

__all__ = ["cannot_connect", "cannot_use", "check_arguments", "check_delays", "check_reading",
           "check_synapse_values", "delay_range", "placed", "written_delay"]


def check_arguments(
    pre: Any, post: Any, connector: Any, synapse: Any, space: Any, label: Any
) -> None:
    """Refuse arguments of a projection that are of a wrong kind, all at once."""
    groups = (common.populations.BasePopulation, common.Assembly)
    problems = []
    for side, group in (("pre", pre), ("post", post)):
        if not isinstance(group, groups):
            problems.append(
                Problem(
                    f"{side}synaptic_neurons must be a Population, PopulationView or Assembly",
                    measured=shown(group),
                )
            )
        elif not len(group):
            problems.append(Problem(f"{side}synaptic_neurons has no cells", shown(group.label)))
    if not isinstance(connector, Connector):
        problems.append(
            Problem("`connector` must be a connector, e.g. AllToAllConnector()",
                    measured=shown(connector),
                    fix="write the parentheses" if isinstance(connector, type) else "")
        )
    if synapse is not None and not isinstance(synapse, BaseSynapseType):
        problems.append(
            Problem("`synapse_type` must be a synapse type, e.g. StaticSynapse(weight=0.1)",
                    measured=shown(synapse),
                    fix="write the parentheses" if isinstance(synapse, type) else "")
        )
    if space is not None and not isinstance(space, Space):
        problems.append(Problem("`space` must be a Space, e.g. Space(axes='xy')", shown(space)))
    problems += label_problems(label)
    if problems:
        named = isinstance(label, str) and not label_problems(label)
        raise _ArgumentError(problems, where=f"projection '{label}'" if named else "Projection")


class _ArgumentError(ConnectorError, TypeError):
    """Arguments of a kind that a projection cannot use."""


def check_reading(names: Any, form: Any, multiple: Any, where: str) -> None:
    """Refuse what ``Projection.get`` cannot be asked for."""
    problems = [
        Problem(f"unknown {what}", measured=shown(given), limit=", ".join(allowed))
        for what, given, allowed in (
            ("format", form, ("list", "array")), ("multiple_synapses", multiple, MULTIPLE))
        if not is_one_of(given, allowed)
    ]
    listed = isinstance(names, (str, list, tuple)) and all(isinstance(n, str) for n in names)
    if not listed:
        problems.append(Problem("attribute_names are not names", shown(names),
                                "a name such as 'weight', or a list of names"))
    if problems:
        raise InvalidValueError(problems, where=where)


_ABOVE_0 = ("tau_plus", "tau_minus", "tau")


def check_synapse_values(attributes: Mapping[str, NDArray[np.float64]], where: str) -> None:
    """Refuse values of synapses that are not finite or have no meaning, all at once."""
    problems = []
    for name, values in attributes.items():
        finite = np.isfinite(values)
        if not finite.all():
            problems.append(
                Problem(
                    f"synapse parameter '{name}' is not a finite number",
                    measured=f"{int((~finite).sum())} of {values.size} synapses",
                )
            )
            continue
        low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
        if name == "U" and not (low >= 0 and high <= 1) and values.size:
            problems.append(Problem("'U' is a part of the resources",
                                    f"{low:g} to {high:g}", "0 to 1"))
        elif (name in _ABOVE_0 and low <= 0) or (name in ("tau_rec", "tau_facil") and low < 0):
            problems.append(Problem(f"the time constant '{name}' cannot be {low:g} ms", "",
                                    "above 0 ms" if name in _ABOVE_0 else "0 ms or more"))
    if problems:
        raise InvalidValueError(problems, where=where)


@contextmanager
def placed(where: str, otherwise: Callable[[Exception], UserError]) -> Iterator[None]:
    """Let errors say where they are; those of PyNN's and the user's own functions by name.

    Parameters
    ----------
    where : str
        The projection.
    otherwise : callable
        Returns the error for one that is not neuroport's.
    """
    try:
        yield
    except UserError as error:
        error.where = error.where or where
        error.args = (error.text(),)
        raise
    except Exception as error:
        raise otherwise(error) from error


def cannot_connect(connector: Any, error: Exception, where: str) -> UserError:
    """Return the error for a connector that fails in PyNN's or the user's own code."""
    return also(ConnectorError, type(error))(  # type: ignore[arg-type]
        Problem(
            f"{type(connector).__name__} cannot join these groups",
            measured=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
            limit="an expression or function that gives numbers for all pairs of cells",
            fix=getattr(error, "fix", ""),
        ),
        where=where,
    )


def cannot_use(name: str, value: Any, where: str, error: Exception) -> UserError:
    """Return the error for values of synapses that cannot be worked out."""
    said = (f"it gives {error}" if isinstance(error, NotNumbersError) else
            f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    return also(InvalidValueError, type(error))(  # type: ignore[arg-type]
        Problem(
            f"cannot use {shown(getattr(value, 'base_value', value))} for '{name}'",
            measured=said,
            limit="a number, an array, a RandomDistribution, or a function of the distance that "
            "gives numbers",
            fix=getattr(error, "fix", ""),
        ),
        where=where,
    )


# Delays beyond this many steps fit into no engine's counters.
_LONGEST = 2**31


def check_delays(projection: Any, delay: NDArray[np.float64]) -> None:
    state = projection._simulator.state
    where = f"projection '{projection.label}'"
    if delay.size == 0:
        return
    low, high = float(delay.min()), float(delay.max())
    shortest = state.shortest_kept
    # Half a step below still rounds to one step; less than that cannot be kept.
    finite = bool(np.isfinite(delay).all())
    if finite and low >= 0 and checked_only():
        pass  # a finding among all others, NP114
    elif not finite or low < shortest - 1e-9 * state.dt:
        raise DelayError(
            Problem(
                "a delay is shorter than the shortest that can be kept",
                measured=f"{low:g} ms in {int((delay < shortest).sum())} of {delay.size} "
                "synapses",
                limit=f"{shortest:g} ms"
                + (" (one time step)" if shortest == state.dt else " (min_delay)"),
                fix=f"use delay={state.dt:g} or more, or a smaller time step",
            ),
            where=where,
            line=projection.line,
        )
    if high / state.dt >= _LONGEST:
        raise DelayError(
            Problem(
                "a delay is longer than any engine can count",
                measured=f"{high:g} ms",
                limit=f"{_LONGEST * state.dt:g} ms (2^31 time steps)",
                fix="delays are in ms",
            ),
            where=where,
            line=projection.line,
        )
    if state.longest_delay is not None and high > state.longest_delay + 1e-9:
        raise DelayError(
            Problem(
                "a delay is longer than max_delay",
                measured=f"{high:g} ms",
                limit=f"{state.longest_delay:g} ms (setup(max_delay=...))",
                fix="raise max_delay, or leave it out",
            ),
            where=where,
            line=projection.line,
        )


def written_delay(projection: Any) -> float | None:
    """Return the delay (ms) that was given for all synapses alike, else None."""
    delay = projection.synapse_type.parameter_space._parameters.get("delay")
    if delay is None or not delay.is_homogeneous or callable(delay.base_value):
        return None
    try:
        given = delay.base_value if delay.shape is None else delay.evaluate(simplify=True)
        return float(floats(given))
    except (TypeError, ValueError):
        return None


def delay_range(projection: Any) -> tuple[float, float] | None:
    """Return the shortest and longest delay as they are used (ms); None without synapses."""
    # A large projection with one delay for all need not be realised for it.
    one = None if projection.written else written_delay(projection)
    if one is None:
        projection.made  # noqa: B018  realises it
    delay = projection.written["delay"] if one is None else np.array([one])
    if not delay.size:
        return None
    dt = float(projection._simulator.state.dt)
    used = delay_steps(np.array([delay.min(), delay.max()]), dt) * dt
    return float(used[0]), float(used[1])
