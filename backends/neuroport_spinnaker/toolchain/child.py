"""The child process: builds a network with sPyNNaker and answers questions about it.

Loaded by ``neuroport/process/serve.py`` in any Python that has sPyNNaker; nothing of neuroport is
imported. What sPyNNaker logs is told at once, as notes.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .allocation import Allocation
from .building import Builder, by_cell, value
from .faster_lookups import quicken
from .reports import phases, places, report
from .running import Watch
from .short_lists import shortened

SUPPORTED = "7.4."


class NotFitError(Exception):
    """There is no sPyNNaker, or one that is not known.

    Attributes
    ----------
    kind : {"missing", "version"}
    details : dict
        What is told with it.
    """

    def __init__(self, kind: str, **details: str) -> None:
        super().__init__(kind)
        self.kind, self.details = kind, details


class NoRoomError(Exception):
    """Spike times that were set after the network was loaded need more memory than was taken."""


class Told(logging.Handler):
    """Tells what sPyNNaker logs."""

    def __init__(self, tell: Callable[..., None]) -> None:
        super().__init__(logging.INFO)
        self.tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one message."""
        try:
            text = shortened(" ".join(record.getMessage().split()))
        except Exception:  # a message whose arguments do not fit it
            text = str(record.msg)
        if text:
            self.tell("log", level=record.levelno, text=text)


