"""The memory as a user handles it: learn, recall by cue or by content, forget by relearning."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from neuroport.errors import InvalidTimeError, InvalidValueError, Problem
from neuroport_models.ca3_memory.circuit import build
from neuroport_models.ca3_memory.operations import (
    LEARN_SPIKES,
    SAFE_PERIOD,
    SHORTEST_PERIOD,
    Kind,
    Operation,
    Outcome,
    read_outcome,
)
from neuroport_models.ca3_memory.parameters import TIMESTEP

__all__ = ["CA3Memory", "SpacingWarning"]

DEFAULT_PERIOD = 14.0
_SETTLE = 10.0  # ms after the last operation: its answer comes within 7


class SpacingWarning(UserWarning):
    """Operations follow each other more closely than is safe for arbitrary words."""


class CA3Memory:
    """A content-addressable memory of spiking cells.

    Parameters
    ----------
    sim : simulator
        With a time step of 1 ms, e.g.
        ``neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")``.
    n_cues : int
        Cells for cues; a memory belongs to one cue.
    n_contents : int
        Cells for content; a memory is any set of them.
    memories : mapping of int to iterable of int, optional
        Memories that are there from the beginning: cue -> content cells.
    period : float
        Time between operations that are not given a time of their own (ms).
    label : str
        Prefix of the populations' labels.

    Attributes
    ----------
    populations : dict of str to Population
        ``IN``, ``S1Cue``, ``S1Cont``, ``S2Cond``, ``S2Int``, ``S2Cue``, ``S2Cont``, ``MergeCue``,
        ``MergeCont`` and ``OUT``, the names in the paper's figures.
    operations : list of Operation
        What has been asked so far.

    Raises
    ------
    InvalidValueError
        For sizes, cues or content cells that do not exist, or another time step.

    Examples
    --------
    >>> import neuroport
    >>> from neuroport_models.ca3_memory import CA3Memory
    >>> sim = neuroport.simulator("brian2", timestep=1.0, numerics="spinnaker")
    >>> memory = CA3Memory(sim, n_cues=5, n_contents=10)
    >>> _ = memory.learn(0, {0, 1, 8, 9})
    >>> _ = memory.recall_by_cue(0)
    >>> sorted(memory.run()[-1].content)
    [0, 1, 8, 9]
    """

    def __init__(
        self,
        sim: Any,
        n_cues: int = 5,
        n_contents: int = 10,
        memories: Mapping[int, Iterable[int]] | None = None,
        period: float = DEFAULT_PERIOD,
        label: str = "ca3",
    ) -> None:
        problems = [
            Problem(f"{name} is not a number of cells", f"{value!r}", "1 or more")
            for name, value in (("n_cues", n_cues), ("n_contents", n_contents))
            if not isinstance(value, int) or isinstance(value, bool) or value < 1
        ]
        if abs(sim.get_time_step() - TIMESTEP) > 1e-9:
            problems.append(
                Problem(
                    "the CA3 memory is defined in steps of 1 ms",
                    measured=f"time step {sim.get_time_step():g} ms",
                    limit="1 ms",
                    fix="simulator(..., timestep=1.0)",
                )
            )
        if problems:
            raise InvalidValueError(problems, where="CA3Memory")
        self.sim = sim
        self.n_cues = n_cues
        self.n_contents = n_contents
        self.period = period
        self.operations: list[Operation] = []
        self._before: dict[int, frozenset[int]] = {}
        for cue, content in (memories or {}).items():
            self._check(cue, content, "memories")
            self._before[cue] = frozenset(content)
        circuit = build(sim, n_cues, n_contents, self._before, label)
        self.populations = circuit.populations
        self.cue_to_content = circuit.cue_to_content
        self.content_to_cue = circuit.content_to_cue
        for population in self.populations.values():
            population.record("spikes")

    # -- asking --------------------------------------------------------------------------------

    def learn(self, cue: int, content: Iterable[int], at: float | None = None) -> Operation:
        """Store a memory; one that the cue already has is forgotten.

        Parameters
        ----------
        cue : int
            Cue cell.
        content : iterable of int
            Content cells.
        at : float, optional
            Time of the first spike (ms); default: one period after the last operation.
        """
        return self._ask("learn", cue, content, at)

    def recall_by_cue(self, cue: int, at: float | None = None) -> Operation:
        """Ask for the content that belongs to a cue."""
        return self._ask("recall_by_cue", cue, (), at)

    def recall_by_content(self, content: Iterable[int], at: float | None = None) -> Operation:
        """Ask for all cues whose content shares at least one cell with the given content."""
        return self._ask("recall_by_content", None, content, at)

    def _check(self, cue: int | None, content: Iterable[int], where: str) -> frozenset[int]:
        content = frozenset(content)
        problems = []
        if cue is not None and not 0 <= cue < self.n_cues:
            problems.append(
                Problem("there is no such cue cell", f"{cue}", f"0 to {self.n_cues - 1}")
            )
        wrong = sorted(b for b in content if not 0 <= b < self.n_contents)
        if wrong:
            problems.append(
                Problem("there are no such content cells", f"{wrong}",
                        f"0 to {self.n_contents - 1}")
            )
        if problems:
            raise InvalidValueError(problems, where=f"CA3Memory.{where}")
        return content

    def _ask(
        self, kind: Kind, cue: int | None, content: Iterable[int], at: float | None
    ) -> Operation:
        chosen = self._check(cue, content, kind)
        if kind == "recall_by_content" and not chosen:
            raise InvalidValueError(
                Problem("a recall by content needs at least one content cell", "none"),
                where="CA3Memory.recall_by_content",
            )
        now = self.sim.get_current_time()
        last = self.operations[-1] if self.operations else None
        if at is None:
            at = max(now, last.time + self.period) if last is not None else now
        if at < now or (last is not None and at <= last.time):
            raise InvalidTimeError(
                Problem(
                    "operations follow each other in time",
                    measured=f"{at:g} ms",
                    limit=f"after {max(now, last.time if last else 0.0):g} ms",
                ),
                where=f"CA3Memory.{kind}",
            )
        if abs(at - round(at)) > 1e-9:
            raise InvalidTimeError(
                Problem("operations begin at whole milliseconds", f"{at:g} ms"),
                where=f"CA3Memory.{kind}",
            )
        if last is not None:
            self._warn_if_close(last, at)
        operation = Operation(kind, float(at), cue, chosen)
        self.operations.append(operation)
        return operation

    def _warn_if_close(self, last: Operation, at: float) -> None:
        gap = at - last.time
        if gap < SHORTEST_PERIOD[last.kind]:
            limit = SHORTEST_PERIOD[last.kind]
            why = "the steps of the two operations overlap"
        elif gap < SAFE_PERIOD and not self._one_hot():
            limit = SAFE_PERIOD
            why = "with overlapping words, traces of the last operation can spoil the next"
        else:
            return
        warnings.warn(
            SpacingWarning(
                f"{gap:g} ms after a {last.kind}: {why}; leave {limit:g} ms or more "
                f"(operation at {at:g} ms)"
            ),
            stacklevel=4,
        )

    def _one_hot(self) -> bool:
        """Whether every word has one active cell: then the short published periods are safe."""
        words = [o.content for o in self.operations if o.kind == "learn"]
        return all(len(w) == 1 for w in (*words, *self._before.values()))

    # -- running and reading -------------------------------------------------------------------

    def run(self, until: float | None = None) -> list[Outcome]:
        """Run everything that was asked and return all outcomes so far.

        Parameters
        ----------
        until : float, optional
            Time to run to (ms); default: 10 ms after the last operation.
        """
        end = self.prepare()
        self.sim.run_until(end if until is None else until)
        return self.outcomes()

    def prepare(self) -> float:
        """Hand the input spikes over and return when the last answer is complete (ms).

        For several memories in one simulator: prepare each, run the simulator, read
        ``outcomes()`` of each.
        """
        self.populations["IN"].set(spike_times=self._spike_times())
        return self.operations[-1].time + _SETTLE if self.operations else _SETTLE

    def _spike_times(self) -> list[list[float]]:
        times: list[list[float]] = [[] for _ in range(self.n_cues + self.n_contents)]
        for operation in self.operations:
            offsets = LEARN_SPIKES if operation.kind == "learn" else (0,)
            cells = [self.n_cues + bit for bit in operation.content]
            if operation.cue is not None:
                cells.append(operation.cue)
            for cell in cells:
                times[cell] += [operation.time + offset for offset in offsets]
        return [sorted(t) for t in times]

    def outcomes(self) -> list[Outcome]:
        """Return what came back for every operation whose answer is complete."""
        now = self.sim.get_current_time()
        output = self.raster("OUT")
        result = []
        stored = dict(self._before)
        for operation in self.operations:
            if operation.time + 8 <= now:
                result.append(read_outcome(operation, output, self.n_cues, stored))
            if operation.kind == "learn" and operation.cue is not None:
                stored[operation.cue] = operation.content
        return result

    def raster(self, population: str) -> dict[int, list[int]]:
        """Return the spikes of a population as time step -> cells that fired."""
        block = self.populations[population].get_data("spikes")
        fired: dict[int, list[int]] = {}
        for train in block.segments[-1].spiketrains:
            cell = int(train.annotations["source_index"])
            for time in train.rescale("ms").magnitude:
                fired.setdefault(round(float(time)), []).append(cell)
        return {step: sorted(cells) for step, cells in sorted(fired.items())}

    def data(self) -> list[Any]:
        """Return one Neo Block for each population."""
        return [population.get_data() for population in self.populations.values()]
