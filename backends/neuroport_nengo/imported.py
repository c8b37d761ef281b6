"""A user's `nengo.Network` as a model for every engine: ``neuroport run nengo-network --file F``.

LIF ensembles become IF_curr_exp cells: Nengo's potential 0 to 1 is v_rest to v_thresh, a neuron's
input J of 1 is the current that just reaches the threshold, and a decoded connection is the matrix
of encoders and decoders that it stands for. A spike of Nengo's has area 1, and a ``Lowpass`` with τ
makes J = e^(−t/τ)/τ of it: an exponential current that begins at weight/τ.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuroport.errors import (
    BackendMissingError,
    InvalidValueError,
    Problem,
    UnsupportedError,
)
from neuroport.models import ModelResult, model
from neuroport.process import EngineProcess
from neuroport.results.versions import package_version

__all__ = ["ImportLossWarning", "NengoNetwork", "nengo_network", "read_network"]

_REST, _SPAN, _CAPACITY = -65.0, 15.0, 1.0  # mV, mV from rest to threshold, nF
_INSTALL = "pip install 'neuroport[nengo]'"


class ImportLossWarning(UserWarning):
    """Something of a Nengo network that its import does not keep."""


@dataclass(frozen=True)
class NengoNetwork:
    """A Nengo network as arrays.

    Attributes
    ----------
    timestep : float
        ms.
    duration : float
        How long its inputs are known (ms).
    ensembles : sequence of mapping
        ``label``, ``size``, ``bias`` (n,), ``tau_rc``, ``tau_ref``, ``tau_syn`` (ms) and
        ``spikes`` (n_spikes, 2): step and neuron of Nengo's own run.
    connections : sequence of mapping
        Numbers of ``pre`` and ``post``, ``tau`` (ms) and ``weight`` (n_post, n_pre): the area of J
        (s) that a spike gives.
    inputs : sequence of mapping
        Number of ``post`` and ``drive`` (n_steps, n): J of each step, from the network's nodes.
    losses : sequence of str
        What is not kept.
    """

    timestep: float
    duration: float
    ensembles: Sequence[Mapping[str, Any]]
    connections: Sequence[Mapping[str, Any]]
    inputs: Sequence[Mapping[str, Any]]
    losses: Sequence[str]

    def build(self, sim: Any) -> list[Any]:
        """Make the network in a simulator and record its spikes.

        Parameters
        ----------
        sim
            PyNN's interface, with this time step.

        Returns
        -------
        list of Population
            One for each ensemble.
        """
        populations = []
        for number, e in enumerate(self.ensembles):
            unit = _SPAN * _CAPACITY / e["tau_rc"]  # nA for a J of 1
            drive = np.zeros((1, e["size"]))
            for source in self.inputs:
                if source["post"] == number:
                    drive = drive + source["drive"]
            constant = bool((drive == drive[0]).all())
            offset = e["bias"] + (drive[0] if constant else 0.0)
            cells = sim.Population(
                e["size"],
                sim.IF_curr_exp(
                    tau_m=e["tau_rc"], cm=_CAPACITY, v_rest=_REST, v_reset=_REST,
                    v_thresh=_REST + _SPAN, tau_refrac=e["tau_ref"], i_offset=offset * unit,
                    tau_syn_E=e["tau_syn"], tau_syn_I=e["tau_syn"]),
                initial_values={"v": _REST}, label=e["label"])
            cells.record("spikes")
            if not constant:
                self._inject(sim, cells, drive * unit)
            populations.append(cells)
        for c in self.connections:
            post = self.ensembles[c["post"]]
            unit = _SPAN * _CAPACITY / post["tau_rc"]
            weight = c["weight"] * unit / (c["tau"] * 1e-3)
            pair = populations[c["pre"]], populations[c["post"]]
            for sign, receptor in ((1, "excitatory"), (-1, "inhibitory")):
                to, of = np.nonzero(weight * sign > 0)
                if to.size:
                    listed = np.column_stack(
                        [of, to, weight[to, of], np.full(to.size, self.timestep)])
                    sim.Projection(*pair, sim.FromListConnector(listed), sim.StaticSynapse(),
                                   receptor_type=receptor)
        return populations

    def _inject(self, sim: Any, cells: Any, current: Any) -> None:
        for k in range(current.shape[1]):
            changes = np.flatnonzero(np.diff(current[:, k], prepend=np.nan) != 0)
            source = sim.StepCurrentSource(
                times=changes * self.timestep, amplitudes=current[changes, k])
            cells[k : k + 1].inject(source)

    def rates(self) -> list[float]:
        """Return the mean rate of each ensemble in Nengo's own run (Hz)."""
        return [len(e["spikes"]) / e["size"] / (self.duration * 1e-3) for e in self.ensembles]


