"""``save_state`` and ``restore_state``: a run that goes on later, elsewhere, on another backend."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from neuroport.errors import InvalidValueError, Problem
from neuroport.network.description import Network, SpikeTimes
from neuroport.network.file import load_state, save_state
from neuroport.network.named_equations import STREAM
from neuroport.network.snapshot import SavedState, differences
from neuroport.pynn.state import State

__all__ = ["SavedStates"]


class SavedStates:
    """The part of a simulator that saves its state and goes on from one."""

    state: State

    def save_state(self, path: str | os.PathLike[str]) -> Path:
        """Save the network and its present state to a file, to go on from later.

        States of all cells, weights and traces of all synapses, the spikes that are under way, and
        parameters as they are now; not what was recorded so far.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        pathlib.Path
            Where it was written; whole or not at all.

        Raises
        ------
        UnsupportedError
            If the backend does not hand its state out; see ``neuroport backends NAME``.
        """
        return _save(self.state, path)

    def restore_state(self, path: str | os.PathLike[str]) -> None:
        """Go on from a saved state, of this backend or of another one.

        The script builds the same network first (populations, projections, seed, time step,
        numerics); parameters, weights and spike times become those that were saved. Then it is the
        time of the saved state, and a run of M steps gives what the one run would have given.
        Recordings begin there; what was recorded before stays as a segment of its own.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        InvalidValueError
            If the network is another one; all differences are named.
        UnsupportedError
            If the backend cannot go on from a state.
        FileFormatError
            If the file is no saved state, or is damaged.
        """
        _restore(self.state, path, list(self.state.recorders))


def _save(state: State, path: str | os.PathLike[str]) -> Path:
    """Save the network and its present state."""
    session = state.ready()
    snapshot = session.snapshot()
    return save_state(
        SavedState(state.network_as_written(), snapshot, state.backend_name), path)


def _restore(state: State, path: str | os.PathLike[str], recorders: list[Any]) -> None:
    """Go on from a saved state; see :meth:`SavedStates.restore_state`.

    Parameters
    ----------
    state : State
    path : str or path
    recorders : list
        Whose data so far become a segment of their own.
    """
    saved = load_state(path)
    different = differences(saved.network, state.network_as_written())
    if different:
        raise InvalidValueError(
            [Problem(f"the state was saved from another network: {what}", measured=there,
                     limit=before, fix=_way_out(what, before))
             for what, before, there in different],
            where=f"restore_state({os.fspath(path)!r})")
    ran = state.running
    if ran:
        for recorder in recorders:
            recorder.store_to_cache()
        state.segment_counter += 1
    _take_values(state, saved.network)
    state.resume(saved.snapshot)
    for recorder in recorders:
        recorder.begin_at(saved.snapshot.step)


def _way_out(what: str, before: str) -> str:
    if what == "numerics":
        return f"--numerics {before} (numerics= in Python)"
    if what in ("seed", "time step"):
        return f"the same {what} in setup(...)"
    return "build the network by the same script, with the same labels"


def _take_values(state: State, network: Network) -> None:
    """Give the front end's objects the values that may have changed between runs."""
    state.network_as_written()  # so that all synapses are known
    for population in state.populations:
        saved = network.population(population.label)
        for name, values in saved.parameters.items():
            if name != STREAM:
                population._parameters[name] = np.array(values)
        if isinstance(saved.spikes, SpikeTimes):
            times = saved.spikes
            order = np.argsort(times.index, kind="stable")
            cuts = np.searchsorted(times.index[order], np.arange(1, population.size))
            population._parameters["spike_times"] = list(np.split(times.time[order], cuts))
        for name, values in saved.initial.items():
            population._store_initial(name, np.array(values), None)
    for projection in state.projections:
        for label, position in state._parts[projection._number]:
            one = network.projection(label)
            for name, values in {"weight": one.weight, **one.parameters}.items():
                if name != STREAM:
                    written = np.array(projection.written[name])
                    written[position] = np.abs(values) if _unsigned(state, name) else values
                    projection.written[name] = written


def _unsigned(state: State, name: str) -> bool:
    return name == "weight" and state.dialect.unsigned
