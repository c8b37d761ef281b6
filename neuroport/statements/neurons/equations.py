"""Cells of a model's own, given by their equations; fourth-order Runge-Kutta."""

from __future__ import annotations

from collections.abc import Mapping

from neuroport.network.cells import CellModel
from neuroport.network.named_equations import STREAM
from neuroport.numerics import Numerics
from neuroport.statements.draws import with_draws
from neuroport.statements.names import inside, rename
from neuroport.statements.neurons.code import (
    ACTIVE,
    CLAMP,
    FloatArray,
    NeuronCode,
    gain_equations,
    receptor_arrivals,
    receptor_coefficients,
    receptor_equations,
)

__all__ = ["code"]


def code(cell: CellModel, numerics: Numerics, timestep: float) -> NeuronCode:
    """Return the statements of a cell given by equations."""
    given = cell.equations
    assert given is not None  # a model with membrane "equations" always has them
    variables = {
        "I": "x_I",
        "t": "(t/ms)",  # in ms, like everything else in a model's own equations
        "dt": repr(timestep),
        **{name: inside(name) for name in (*cell.parameters, *cell.states, *given.definitions)},
    }
    declared, currents, _ = receptor_equations(
        cell.receptors, differential=True, voltage=inside(given.potential)
    )

    def inner(text: str) -> str:
        return with_draws(rename(text, variables), inside(STREAM), "t_in_timesteps")

    equations = [
        f"x_I = x_i_offset + x_i_inj + {' + '.join(currents) or '0'} : 1",
        "x_i_inj : 1", "x_active : integer", "x_until : integer",
        "x_refractory_steps : integer (constant)",
        *declared,
        *gain_equations(cell.receptors, numerics),
        *(f"{inside(k)} = {inner(v)} : 1" for k, v in given.definitions.items()),
        *(f"{inside(p)} : 1 (constant)" for p in cell.parameters),
    ]
    synaptic = {r.variable for r in cell.receptors if r.tau}
    for variable in cell.states:
        if variable in given.derivatives:
            active = "x_active*" if given.refractory and variable in given.clamped else ""
            equations.append(
                f"d{inside(variable)}/dt = {active}({inner(given.derivatives[variable])})/ms : 1"
            )
        elif variable not in synaptic:
            equations.append(f"{inside(variable)} : 1")
    reset = [inner(statement) for statement in given.reset]
    threshold = inner(given.threshold)
    if given.refractory:
        threshold = f"x_active > 0 and ({threshold})"
        reset.append(CLAMP)

    def coefficients(p: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        result = {inside(name): p[name] for name in cell.parameters}
        result.update(receptor_coefficients(cell.receptors, p, numerics, timestep, decay=False))
        steps = p[given.refractory] if given.refractory else 0.0 * p["i_offset"]
        result["x_refractory_steps"] = numerics.refractory_steps(steps, timestep)
        return result

    return NeuronCode(
        equations="\n".join(equations),
        method="rk4",
        before=ACTIVE,
        threshold=threshold,
        reset="\n".join(reset),
        coefficients=coefficients,
        arrivals=receptor_arrivals(cell, numerics, voltage=inside(given.potential), clamped=False),
        variables=cell.states,
    )
