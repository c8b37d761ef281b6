"""Plan: the real mapping by sPyNNaker onto a virtual machine, and what it chose."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.listed import ListedSpikes
from neuroport.backend.prepared import Prepared
from neuroport.errors import CheckFailedError
from neuroport.findings import Finding, finding
from neuroport.findings.about import about, place
from neuroport.machines import Target
from neuroport_spinnaker.chip.limits import slow_down
from neuroport_spinnaker.lower.machine_made import machine_made, weights_of
from neuroport_spinnaker.lower.network import description
from neuroport_spinnaker.lower.read_back import in_order
from neuroport_spinnaker.options import ALLOWABLE
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.core_memory import core_memory
from neuroport_spinnaker.place.placed import Placed
from neuroport_spinnaker.plan.predict import Prediction, predict
from neuroport_spinnaker.plan.tables import columns, count
from neuroport_spinnaker.toolchain.parent import Worker

__all__ = ["plan", "Plan", "CorePlace", "virtual_machine"]

FloatArray = NDArray[np.float64]
MONITORS = ("DataSpeedUpPacketGatherMachineVertex", "ExtraMonitorSupportMachineVertex",
            "ChipPowerMonitorMachineVertex")


@dataclass(frozen=True)
class CorePlace:
    """A core in use.

    Attributes
    ----------
    x, y, p : int
        Chip, and core on it.
    label, kind : str
        sPyNNaker's own name and class.
    population : str
        neuroport's population; empty for helpers.
    first, last : int
        Cells.
    sdram : int
        Bytes of shared memory.
    dtcm : int or None
        Bytes of private memory, estimated; None for the tool-chain's own cores.
    delays : str
        neuroport's population whose spikes it delays; empty for all other cores.
    """

    x: int
    y: int
    p: int
    label: str
    kind: str
    population: str
    first: int
    last: int
    sdram: int
    dtcm: int | None = None
    delays: str = ""

    @property
    def monitor(self) -> bool:
        """Whether the tool-chain uses it for itself."""
        return self.kind in MONITORS


@dataclass(frozen=True)
class Plan:
    """What sPyNNaker does with a network on a target.

    Attributes
    ----------
    target : str
    prediction : Prediction
        What was expected without the mapping.
    cores : tuple of CorePlace
    routing : mapping of (x, y) to int
        Entries of each chip's routing table before compression.
    compressed : mapping of (x, y) to int
        Entries after compression, which sPyNNaker does where a table would not fit; empty where
        it did not tell.
    routing_limit, sdram_limit : int
        What a chip has.
    dtcm_limit : int
        Private memory of a core.
    chips_of_machine : tuple of (x, y, cores)
    shifts : mapping of str to tuple of int
        Ring-buffer shift of each receptor, by population.
    weights : mapping of str to ndarray
        Projection -> weights as the chip will hold them, in the network's order. Empty where
        reading back was not asked for.
    seconds : mapping
        Where the time went: ``start``, ``build``, ``map``, ``read`` and ``neuroport``.
    run_seconds : float
        Expected wall time of a run of `duration`, without loading.
    duration : float
        ms.
    findings : tuple of Finding
    """

    target: str
    prediction: Prediction
    cores: tuple[CorePlace, ...]
    routing: dict[tuple[int, int], int]
    routing_limit: int
    sdram_limit: int
    dtcm_limit: int
    chips_of_machine: tuple[tuple[int, int, int], ...]
    boards: int
    shifts: dict[str, tuple[int, ...]]
    seconds: dict[str, float]
    run_seconds: float
    duration: float
    findings: tuple[Finding, ...]
    weights: dict[str, FloatArray] = field(default_factory=dict)
    compressed: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def application_cores(self) -> int:
        """Cores of the network, its delay extensions included."""
        return sum(not c.monitor for c in self.cores)

    @property
    def application_chips(self) -> int:
        """Chips that they lie on."""
        return len({(c.x, c.y) for c in self.cores if not c.monitor})

    @property
    def sdram_by_chip(self) -> dict[tuple[int, int], int]:
        """Bytes of shared memory in use on each chip."""
        result: dict[tuple[int, int], int] = {}
        for c in self.cores:
            result[c.x, c.y] = result.get((c.x, c.y), 0) + c.sdram
        return result

    @property
    def dtcm(self) -> int:
        """Bytes of private memory of the fullest core, estimated."""
        return max((c.dtcm or 0 for c in self.cores), default=0)

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each population."""
        loads = {s.label: s for s in self.prediction.populations}
        rows = []
        for label, size in loads.items():
            mine = [c for c in self.cores if c.population == label]
            late = [c for c in self.cores if c.delays == label]
            rows.append(
                {
                    "population": label, "cells": size.size, "cores": len(mine),
                    "delay cores": len(late),
                    "cells a core": max((c.last - c.first + 1 for c in mine), default=0),
                    "chips": len({(c.x, c.y) for c in mine}),
                    "SDRAM a core (kB)": round(max((c.sdram for c in mine), default=0) / 1e3, 1),
                    "DTCM a core (kB)": round(
                        max((c.dtcm or 0 for c in mine + late), default=0) / 1e3, 1),
                    "longest row": size.longest_row,
                    "load": round(size.load, 3),
                    "shifts": list(self.shifts.get(label, ())),
                }
            )
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "target": self.target,
            "cores": self.application_cores,
            "chips": self.application_chips,
            "boards": self.boards,
            "populations": self.rows(),
            "placements": [asdict(c) for c in self.cores],
            "routing": {f"{x},{y}": n for (x, y), n in self.routing.items()},
            "routing_compressed": {f"{x},{y}": n for (x, y), n in self.compressed.items()},
            "routing_limit": self.routing_limit,
            "sdram": {f"{x},{y}": n for (x, y), n in self.sdram_by_chip.items()},
            "sdram_limit": self.sdram_limit,
            "dtcm": self.dtcm,
            "dtcm_limit": self.dtcm_limit,
            "seconds": self.seconds,
            "run_seconds": self.run_seconds,
            "duration_ms": self.duration,
            "prediction": self.prediction.as_dict(),
            "findings": [f.as_dict() for f in self.findings],
        }

    def __str__(self) -> str:
        lines = [
            f"target {self.target}: {count(self.application_cores, 'core')} on "
            f"{count(self.application_chips, 'chip')}, {count(self.boards, 'board')}; predicted "
            f"{count(self.prediction.cores, 'core')}",
            f"routing entries: at most {max(self.routing.values(), default=0)} of "
            f"{self.routing_limit} on a chip"
            + (f" ({max(self.compressed.values())} if compressed)" if self.compressed else "")
            + f"; SDRAM: at most "
            f"{max(self.sdram_by_chip.values(), default=0) / 1e6:.1f} of "
            f"{self.sdram_limit / 1e6:.1f} MB on a chip",
            f"private memory (DTCM, estimated): at most {self.dtcm / 1e3:.1f} of "
            f"{self.dtcm_limit / 1e3:.1f} kB on a core",
            f"a run of {self.duration:g} ms takes about {self.run_seconds:.1f} s besides loading",
        ]
        return "\n".join(lines + columns(self.rows()))