class Child:
    """One network in sPyNNaker.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        To whoever asks.
    """

    def __init__(self, link: Any) -> None:
        began = time.perf_counter()
        try:
            self.version = version("sPyNNaker")
        except PackageNotFoundError:
            raise NotFitError("missing", python=sys.executable) from None
        if not self.version.split("!")[-1].startswith(SUPPORTED):
            raise NotFitError("version", version=self.version)
        import numpy
        import pyNN.spiNNaker as sim  # noqa: N813  PyNN's custom
        from spynnaker.pyNN.data import SpynnakerDataView

        self.np: Any = numpy
        self.sim: Any = sim
        self.view: Any = SpynnakerDataView
        self.populations: list[Any] = []
        self.projections: dict[int, Any] = {}
        self.currents: list[Any] = []
        self.seconds = {"import": time.perf_counter() - began}
        self._link = link
        self._watch = Watch(link, self.view, self._places)
        self._allocation = Allocation(link)
        quicken(Path.cwd())
        self._look_for_programs()
        link.at_end(self.end)

    def about(self) -> dict[str, str]:
        """Return the version of sPyNNaker."""
        return {"version": self.version}

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

    def build(
        self, network: dict[str, Any], arrays: dict[str, Any], spikes: dict[str, Any],
        spare: float | None = None, secrets: dict[str, dict[str, str]] | None = None,
    ) -> dict[str, Any]:
        """Make the network; see `neuroport_spinnaker.toolchain.building.Builder`.

        ``secrets``: what of the configuration must not be in its file, by section and option.
        """
        from spinn_utilities.config_holder import set_config

        began = time.perf_counter()
        self.data = network
        self.sim.setup(timestep=network["timestep"])
        for section, options in (secrets or {}).items():
            for option, secret in options.items():
                set_config(section, option, secret)
        # Only now: its own set-up of the log would remove it.
        logging.getLogger().addHandler(Told(self._link.tell))
        builder = Builder(self.sim, self.np, network, arrays, spare)
        builder.build(spikes)
        self.populations, self.projections = builder.populations, builder.projections
        self.currents = builder.currents
        self.seconds["build"] = time.perf_counter() - began
        return {"seconds": self.seconds}

    # -- running -------------------------------------------------------------------------------

    def run(
        self, duration: float, spikes: dict[str, Any] | None = None, paced: bool = True
    ) -> dict[str, Any]:
        """Run some time (ms), with new spike times where there are any."""
        began = time.perf_counter()
        if spikes is not None:
            for k, p in enumerate(self.data["populations"]):
                if p["cell"] == "SpikeSourceArray":
                    self._send_times(k, spikes, duration)
        self._go_on_with_step_currents()
        self._watch.reached = None
        self._watch.paced = paced
        self.sim.run(duration)
        self.seconds["run"] = time.perf_counter() - began
        return {"time": float(self.sim.get_current_time()), "seconds": self.seconds,
                "reached": self._watch.reached,
                "phases": phases(self._watch.waited, self._allocation.waited)}

    def _go_on_with_step_currents(self) -> None:
        """Let step currents begin a further run with their present level.

        7.4.1's binaries begin every run with the first level of the list and take one time step
        for each change that lies behind.
        """
        now, dt = float(self.sim.get_current_time()), self.data["timestep"]
        for source, described in zip(self.currents, self.data["currents"]):
            if described["kind"] != "StepCurrentSource":
                continue
            times = described["parameters"]["times"]
            levels = described["parameters"]["amplitudes"]
            behind = sum(t <= now for t in times)
            if behind < 2:
                continue
            times, levels = [now, *times[behind:]], levels[behind - 1:]
            missing = len(described["parameters"]["times"]) - len(times)  # the room stays as it was
            times += [times[-1] + (k + 1) * dt for k in range(missing)]
            source.set_parameters(times=times, amplitudes=[*levels, *[levels[-1]] * missing])
            for number, _ in described["targets"]:
                # 7.4.1 writes currents again only with parameters that are set.
                changed = self.populations[number]
                changed.set(i_offset=value(self.np.asarray(changed.get("i_offset"), dtype=float)))

    def places(self) -> list[dict[str, Any]]:
        """Return which cells of which population each core has."""
        return self._places()

    def _places(self) -> list[dict[str, Any]]:
        return places(self.view, self.populations)

    def _send_times(self, k: int, times: Any, length: float) -> None:
        """Replace spike times between runs; `Population.set` is a TypeError in 7.4.1."""
        np, dt = self.np, self.data["timestep"]
        vertex = self.populations[k]._vertex
        begin, steps = round(self.sim.get_current_time() / dt), round(length / dt)
        trains = np.empty(vertex.n_atoms, dtype=object)
        trains[:] = by_cell(np, vertex.n_atoms, times[f"index{k}"],
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

    def set(self, population: int, kind: str, values: dict[str, Any]) -> None:
        """Set parameters or states of a population between runs."""
        numbers = {name: value(array) for name, array in values.items()}
        changed = self.populations[population]
        if kind == "states":
            changed.set_state(**numbers)
        else:
            changed.set(**numbers)

    # -- reading -------------------------------------------------------------------------------

    def spikes(self, population: int) -> dict[str, Any]:
        """Return cell and time (ms) of the recorded spikes."""
        np = self.np
        found = np.asarray(self.populations[population].spinnaker_get_data("spikes"))
        found = found.reshape(-1, 2) if found.size else np.zeros((0, 2))
        return {"cell": found[:, 0], "time": found[:, 1]}

    def signal(self, population: int, variable: str) -> Any:
        """Return samples of a variable, shape (n_samples, n_cells)."""
        block = self.populations[population].get_data(variable)
        signal = block.segments[-1].filter(name=variable)[0]
        return self.np.asarray(signal.magnitude)

    def state(self, population: int, variable: str) -> Any:
        """Return the present values of a state variable, shape (n_cells,)."""
        held = self.populations[population]._vertex.get_current_state_values(variable)
        return self.np.array([float(v) for v in held])

    def weights(self, projection: int) -> Any:
        """Return (pre, post, weight, delay) of a projection's synapses, one a row."""
        np = self.np
        found = self.projections[projection].get(["weight", "delay"], "list")
        return np.array([tuple(row) for row in found], dtype=float).reshape(-1, 4)

    def report(self, steps: int) -> dict[str, Any]:
        """Return where everything lies, and what sPyNNaker chose."""
        return {**report(self.view, self.populations, steps), "seconds": self.seconds}

    def end(self) -> None:
        """Give the machine back."""
        try:
            self.sim.end()
        finally:
            self._allocation.give_back()
