"""The choices of `neuroport.numerics.Numerics` as the difference explainer switches them.

Fields that make one convention are one choice, so that an explanation says "plasticity
convention" and not five things; which of its fields are needed is found afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from neuroport.numerics import NAMED, Numerics, numerics

__all__ = ["GROUPS", "SEED", "TIME_STEP", "Setting", "claimed", "describe", "numerics_choices",
           "setting"]

TIME_STEP, SEED = "time step", "seed"

#: Choice -> the fields of `Numerics` behind it.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "input rule": ("input_rule",),
    "refractory rule": ("refractory_rule",),
    "threshold rule": ("threshold_rule",),
    "delta synapses": ("delta_input",),
    "delay convention": ("delay_rule",),
    "integrator": ("integrator",),
    "plasticity convention": (
        "plasticity_amplitude", "plasticity_update", "dendritic_delay", "coincidence",
        "initial_presynaptic_spike"),
    "weight grid": ("static_weight_step", "plastic_weight_step"),
    "arithmetic precision": ("trace_bits", "decay_bits", "state_bits"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """How the reference is run: numerics, seed (None: the model's own) and time step (ms)."""

    numerics: Numerics
    seed: int | None = None
    timestep: float | None = None


def describe(fields: Mapping[str, Any]) -> str:
    """Values of fields as text: ``input_rule=step``; `setting` reads it back."""
    return "+".join(f"{name}={value}" for name, value in fields.items())


def setting(base: Setting, assignment: Mapping[str, Any]) -> Setting:
    """The run for an assignment of `numerics_choices`.

    Parameters
    ----------
    base : Setting
        The reference's own.
    assignment : mapping
        Choice -> the reference's value or one of the alternatives.
    """
    texts = [value for name, value in assignment.items()
             if name in GROUPS and value != describe(_of(base.numerics, GROUPS[name]))]
    changed = numerics("+".join([base.numerics.text, *texts]))
    return Setting(changed, assignment.get(SEED, base.seed),
                   assignment.get(TIME_STEP, base.timestep))


def numerics_choices(
    base: Setting,
    target: Numerics | None = None,
    *,
    target_seed: int | None = None,
    target_timestep: float | None = None,
    plastic: bool = True,
    approximate: bool = False,
) -> dict[str, tuple[Any, list[Any]]]:
    """What can be switched, as `explain` takes it.

    Parameters
    ----------
    base : Setting
        How the reference ran.
    target : Numerics, optional
        What the target says of itself; its values are tried first. What it says need not be so:
        the values of the named points, and single fields, are tried as well.
    target_seed, target_timestep : optional
        Those of the target; tried where they differ from the reference's.
    plastic : bool
        Whether the network learns; otherwise the plasticity convention has no effect and is
        left out.
    approximate : bool
        Whether cells are integrated approximately, so that half the time step is a choice, too.

    Returns
    -------
    dict
        Choice -> (reference's value, alternatives), all as text but for time step and seed.
    """
    found: dict[str, tuple[Any, list[Any]]] = {}
    if base.timestep is not None:
        steps = [] if _same_step(base.timestep, target_timestep) else [target_timestep]
        if approximate and not any(_same_step(base.timestep / 2, step) for step in steps):
            steps.append(base.timestep / 2)
        if steps:
            found[TIME_STEP] = (base.timestep, steps)
    sources = [n for n in (target, *NAMED.values()) if n is not None]
    for name, fields in GROUPS.items():
        if name == "plasticity convention" and not plastic:
            continue
        mine = _of(base.numerics, fields)
        others: list[dict[str, Any]] = []
        for source in sources:
            theirs = _of(source, fields)
            others.append({k: v for k, v in theirs.items() if v != mine[k]})
        for field in fields:  # one field of a convention alone
            others += [{field: value} for value in _values(field, sources) if value != mine[field]]
        texts = list(dict.fromkeys(describe(o) for o in others if o))
        if texts:
            found[name] = (describe(mine), texts)
    if target_seed is not None and base.seed is not None and target_seed != base.seed:
        found[SEED] = (base.seed, [target_seed])
    return found


def claimed(base: Setting, target: Setting) -> list[str]:
    """The choices in which a target says that it differs; for them its value is tried first."""
    found = [name for name, fields in GROUPS.items()
             if _of(base.numerics, fields) != _of(target.numerics, fields)]
    return [*found, SEED, *([] if _same_step(base.timestep, target.timestep) else [TIME_STEP])]


def _same_step(one: float | None, other: float | None) -> bool:
    return one is None or other is None or abs(one - other) <= 1e-9


def _of(point: Numerics, fields: Iterable[str]) -> dict[str, Any]:
    return {field: getattr(point, field) for field in fields}


def _values(field: str, sources: Iterable[Numerics]) -> list[Any]:
    """The values worth trying: all words of a field that has words, else those in use."""
    words = [a for a in get_args(get_type_hints(Numerics)[field]) if isinstance(a, str)]
    if words and field not in ("static_weight_step", "plastic_weight_step"):
        return words
    return list(dict.fromkeys(getattr(source, field) for source in sources))
