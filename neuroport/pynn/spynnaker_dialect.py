"""sPyNNaker's way of writing scripts, where it differs from PyNN's.

It is that of version 7.4.1 (``spynnaker.pyNN``): order of arguments, arguments that only it has,
weights without a sign, amplitudes as weight changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroport.errors import InvalidValueError, Problem, UnknownArgumentError
from neuroport.numerics import Numerics
from neuroport.pynn.argument_order import ARGUMENT_ORDER
from neuroport.pynn.chip_only import ChipNames
from neuroport.pynn.dialect import ARGUMENTS, PYNN, Dialect, by_name, too_many
from neuroport.pynn.spynnaker_objects import SpynnakerPopulation, SpynnakerView

__all__ = ["SPYNNAKER"]

# What sPyNNaker's Population takes by name, or in its additional_parameters.
_KEYWORDS = {"Population": (
    "neurons_per_core", "seed", "max_rate", "splitter", "splitter_object", "n_synapse_cores",
    "n_colour_bits", "allow_delay_extensions", "incoming_spike_buffer_size", "drop_late_spikes",
    "spikes_per_second", "ring_buffer_sigma", "max_expected_summed_weight")}
_PLACES = "it only says how a machine is filled"
_GRID = "the grid of the weights is that of sPyNNaker's own settings"
_IDLE = {
    "seed": "all random numbers come from the simulator's seed",
    **dict.fromkeys(
        ("max_rate", "splitter", "splitter_object", "n_synapse_cores", "n_colour_bits",
         "allow_delay_extensions", "incoming_spike_buffer_size"), _PLACES),
    "drop_late_spikes": "no spike is late here",
    **dict.fromkeys(
        ("spikes_per_second", "ring_buffer_sigma", "max_expected_summed_weight"), _GRID),
}
# What sPyNNaker records for everything of a cell; it calls synaptic currents conductances, too.
_RECORDED = ("spikes", "v", "gsyn_exc", "gsyn_inh")
_SIGNALS = {"gsyn_exc": ("isyn_exc", "isyn_excitatory2"), "gsyn_inh": ("isyn_inh",)}
_WITHOUT_EFFECT = ("verbose", "pad_to_length")
_EXTRA_MODELS = {
    "AllButMeConnector": "AllButMeConnector",
    "IFCurDelta": "IF_curr_delta",
    "IFCurrExpCa2Adaptive": "IFCurrExpCa2Adaptive",
    "IF_curr_dual_exp": "IF_curr_dual_exp",
    "Izhikevich_cond": "Izhikevich_cond",
    "OneToOneOffsetConnector": "OneToOneOffsetConnector",
    "PfisterSpikeTriplet": "PfisterSpikeTriplet",
    "SpikeNearestPairRule": "SpikeNearestPairRule",
    "Vogels2011Rule": "Vogels2011Rule",
    "WeightDependenceAdditiveTriplet": "WeightDependenceAdditiveTriplet",
}
_BASES: dict[str, tuple[type, ...]] = {
    "Population": (SpynnakerPopulation,), "PopulationView": (SpynnakerView,)}
_NONE_IS_DEFAULT = ("spike_times", "duration", "delay", "n_connections")


@dataclass(frozen=True, slots=True)
class _SPyNNaker:
    name: str = "spynnaker"
    unsigned: bool = True
    default_numerics: str = "spinnaker"

    def default_delay(self, limit: float, shortest: float) -> float:
        return limit

    def shortest_kept(self, limit: float, timestep: float) -> float:
        return timestep  # min_delay is only the default there

    def numerics(self, chosen: Numerics) -> Numerics:
        return chosen.switch(plasticity_amplitude="absolute")

    def names(self, models: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **models,
            # sPyNNaker's Izhikevich has exponential synapses.
            "Izhikevich": models["Izhikevich_curr_exp"],
            "extra_models": ChipNames("extra_models", "extra model", {
                name: models[own] for name, own in _EXTRA_MODELS.items()}),
            "external_devices": ChipNames("external_devices", "external device", {}),
            "name": lambda: models["name"],
            "get_machine": lambda: ChipNames("machine", "property of a machine", {}),
        }

    def cell_body(self, recordable: Sequence[str], units: Mapping[str, str]) -> dict[str, Any]:
        signals = {theirs: tuple(own for own in all_own if own in recordable)
                   for theirs, all_own in _SIGNALS.items() if all_own[0] in recordable}
        return {
            "recordable": [*recordable, *signals],
            "units": {**units, **{theirs: units[own[0]] for theirs, own in signals.items()}},
            "signals": signals,
        }

    def size(self, size: Any) -> Any:
        # Also sizes that come from a division; the tolerance is sPyNNaker's.
        real = isinstance(size, (float, np.floating)) and np.isfinite(size)
        return int(np.rint(size)) if real and abs(size - np.rint(size)) < 1e-3 else size

    def recorded(self, variables: Sequence[str], recordable: Collection[str]) -> list[str]:
        if "all" not in variables:
            return list(variables)
        return [name for name in _RECORDED if name in recordable]

    def not_recorded(self, variables: Any, recordable: Collection[str]) -> list[str]:
        if "all" not in variables or "v" not in recordable:  # a source has spikes only
            return []
        return [name for name in _RECORDED if name not in recordable]

    def bases(self, kind: str) -> tuple[type, ...]:
        return _BASES.get(kind, ())

    def idle(self, options: Mapping[str, Any]) -> dict[str, str]:
        return {name: _IDLE[name] for name, value in options.items()
                if name in _IDLE and value is not None}

    def order(self, model: str, native: Sequence[str] | None) -> tuple[str, ...] | None:
        return ARGUMENT_ORDER.get(model, None if native is None else tuple(native))

    def arguments(
        self,
        model: str,
        values: Sequence[Any],
        keywords: Mapping[str, Any],
        native: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        order = self.order(model, native)
        if order is None and values:
            return PYNN.arguments(model, values, keywords)
        given = by_name(model, values, keywords, order or ())
        for name in _WITHOUT_EFFECT:
            if name in (order or ()) or (name == "verbose" and model.endswith("Connector")):
                given.pop(name, None)
        if "backprop_delay" in (order or ()) and not given.pop("backprop_delay", True):
            raise InvalidValueError(
                Problem(f"{model}: spikes that run back are always delayed here",
                        "backprop_delay=False", "True", "leave it out"),
                where=model,
            )
        for name in _NONE_IS_DEFAULT:
            if name in given and given[name] is None:
                del given[name]
        return _vogels(given) if model == "Vogels2011Rule" else given

    def states(
        self, given: Mapping[str, Any], states: Iterable[str], parameters: Iterable[str]
    ) -> dict[str, Any]:
        own = set(states) - set(parameters)
        return {name: value for name, value in given.items() if name in own}

    def options(
        self, what: str, values: Sequence[Any], keywords: Mapping[str, Any]
    ) -> dict[str, Any]:
        own, more = ARGUMENTS[what], ARGUMENT_ORDER[what]
        if len(values) > len(more):
            raise too_many(what, len(own) + len(values), (*own, *more))
        given = by_name(what, values, keywords, more)
        known = (*more, *_KEYWORDS.get(what, ()))
        given = {**(given.pop("additional_parameters", None) or {}), **given}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise UnknownArgumentError(unknown, what, (*own, *known))
        return given

    def __str__(self) -> str:
        return self.name


def _vogels(given: dict[str, Any]) -> dict[str, Any]:
    """Return sPyNNaker's terms of Vogels' rule in PyNN's: alpha = 2 rho tau, eta = A_plus.

    A_minus changes nothing in 7.4.1: its program takes A_plus for both directions.
    """
    if not {"alpha", "A_plus", "A_minus"} & set(given):
        return given
    up = given.pop("A_plus", 0.01)
    given.pop("A_minus", None)
    tau = given.setdefault("tau", 20.0)
    if "alpha" not in given:
        raise InvalidValueError(
            Problem("Vogels2011Rule needs alpha", fix="alpha = 2 * rho * tau"),
            where="Vogels2011Rule")
    alpha = given.pop("alpha")  # without a unit; rho is in Hz
    return {**given, "eta": up, "rho": alpha / (2.0 * tau) * 1e3}


SPYNNAKER: Dialect = _SPyNNaker()
