"""Waiting for a machine that runs: until it has, is to stop, or is gone. Runs in the child."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Watch"]

LOOK = 0.05  # s between two looks whether a run is to stop
ASK = 1.0  # s between two questions to the machine whether it is still there
PATIENCE = 100.0  # times sPyNNaker's own, with a board whose cores do not run in real time
MOST_CORES = 10  # that failed, of which everything is told


class Watch:
    """Waits in sPyNNaker's place.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        Told ``running`` and ``ran``; its `stop` ends a run at the step that the machine has
        reached.
    view : type
        sPyNNaker's data.
    places : callable
        Returns what is on each core.

    Attributes
    ----------
    paced : bool
        Whether the machine keeps wall time.
    reached : (int, int) or None
        The earliest and latest step at which cores stopped, where the run was to stop.
    waited : float
        Seconds spent waiting, over all runs.
    """

    def __init__(
        self, link: Any, view: Any, places: Callable[[], list[dict[str, Any]]]
    ) -> None:
        self._link, self.view, self._places = link, view, places
        self.paced = True
        self.reached: tuple[int, int] | None = None
        self.waited = 0.0
        self.take_its_place()

    def take_its_place(self) -> None:
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
                error.details = {"cores": self._failed(error)}  # type: ignore[attr-defined]
                raise

        BaseTransceiver.wait_for_cores_to_be_in_state = patient

    def _wait(self, runner: Any, runtime: float, threshold: float | None) -> None:
        """Wait until the cores have run, or the user asks to stop, or the machine is gone."""
        from spinnman.model.enums import CPUState

        view = self.view
        seconds = runtime * view.get_time_scale_factor() * 1e-3 + 0.1
        self._link.tell("running", ms=runtime, seconds=seconds)
        began = asked = time.monotonic()
        n_cores = len(self._cores())
        while not self.paced or time.monotonic() - began < seconds:
            if self._link.stop.wait(LOOK):
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
        if self._link.stop.is_set():
            self.reached = self._times()
            # It counted the whole run as done; there is no public way to say that it was not.
            view._FecDataView__fec_data._current_run_timesteps = self.reached[1]
        self._link.tell("ran")

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
