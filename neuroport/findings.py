"""Findings: what a check saw, with the measured value, the limit, the reason and ways out.

A finding has a code (``NP101``); :func:`explain` tells more about each. Findings are collected,
never raised one by one: a user sees all of them at once. Those of severity ``error`` stop a run.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuroport.where import SourceLine

__all__ = ["Severity", "Finding", "FindingKind", "KINDS", "register", "finding", "explain", "worst",
           "without_superseded"]


class Severity(enum.Enum):
    """How much a finding matters."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def blocks(self) -> bool:
        """Whether a run is refused."""
        return self is Severity.ERROR

    @property
    def rank(self) -> int:
        """0 for a note, 1 for a warning, 2 for an error."""
        return {"note": 0, "warning": 1, "error": 2}[self.value]


@dataclass(frozen=True, slots=True)
class FindingKind:
    """What all findings of one code have in common.

    Attributes
    ----------
    code : str
        ``NP`` and three digits.
    title : str
        One line.
    severity : Severity
        The usual severity.
    explanation : str
        What it means, why it matters and what to do, at length.
    supersedes : tuple of str
        Codes that say less of the same thing: where this one is found they are left out.
    """

    code: str
    title: str
    severity: Severity
    explanation: str
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check saw.

    Attributes
    ----------
    code : str
        The kind, see :data:`KINDS`.
    severity : Severity
        How much it matters here.
    where : str
        The population, projection or other object.
    measured : str
        What was found, with its unit.
    limit : str
        What was allowed or asked.
    why : str
        The reason, in a sentence.
    fixes : tuple of str
        Ways out, the best first.
    line : SourceLine or None
        The user's line that made the object.
    data : mapping
        The figures behind the words, for programs.
    """

    code: str
    severity: Severity
    where: str
    measured: str
    limit: str
    why: str
    fixes: tuple[str, ...] = ()
    line: SourceLine | None = None
    data: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        """The one-line title of this kind of finding."""
        return KINDS[self.code].title

    def __str__(self) -> str:
        lines = [f"{self.severity.value} {self.code} {self.title}: {self.where}"]
        lines.append(f"  measured: {self.measured}")
        if self.limit:
            lines.append(f"  limit:    {self.limit}")
        lines.append(f"  why:      {self.why}")
        lines.extend(f"  way out:  {fix}" for fix in self.fixes)
        if self.line is not None:
            lines.append(f"  at {self.line}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data for JSON."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "title": self.title,
            "where": self.where,
            "measured": self.measured,
            "limit": self.limit,
            "why": self.why,
            "fixes": list(self.fixes),
            "line": None if self.line is None else str(self.line),
            "data": self.data,
        }


KINDS: dict[str, FindingKind] = {}


def register(
    code: str, title: str, severity: Severity, explanation: str,
    supersedes: Sequence[str] = (),
) -> FindingKind:
    """Add a kind of finding; a backend calls this for codes of its own.

    Raises
    ------
    ValueError
        If the code is taken by another kind.
    """
    kind = FindingKind(code, title, severity, " ".join(explanation.split()), tuple(supersedes))
    if KINDS.get(code, kind) != kind:
        raise ValueError(f"finding code {code} is already used for '{KINDS[code].title}'")
    KINDS[code] = kind
    return kind


def finding(
    code: str,
    where: str,
    *,
    measured: str,
    why: str,
    limit: str = "",
    fixes: Sequence[str] = (),
    line: SourceLine | None = None,
    severity: Severity | None = None,
    **data: Any,
) -> Finding:
    """Make a finding of a registered kind."""
    kind = KINDS[code]
    return Finding(
        code, severity or kind.severity, where, measured, limit, why, tuple(fixes), line, data
    )


def without_superseded(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, less those that another one says better of the same object."""
    given = list(findings)
    better = {
        (code, f.where.partition(", ")[0]) for f in given for code in KINDS[f.code].supersedes
    }
    return [f for f in given if (f.code, f.where.partition(", ")[0]) not in better]


