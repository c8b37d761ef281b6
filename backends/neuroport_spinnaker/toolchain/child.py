"""The child process: builds a network with sPyNNaker and answers questions about it.

Run as a script by any Python that has sPyNNaker; nothing of neuroport is imported. Requests and
replies are lines of JSON; arrays go through ``.npz`` files in the working folder. Everything that
sPyNNaker prints goes into the log file; what it logs is also told at once, as lines with ``event``
between a request and its reply. ``{"do": "stop"}`` ends a run at the step that the machine has
reached.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import queue
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

if __package__:
    from neuroport_spinnaker.toolchain.faster_lookups import quicken
else:  # run as a script, by a Python that may not have neuroport
    from faster_lookups import quicken

SUPPORTED = "7.4."
LOOK = 0.05  # s between two looks whether a run is to stop
ASK = 1.0  # s between two questions to the machine whether it is still there
PATIENCE = 100.0  # times sPyNNaker's own, with a board whose cores do not run in real time
LAST = 20.0  # s to give the machine back once nobody listens
MOST_CORES = 10  # that failed, of which everything is told
SPARE = 8  # of so many cells of a listed source, one gets room for a spike in every step
Tell = Callable[..., None]


class NoRoomError(Exception):
    """Spike times that were set after the network was loaded need more memory than was taken."""


class Told(logging.Handler):
    """Tells what sPyNNaker logs."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.INFO)
        self.tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one message."""
        try:
            text = " ".join(record.getMessage().split())
        except Exception:  # a message whose arguments do not fit it
            text = str(record.msg)
        if text:
            self.tell("log", level=record.levelno, text=text)


class Child:
    """One network in sPyNNaker.

    Parameters
    ----------
    tell : callable
        ``tell(event, **details)``.
    """

    def __init__(self, tell: Tell) -> None:
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
        self.waited = 0.0  # s for the machine to run
        self.tell = tell
        self.stop = threading.Event()
        self.paced = True
        self.reached: tuple[int, int] | None = None
        self._watch_runs()
        quicken(self.folder)
        self._look_for_programs()

    def _look_for_programs(self) -> None:
        """Let a virtual machine have cores as a real one.

        There 7.4.1 takes cells and their synapses apart where no program has both; for a virtual
        one it takes it for granted that every program exists.
        """
        from spynnaker.pyNN.models.neuron.population_vertex import PopulationVertex

        def exists(vertex: Any) -> bool:
            try:
                self.view.get_executable_path(vertex.combined_binary_file_name)
            except KeyError:
                return False
            return True

        PopulationVertex.combined_binary_exists = property(exists)

    def _watch_runs(self) -> None:
        """Take the place of sPyNNaker's sleep, which nothing could end before its time."""

        # The package has a function of the module's name.
        module = importlib.import_module(
            "spinn_front_end_common.interface.interface_functions.application_runner"
        )
        module._ApplicationRunner._run_wait = (
            lambda runner, runtime, threshold: self._wait(runner, runtime, threshold)
        )
        from spinnman.transceiver.base_transceiver import BaseTransceiver

        ready = BaseTransceiver.wait_for_cores_to_be_in_state

        def patient(transceiver: Any, *what: Any, timeout: float | None = None,
                    **more: Any) -> None:
            # Its limits, 4 s for the synapse expander, are for cores that run in real time.
            if timeout is not None and not self.paced:
                timeout *= PATIENCE
            try:
                ready(transceiver, *what, timeout=timeout, **more)
            except Exception as error:
                # Now: sPyNNaker stops the cores before it passes the error on.
                error.cores = self._failed(error)  # type: ignore[attr-defined]
                raise

        BaseTransceiver.wait_for_cores_to_be_in_state = patient

    def _wait(self, runner: Any, runtime: float, threshold: float | None) -> None:
        """Wait until the cores have run, or the user asks to stop, or the machine is gone."""
        from spinnman.model.enums import CPUState

        view = self.view
        seconds = runtime * view.get_time_scale_factor() * 1e-3 + 0.1
        self.tell("running", ms=runtime, seconds=seconds)
        began = asked = time.monotonic()
        n_cores = len(self._cores())
        while not self.paced or time.monotonic() - began < seconds:
            if self.stop.wait(LOOK):
                self._pause()
                break
            now = time.monotonic()
            if not self.paced or now - asked > ASK:
                asked = now
                count = view.get_transceiver().get_core_state_count
                ended = count(view.get_app_id(), CPUState.READY)
                failed = count(view.get_app_id(), CPUState.RUN_TIME_EXCEPTION)
                # Cores that have paused are in state READY.
                if ended >= n_cores or failed:
                    break
        try:
            runner._wait_for_end(timeout=threshold)
        finally:
            self.waited += time.monotonic() - began
        if self.stop.is_set():
            self.reached = self._times()
            # It counted the whole run as done; there is no public way to say that it was not.
            view._FecDataView__fec_data._current_run_timesteps = self.reached[1]
        self.tell("ran")

    def _cores(self) -> Any:
        from spinnman.model.enums import ExecutableType

        return self.view.get_cores_for_type(ExecutableType.USES_SIMULATION_INTERFACE)

    def _pause(self) -> None:
        from spinn_front_end_common.utilities.scp import SendPauseProcess

        cores = self._cores()
        SendPauseProcess(self.view.get_scamp_connection_selector()).send_pause(cores, len(cores))

    def _times(self) -> tuple[int, int]:
        """Return the earliest and latest step at which cores stopped."""
        from spinn_front_end_common.utilities.scp import GetCurrentTimeProcess

        cores = self._cores()
        process = GetCurrentTimeProcess(self.view.get_scamp_connection_selector())
        latest = int(process.get_latest_runtime(len(cores), cores) or 0)
        earliest = getattr(process, "_GetCurrentTimeProcess__earliest_time", None)
        return int(latest if earliest is None else earliest), latest

    # -- building ------------------------------------------------------------------------------

    def build(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the network from ``network.json`` and ``network.npz``.

        ``spare``: the time (ms) of the end of the first run, if others may follow. ``secrets``:
        what of the configuration must not be in its file.
        """
        from spinn_utilities.config_holder import set_config

        began = time.perf_counter()
        sim, np = self.sim, self.np
        data = json.loads((self.folder / "network.json").read_text("utf-8"))
        arrays = np.load(self.folder / "network.npz", allow_pickle=False)
        self.data = data
        self.spare = request.get("spare")
        sim.setup(timestep=data["timestep"], **request.get("setup", {}))
        for section, options in request.get("secrets", {}).items():
            for option, value in options.items():
                set_config(section, option, value)
        # Only now: its own set-up of the log would remove it.
        logging.getLogger().addHandler(Told(self.tell))
        times = np.load(self.folder / "spikes.npz", allow_pickle=False)
        for k, p in enumerate(data["populations"]):
            self.populations.append(self._population(k, p, arrays, times))
        for p in data["projections"]:
            connector, delay = self._connector(p, arrays)
            self.projections[p["number"]] = sim.Projection(
                self.populations[p["pre"]], self.populations[p["post"]], connector,
                self._synapse(p["rule"], p.get("weight", 0.0), delay),
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
            trains = _trains(self.np, p["size"], times, k)
            if self.spare is not None:
                # 7.4.1 takes memory for later spikes by the first ones: a core that has none could
                # never send. These are after the first run, and replaced before the second.
                trains = trains or [[] for _ in range(p["size"])]
                for train in trains[:: min(SPARE, p["per_core"] or SPARE)]:
                    train.append(self.spare)
            values = {"spike_times": trains}
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

    def _connector(self, p: dict[str, Any], arrays: Any) -> tuple[Any, float]:
        """Return what joins the cells, and the delay (ms) of synapses that are not listed."""
        if "connector" in p:  # the machine's own synapses
            return getattr(self.sim, p["connector"])(**p["arguments"]), p["delay"]
        rows = arrays[f"synapses{p['number']}"]
        if self.np.ptp(rows[:, 3]) == 0:
            # The variance of a list of equal delays is seldom exactly 0 (0.2 ms: 1e-33), and then
            # the weight scale is chosen as for delays that spread the inputs.
            return (self.sim.FromListConnector(rows[:, :3], column_names=["weight"]),
                    float(rows[0, 3]))
        return (self.sim.FromListConnector(rows, column_names=["weight", "delay"]),
                self.data["timestep"])

    def _synapse(self, rule: dict[str, Any] | None, weight: float, delay: float) -> Any:
        sim = self.sim
        if rule is None:
            return sim.StaticSynapse(weight=weight, delay=delay)
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
            weight=weight, delay=delay,
        )

    # -- running -------------------------------------------------------------------------------

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run some time (ms), with new spike times where there are any."""
        began = time.perf_counter()
        if request.get("spikes"):
            times = self.np.load(self.folder / "spikes.npz", allow_pickle=False)
            for k, p in enumerate(self.data["populations"]):
                if p["cell"] == "SpikeSourceArray":
                    self._send_times(k, times, request["time"])
        self.reached = None
        self.paced = bool(request.get("paced", True))
        self.sim.run(request["time"])
        self.seconds["run"] = time.perf_counter() - began
        return {"time": float(self.sim.get_current_time()), "seconds": self.seconds,
                "reached": self.reached, "phases": self._phases()}

    def _phases(self) -> dict[str, float]:
        """Return the seconds of sPyNNaker's stages so far, by its own clock."""
        from spinn_front_end_common.interface.provenance import (
            GlobalProvenance,
            TimerCategory,
            TimerWork,
        )

        with GlobalProvenance() as db:
            spent = {c: db.get_category_timer_sum(c) * 1e-3 for c in TimerCategory}
            machine = db.get_timer_sum_by_work(TimerWork.GET_MACHINE) * 1e-3
        return {
            "machine": machine,  # its shape is asked for while it is mapped
            "mapping": max(0.0, spent[TimerCategory.MAPPING] - machine),
            "loading": spent[TimerCategory.LOADING],
            "simulation": self.waited,
            "reading back": max(0.0, spent[TimerCategory.RUN_LOOP] - self.waited),
        }

    def _failed(self, error: Any) -> list[dict[str, Any]]:
        """Return what is known of the cores that did not do as they should, if it was they."""
        states = getattr(error, "failed_core_states", None)
        if states is None:
            return []
        infos = states()
        where = {(c["x"], c["y"], c["p"]): c for c in self._places()}
        found = []
        for x, y, p in list(infos)[:MOST_CORES]:
            info = infos.get_cpu_info(x, y, p)
            place = where.get((x, y, p), {})
            found.append({
                "x": x, "y": y, "p": p, "state": info.state.name,
                "code": info.run_time_error.name,
                "registers": [*map(int, info.registers), int(info.processor_state_register),
                              int(info.stack_pointer), int(info.link_register)],
                "binary": info.application_name, "iobuf": self._iobuf(x, y, p),
                "population": place.get("of", ""), "label": place.get("label", ""),
                "first": place.get("first", 0), "last": place.get("last", 0),
            })
        return found

    def _iobuf(self, x: int, y: int, p: int) -> str:
        """Return what a core wrote, or why that cannot be read."""
        from spinn_machine import CoreSubsets
        from spinn_utilities.make_tools.replacer import Replacer

        try:
            subset = CoreSubsets()
            subset.add_processor(x, y, p)
            read = self.view.get_transceiver().get_iobuf(subset)
            text = "".join(str(buffer.iobuf) for buffer in read)
            replacer = Replacer()  # programs write numbers of messages
            # not splitlines(), which takes the separator of values for the end of a line
            return "\n".join(replacer.replace(line) for line in text.split("\n"))
        except Exception as problem:
            return f"(cannot be read: {type(problem).__name__}: {problem})"

    def places(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return which cells of which population each core has."""
        return {"cores": self._places()}

    def _places(self) -> list[dict[str, Any]]:
        """Return every core; ``of``: the population that it serves, also by delaying its spikes."""
        names = {id(p._vertex): p.label for p in self.populations}
        cores = []
        for place in self.view.iterate_placemements():
            vertex = place.vertex
            owner = getattr(vertex, "app_vertex", None)
            delayed = names.get(id(getattr(owner, "source_vertex", None)), "")
            piece = getattr(vertex, "vertex_slice", None)
            cores.append({
                "x": int(place.x), "y": int(place.y), "p": int(place.p),
                "label": str(vertex.label), "population": names.get(id(owner), ""),
                "delayed": delayed, "of": names.get(id(owner), delayed),
                "first": int(piece.lo_atom) if piece is not None else 0,
                "last": int(piece.hi_atom) if piece is not None else 0,
            })
        return cores

    def _send_times(self, k: int, times: Any, length: float) -> None:
        """Replace spike times between runs; `Population.set` is a TypeError in 7.4.1."""
        np, dt = self.np, self.data["timestep"]
        vertex = self.populations[k]._vertex
        begin, steps = round(self.sim.get_current_time() / dt), round(length / dt)
        trains = np.empty(vertex.n_atoms, dtype=object)
        trains[:] = _by_cell(np, vertex.n_atoms, times[f"index{k}"],
                             np.rint(times[f"time{k}"] / dt).astype(np.int64))
        vertex._ReverseIpTagMultiCastSource__send_buffer_times = trains
        for piece in vertex.machine_vertices:
            mine = trains[piece.vertex_slice.get_raster_ids()]
            coming = np.concatenate(mine) - begin
            coming = coming[(coming >= 0) & (coming < steps)]
            room, needed = piece._send_buffer_size, self._bytes(np.bincount(coming))
            if needed > room:  # it would leave out what does not fit, without a word
                raise NoRoomError(f"population '{self.data['populations'][k]['label']}': "
                                  f"{needed} bytes of spikes on one core, of {room}")
            piece.send_buffer_times = mine

    def _bytes(self, counts: Any) -> int:
        """Return the memory for so many spikes in each step, most of all pieces of a run."""
        from spinn_front_end_common.utility_models import (
            reverse_ip_tag_multicast_source_machine_vertex as module,
        )

        length = int(self.view.get_max_run_time_steps())
        needed = [module.get_n_bytes(int(n)) if n else 0 for n in counts]
        return max((sum(needed[i : i + length]) for i in range(0, len(needed), length)), default=0)

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

    def state(self, request: dict[str, Any]) -> dict[str, Any]:
        """Save the present values of a state variable, shape (n_cells,)."""
        name = request["variable"]
        vertex = self.populations[request["population"]]._vertex
        held = vertex.get_current_state_values(name)
        values = self.np.array([float(v) for v in held])
        self.np.savez(self.folder / "reply.npz", values=values)
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
        cores = []
        for place, core in zip(view.iterate_placemements(), self._places(), strict=True):
            vertex = place.vertex
            cores.append({
                **core, "kind": type(vertex).__name__,
                "sdram": int(vertex.sdram_required.get_total_sdram(steps)),
            })
        tables = view.get_uncompressed()
        compressed = self._compressed()
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
                {"x": int(t.x), "y": int(t.y), "entries": int(t.number_of_entries),
                 "compressed": compressed.get((int(t.x), int(t.y)))}
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

    def _compressed(self) -> dict[tuple[int, int], int]:
        """Return the routing entries of each chip after compression; none where it fails."""
        from pacman.operations.router_compressors import pair_compressor
        from spinn_utilities.config_holder import get_config_str, set_config

        # Otherwise it leaves tables as they are that fit.
        option = ("Mapping", "router_table_compress_as_far_as_possible")
        before = get_config_str(*option)
        set_config(*option, "True")
        try:
            tables = pair_compressor(accept_overflow=True)
        except Exception:
            return {}
        finally:
            set_config(*option, before)
        return {(int(t.x), int(t.y)): int(t.number_of_entries) for t in tables}

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
    return [train.tolist() for train in _by_cell(np, size, index, time_)]


def _by_cell(np: Any, size: int, index: Any, values: Any) -> Any:
    order = np.lexsort((values, index))
    return np.split(values[order], np.cumsum(np.bincount(index, minlength=size))[:-1])


def leave(folder: Path) -> NoReturn:
    """Remove the folder and end at once: sPyNNaker would write into it again at its exit."""
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main() -> int:
    """Answer requests until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    log = os.open("spynnaker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    lock = threading.Lock()

    def reply(content: dict[str, Any]) -> None:
        # Where nobody listens any more, the end of the requests ends everything.
        with lock, contextlib.suppress(OSError):
            replies.write(json.dumps(content) + "\n")
            replies.flush()

    def tell(event: str, **details: Any) -> None:
        reply({"event": event, **details})

    try:
        installed = version("sPyNNaker")
    except Exception:
        reply({"error": "missing", "python": sys.executable})
        return 1
    if not installed.split("!")[-1].startswith(SUPPORTED):
        reply({"error": "version", "version": installed})
        return 1
    try:
        child = Child(tell)
    except Exception as error:
        reply({"error": "failed", "kind": type(error).__name__, "text": str(error),
               "trace": traceback.format_exc()})
        return 1
    reply({"ready": installed})
    waiting: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def read() -> None:
        for line in requests:
            request = json.loads(line)
            if request["do"] == "stop":
                child.stop.set()
                continue
            if request["do"] == "run":
                child.stop.clear()
            waiting.put(request)
        # Whoever asked is gone: give the machine back, and wait for nothing.
        child.stop.set()
        waiting.put(None)
        time.sleep(LAST)
        leave(child.folder)

    threading.Thread(target=read, daemon=True).start()
    while (request := waiting.get()) is not None:
        number = request.get("number")
        try:
            reply({"done": getattr(child, request["do"])(request), "number": number})
        except BaseException as error:
            reply({"error": "failed", "kind": type(error).__name__, "text": str(error),
                   "trace": traceback.format_exc(), "number": number,
                   "cores": getattr(error, "cores", [])})
        if request["do"] == "end":
            return 0
    try:
        child.end({})
    finally:
        leave(child.folder)


if __name__ == "__main__":
    sys.exit(main())
