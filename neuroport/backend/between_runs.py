"""What a backend cannot change once a network has run: read from what it declares."""

from __future__ import annotations

from collections.abc import Sequence

from neuroport.backend.capabilities import Capabilities
from neuroport.errors import Problem
from neuroport.network.description import Network
from neuroport.network.edits import (
    CurrentEdit,
    Edit,
    ParameterEdit,
    RecordingEdit,
    SpikeEdit,
    StateEdit,
    SynapseEdit,
)

__all__ = ["edit_problems"]

_WORDS = {
    "parameters": "cell parameters", "states": "states", "weights": "weights",
    "synapse_parameters": "parameters of synapses", "recordings": "recordings",
    "spike_times": "spike times and rates of sources", "currents": "injected currents",
}
_NEEDS: dict[type, str] = {
    ParameterEdit: "parameters", StateEdit: "states", SpikeEdit: "spike_times",
    CurrentEdit: "currents", RecordingEdit: "recordings",
}


def edit_problems(
    capabilities: Capabilities, network: Network, engine: str, now: float,
    edit: type[Edit], label: str, names: Sequence[str],
) -> list[Problem]:
    """Return why an edit cannot be made after a run; empty: it can.

    Parameters
    ----------
    capabilities : Capabilities
    network : Network
        As it is.
    engine : str
        How errors name it.
    now : float
        Simulated time (ms).
    edit : type
        Kind of the edit.
    label : str
        Of the population or projection; empty for currents.
    names : sequence of str
        The values that change.
    """
    problems = [
        Problem(f"{_WORDS[name]} cannot be changed between two runs on {engine}",
                measured=f"at {now:g} ms",
                fix="call reset() before, or make the change before the first run")
        for name in _needs(edit, names) if not getattr(capabilities.between_runs, name)
    ]
    if problems:
        return problems
    fixed: list[str] = []
    if edit is StateEdit:
        cell = capabilities.cell(network.population(label).cell)
        fixed = [n for n in names if cell is not None and n in cell.fixed_states]
        way = "send spikes before the run"
    elif edit is SynapseEdit:
        synapse = capabilities.synapse(network.projection(label).synapse)
        fixed = [n for n in names if synapse is not None and n in synapse.set_before_a_run]
        way = "a new simulator, or reset() before"
    return [Problem(f"{', '.join(fixed)} cannot be set on {engine} once the network has run",
                    fix=way)] if fixed else []


def _needs(edit: type[Edit], names: Sequence[str]) -> tuple[str, ...]:
    """Return the entries of ``[between_runs]`` that an edit of some values needs."""
    if edit is SynapseEdit:
        others = any(n != "weight" for n in names)
        return ("weights",) * ("weight" in names) + ("synapse_parameters",) * others
    return (_NEEDS[edit],)
