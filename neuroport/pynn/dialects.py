"""How scripts are read: in PyNN's way, or in sPyNNaker's where that differs.

sPyNNaker's side is that of version 7.4.1 (``spynnaker.pyNN``): order of arguments, arguments that
only it has, weights without a sign, amplitudes as weight changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from neuroport.errors import InvalidValueError, Problem, UnknownArgumentError, nearest
from neuroport.numerics import Numerics
from neuroport.pynn.unsupported import unsupported

__all__ = ["ARGUMENT_ORDER", "DIALECTS", "PYNN", "SPYNNAKER", "Dialect", "dialect_of"]


class Dialect(Protocol):
    """What differs between the dialects.

    Attributes
    ----------
    name : str
        As ``simulator(dialect=...)`` has it.
    unsigned : bool
        Whether weights to inhibitory receptors are written and read without a sign.
    """

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def unsigned(self) -> bool: ...

    def default_delay(self, limit: float, shortest: float) -> float:
        """Return the delay (ms) of synapses that are given none.

        ``limit`` is the shortest that is allowed, ``shortest`` that of the network so far.
        """
        ...

    def numerics(self, chosen: Numerics) -> Numerics:
        """Return the numerics with what the dialect means by its amplitudes."""
        ...

    def names(self, models: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a script finds under each name."""
        ...

    def order(self, model: str, native: Sequence[str] | None) -> tuple[str, ...] | None:
        """Return the order of a constructor's arguments, or None where they need their names.

        Parameters
        ----------
        model : str
            Name of the class.
        native : sequence of str or None
            PyNN's own order; None where PyNN takes keywords only.
        """
        ...

    def arguments(
        self,
        model: str,
        values: Sequence[Any],
        keywords: Mapping[str, Any],
        native: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Return a constructor's arguments by PyNN's names.

        Parameters
        ----------
        model : str
            Name of the class.
        values : sequence
            Arguments without a name.
        keywords : mapping
            Arguments with a name.
        native : sequence of str, optional
            PyNN's own order; None where PyNN takes keywords only.

        Raises
        ------
        UnknownArgumentError, PositionalArgumentError
        """
        ...

    def states(
        self, given: Mapping[str, Any], states: Iterable[str], parameters: Iterable[str]
    ) -> dict[str, Any]:
        """Return those of a cell's parameters, as given, that are initial values."""
        ...

    def options(
        self, what: str, values: Sequence[Any], keywords: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the arguments of a Population or Projection that only this dialect has.

        Raises
        ------
        UnknownArgumentError, PositionalArgumentError
        """
        ...


class PositionalArgumentError(InvalidValueError, TypeError):
    """Arguments without a name that a constructor does not take."""


def _too_many(model: str, number: int, order: Sequence[str]) -> PositionalArgumentError:
    return PositionalArgumentError(
        Problem(
            f"{model} takes at most {len(order)} arguments without a name",
            measured=f"{number}",
            limit=", ".join(order),
        ),
        where=model,
    )


def _twice(model: str, names: Sequence[str]) -> PositionalArgumentError:
    return PositionalArgumentError(
        [Problem(f"{model} was given '{name}' twice", "with and without its name")
         for name in names],
        where=model,
    )


def _by_name(
    model: str, values: Sequence[Any], keywords: Mapping[str, Any], order: Sequence[str]
) -> dict[str, Any]:
    if len(values) > len(order):
        raise _too_many(model, len(values), order)
    given = dict(zip(order, values, strict=False))
    twice = [name for name in given if name in keywords]
    if twice:
        raise _twice(model, twice)
    return {**given, **keywords}


@dataclass(frozen=True, slots=True)
class _PyNN:
    name: str = "pynn"
    unsigned: bool = False

    def default_delay(self, limit: float, shortest: float) -> float:
        return shortest  # as pyNN.nest has it

    def numerics(self, chosen: Numerics) -> Numerics:
        return chosen

    def names(self, models: Mapping[str, Any]) -> dict[str, Any]:
        return dict(models)

    def order(self, model: str, native: Sequence[str] | None) -> tuple[str, ...] | None:
        return None if native is None else tuple(native)

    def arguments(
        self,
        model: str,
        values: Sequence[Any],
        keywords: Mapping[str, Any],
        native: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        if native is None and values:
            # sPyNNaker's Vogels2011Rule has other names, too.
            order = ARGUMENT_ORDER.get(model, ()) if model != "Vogels2011Rule" else ()
            shown = ", ".join(
                f"{name}={_short(value)}" for name, value in zip(order, values, strict=False)
            )
            raise PositionalArgumentError(
                Problem(
                    f"{model} takes its arguments by name",
                    measured=f"{len(values)} without a name",
                    limit="PyNN's models take keywords only",
                    fix=f"{model}({shown or 'name=value'})"
                    + (", or dialect='spynnaker' for scripts written for sPyNNaker"
                       if order else ""),
                ),
                where=model,
            )
        return _by_name(model, values, keywords, native or ())

    def states(
        self, given: Mapping[str, Any], states: Iterable[str], parameters: Iterable[str]
    ) -> dict[str, Any]:
        return {}

    def options(
        self, what: str, values: Sequence[Any], keywords: Mapping[str, Any]
    ) -> dict[str, Any]:
        own = _ARGUMENTS[what]
        if values:
            raise _too_many(what, len(own) + len(values), own)
        if keywords:
            raise UnknownArgumentError(list(keywords), what, own)
        return {}

    def __str__(self) -> str:
        return self.name


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
        given = _by_name(model, values, keywords, order or ())
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
        own, more = _ARGUMENTS[what], ARGUMENT_ORDER[what]
        if len(values) > len(more):
            raise _too_many(what, len(own) + len(values), (*own, *more))
        given = _by_name(what, values, keywords, more)
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


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else "..."


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


PYNN: Dialect = _PyNN()
SPYNNAKER: Dialect = _SPyNNaker()
DIALECTS: dict[str, Dialect] = {d.name: d for d in (PYNN, SPYNNAKER)}


def dialect_of(name: str) -> Dialect:
    """Return a dialect by its name.

    Raises
    ------
    InvalidValueError
        Naming those there are.
    """
    if name in DIALECTS:
        return DIALECTS[name]
    near = nearest(str(name), DIALECTS)
    raise InvalidValueError(
        Problem(
            f"there is no dialect {name!r}",
            limit=", ".join(DIALECTS),
            fix=f"did you mean '{near[0]}'?" if near else "",
        )
    )


_ARGUMENTS = {
    "Population": ("size", "cellclass", "cellparams", "structure", "initial_values", "label"),
    "Projection": ("presynaptic_neurons", "postsynaptic_neurons", "connector", "synapse_type",
                   "source", "receptor_type", "space", "label"),
}
# What sPyNNaker's Population takes by name only. All of its own arguments but neurons_per_core
# have no meaning elsewhere.
_KEYWORDS = {"Population": ("seed", "splitter", "neurons_per_core")}
_WITHOUT_EFFECT = ("verbose", "pad_to_length")
_NONE_IS_DEFAULT = ("spike_times", "duration", "delay", "n_connections")

_LEAKY = ("tau_m", "cm", "v_rest", "v_reset", "v_thresh", "tau_syn_E", "tau_syn_I", "tau_refrac",
          "i_offset")
_PAIR = ("tau_plus", "tau_minus", "A_plus", "A_minus")
_END = ("safe", "verbose", "callback")
_BOUNDS = ("w_min", "w_max")

# sPyNNaker's order of arguments; names are PyNN's where neuroport has the argument.
ARGUMENT_ORDER: dict[str, tuple[str, ...]] = {
    "Population": ("additional_parameters",),  # after PyNN's
    "Projection": ("download_synapses", "partition_id"),
    "IF_curr_exp": (*_LEAKY, "v", "isyn_exc", "isyn_inh"),
    "IF_cond_exp": (*_LEAKY, "e_rev_E", "e_rev_I", "v", "gsyn_exc", "gsyn_inh"),
    "IF_curr_alpha": (*_LEAKY, "v"),
    "IF_curr_delta": (*_LEAKY[:5], *_LEAKY[7:], "v"),
    "Izhikevich_curr_exp": ("a", "b", "c", "d", "i_offset", "u", "v", "tau_syn_E", "tau_syn_I",
                            "isyn_exc", "isyn_inh"),
    "SpikeSourceArray": ("spike_times",),
    "SpikeSourcePoisson": ("rate", "start", "duration"),
    "DCSource": ("amplitude", "start", "stop"),
    "ACSource": ("start", "stop", "amplitude", "offset", "frequency", "phase"),
    "StepCurrentSource": ("times", "amplitudes"),
    "NoisyCurrentSource": ("mean", "stdev", "start", "stop", "dt", "rng"),
    "StaticSynapse": ("weight", "delay", "pad_to_length"),
    "STDPMechanism": ("timing_dependence", "weight_dependence", "voltage_dependence",
                      "dendritic_delay_fraction", "weight", "delay", "pad_to_length",
                      "backprop_delay"),
    "SpikePairRule": _PAIR,
    "SpikeNearestPairRule": _PAIR,
    "Vogels2011Rule": ("alpha", "tau", "A_plus", "A_minus"),
    "AdditiveWeightDependence": _BOUNDS,
    "MultiplicativeWeightDependence": _BOUNDS,
    "AllToAllConnector": ("allow_self_connections", *_END),
    "OneToOneConnector": ("safe", "callback", "verbose"),
    "ArrayConnector": ("array", "safe", "callback", "verbose"),
    "FixedProbabilityConnector": ("p_connect", "allow_self_connections", "safe", "verbose", "rng",
                                  "callback"),
    "FixedTotalNumberConnector": ("n", "allow_self_connections", "with_replacement", "rng", *_END),
    "DistanceDependentProbabilityConnector": (
        "d_expression", "allow_self_connections", "n_connections", "rng", *_END),
    "IndexBasedProbabilityConnector": (
        "index_expression", "allow_self_connections", "rng", "safe", "callback", "verbose"),
    "SmallWorldConnector": (
        "degree", "rewiring", "allow_self_connections", "n_connections", "rng", "safe", "callback",
        "verbose"),
    "FromFileConnector": ("file", "distributed", "safe", "callback", "verbose"),
    "FromListConnector": ("conn_list", "column_names"),
    "FixedNumberPreConnector": ("n",),
    "FixedNumberPostConnector": ("n",),
}
