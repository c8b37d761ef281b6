"""What a user can choose about a SpiNNaker run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from neuroport.errors import InvalidValueError, Problem
from neuroport.secrets import keep_secrets
from neuroport_spinnaker.chip.limits import VERSIONS

__all__ = ["Options", "ALLOWABLE"]

ALLOWABLE = ("NP301", "NP308", "NP315", "NP321", "NP344")
"""Errors that make a run useless and yet prevent neither the mapping nor the run."""


@dataclass(frozen=True)
class Options:
    """Choices of a SpiNNaker backend.

    Parameters
    ----------
    target : str
        Name or file of the machine's description.
    machine : str
        Address of a board; empty: none.
    spalloc : str
        Address of a spalloc server (host, or a URL); empty: none.
    spalloc_user : str
        Who asks there.
    version : int
        Version of the board at `machine`; 0: the target's.
    poisson : {"realised", "machine"}
        ``realised``: Poisson trains are the network's own, the same as on every backend.
        ``machine``: the machine draws its own.
    connectors : {"realised", "machine"}
        ``realised``: synapses are the network's own, the same as on every backend.
        ``machine``: connectors that sPyNNaker has are made by the machine itself, with synapses of
        its own; it saves loading time.
    neurons_per_core : mapping of str to int, or int
        Population -> most neurons on a core; an int is for all. What the script itself sets holds
        for the others.
    weight_loss : float
        Relative change of a weight from which a finding is made.
    allow : str or sequence of str
        Codes of findings that make a run useless and do not prevent it (NP301): warnings then.
    start_timeout, silence_timeout : float
        Seconds to wait for the tool-chain to start, and for its next sign of life.
    configuration : mapping of str to mapping
        More of sPyNNaker's configuration: section -> option -> value.
    """

    target: str = "spinn5"
    machine: str = ""
    spalloc: str = ""
    spalloc_user: str = ""
    version: int = 0
    poisson: Literal["realised", "machine"] = "realised"
    connectors: Literal["realised", "machine"] = "realised"
    neurons_per_core: Mapping[str, int] | int = field(default_factory=dict)
    weight_loss: float = 0.05
    allow: Sequence[str] | str = ()
    start_timeout: float = 120.0
    silence_timeout: float = 600.0
    configuration: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("spalloc", "configuration"):  # whoever connects asks for the password
            object.__setattr__(self, name, keep_secrets(getattr(self, name)))
        problems = []
        if self.poisson not in ("realised", "machine"):
            problems.append(
                Problem(f"poisson cannot be {self.poisson!r}", limit="realised or machine")
            )
        if self.connectors not in ("realised", "machine"):
            problems.append(
                Problem(f"connectors cannot be {self.connectors!r}", limit="realised or machine")
            )
        if wrong := sorted(set(self.allowed) - set(ALLOWABLE)):
            problems.append(
                Problem(f"{', '.join(wrong)} cannot be allowed", limit=", ".join(ALLOWABLE))
            )
        numbers: dict[str, Any] = (
            dict(self.neurons_per_core)
            if isinstance(self.neurons_per_core, Mapping) else {"": self.neurons_per_core}
        )
        for label, number in numbers.items():
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                problems.append(
                    Problem("neurons_per_core" + (f" of '{label}'" if label else "")
                            + f" cannot be {number!r}",
                            limit="a whole number from 1, or POPULATION=NUMBER for one of them")
                )
        if not 0 < self.weight_loss <= 1:
            problems.append(Problem(f"weight_loss cannot be {self.weight_loss!r}", limit="0 to 1"))
        if self.version not in (0, *VERSIONS):
            problems.append(
                Problem(f"there is no board of version {self.version!r}",
                        limit=f"{', '.join(map(str, VERSIONS))}; 0 for the target's")
            )
        if self.machine and self.spalloc:
            problems.append(
                Problem("a machine and a spalloc server were given", fix="give one of them")
            )
        for name in ("start_timeout", "silence_timeout"):
            if not getattr(self, name) > 0:
                problems.append(Problem(f"{name} must be above 0 s", f"{getattr(self, name)!r}"))
        if problems:
            raise InvalidValueError(problems, where="SpiNNaker options")

    @property
    def allowed(self) -> tuple[str, ...]:
        """The codes of `allow`, in capitals."""
        words = self.allow.replace(",", " ").split() if isinstance(self.allow, str) else self.allow
        return tuple(str(w).upper() for w in words)

    @property
    def spike_queue(self) -> int:
        """Spikes that a core can keep before it handles them."""
        return int(self.configuration.get("Simulation", {}).get("incoming_spike_buffer_size", 256))

    def most(self, label: str) -> int | None:
        """Return the user's limit of neurons on a core for a population, or None."""
        if isinstance(self.neurons_per_core, int):
            return self.neurons_per_core
        return self.neurons_per_core.get(label)
