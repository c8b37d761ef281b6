"""A network in sPyNNaker's own words. Runs in the child."""

from __future__ import annotations

from typing import Any

__all__ = ["Builder", "by_cell", "value"]

SPARE = 8  # of so many cells of a listed source, one gets room for a spike in every step


class Builder:
    """Makes populations, projections and currents from their descriptions.

    Parameters
    ----------
    sim : module
        ``pyNN.spiNNaker``.
    np : module
        NumPy.
    network : dict
        What `neuroport_spinnaker.lower.network.lower` describes.
    arrays : dict of str to array
        Its arrays.
    spare : float or None
        The time (ms) of the end of the first run, if others may follow.
    """

    def __init__(
        self, sim: Any, np: Any, network: dict[str, Any], arrays: dict[str, Any],
        spare: float | None,
    ) -> None:
        self.sim, self.np = sim, np
        self.network, self.arrays, self.spare = network, arrays, spare
        self.populations: list[Any] = []
        self.projections: dict[int, Any] = {}
        self.currents: list[Any] = []

    def build(self, spikes: dict[str, Any]) -> None:
        """Make everything.

        Parameters
        ----------
        spikes : dict of str to array
            Spikes of listed sources: ``index{k}``, ``time{k}`` (ms) of population k.
        """
        sim = self.sim
        for k, p in enumerate(self.network["populations"]):
            self.populations.append(self._population(k, p, spikes))
        for p in self.network["projections"]:
            connector, delay = self._connector(p)
            self.projections[p["number"]] = sim.Projection(
                self.populations[p["pre"]], self.populations[p["post"]], connector,
                self._synapse(p["rule"], p.get("weight", 0.0), delay),
                receptor_type=p["receptor"], label=p["label"],
            )
        for c in self.network["currents"]:
            source = getattr(sim, c["kind"])(**c["parameters"])
            self.currents.append(source)
            for number, cells in c["targets"]:
                population = self.populations[number]
                if len(cells) == population.size:
                    population.inject(source)
                else:
                    sim.PopulationView(population, cells).inject(source)

    def _population(self, k: int, p: dict[str, Any], times: Any) -> Any:
        sim, arrays = self.sim, self.arrays
        values = {name: value(arrays[f"parameters{k}.{name}"]) for name in p["parameters"]}
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
        initial = {name: value(arrays[f"initial{k}.{name}"]) for name in p["initial"]}
        known = set(population._vertex.get_state_variables()) if initial else set()
        initial = {name: v for name, v in initial.items() if name in known}
        if initial:
            population.initialize(**initial)
        for r in p["recordings"]:
            cells = arrays[f"recorded{k}.{r['variable']}"]
            who = population if r["all"] else sim.PopulationView(population, cells)
            interval = r["interval"] * self.network["timestep"]
            if r["variable"] == "spikes" or r["interval"] == 1:
                who.record(r["variable"])
            else:
                who.record(r["variable"], sampling_interval=interval)
        return population

    def _connector(self, p: dict[str, Any]) -> tuple[Any, float]:
        """Return what joins the cells, and the delay (ms) of synapses that are not listed."""
        if "connector" in p:  # the machine's own synapses
            make = _reaching(getattr(self.sim, p["connector"]), p["reach"])
            return make(**p["arguments"]), p["delay"]
        make = _reaching(self.sim.FromListConnector, p["reach"])
        rows = self.arrays[f"synapses{p['number']}"]
        if self.np.ptp(rows[:, 3]) == 0:
            # The variance of a list of equal delays is seldom exactly 0 (0.2 ms: 1e-33), and then
            # the weight scale is chosen as for delays that spread the inputs.
            return make(rows[:, :3], column_names=["weight"]), float(rows[0, 3])
        return (make(rows, column_names=["weight", "delay"]),
                self.network["timestep"])

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


def _reaching(connector: Any, reach: float) -> Any:
    """Return a class of connectors that announces a longest delay (ms) of at least `reach`.

    7.4.1 makes a core's ring just as long as the longest delay, and a plastic synapse of that very
    delay delivers nothing (:mod:`neuroport_spinnaker.chip.ring`). No synapse changes.
    """
    if not reach:
        return connector

    class Reaching(connector):  # type: ignore[misc]
        def get_delay_maximum(self, synapse_info: Any) -> float:
            return float(max(reach, super().get_delay_maximum(synapse_info)))

    return Reaching


def value(array: Any) -> Any:
    """Return one number where all cells have the same, which sPyNNaker stores once."""
    if array.size and (array == array.flat[0]).all():
        return float(array.flat[0])
    return [float(v) for v in array]


def _trains(np: Any, size: int, times: Any, k: int) -> Any:
    index, time_ = times[f"index{k}"], times[f"time{k}"]
    if not index.size:
        return []  # a list of empty lists is an IndexError in 7.4.1
    return [train.tolist() for train in by_cell(np, size, index, time_)]


def by_cell(np: Any, size: int, index: Any, values: Any) -> Any:
    order = np.lexsort((values, index))
    return np.split(values[order], np.cumsum(np.bincount(index, minlength=size))[:-1])
