"""The child's side of an import: a user's `nengo.Network`, solved by Nengo and taken apart.

Loaded by ``neuroport/process/serve.py`` in a process of its own; needs NumPy and Nengo, nothing of
neuroport. Nengo solves the decoders and runs the network once: for the currents that its nodes
give, and for the spikes to compare with.
"""

from __future__ import annotations

import runpy
from typing import Any

import nengo
import numpy as np
from nengo.ensemble import Neurons

Told = tuple[str, str, str]  # where, what there is, what would do


class Reader:
    """Takes networks apart.

    Parameters
    ----------
    link : neuroport.process.serve.Link
        To whoever asks.
    """

    def __init__(self, link: Any) -> None:
        self._link = link

    def read(self, file: str, name: str, timestep: float, steps: int) -> dict[str, Any]:
        """Return a network as arrays, or why it cannot be taken.

        Parameters
        ----------
        file : str
            A script that makes it when it is run.
        name : str
            The variable that holds it; empty: the only network there is.
        timestep : float
            ms.
        steps : int
            How long its inputs are followed.

        Returns
        -------
        dict
            ``problems`` and ``losses``: list of (where, what there is, what would do);
            ``ensembles``, ``connections`` and ``inputs`` where there are no problems.
        """
        there = {key: value for key, value in runpy.run_path(file).items()
                 if isinstance(value, nengo.Network)}
        # Parts of a network may have names of their own.
        inner = {id(part) for network in there.values() for part in network.all_networks}
        outer = {key: value for key, value in there.items() if id(value) not in inner}
        if (name and name not in there) or (not name and len(outer) != 1):
            return {"losses": [], "problems": [(
                "the script", f"networks: {', '.join(there) or 'none'}",
                "the name of one of them")]}
        network = there[name] if name else next(iter(outer.values()))
        problems = _problems(network)
        if problems:
            return {"losses": [], "problems": problems}
        return {"problems": [], **_arrays(network, timestep, steps)}


def _label(thing: Any, number: int) -> str:
    return thing.label or f"{type(thing).__name__.lower()} {number}"


def _ensemble(end: Any) -> Any:
    return end.ensemble if isinstance(end, Neurons) else end


def _problems(network: Any) -> list[Told]:
    found: list[Told] = []
    labels = {e: _label(e, n) for n, e in enumerate(network.all_ensembles)}
    for e, label in labels.items():
        if type(e.neuron_type) is not nengo.LIF:
            found.append((f"ensemble '{label}'", f"neurons {e.neuron_type}", "nengo.LIF"))
        if e.noise is not None:
            found.append((f"ensemble '{label}'", f"noise {e.noise}", "no noise"))
    for n, node in enumerate(network.all_nodes):
        if node.size_in:
            found.append((f"node '{_label(node, n)}'", "it computes from what it is sent",
                          "nodes without inputs; connections between the ensembles themselves"))
    times: dict[Any, set[float]] = {}
    for n, c in enumerate(network.all_connections):
        where = f"connection '{_label(c, n)}'"
        if c.learning_rule is not None:
            found.append((where, f"learning rule {c.learning_rule}", "fixed decoders"))
        if not isinstance(c.transform, (nengo.Dense, nengo.transforms.NoTransform)):
            found.append((where, f"transform {c.transform}", "a dense one"))
        if isinstance(c.pre_obj, nengo.Node):
            continue
        if not isinstance(c.synapse, nengo.Lowpass) or c.synapse.tau <= 0:
            found.append((where, f"synapse {c.synapse}", "Lowpass with a time constant"))
        elif _ensemble(c.post_obj) in labels:
            times.setdefault(_ensemble(c.post_obj), set()).add(float(c.synapse.tau))
    for e, taus in times.items():
        if len(taus) > 1:
            found.append((f"ensemble '{labels[e]}'",
                          f"synapses of {', '.join(f'{t * 1e3:g} ms' for t in sorted(taus))}",
                          "one time constant for all synapses onto an ensemble"))
    return found