def virtual_machine(target: Target) -> dict[str, Any]:
    """Return the configuration's section ``[Machine]`` for a machine that is not there."""
    g = target.geometry
    entries: dict[str, Any] = {"virtual_board": "True"}
    if g.boards > 1:
        return {**entries, "width": g.width, "height": g.height}
    return {**entries, "version": g.version}


def plan(prepared: Prepared, duration: float = 1000.0, read_weights: bool = True) -> Plan:
    """Map a network onto a virtual machine with sPyNNaker and report what came out.

    Parameters
    ----------
    prepared : Prepared
    duration : float
        Length of the run that memory is reserved for (ms).
    read_weights : bool
        Also ask for all weights as stored; takes about as long as the mapping.

    Raises
    ------
    CheckFailedError
        If a finding prevents the mapping.
    BackendMissingError, ToolchainVersionError, ToolchainError, ToolchainSilentError
    """
    began = time.perf_counter()
    if any(f.severity.blocks and f.code not in ALLOWABLE for f in prepared.findings):
        raise CheckFailedError(prepared.findings)
    placed: Placed = prepared.lowered
    case = placed.case
    network, target, options = case.network, case.target, case.options
    found = list(prepared.findings)
    expected = predict(case)
    steps = max(1, int(np.ceil(duration / network.timestep - 1e-9)))
    asked = time.perf_counter()
    held: dict[str, FloatArray] = {}
    with closing(Worker(virtual_machine(target), options)) as worker:
        started = waited = time.perf_counter() - asked
        described = description(
            network, options, case.layouts, steps, ListedSpikes(network).spikes)
        asked = time.perf_counter()
        worker.ask("build", **described)
        worker.ask("run", duration=steps * network.timestep)
        report = worker.ask("report", steps=steps)
        waited += time.perf_counter() - asked
        reading = time.perf_counter()
        if read_weights:
            held, missing = _held_weights(worker, case)
            found += missing
        read = time.perf_counter() - reading
    found += _differences(case, report)
    seconds = {
        "start": round(started, 3),
        "build": round(report["seconds"]["build"], 3),
        "map": round(report["seconds"]["run"], 3),
        "read": round(read, 3),
        "neuroport": round(time.perf_counter() - began - waited - read, 3),
    }
    return Plan(
        target=target.name,
        prediction=expected,
        cores=_cores(case, report),
        routing={(r["x"], r["y"]): r["entries"] for r in report["routing"]},
        routing_limit=target.budget.routing_entries,
        sdram_limit=target.budget.sdram_bytes,
        dtcm_limit=target.budget.data_bytes,
        chips_of_machine=tuple((x, y, n) for x, y, n in report["machine"]["coordinates"]),
        boards=report["machine"]["boards"],
        shifts={s["population"]: tuple(s["shifts"]) for s in report["scales"]},
        seconds=seconds,
        run_seconds=steps * network.timestep * 1e-3 * slow_down(network.timestep),
        duration=steps * network.timestep,
        findings=tuple(found),
        weights=placed.by_projection(held),
        compressed={(r["x"], r["y"]): r["compressed"] for r in report["routing"]
                    if r["compressed"] is not None},
    )


