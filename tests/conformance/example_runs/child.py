"""Runs one example script, unmodified, and notes what it reads back from the board.

    python child.py NOTES SLEEP SCRIPT [ARGUMENT ...]

This is the only code in the process of the script that is not the script's own.  It wraps the
functions that read recordings and weights, so that "ran" can mean more than "no exception", and
with SLEEP=0 it leaves out the tool-chain's sleep of the simulated time.  The interpreter need not
have neuroport.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

import numpy

RUNNER = "spinn_front_end_common.interface.interface_functions.application_runner"
WEIGHTS_CALLS_KEPT = 40


class Notes:
    """What was read back, in a file that is always complete (the process may be killed)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.recordings: dict[str, dict[str, Any]] = {}
        self.weights: list[dict[str, Any]] = []

    def save(self) -> None:
        """Replace the file."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"recordings": self.recordings, "weights": self.weights}))
        os.replace(new, self._path)

    def block(self, label: str, block: Any) -> None:
        """Note a Neo block: spikes and samples of its last segment."""
        if not block.segments:
            return
        segment = block.segments[-1]
        if segment.spiketrains:
            trains = [numpy.asarray(train.magnitude, dtype=float) for train in segment.spiketrains]
            end = float(segment.spiketrains[0].t_stop.rescale("ms").magnitude)
            entry = {**digest(trains, end), "segments": len(block.segments)}
            self.recordings[f"{label}: spikes"] = entry
        for sampled in segment.analogsignals:
            values = numpy.asarray(sampled.magnitude, dtype=float)
            if values.size:
                self.recordings[f"{label}: {sampled.name}"] = samples(values)
        self.save()

    def matrix(self, label: str, variable: str, values: Any) -> None:
        """Note what sPyNNaker's own reading function gives: rows of (neuron, time[, value])."""
        values = numpy.asarray(values, dtype=float)
        if variable == "spikes" and values.ndim == 2 and values.shape[1] == 2:
            known = {int(neuron) for neuron in values[:, 0]}
            trains = [values[values[:, 0] == neuron, 1] for neuron in sorted(known)]
            end = float(values[:, 1].max(initial=0.0))
            self.recordings[f"{label}: spikes"] = {**digest(trains, end), "end_ms": None}
        elif values.size:
            column = values[:, 2] if values.ndim == 2 and values.shape[1] == 3 else values
            self.recordings[f"{label}: {variable}"] = samples(column)
        self.save()

    def counts(self, label: str, counts: dict[int, int]) -> None:
        """Note spike counts."""
        values = [int(count) for count in counts.values()]
        self.recordings[f"{label}: spikes"] = {
            "neurons": len(values), "fired": sum(map(bool, values)), "spikes": sum(values),
            "end_ms": None, "order": None, "irregularity": None,
            "counts": values if len(values) <= 30 else None,
        }
        self.save()

    def synapses(self, label: str, names: Any, answer: Any) -> None:
        """Note weights read back."""
        names = [names] if isinstance(names, str) else list(names)
        if "weight" not in names:
            return
        rows = numpy.asarray(
            [row if numpy.ndim(row) else (row,) for row in answer]
            if not isinstance(answer, numpy.ndarray) else answer.reshape(-1, 1),
            dtype=float,
        )
        if rows.ndim != 2 or not rows.size:
            self.weights.append({"label": label, "synapses": 0})
        else:
            offset = rows.shape[1] - len(names)
            column = rows[:, offset + names.index("weight")]
            column = column[~numpy.isnan(column)]
            self.weights.append({
                "label": label, "synapses": len(column), "mean": float(column.mean()),
                "least": float(column.min()), "most": float(column.max()),
            })
        del self.weights[WEIGHTS_CALLS_KEPT // 2:-WEIGHTS_CALLS_KEPT // 2]
        self.save()


def digest(trains: list[Any], end: float) -> dict[str, Any]:
    """Figures of some spike trains that judge most examples."""
    first = numpy.array([train.min() if len(train) else numpy.nan for train in trains])
    fired = ~numpy.isnan(first)
    order = None
    if fired.sum() > 2 and len(set(first[fired])) > 1:
        ranks = numpy.argsort(numpy.argsort(first[fired], kind="stable"), kind="stable")
        order = float(numpy.corrcoef(numpy.arange(len(ranks)), ranks)[0, 1])
    intervals = [numpy.diff(numpy.sort(train)) for train in trains if len(train) > 5]
    irregular = [float(i.std() / i.mean()) for i in intervals if i.mean() > 0]
    return {
        "neurons": len(trains),
        "fired": int(fired.sum()),
        "spikes": int(sum(map(len, trains))),
        "first_ms": float(numpy.nanmin(first)) if fired.any() else None,
        "last_ms": float(max(train.max() for train in trains if len(train))) if fired.any()
        else None,
        "end_ms": end,
        "order": order,
        "irregularity": float(numpy.mean(irregular)) if irregular else None,
        "counts": [len(train) for train in trains] if len(trains) <= 30 else None,
    }


def samples(values: Any) -> dict[str, Any]:
    """Figures of some samples."""
    return {"samples": int(values.size), "least": float(values.min()), "most": float(values.max())}


def watch(notes: Notes) -> None:
    """Wrap the reading functions of sPyNNaker."""
    from spynnaker.pyNN.models.populations import Population, PopulationView
    from spynnaker.pyNN.models.projection import Projection
    from spynnaker.pyNN.models.recorder import Recorder

    def wrap(owner: Any, name: str, note: Any) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
            answer = original(self, *args, **kwargs)
            try:
                note(self, answer, *args, **kwargs)
            except Exception as problem:  # a note must never change what the script sees
                print(f"note not taken: {problem!r}", file=sys.stderr)
            return answer

        setattr(owner, name, wrapped)

    # get_data and write_data of populations and views all come here
    wrap(Recorder, "extract_neo_block", lambda self, answer, *_, **__: notes.block(
        self.recording_label, answer))
    for owner in (Population, PopulationView):
        wrap(owner, "spinnaker_get_data", lambda self, answer, variable, *_, **__: notes.matrix(
            self.label, variable if isinstance(variable, str) else variable[0], answer))
        wrap(owner, "get_spike_counts", lambda self, answer, *_, **__: notes.counts(
            self.label, answer))
    wrap(Projection, "get", lambda self, answer, names, *_, **__: notes.synapses(
        self.label, names, answer))


def main() -> None:
    """Run the script as the main program."""
    notes, sleep, *sys.argv = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells ignore it in the background
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    if sleep == "0":
        # "import ... as" would give the function of that name that the package exports
        runner: Any = importlib.import_module(RUNNER)
        assert callable(runner.sleep)
        runner.sleep = lambda seconds: None
    watch(Notes(Path(notes)))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
