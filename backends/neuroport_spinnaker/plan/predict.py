"""The size of a network on a machine, without mapping it: seconds for 100 000 cells."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from neuroport.network.description import Population
from neuroport_spinnaker.chip.dtcm import CoreMemory
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.layout import longest_row, row_words
from neuroport_spinnaker.place.load import load_of
from neuroport_spinnaker.plan.tables import columns, count

__all__ = ["predict", "Prediction", "PopulationSize"]

_HEADER_WORDS = 3
_NEURON_BYTES = 400  # parameters, generator data and states of a cell, rounded up
_CORE_BYTES = 2500  # fixed regions of a core
_MAPPING_SECONDS = 12e-6  # a synapse, sPyNNaker 7.4.1 on one 2020s desktop core
_START_SECONDS = 6.0


@dataclass(frozen=True)
class PopulationSize:
    """A population on the machine.

    Attributes
    ----------
    label : str
    size : int
        Cells.
    per_core, cores, delay_cores, synapse_cores : int
        Most cells on a core, cores, and extra cores for long delays.
    sdram_bytes : int
        Shared memory of its fullest core, recordings not counted.
    load : float
        Part of a core's time for synaptic events; 1 is full.
    longest_row : int
        Synapses of the longest row into it.
    dtcm_bytes : int
        Private memory of its fullest core, estimated; of all kinds of cores that it needs.
    dtcm : tuple of CoreMemory
        By kind of core, with what it is made up of.
    """

    label: str
    size: int
    per_core: int
    cores: int
    delay_cores: int
    synapse_cores: int
    sdram_bytes: int
    load: float
    longest_row: int
    dtcm_bytes: int
    dtcm: tuple[CoreMemory, ...]


@dataclass(frozen=True)
class Prediction:
    """The expected size of a network on a target.

    Attributes
    ----------
    populations : tuple of PopulationSize
    cores, chips, boards : int
        Application cores, and the chips and boards that they need at least.
    cores_available : int
        Application cores of the target.
    sdram_bytes : int
        Of all cores.
    mapping_seconds : float
        Rough; sPyNNaker's time for the mapping.
    dtcm_limit : int
        Private memory of a core.
    """

    findings: ClassVar[None] = None
    target: str
    populations: tuple[PopulationSize, ...]
    cores: int
    chips: int
    boards: int
    cores_available: int
    sdram_bytes: int
    mapping_seconds: float
    dtcm_limit: int

    @property
    def fits(self) -> bool:
        """Whether the target has enough cores, with enough private memory each."""
        return self.cores <= self.cores_available and self.dtcm_bytes <= self.dtcm_limit

    @property
    def dtcm_bytes(self) -> int:
        """Private memory of the fullest core."""
        return max((s.dtcm_bytes for s in self.populations), default=0)

    def __str__(self) -> str:
        lines = [
            f"target {self.target}: about {self.cores} of {self.cores_available} cores, at least "
            f"{count(self.chips, 'chip')} on {count(self.boards, 'board')}"
            + ("" if self.fits else ": does not fit"),
            f"shared memory about {self.sdram_bytes / 1e6:.1f} MB besides recordings; the mapping "
            f"takes about {self.mapping_seconds:.0f} s",
            f"private memory (DTCM, estimated): at most {self.dtcm_bytes / 1e3:.1f} of "
            f"{self.dtcm_limit / 1e3:.1f} kB on a core",
        ]
        return "\n".join(lines + columns([
            {
                "population": s.label, "cells": s.size, "cores": s.cores,
                "delay cores": s.delay_cores,
                "synapse cores": s.synapse_cores, "cells a core": s.per_core,
                "longest row": s.longest_row, "load": round(s.load, 3),
                "DTCM a core (kB)": round(s.dtcm_bytes / 1e3, 1),
            }
            for s in self.populations
        ]))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "fits": self.fits, "dtcm_bytes": self.dtcm_bytes}


def predict(case: Case) -> Prediction:
    """Return the expected size of a network on a machine."""
    network, target, cores = case.network, case.target, case.cores
    sizes = tuple(_size(case, p) for p in network.populations)
    budget, geometry = target.budget, target.geometry
    per_chip = geometry.cores_per_chip - budget.system_cores_per_chip
    by_memory = sum(s.sdram_bytes * s.cores for s in sizes) / budget.sdram_bytes
    chips = max(1, -(-cores // per_chip), int(np.ceil(by_memory)))
    chips_per_board = max(1, geometry.chips // geometry.boards)
    return Prediction(
        target.name, sizes, cores, chips, -(-chips // chips_per_board),
        target.application_cores, sum(s.sdram_bytes * s.cores for s in sizes),
        _START_SECONDS + network.n_synapses * _MAPPING_SECONDS,
        budget.data_bytes,
    )


def _size(case: Case, population: Population) -> PopulationSize:
    lay = case.layouts[population.label]
    mine = case.memory[population.label]
    memory = _CORE_BYTES + min(population.size, lay.per_core) * _NEURON_BYTES
    row = 0
    for projection in case.incoming.get(population.label, ()):
        if projection.size == 0 or lay.slots == 0:
            continue
        longest = longest_row(projection, lay.per_core, lay.slots)[0]
        row = max(row, longest)
        words = row_words(projection.synapse.plastic, longest) + _HEADER_WORDS
        stages = 2 if int(projection.delay.max()) > lay.slots else 1
        memory += 4 * words * case.populations[projection.pre].size * stages
    return PopulationSize(
        population.label, population.size, min(lay.per_core, population.size), lay.cores,
        lay.delay_cores, lay.synapse_cores, memory,
        0.0 if population.cell.is_source else load_of(case, population.label), row,
        max(m.needed for m in mine), mine,
    )