def _arrays(network: Any, timestep: float, steps: int) -> dict[str, Any]:
    losses = _losses(network)
    ensembles = list(network.all_ensembles)
    with network:
        spikes = [nengo.Probe(e.neurons) for e in ensembles]
        sent = {c: nengo.Probe(c, "output") for c in network.all_connections
                if isinstance(c.pre_obj, nengo.Node)}
    with nengo.Simulator(network, dt=timestep * 1e-3, progress_bar=False) as simulator:
        simulator.run_steps(steps, progress_bar=False)
        data = simulator.data
        number = {e: n for n, e in enumerate(ensembles)}
        taus: dict[int, float] = {}
        connections, inputs = [], []
        for c in network.all_connections:
            post = _ensemble(c.post_obj)
            if isinstance(c.pre_obj, nengo.Node):
                values = np.array(data[sent[c]])
                if c.synapse is not None:  # what a step reads was there at the end of the last one
                    values = np.concatenate([np.zeros_like(values[:1]), values[:-1]])
                inputs.append({"post": number[post],
                               "drive": values @ _into(c, data).T})
                continue
            pre = _ensemble(c.pre_obj)
            taus[number[post]] = float(c.synapse.tau) * 1e3
            connections.append({
                "pre": number[pre], "post": number[post], "tau": float(c.synapse.tau) * 1e3,
                "weight": _weights(c, data) * pre.neuron_type.amplitude})
        return {
            "losses": losses, "connections": connections, "inputs": inputs,
            "ensembles": [
                {"label": _label(e, n), "size": e.n_neurons, "bias": np.array(data[e].bias),
                 "tau_rc": e.neuron_type.tau_rc * 1e3, "tau_ref": e.neuron_type.tau_ref * 1e3,
                 "tau_syn": taus.get(n, 5.0), "spikes": np.argwhere(np.array(data[s]) > 0)}
                for n, (e, s) in enumerate(zip(ensembles, spikes))],
        }


def _into(connection: Any, data: Any) -> Any:
    """Return the matrix from what a connection gives to the input of each neuron."""
    post = connection.post_obj
    if isinstance(post, Neurons):
        gain = np.zeros((post.ensemble.n_neurons, connection.size_out))
        rows = np.arange(post.ensemble.n_neurons)[connection.post_slice]
        gain[rows, np.arange(connection.size_out)] = data[post.ensemble].gain[rows]
        return gain
    return np.asarray(data[post].scaled_encoders)[:, connection.post_slice]


def _weights(connection: Any, data: Any) -> Any:
    """Return the weights from each neuron to each neuron, per spike of area 1."""
    weights = data[connection].weights
    weights = np.asarray(1.0 if weights is None else weights, dtype=float)
    if isinstance(connection.pre_obj, Neurons):
        n = connection.pre_obj.ensemble.n_neurons
        columns = np.arange(n)[connection.pre_slice]
        full = weights if weights.ndim == 2 else np.eye(columns.size) * weights
        weights = np.zeros((full.shape[0], n))
        weights[:, columns] = full
    if isinstance(connection.pre_obj, nengo.Ensemble) and connection.solver.weights:
        return weights  # solved for the neurons themselves
    return _into(connection, data) @ weights


def _losses(network: Any) -> list[Told]:
    found: list[Told] = []
    floor = [e for e in network.all_ensembles if np.isfinite(e.neuron_type.min_voltage)]
    if floor:
        found.append(("potentials", f"held at min_voltage in {len(floor)} ensembles",
                      "not held: cells that are inhibited strongly come back later"))
    for n, probe in enumerate(network.all_probes):
        if not isinstance(probe.obj, Neurons):
            found.append((f"probe '{_label(probe, n)}'", f"{probe.attr or 'output'} of {probe.obj}",
                          "the spikes of every ensemble are recorded; decode them yourself"))
    for n, c in enumerate(network.all_connections):
        if isinstance(c.post_obj, nengo.Node):
            found.append((f"connection '{_label(c, n)}'", "to a node", "left out"))
    return found
