"""The child process: builds a network with sPyNNaker and answers questions about it.

Run as a script by any Python that has sPyNNaker; nothing of neuroport is imported. Requests and
replies are lines of JSON; arrays go through ``.npz`` files in the working folder. Everything that
sPyNNaker prints goes into the log.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any

SUPPORTED = "7.4."


class Child:
    """One network in sPyNNaker."""

    def __init__(self) -> None:
        began = time.perf_counter()
        import numpy
        import pyNN.spiNNaker as sim  # noqa: N813  PyNN's custom
        from spynnaker.pyNN.data import SpynnakerDataView

        self.np: Any = numpy
        self.sim: Any = sim
        self.view: Any = SpynnakerDataView
        self.folder = Path.cwd()
        self.populations: list[Any] = []
        self.projections: dict[int, Any] = {}
        self.seconds = {"import": time.perf_counter() - began}
        self.plan: dict[str, Any] = {}
        self.poisson: set[int] = set()

    # -- building ------------------------------------------------------------------------------

    def build(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the network from ``network.json`` and ``network.npz``."""
        began = time.perf_counter()
        sim, np = self.sim, self.np
        data = json.loads((self.folder / "network.json").read_text("utf-8"))
        arrays = np.load(self.folder / "network.npz", allow_pickle=False)
        self.data = data
        sim.setup(timestep=data["timestep"], **request.get("setup", {}))
        times = np.load(self.folder / "spikes.npz", allow_pickle=False)
        for k, p in enumerate(data["populations"]):
            self.populations.append(self._population(k, p, arrays, times))
        for p in data["projections"]:
            self.projections[p["number"]] = sim.Projection(
                self.populations[p["pre"]], self.populations[p["post"]],
                sim.FromListConnector(
                    arrays[f"synapses{p['number']}"], column_names=["weight", "delay"]
                ),
                self._synapse(p["rule"], data["timestep"]),
                receptor_type=p["receptor"], label=p["label"],
            )
        for c in data["currents"]:
            source = getattr(sim, c["kind"])(**c["parameters"])
            for number, cells in c["targets"]:
                population = self.populations[number]
                if len(cells) == population.size:
                    population.inject(source)
                else:
                    sim.PopulationView(population, cells).inject(source)
        self.seconds["build"] = time.perf_counter() - began
        return {"seconds": self.seconds}

    def _population(self, k: int, p: dict[str, Any], arrays: Any, times: Any) -> Any:
        sim = self.sim
        values = {name: _value(arrays[f"parameters{k}.{name}"]) for name in p["parameters"]}
        if p["cell"] == "SpikeSourceArray":
            values = {"spike_times": _trains(self.np, p["size"], times, k)}
        more = {} if p["per_core"] is None else {"neurons_per_core": p["per_core"]}
        population = sim.Population(
            p["size"], getattr(sim, p["cell"])(**values), label=p["label"], **more
        )
        initial = {name: _value(arrays[f"initial{k}.{name}"]) for name in p["initial"]}
        known = set(population._vertex.get_state_variables()) if initial else set()
        initial = {name: v for name, v in initial.items() if name in known}
        if initial:
            population.initialize(**initial)
        for r in p["recordings"]:
            cells = arrays[f"recorded{k}.{r['variable']}"]
            who = population if r["all"] else sim.PopulationView(population, cells)
            interval = r["interval"] * self.data["timestep"]
            if r["variable"] == "spikes" or r["interval"] == 1:
                who.record(r["variable"])
            else:
                who.record(r["variable"], sampling_interval=interval)
        return population

    def _synapse(self, rule: dict[str, Any] | None, timestep: float) -> Any:
        sim = self.sim
        if rule is None:
            return sim.StaticSynapse(weight=0.0, delay=timestep)
        amplitudes = {"A_plus": rule["A_plus"], "A_minus": rule["A_minus"]}
        if rule["timing"] == "vogels":
            timing = sim.extra_models.Vogels2011Rule(
                alpha=rule["alpha"], tau=rule["tau"], **amplitudes
            )
        else:
            make = (
                sim.SpikePairRule if rule["timing"] == "pair"
                else sim.extra_models.SpikeNearestPairRule
            )
            timing = make(tau_plus=rule["tau_plus"], tau_minus=rule["tau_minus"], **amplitudes)
        make = (
            sim.MultiplicativeWeightDependence if rule["weight"] == "multiplicative"
            else sim.AdditiveWeightDependence
        )
        return sim.STDPMechanism(
            timing_dependence=timing,
            weight_dependence=make(w_min=rule["w_min"], w_max=rule["w_max"]),
            weight=0.0, delay=timestep,
        )

    # -- running -------------------------------------------------------------------------------

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run some time (ms), with new spike times where there are any."""
        began = time.perf_counter()
        if request.get("spikes"):
            times = self.np.load(self.folder / "spikes.npz", allow_pickle=False)
            for k, p in enumerate(self.data["populations"]):
                if p["cell"] == "SpikeSourceArray":
                    self.populations[k].set(
                        spike_times=_trains(self.np, p["size"], times, k)
                    )
        self.sim.run(request["time"])
        self.seconds["run"] = time.perf_counter() - began
        return {"time": float(self.sim.get_current_time()), "seconds": self.seconds}

    def set(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set parameters or states of a population between runs."""
        arrays = self.np.load(self.folder / "values.npz", allow_pickle=False)
        values = {name: _value(arrays[name]) for name in arrays.files}
        population = self.populations[request["population"]]
        if request["kind"] == "states":
            population.set_state(**values)
        else:
            population.set(**values)
        return {}

    # -- reading -------------------------------------------------------------------------------

    def spikes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Save (time, cell) of the recorded spikes."""
        np = self.np
        found = np.asarray(self.populations[request["population"]].spinnaker_get_data("spikes"))
        found = found.reshape(-1, 2) if found.size else np.zeros((0, 2))
        np.savez(self.folder / "reply.npz", cell=found[:, 0], time=found[:, 1])
        return {}

    def signal(self, request: dict[str, Any]) -> dict[str, Any]:
        """Save samples of a variable, shape (n_samples, n_cells)."""
        block = self.populations[request["population"]].get_data(request["variable"])
        signal = block.segments[-1].filter(name=request["variable"])[0]
        self.np.savez(self.folder / "reply.npz", values=self.np.asarray(signal.magnitude))
        return {}

    def weights(self, request: dict[str, Any]) -> dict[str, Any]:
        """Save (pre, post, weight, delay) of a projection's synapses."""
        np = self.np
        found = self.projections[request["projection"]].get(["weight", "delay"], "list")
        array = np.array([tuple(row) for row in found], dtype=float).reshape(-1, 4)
        np.savez(self.folder / "reply.npz", synapses=array)
        return {"synapses": len(array)}

    def report(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return where everything lies, and what sPyNNaker chose."""
        steps = int(request["steps"])
        view = self.view
        names = {id(p._vertex): p.label for p in self.populations}
        cores = []
        for place in view.iterate_placemements():
            vertex = place.vertex
            owner = getattr(vertex, "app_vertex", None)
            piece = getattr(vertex, "vertex_slice", None)
            cores.append(
                {
                    "x": int(place.x), "y": int(place.y), "p": int(place.p),
                    "label": str(vertex.label),
                    "population": names.get(id(owner), ""),
                    "kind": type(vertex).__name__,
                    "first": int(piece.lo_atom) if piece is not None else 0,
                    "last": int(piece.hi_atom) if piece is not None else 0,
                    "sdram": int(vertex.sdram_required.get_total_sdram(steps)),
                }
            )
        tables = view.get_uncompressed()
        machine = view.get_machine()
        scales = []
        for p in self.populations:
            vertex = p._vertex
            if hasattr(vertex, "get_ring_buffer_shifts"):
                shifts = [int(s) for s in vertex.get_ring_buffer_shifts()]
                factors = [float(w) for w in vertex.get_weight_scales(shifts)]
                scales.append({"population": p.label, "shifts": shifts, "factors": factors})
        return {
            "cores": cores,
            "routing": [
                {"x": int(t.x), "y": int(t.y), "entries": int(t.number_of_entries)}
                for t in tables
            ],
            "machine": {
                "chips": int(machine.n_chips), "width": int(machine.width),
                "height": int(machine.height),
                "boards": len(list(machine.ethernet_connected_chips)),
                "cores": int(machine.total_available_user_cores),
                "coordinates": [[int(c.x), int(c.y), int(c.n_placable_processors)]
                                for c in machine.chips],
            },
            "scales": scales,
            "seconds": self.seconds,
        }

    def end(self, request: dict[str, Any]) -> dict[str, Any]:
        """Give the machine back."""
        self.sim.end()
        return {}


def _value(array: Any) -> Any:
    """Return one number where all cells have the same, which sPyNNaker stores once."""
    if array.size and (array == array.flat[0]).all():
        return float(array.flat[0])
    return [float(v) for v in array]


def _trains(np: Any, size: int, times: Any, k: int) -> Any:
    index, time_ = times[f"index{k}"], times[f"time{k}"]
    if not index.size:
        return []  # a list of empty lists is an IndexError in 7.4.1
    order = np.lexsort((time_, index))
    cuts = np.cumsum(np.bincount(index, minlength=size))[:-1]
    return [train.tolist() for train in np.split(time_[order], cuts)]


def main() -> int:
    """Answer requests until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    log = os.open("spynnaker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def reply(content: dict[str, Any]) -> None:
        replies.write(json.dumps(content) + "\n")
        replies.flush()

    try:
        installed = version("sPyNNaker")
    except Exception:
        reply({"error": "missing", "python": sys.executable})
        return 1
    if not installed.split("!")[-1].startswith(SUPPORTED):
        reply({"error": "version", "version": installed})
        return 1
    try:
        child = Child()
    except Exception as error:
        reply({"error": "failed", "kind": type(error).__name__, "text": str(error),
               "trace": traceback.format_exc()})
        return 1
    reply({"ready": installed})
    for line in requests:
        request = json.loads(line)
        try:
            reply({"done": getattr(child, request["do"])(request)})
        except BaseException as error:
            reply({"error": "failed", "kind": type(error).__name__, "text": str(error),
                   "trace": traceback.format_exc()})
        if request["do"] == "end":
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
