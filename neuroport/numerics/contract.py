"""The time-grid contract: what happens inside a time step, written down.

PyNN says nothing about it, so engines differ. Every choice is named here; ``docs/numerics.md``
explains each with its formula. Two named points are ready: ``pynn`` and ``spinnaker``; single
choices are switched with :meth:`Numerics.switch`, ``numerics={"base": "pynn", ...}``, or in text,
on a command line for instance, with ``pynn+input_rule=step+threshold_rule=>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from neuroport.errors import Problem, UnknownNumericsError, did_you_mean, unknown_name
from neuroport.numerics.grids import grid_names
from neuroport.numerics.steps import to_steps
from neuroport.plain_numbers import is_one_of, shown

__all__ = ["Numerics", "PYNN", "SPINNAKER", "NAMED", "numerics"]


@dataclass(frozen=True, slots=True)
class Numerics:
    """One point in the space of choices.

    Attributes
    ----------
    name : str
        ``pynn``, ``spinnaker`` or ``custom``.
    input_rule : {"exact", "step"}
        ``exact``: the decaying synaptic current is integrated in closed form. ``step``: it is held
        over a step and enters with the charge-conserving factor (τ/dt)(1−e^(−dt/τ)), as on the
        SpiNNaker chip.
    refractory_rule : {"round", "ceil"}
        Steps that follow a spike in which the membrane is not updated.
    threshold_rule : {">=", ">"}
        When a neuron fires.
    delta_input : {"voltage", "current"}
        What a delta synapse is: a jump of the potential (weight in mV), or a current that lasts
        one step (weight in nA, the chip's).
    delay_rule : {"same_step", "next_step"}
        A spike of step k over d steps is used in step k+d (the step rule), or one later, as stock
        Brian2 and NEST do between neurons.
    integrator : {"accurate", "chip"}
        For cells without a closed solution: the reference's own scheme, or the chip's.
    plasticity_update : {"immediate", "deferred"}
        When a weight change can be seen: at once, or at the next presynaptic spike.
    plasticity_amplitude : {"fraction", "absolute"}
        Whether A_plus and A_minus are multiplied by w_max (PyNN) or are weight changes (chip).
    dendritic_delay : {"as_given", "all"}
        Whether ``dendritic_delay_fraction`` is honoured or the whole delay is dendritic.
    coincidence : {"ignored", "depression"}
        What a presynaptic and a postsynaptic spike at the same moment do (NEST; chip).
    initial_presynaptic_spike : bool
        Whether an imaginary presynaptic spike at time 0 takes part in the first pairing (chip).
    static_weight_step : float, str or None
        Static weights are rounded to the nearest multiple of this (nA or µS). A name: a grid of
        an installed package, see :mod:`neuroport.numerics.grids`; ``ring_buffer`` is SpiNNaker's,
        a power of two for each population and receptor, from sPyNNaker's estimate of the largest
        summed input. None: kept as written.
    plastic_weight_step : float, str or None
        The same for plastic weights, which are also floored to a multiple of it when written.
    trace_bits : int or None
        Fraction bits of the plasticity look-up tables, floored (chip: 11); None: exact.
    decay_bits : int or None
        Fraction bits of dt/τ_m and of e^(−dt/τ_m) of the leaky cells, floored (chip: 15); None:
        exact.
    state_bits : int or None
        Fraction bits of potentials, currents and their products in leaky cells with exponential
        or delta currents, floored (chip: 15); None: double precision. Only with
        ``input_rule="step"``.
    """

    name: str = "custom"
    input_rule: Literal["exact", "step"] = "exact"
    refractory_rule: Literal["round", "ceil"] = "round"
    threshold_rule: Literal[">=", ">"] = ">="
    delta_input: Literal["voltage", "current"] = "voltage"
    delay_rule: Literal["same_step", "next_step"] = "same_step"
    integrator: Literal["accurate", "chip"] = "accurate"
    plasticity_update: Literal["immediate", "deferred"] = "immediate"
    plasticity_amplitude: Literal["fraction", "absolute"] = "fraction"
    dendritic_delay: Literal["as_given", "all"] = "as_given"
    coincidence: Literal["ignored", "depression"] = "ignored"
    initial_presynaptic_spike: bool = False
    static_weight_step: float | str | None = None
    plastic_weight_step: float | str | None = None
    trace_bits: int | None = None
    decay_bits: int | None = None
    state_bits: int | None = None

    def switch(self, **choices: Any) -> Numerics:
        """Return these numerics with single choices replaced.

        Raises
        ------
        UnknownNumericsError
            For an unknown choice or value; all of them are named.
        """
        _validate(choices)
        changed = replace(self, **choices)
        for named in (PYNN, SPINNAKER):
            if replace(changed, name=named.name) == named:
                return named
        return replace(changed, name="custom")

    def differences(self, other: Numerics) -> dict[str, tuple[Any, Any]]:
        """Return the choices in which two points differ, as ``{choice: (mine, other's)}``."""
        mine, theirs = asdict(self), asdict(other)
        return {k: (mine[k], theirs[k]) for k in mine if k != "name" and mine[k] != theirs[k]}

    def refractory_steps(
        self, tau_refrac: NDArray[np.float64], timestep: float
    ) -> NDArray[np.float64]:
        """Return how many steps after a spike the membrane is not updated.

        Parameters
        ----------
        tau_refrac : ndarray of float
            Refractory periods (ms).
        timestep : float
            ms.

        Returns
        -------
        ndarray of float
            Whole numbers. Half a step counts as one under ``round``; a quotient that misses a
            whole number by floating point only is that number under both rules.
        """
        if self.refractory_rule == "ceil":
            return np.asarray(np.ceil(tau_refrac / timestep - 1e-9))
        return to_steps(tau_refrac, timestep).astype(float)

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as plain data."""
        return asdict(self)

    @property
    def text(self) -> str:
        """The shortest text that :func:`numerics` turns back into these choices."""
        base = min(NAMED.values(), key=lambda named: len(named.differences(self)))
        changed = base.differences(self)
        return "+".join([base.name, *(f"{name}={mine}" for name, (_, mine) in changed.items())])


def _validate(choices: Mapping[str, Any]) -> None:
    hints = get_type_hints(Numerics)
    known = [f.name for f in fields(Numerics) if f.name != "name"]
    problems = []
    for key, value in choices.items():
        if key not in known:
            problems.append(
                unknown_name(f"there is no numerics choice '{key}'", key, known, "choices"))
            continue
        allowed = get_args(hints[key])
        if key in ("static_weight_step", "plastic_weight_step"):
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            named = isinstance(value, str) and value in grid_names()
            good = value is None or named or (number and 0 < value < float("inf"))
            limit = ", ".join(["a number above 0", *map(repr, grid_names()), "or None"])
        elif key in ("trace_bits", "decay_bits", "state_bits"):
            whole = isinstance(value, int) and not isinstance(value, bool)
            good, limit = value is None or (whole and 0 < value <= 52), "1 to 52, or None"
        elif key == "initial_presynaptic_spike":
            good, limit = isinstance(value, bool), "True or False"
        else:
            good, limit = is_one_of(value, allowed), " or ".join(repr(a) for a in allowed)
        if not good:
            problems.append(
                Problem(f"numerics choice '{key}' cannot be {shown(value)}", limit=limit)
            )
    if problems:
        raise UnknownNumericsError(problems, where="numerics")


PYNN = Numerics(name="pynn")
"""PyNN's definitions, integrated as accurately as the time step allows."""

SPINNAKER = Numerics(
    name="spinnaker",
    input_rule="step",
    refractory_rule="ceil",
    delta_input="current",
    integrator="chip",
    plasticity_update="deferred",
    plasticity_amplitude="absolute",
    dendritic_delay="all",
    coincidence="depression",
    initial_presynaptic_spike=True,
    static_weight_step="ring_buffer",
    plastic_weight_step="ring_buffer",
    trace_bits=11,
    decay_bits=15,
    state_bits=15,
)
"""What the SpiNNaker software (sPyNNaker 7.4.x) computes.

Weights, plasticity tables and membrane decays are on the chip's grids, and current-based leaky
cells with exponential or delta synapses are computed in its fixed-point numbers; other cells
between the grids in double precision.
"""

NAMED: dict[str, Numerics] = {"pynn": PYNN, "spinnaker": SPINNAKER}


def numerics(choice: str | Numerics | Mapping[str, Any]) -> Numerics:
    """Return the numerics for a name, a mapping of choices, or numerics themselves.

    Parameters
    ----------
    choice : str, Numerics or mapping
        ``"pynn"``, ``"spinnaker"``, a mapping of single choices with an optional ``"base"``
        (``"pynn"`` where left out), or the same as text: ``"pynn+input_rule=step"``.

    Raises
    ------
    UnknownNumericsError
        For a name, choice or value that does not exist.
    """
    if isinstance(choice, Numerics):
        return choice
    if isinstance(choice, Mapping):
        rest = dict(choice)
        if not all(isinstance(name, str) for name in rest):
            raise UnknownNumericsError(
                Problem("numerics choices need names", shown(choice), "{'input_rule': 'step'}"),
                where="numerics")
        base = numerics(rest.pop("base", "pynn"))
        return base.switch(**rest)
    if isinstance(choice, str) and choice in NAMED:
        return NAMED[choice]
    if isinstance(choice, str) and "+" in choice:
        return _from_text(choice)
    raise UnknownNumericsError(
        Problem(
            f"there are no numerics called {shown(choice)}",
            limit=f"named: {', '.join(NAMED)}; with single choices: pynn+input_rule=step",
            fix=did_you_mean(shown(choice), NAMED),
        ),
        where="numerics",
    )


def _from_text(text: str) -> Numerics:
    """Read ``pynn+input_rule=step+trace_bits=11``."""
    base, *words = text.split("+")
    # A number may itself have a plus sign: 1e+3.
    joined: list[str] = []
    for word in words:
        if joined and "=" not in word:
            joined[-1] += f"+{word}"
        else:
            joined.append(word)
    choices = {}
    for word in joined:
        name, _, value = word.partition("=")
        choices[name.strip()] = _value(value.strip())
    return numerics(base).switch(**choices)


def _value(text: str) -> Any:
    plain = {"None": None, "none": None, "True": True, "False": False}
    if text in plain:
        return plain[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