def read_network(
    file: str | Path, name: str = "", timestep: float = 0.1, duration: float = 1000.0
) -> NengoNetwork:
    """Return a Nengo network that a script makes; Nengo itself runs in a process of its own.

    Parameters
    ----------
    file : str or Path
        The script.
    name : str
        The variable that holds the network; empty: the only one.
    timestep, duration : float
        ms; what its nodes give is known for this long.

    Raises
    ------
    BackendMissingError
        If Nengo is not installed.
    InvalidValueError
        If there is no such file.
    UnsupportedError
        With all that cannot be taken over: neurons that are no `nengo.LIF`, nodes with inputs,
        learning rules, synapses that are no `nengo.Lowpass` ...
    """
    if not package_version("nengo"):
        raise BackendMissingError(Problem("Nengo is not installed", fix=_INSTALL))
    path = Path(file).resolve()
    problems = []
    if not path.is_file():
        problems.append(Problem("there is no such file", measured=str(file)))
    if not timestep > 0 or not duration >= timestep:
        problems.append(Problem("time step and duration cannot be used",
                                f"{timestep:g} ms, {duration:g} ms", "above 0, duration longer"))
    if problems:
        raise InvalidValueError(problems, where="nengo-network")
    steps = round(duration / timestep)
    process = EngineProcess(
        "Nengo", Path(__file__).parent / "engine" / "reading.py", "Reader", isolated=False)
    try:
        found = process.ask("read", file=str(path), name=name, timestep=timestep, steps=steps)
    finally:
        process.close()
    if found["problems"]:
        raise UnsupportedError(
            [Problem(f"{where} cannot be taken over", measured=there, limit=would)
             for where, there, would in found["problems"]], where=f"Nengo network in {file}")
    losses = [f"{where}: {there}; here: {would}" for where, there, would in found["losses"]]
    losses.insert(0, "spikes: inside a step; here: at its end, so that every interval is half a "
                  f"step longer: {_fewer(found['ensembles']):.1%} fewer spikes are expected at "
                  f"{timestep:g} ms")
    return NengoNetwork(timestep, duration, found["ensembles"], found["connections"],
                        found["inputs"], losses)


def _fewer(ensembles: Sequence[Mapping[str, Any]]) -> float:
    """Return the part of all spikes that is lost where every interval is half a step longer."""
    interval = np.concatenate([np.empty(0), *(
        np.diff(e["spikes"][e["spikes"][:, 1] == k, 0])
        for e in ensembles for k in range(e["size"]))])
    return float(1.0 - np.mean(interval / (interval + 0.5))) if interval.size else 0.0


@model("nengo-network", timestep=0.1, numerics="pynn")
def nengo_network(
    sim: Any, *, file: str = "", network: str = "", simtime: float = 1000.0
) -> ModelResult:
    """Run a Nengo network of LIF ensembles, imported from a script.

    Encoders and decoders, solved by Nengo in a process of its own, become synapses between cells of
    type IF_curr_exp. What is not kept is told as warnings, and what cannot be taken is refused.

    Parameters
    ----------
    file : str
        A Python script that makes a `nengo.Network`.
    network : str
        The variable that holds it. Default: the only one.
    simtime : float
        ms.
    """
    if not file:
        raise InvalidValueError(
            Problem("no script is named", fix="--file SCRIPT"), where="nengo-network")
    read = read_network(file, network, sim.get_time_step(), simtime)
    for loss in read.losses:
        warnings.warn(loss, ImportLossWarning, stacklevel=2)
    populations = read.build(sim)
    sim.run(simtime)
    rows = []
    for population, theirs in zip(populations, read.rates(), strict=True):
        rate = population.mean_spike_count() / (simtime * 1e-3)
        rows.append((population.label, f"{rate:.1f} Hz", f"{theirs:.1f} Hz"))
    return ModelResult(
        title=f"Nengo network in {file}", columns=("ensemble", "rate", "in Nengo"), rows=rows)
