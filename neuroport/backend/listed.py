"""Spikes that are known without an engine: those of listed sources, drawn when they are asked for.

A source that is changed between two runs keeps its past; what comes later is drawn anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from neuroport.network.description import (
    IntArray,
    Network,
    PoissonSource,
    RenewalSource,
    SpikeTimes,
)
from neuroport.realise.sources import source_spikes

__all__ = ["ListedSpikes"]

Source = SpikeTimes | PoissonSource | RenewalSource


@dataclass
class _Span:
    """A source as it was from some step on, and what has been drawn of it."""

    source: Source
    first: int
    drawn: int
    step: list[IntArray] = field(default_factory=list)
    cell: list[IntArray] = field(default_factory=list)


class ListedSpikes:
    """The spikes of the sources of a network since the last reset.

    Parameters
    ----------
    network : Network
        At step 0.
    """

    def __init__(self, network: Network) -> None:
        self._timestep, self._seed = network.timestep, network.seed
        self._spans = {
            p.label: [_Span(p.spikes, 0, 0)] for p in network.populations if p.spikes is not None
        }

    def change(self, population: str, step: int, source: Source) -> None:
        """Take another description of a source, in force from `step` on."""
        spans = self._spans[population]
        if spans[-1].first == step:
            spans.pop()
        spans.append(_Span(source, step, step))

    def go_on(self, before: ListedSpikes) -> None:
        """Take what another list knows of the same sources; other sources begin with this one."""
        self._spans |= {k: spans for k, spans in before._spans.items() if k in self._spans}

    def spikes(self, population: str, until: int, first: int = 0) -> tuple[IntArray, IntArray]:
        """Return (step, cell) of a source's spikes before step `until`, by step, then by cell.

        Those before step `first` are left out, without a look at them where `first` is as far as
        has been asked for before: each of many short runs takes its own.
        """
        steps, cells = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        spans = self._spans[population]
        if first == spans[-1].drawn < until:
            span = spans[-1]
            step, cell = source_spikes(span.source, first, until, self._timestep, self._seed)
            span.step.append(step)
            span.cell.append(cell)
            span.drawn = until
            return step, cell
        for span, following in zip(spans, [*spans[1:], None], strict=True):
            end = until if following is None else min(until, following.first)
            if end > span.drawn:
                step, cell = source_spikes(
                    span.source, span.drawn, end, self._timestep, self._seed)
                span.step.append(step)
                span.cell.append(cell)
                span.drawn = end
            if len(span.step) > 1:
                span.step = [np.concatenate(span.step)]
                span.cell = [np.concatenate(span.cell)]
            if span.step:
                # A run that was broken off has drawn more than it has sent.
                before = int(np.searchsorted(span.step[0], end))
                steps.append(span.step[0][:before])
                cells.append(span.cell[0][:before])
        step, cell = np.concatenate(steps), np.concatenate(cells)
        later = slice(int(np.searchsorted(step, first)), None)
        return step[later], cell[later]
