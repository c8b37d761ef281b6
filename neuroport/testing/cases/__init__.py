"""The cases, by subject; each module yields those of its own from a backend's capabilities."""

from __future__ import annotations

from neuroport.backend.capabilities import Capabilities
from neuroport.testing.case import Case
from neuroport.testing.cases import (
    cells,
    currents,
    numerics,
    own_models,
    plasticity,
    running,
    stochastic,
    synapses,
)

__all__ = ["all_cases"]

_SUBJECTS = (cells, own_models, synapses, plasticity, stochastic, currents, numerics, running)


def all_cases(capabilities: Capabilities) -> list[Case]:
    """Return every case, those that a backend does not declare included."""
    return [case for subject in _SUBJECTS for case in subject.cases(capabilities)]
