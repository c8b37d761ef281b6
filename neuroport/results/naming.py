"""Recordings made elsewhere: other names of populations, or populations in parts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from neuroport.errors import did_you_mean
from neuroport.results.arrays import make_block
from neuroport.results.errors import ComparisonError
from neuroport.results.result import FloatArray, RecordedSpikes, Result

__all__ = ["match_populations"]

_MATCH = re.compile(
    r"(?P<label>[^=]+)=(?P<population>[^=\[\]]+)(\[(?P<first>\d*):(?P<last>\d*)\])?")


@dataclass(frozen=True, slots=True)
class _Part:
    """Which cells of a reference's population a recorded population is."""

    label: str
    population: str
    first: int
    last: int


def match_populations(reference: Result, target: Result, matches: Iterable[str] = ()) -> Result:
    """Give the populations of a recording the names that they have in the reference.

    Parameters
    ----------
    reference : Result
    target : Result
        Its populations that `matches` does not name, and whose label the reference lacks, are
        matched where exactly one population of the reference has that label as its last part:
        ``S1Cue`` is ``ca3.S1Cue``.
    matches : iterable of str
        ``"LABEL=POPULATION"``, or ``"LABEL=POPULATION[FIRST:LAST]"`` for a recording of some
        cells, counted as Python slices are. Several recordings may be parts of one population.

    Returns
    -------
    Result
        With what was matched in its provenance as ``populations matched``; `target` itself where
        nothing was. Cells of a part in which no spike was recorded count as silent.

    Raises
    ------
    ComparisonError
        For every match that cannot be read, names something that is not there, or overlaps
        another; all of them together.
    """
    problems: list[str] = []
    parts: list[_Part] = []
    for text in matches:
        part = _read(text, reference, target, problems)
        if part is not None:
            parts.append(part)
    named = {p.label for p in parts}
    for label in target.populations:
        if label not in named and label not in reference.populations:
            same = [p for p in reference.populations if p.rpartition(".")[2] == label]
            if len(same) == 1 and _highest(target, label) < _size(reference, same[0]):
                parts.append(_Part(label, same[0], 0, _size(reference, same[0])))
    problems += _overlaps(parts)
    if problems:
        raise ComparisonError(
            f"match of {target.name!r}", "; ".join(problems),
            "LABEL=POPULATION or LABEL=POPULATION[FIRST:LAST]",
            f"recorded: {', '.join(target.populations)}; in {reference.name!r}: "
            + ", ".join(reference.populations))
    return _renamed(target, parts) if parts else target


def _read(text: str, reference: Result, target: Result, problems: list[str]) -> _Part | None:
    found = _MATCH.fullmatch(text.strip())
    if found is None:
        problems.append(f"{text!r} cannot be read")
        return None
    label, population = found["label"].strip(), found["population"].strip()
    before = len(problems)
    for name, result in ((label, target), (population, reference)):
        if name not in result.populations:
            problems.append(", ".join(filter(None, (
                f"{text!r}: {result.name!r} has no population {name!r}",
                did_you_mean(name, list(result.populations))))))
    if len(problems) > before:
        return None
    size, highest = _size(reference, population), _highest(target, label)
    first, last = int(found["first"] or 0), int(found["last"] or size)
    if not first < last <= size:
        problems.append(f"{text!r}: {population!r} has {size} cells")
    elif highest >= last - first:
        problems.append(f"{text!r}: cell {highest} of {label!r} was recorded, the part has "
                        f"{last - first} cells")
    elif target.signals(label) and last - first < size:
        problems.append(f"{text!r}: {label!r} has signals; of parts only spikes can be matched")
    else:
        return _Part(label, population, first, last)
    return None


def _size(result: Result, population: str) -> int:
    """Cells of a population; as many as were recorded where nothing else is known."""
    spikes = result.spikes(population)
    known = result.structure.sizes.get(population, 0) if result.structure else 0
    return max(known, spikes.size if spikes is not None else 0)


def _highest(result: Result, population: str) -> int:
    spikes = result.spikes(population)
    return int(spikes.index.max()) if spikes is not None and len(spikes.index) else -1


def _overlaps(parts: list[_Part]) -> list[str]:
    order = sorted(parts, key=lambda p: (p.population, p.first))
    return [
        f"{one.label!r} and {two.label!r} are both cells {two.first} to "
        f"{min(one.last, two.last) - 1} of {one.population!r}"
        for one, two in itertools.pairwise(order)
        if one.population == two.population and two.first < one.last
    ]


def _renamed(target: Result, parts: list[_Part]) -> Result:
    taken = {p.label for p in parts}
    blocks = {k: block for k, block in target.recordings.items() if k not in taken}
    for population in dict.fromkeys(p.population for p in parts):
        (label, *_) = (p.label for p in parts if p.population == population)
        if target.signals(label):  # a whole population, see `_read`
            blocks[population] = target.recordings[label]
            continue
        times: dict[int, FloatArray] = {}
        recorded: list[RecordedSpikes] = []
        for part in parts:
            spikes = target.spikes(part.label) if part.population == population else None
            if spikes is None:
                continue
            recorded.append(spikes)
            times |= dict.fromkeys(range(part.first, part.last), np.empty(0))
            times |= {part.first + int(n): t
                      for n, t in zip(spikes.index, spikes.times, strict=True)}
        if recorded:
            numbers = sorted(times)
            blocks[population] = make_block(
                population, [times[n] for n in numbers], index=numbers,
                start=max(s.start for s in recorded), stop=min(s.stop for s in recorded))
    told = ", ".join(f"{p.label} is {p.population}[{p.first}:{p.last}]" for p in parts)
    return replace(target, recordings=blocks,
                   provenance={**target.provenance, "populations matched": told})
