"""sPyNNaker's way of writing scripts, where it differs from PyNN's.

It is that of version 7.4.1 (``spynnaker.pyNN``): order of arguments, arguments that only it has,
weights without a sign, amplitudes as weight changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuroport.errors import InvalidValueError, Problem, UnknownArgumentError
from neuroport.numerics import Numerics
from neuroport.pynn.argument_order import ARGUMENT_ORDER
from neuroport.pynn.dialect import ARGUMENTS, PYNN, Dialect, by_name, too_many
from neuroport.pynn.unsupported import unsupported

__all__ = ["SPYNNAKER"]

# What sPyNNaker's Population takes by name only. All of its own arguments but neurons_per_core
# have no meaning elsewhere.
_KEYWORDS = {"Population": ("seed", "splitter", "neurons_per_core")}
_WITHOUT_EFFECT = ("verbose", "pad_to_length")
_NONE_IS_DEFAULT = ("spike_times", "duration", "delay", "n_connections")


@dataclass(frozen=True, slots=True)
class _SPyNNaker:
    name: str = "spynnaker"
    unsigned: bool = True

    def default_delay(self, limit: float, shortest: float) -> float:
        return limit

    def numerics(self, chosen: Numerics) -> Numerics:
        return chosen.switch(plasticity_amplitude="absolute")

    def names(self, models: Mapping[str, Any]) -> dict[str, Any]:
        # sPyNNaker's Izhikevich has exponential synapses.
        extra = {name: models[name] for name in ("SpikeNearestPairRule", "Vogels2011Rule")}
        return {
            **models,
            "Izhikevich": models["Izhikevich_curr_exp"],
            "extra_models": _ExtraModels(extra),
        }

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
        unknown = [name for name in given if name not in known]
        if unknown:
            raise UnknownArgumentError(unknown, what, (*own, *known))
        return given

    def __str__(self) -> str:
        return self.name


class _ExtraModels:
    """sPyNNaker's ``extra_models``, as far as neuroport has them."""

    def __init__(self, models: Mapping[str, Any]) -> None:
        self.__dict__.update(models)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise unsupported(name, "extra model", sorted(self.__dict__))


def _vogels(given: dict[str, Any]) -> dict[str, Any]:
    """Return sPyNNaker's terms of Vogels' rule in PyNN's: alpha = 2 rho tau, eta = A_plus."""
    if not {"alpha", "A_plus", "A_minus"} & set(given):
        return given
    up, down = given.pop("A_plus", 0.01), given.pop("A_minus", 0.01)
    tau = given.setdefault("tau", 20.0)
    problems = []
    if up != down:
        problems.append(Problem("Vogels2011Rule with two different amplitudes",
                                f"A_plus = {up!r}, A_minus = {down!r}", "one learning rate"))
    if "alpha" not in given:
        problems.append(Problem("Vogels2011Rule needs alpha", fix="alpha = 2 * rho * tau"))
    if problems:
        raise InvalidValueError(problems, where="Vogels2011Rule")
    alpha = given.pop("alpha")  # without a unit; rho is in Hz
    return {**given, "eta": up, "rho": alpha / (2.0 * tau) * 1e3}


SPYNNAKER: Dialect = _SPyNNaker()