def explain(code: str) -> str:
    """Return the long explanation of a code.

    Raises
    ------
    KeyError
        If no such code is registered.
    """
    kind = KINDS[code.upper()]
    return f"{kind.code}: {kind.title} (usually {kind.severity.value})\n\n{kind.explanation}"


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the highest severity, or None where there are no findings."""
    return max((f.severity for f in findings), key=lambda s: s.rank, default=None)


register(
    "NP101",
    "delay is not a whole number of time steps",
    Severity.WARNING,
    """Engines keep delays as whole numbers of time steps. A delay between two steps is rounded
    to the nearest one (half a step goes up), at least one step. The same script on an engine with
    another time step would then use other delays. Choose delays that are multiples of the time
    step, or a time step that divides them.""",
)
register(
    "NP102",
    "refractory period is not a whole number of time steps",
    Severity.WARNING,
    """A neuron stays refractory for a whole number of steps. Numerics 'pynn' round to the nearest
    step, as NEST does; numerics 'spinnaker' round up, as the chip does, so that PyNN's default of
    0.1 ms is a full millisecond on a machine with 1 ms steps.""",
)
register(
    "NP103",
    "a value looks as if it were in another unit",
    Severity.WARNING,
    """PyNN uses ms, mV, nA, nF and µS. A membrane time constant of 0.02 is probably meant in
    seconds, a resting potential of -0.065 in volts, a capacitance of 250 in pF. The run goes on
    with the value as written.""",
)
register(
    "NP104",
    "connector repeats synapses",
    Severity.WARNING,
    """A fixed-number connector without replacement was asked for more partners than there are
    cells. PyNN then connects every cell once and starts again, so some pairs have several
    synapses. Check that the number was meant.""",
)
register(
    "NP105",
    "one-to-one connector between different sizes",
    Severity.WARNING,
    """A OneToOneConnector joins cell i to cell i. Where the populations have different sizes the
    cells beyond the smaller size are left without a synapse.""",
)
register(
    "NP106",
    "projection without synapses",
    Severity.WARNING,
    """The connector made no synapse at all: a probability of zero, an empty list, a distance
    expression that is never true. The run goes on; this projection does nothing.""",
)
register(
    "NP107",
    "several spikes of one source in one time step",
    Severity.NOTE,
    """A spike source has more than one spike in a time step (a high Poisson rate, or spike times
    closer than the step). All of them are delivered; the recording shows each one.""",
)
register(
    "NP108",
    "spike time is not on the time grid",
    Severity.NOTE,
    """Spike times of a SpikeSourceArray are moved to the nearest time step.""",
)
register(
    "NP109",
    "spike times in the past",
    Severity.WARNING,
    """Spike times before the present time of the simulation can no longer be emitted.""",
)
register(
    "NP110",
    "integration is approximate",
    Severity.NOTE,
    """This cell's equations have no closed solution. The reference integrates them with the named
    scheme; its error falls with the time step.""",
)
register(
    "NP111",
    "plasticity follows numerics other than PyNN's",
    Severity.NOTE,
    """Numerics 'spinnaker' take A_plus and A_minus as absolute weight changes, treat the whole
    delay as dendritic and update weights at the next presynaptic spike. PyNN's own definition
    multiplies A_plus and A_minus by w_max. The same numbers learn differently.""",
)
register(
    "NP112",
    "weights are rounded to the grid on which they are stored",
    Severity.NOTE,
    """SpiNNaker keeps a weight in 16 bits. Its unit is a power of two chosen for each population
    and receptor from an estimate of the largest summed input: many or large inputs make the unit
    coarse, and small weights to the same receptor lose most by it. Numerics 'spinnaker' round
    static weights to the nearest multiple and floor plastic ones. The rounded weights are those of
    sim.network(). Equal shares of a threshold can stop being equal. Choose
    numerics={'base': 'spinnaker', 'static_weight_step': None} to see what the rounding does.""",
)
register(
    "NP113",
    "run time is not a whole number of time steps",
    Severity.WARNING,
    """An engine runs whole time steps. The time asked for is rounded up to the next one, so the
    simulation runs a little longer and the present time differs from the sum of the run times.""",
)
register(
    "NP114",
    "delay below the shortest that can be kept",
    Severity.ERROR,
    """A spike takes at least one time step to its target (or min_delay, where one was set). A run
    of the script ends with a DelayError where such a projection is made; 'neuroport check' goes on
    and lists it among all other findings.""",
)
register(
    "NP115",
    "weights whose sign contradicts the receptor",
    Severity.ERROR,
    """A weight to an excitatory receptor, or to any receptor of a conductance-based cell, is 0 or
    above; one to an inhibitory receptor of a current-based cell is 0 or below. A run of the script
    ends with a WeightSignError where such a projection is made; 'neuroport check' goes on and
    lists it among all other findings. Scripts written for sPyNNaker give inhibitory weights
    without a sign: use dialect='spynnaker' for them.""",
)
register(
    "NP201",
    "not available with these numerics",
    Severity.ERROR,
    """Numerics 'spinnaker' describe what the SpiNNaker software computes. A cell or rule that
    SpiNNaker does not have cannot be run under them: use numerics='pynn', or the nearest cell
    that exists there.""",
)
register(
    "NP202",
    "not available on this backend",
    Severity.ERROR,
    """The backend does not have this cell type, synapse type or receptor. What it has is
    listed.""",
)