def _held_weights(
    worker: Worker, case: Case
) -> tuple[dict[str, FloatArray], list[Finding]]:
    """Return the weights that the chip would hold, and which synapses it would lack."""
    weights: dict[str, FloatArray] = {}
    found = []
    for number, projection in enumerate(case.network.projections):
        if projection.size == 0:
            continue
        there = worker.ask("weights", projection=number)
        cell = case.populations[projection.post].cell
        if machine_made(projection, case.options):
            own = weights_of(projection, cell, there)
            if own is not None:
                weights[projection.label] = own
            continue
        weights[projection.label], missing = in_order(
            projection, cell, there, case.network.timestep)
        if missing:
            found.append(
                about(
                    projection, "NP326",
                    measured=f"{missing} of {projection.size} synapses",
                    limit="all of them", why="sPyNNaker does not write them",
                    fixes=("shorter delays",), missing=missing,
                )
            )
    return weights, found


def _cores(case: Case, report: dict[str, Any]) -> tuple[CorePlace, ...]:
    """Return the cores of a mapping, with the private memory that each needs."""
    known: dict[tuple[str, int], dict[str, int]] = {}
    cores = []
    for c in report["cores"]:
        label, n = c["population"] or c["delayed"], c["last"] - c["first"] + 1
        needed: int | None = None
        if label and c["kind"] not in MONITORS:
            if (label, n) not in known:
                mine = core_memory(case.network, case.populations[label], case.layouts[label],
                                   case.incoming.get(label, []), case.options, n)
                known[label, n] = {m.kind: m.needed for m in mine}
            work = "delays" if c["delayed"] else (
                "synapses" if "Synapses" in c["kind"] else "cells")
            needed = known[label, n].get(work, known[label, n].get("source"))
        cores.append(CorePlace(c["x"], c["y"], c["p"], c["label"], c["kind"], c["population"],
                               c["first"], c["last"], c["sdram"], needed, c["delayed"]))
    return tuple(cores)


def _differences(case: Case, report: dict[str, Any]) -> list[Finding]:
    """Compare sPyNNaker's weight scales with neuroport's formula."""
    found = []
    for entry in report["scales"]:
        population = case.populations[entry["population"]]
        for receptor, shift in zip(population.cell.receptors, entry["shifts"], strict=False):
            scale = case.scales.get((population.label, receptor.name))
            if scale is not None and scale.shift != shift:
                found.append(
                    finding(
                        "NP325", f"{place(population)}, receptor {receptor.name}",
                        measured=f"shift {shift} by sPyNNaker",
                        limit=f"shift {scale.shift} by the formula",
                        why="this version chooses in another way",
                        fixes=("trust sPyNNaker's value",), line=population.line,
                    )
                )
    return found
