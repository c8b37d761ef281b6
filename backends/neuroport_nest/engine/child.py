"""The child's side: NEST itself, told what to make in its own words.

Loaded by ``neuroport/process/serve.py`` in a process of its own; needs NumPy and NEST, nothing of
neuroport. Times are NEST's steps here, weights and parameters NEST's units.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

_COPY_WITHIN = 300.0  # s for one step in a copy of the process


class Engine:
    """One network in NEST.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        To whoever asks.
    """

    def __init__(self, link: Any) -> None:
        import nest

        self._link = link
        self.nest: Any = nest
        nest.verbosity = nest.VerbosityLevel.ERROR
        self._clear()

    def _clear(self) -> None:
        self._dt = 0.1
        self._cells: dict[str, Any] = {}  # population -> nodes
        self._first: dict[str, int] = {}  # population -> number of its first node
        self._currents: dict[int, Any] = {}  # current source -> (generator, targets connected)
        self._recorders: dict[str, Any] = {}
        self._meters: dict[str, list[tuple[Any, tuple[str, ...], Any, int, int]]] = {}
        self._held: list[dict[str, Any]] = []  # currents of the next steps, see begin
        self._offsets: dict[str, Any] = {}  # population -> I_e

    # -- building ------------------------------------------------------------------------------

    def build(
        self,
        timestep: float,
        threads: int,
        ahead: int,
        longest_delay: int,
        populations: list[dict[str, Any]],
        projections: list[dict[str, Any]],
    ) -> None:
        """Make the network and bring it to neuroport's step 0."""
        nest = self.nest
        nest.ResetKernel()
        nest.verbosity = nest.VerbosityLevel.ERROR
        self._clear()
        self._dt = timestep
        nest.resolution = timestep
        nest.local_num_threads = threads
        # A shortest delay of one step: samples then come in time, however a run is cut.
        nest.set(min_delay=timestep, max_delay=longest_delay * timestep)
        self._delay = {"delay": timestep}
        nest.SetDefaults("static_synapse", self._delay)
        nest.SetDefaults("static_synapse_lbl", self._delay)
        for p in populations:
            if p["model"] is None:
                nodes = nest.Create("spike_train_injector", p["size"])
            else:
                nodes = nest.Create(p["model"], p["size"])
                nodes.set(_compact(p["parameters"]))
                nodes.set({"frozen": True})
                self._offsets[p["label"]] = p["parameters"]["I_e"]
            self._cells[p["label"]] = nodes
            self._first[p["label"]] = int(nodes[0].global_id)
        for p in projections:
            self._connect(p)
        for p in populations:
            if p["model"] is None:
                self.spikes(p["label"], p["spikes"])
        nest.Simulate(ahead * timestep)
        for p in populations:
            if p["model"] is not None:
                self._cells[p["label"]].set({"frozen": False})
                if p["states"]:
                    self._cells[p["label"]].set(_compact(p["states"]))

    def _connect(self, p: dict[str, Any]) -> None:
        if not len(p["pre"]):
            return
        nest = self.nest
        model = p["model"]
        if p["number"] is not None:  # plastic: its synapses are found again by a model of its own
            model = f"{model}_{p['number']}"
            nest.CopyModel(p["model"], model, self._delay)
        nest.Connect(
            p["pre"] + self._first[p["source"]], p["post"] + self._first[p["target"]],
            "one_to_one",
            {
                "synapse_model": model, "delay": p["delay"] * self._dt,
                "synapse_label": p["label"], **p["values"],
            },
        )

    # -- before a run --------------------------------------------------------------------------

    def spikes(self, population: str, trains: list[Any]) -> None:
        """Give the sources of a population the stamps of their spikes, one array a source."""
        dt = self._dt
        self._cells[population].set([{"spike_times": t * dt} for t in trains])

    def begin(self, currents: list[dict[str, Any]], held: list[dict[str, Any]]) -> None:
        """Take the currents of the run that begins.

        A current generator's value reaches a cell two steps later, so the currents of the first
        two steps are held by the cells themselves.

        Parameters
        ----------
        currents : list of dict
            ``number``, ``times`` (NEST's stamps), ``values`` (pA) and ``targets`` (population,
            cells) of each source.
        held : list of dict
            For each of the first steps: population -> current beside I_e, for each cell.
        """
        nest = self.nest
        for c in currents:
            generator, known = self._currents.get(c["number"], (None, 0))
            if generator is None:
                generator = nest.Create("step_current_generator")
            for population, cells in c["targets"][known:]:
                ids = np.asarray(cells) + self._first[population]
                nest.Connect(
                    np.full(len(ids), generator.global_id), ids, "one_to_one",
                    {"synapse_model": "static_synapse", "weight": np.ones(len(ids)),
                     "delay": np.full(len(ids), self._dt)},
                )
            self._currents[c["number"]] = (generator, len(c["targets"]))
            generator.set(amplitude_times=c["times"] * self._dt, amplitude_values=c["values"])
        self._held = held

    def record(self, population: str, spikes: bool, signals: list[dict[str, Any]]) -> None:
        """Record a population from now on, and nothing else of it.

        Parameters
        ----------
        population : str
        spikes : bool
        signals : list of dict
            ``variables``, ``cells``, ``interval`` and ``offset`` (steps) of what is sampled.
        """
        nest = self.nest
        if spikes and population not in self._recorders:
            recorder = nest.Create("spike_recorder")
            nest.Connect(self._cells[population], recorder, syn_spec=self._delay)
            self._recorders[population] = recorder
        for meter, *_ in self._meters.pop(population, []):
            meter.stop = nest.biological_time
        for s in signals:
            # Every step: with an interval and an offset NEST can miss the first sample.
            meter = nest.Create(
                "multimeter", params={"record_from": s["variables"], "interval": self._dt})
            cells = np.asarray(s["cells"])
            nest.Connect(meter, self._cells[population][cells.tolist()], syn_spec=self._delay)
            self._meters.setdefault(population, []).append(
                (meter, tuple(s["variables"]), cells, s["interval"], s["offset"]))

    # -- running -------------------------------------------------------------------------------

    def advance(self, steps: int, wanted: float) -> tuple[int, dict[str, Any]]:
        """Run up to `steps` steps, for about `wanted` seconds.

        Returns
        -------
        done : int
        recorded : dict
            What :meth:`collect` returns.
        """
        end = time.perf_counter() + wanted
        done, piece = 0, 1
        while done < steps and (done == 0 or time.perf_counter() < end):
            if self._held:
                self._with_held(self._held.pop(0))
                done += 1
                continue
            piece = min(piece, steps - done)
            began = time.perf_counter()
            self.nest.Simulate(piece * self._dt)
            done += piece
            took = max(time.perf_counter() - began, 1e-6)
            piece = max(1, int(piece * min(10.0, 0.5 * wanted / took)))
        return done, self.collect()

    def _with_held(self, currents: dict[str, Any]) -> None:
        for population, extra in currents.items():
            self._cells[population].set(_compact({"I_e": self._offsets[population] + extra}))
        self.nest.Simulate(self._dt)
        for population in currents:
            self._cells[population].set(_compact({"I_e": self._offsets[population]}))

    def collect(self) -> dict[str, Any]:
        """Return and forget what was recorded since the last time.

        Returns
        -------
        dict
            ``spikes``: population -> (stamp, cell); ``signals``: list of (population, variables,
            cells, stamp, column, values for each variable).
        """
        spikes = {}
        for population, recorder in self._recorders.items():
            events = recorder.events
            if len(events["times"]):
                spikes[population] = (
                    self._stamps(events),
                    np.asarray(events["senders"], dtype=np.int64) - self._first[population],
                )
                recorder.n_events = 0
        signals = []
        meters = [(population, *m) for population, all_of in self._meters.items() for m in all_of]
        for population, meter, variables, cells, every, offset in meters:
            events = meter.events
            stamp = self._stamps(events)
            wanted = (stamp - offset) % every == 0
            if wanted.any():
                column = np.searchsorted(
                    cells, np.asarray(events["senders"])[wanted] - self._first[population])
                signals.append(
                    (population, variables, cells, stamp[wanted], column,
                     [np.asarray(events[v])[wanted] for v in variables])
                )
            meter.n_events = 0
        return {"spikes": spikes, "signals": signals}

    def _stamps(self, events: dict[str, Any]) -> Any:
        return np.rint(np.asarray(events["times"]) / self._dt).astype(np.int64)

    # -- reading -------------------------------------------------------------------------------

    def _one_step_on(self, read: Callable[[], Any]) -> Any:
        """Return what `read` returns one step later. Here nothing moves.

        NEST hands a sample out, and brings plastic weights up to date with the last step's
        spikes, in the step after.
        """
        def later() -> Any:
            self.nest.Simulate(self._dt)
            return read()

        return self._link.in_a_copy(later, _COPY_WITHIN)

    def present(self) -> Any:
        """Return the samples of the present moment, as ``signals`` of :meth:`collect`."""
        now = round(self.nest.biological_time / self._dt)

        def read() -> list[Any]:
            found = []
            for entry in self.collect()["signals"]:
                here = entry[3] == now
                found.append((*entry[:3], entry[3][here], entry[4][here],
                              [v[here] for v in entry[5]]))
            return found

        return self._one_step_on(read)

    def weights(self, model: str, number: int) -> Any:
        """Return (label, weight) of the synapses of a plastic projection."""

        def read() -> tuple[Any, Any]:
            found = self.nest.GetConnections(synapse_model=f"{model}_{number}")
            values = found.get(["synapse_label", "weight"])
            return (np.atleast_1d(np.asarray(values["synapse_label"], dtype=np.int64)),
                    np.atleast_1d(np.asarray(values["weight"], dtype=float)))

        return self._one_step_on(read)

    def states(self, population: str, names: list[str]) -> dict[str, Any]:
        """Return the present states of a population, those that NEST shows."""
        nodes = self._cells[population]
        shown = set(nodes[0].get())
        return {n: np.atleast_1d(np.asarray(nodes.get(n), dtype=float))
                for n in names if n in shown}

    # -- writing -------------------------------------------------------------------------------

    def write_cells(self, population: str, values: dict[str, Any], cells: Any = None) -> None:
        """Set parameters or states of a population, or of some of its cells."""
        if "I_e" in values:
            self._offsets[population] = values["I_e"]
        nodes = self._cells[population]
        (nodes if cells is None else nodes[np.asarray(cells).tolist()]).set(_compact(values))

    def write_synapses(
        self, source: str, target: str, model: str, number: int | None, first: int, values: Any
    ) -> None:
        """Set values of all synapses of a projection, whose labels begin with `first`."""
        if number is not None:
            found = self.nest.GetConnections(synapse_model=f"{model}_{number}")
        else:
            found = self.nest.GetConnections(
                self._cells[source], self._cells[target], synapse_model=model)
        label = np.atleast_1d(np.asarray(found.get("synapse_label"), dtype=np.int64)) - first
        size = len(next(iter(values.values())))
        mine = np.flatnonzero((label >= 0) & (label < size))
        if len(mine) != len(label):
            found = found[mine.tolist()]
        found.set({k: v[label[mine]].tolist() for k, v in values.items()})


def _compact(values: dict[str, Any]) -> dict[str, Any]:
    """Return numbers where all cells have the same, lists elsewhere."""
    return {
        name: float(v.flat[0]) if (v == v.flat[0]).all() else v.tolist()
        for name, v in ((n, np.asarray(a, dtype=float)) for n, a in values.items())
    }
