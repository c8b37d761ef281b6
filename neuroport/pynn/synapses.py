"""PyNN's synapse types and rules of plasticity, with neuroport's checks.

Synapse types are bound to a simulator: the shortest delay that it has now is their default.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

from pyNN.standardmodels import synapses
from pyNN.standardmodels.base import (
    STDPTimingDependence,
    STDPWeightDependence,
    build_translations,
)

from neuroport.errors import InvalidValueError, Problem
from neuroport.network.named_equations import STOCHASTIC_SYNAPSES
from neuroport.network.synapses import (
    STATIC,
    TIMING_RULES,
    TSODYKS_MARKRAM,
    WEIGHT_RULES,
    SynapseModel,
)
from neuroport.plain_numbers import number_problem, one_float
from neuroport.pynn.chip_only import chip_only
from neuroport.pynn.dialects import PYNN
from neuroport.pynn.entrance import checked_function
from neuroport.pynn.parameters import check_parameters, identity, signature_of
from neuroport.pynn.unsupported import unsupported

__all__ = ["SYNAPSE_RULES", "synapse_types", "synapse_model"]

_WEIGHT_RULES = {name: rule for rule, name in WEIGHT_RULES.items()}
_TIMING_RULES = {name: rule for rule, name in TIMING_RULES.items()}


# Arguments of STDPMechanism and their defaults, in PyNN's order.
_PARTS = ("timing_dependence", "weight_dependence", "voltage_dependence")
_MECHANISM: dict[str, Any] = {
    **dict.fromkeys(_PARTS), "dendritic_delay_fraction": 1.0, "weight": 0.0, "delay": None,
}


def _rule(base: type, name: str | None = None, doc: str | None = None) -> type:
    defaults: dict[str, Any] = base.default_parameters  # type: ignore[attr-defined]
    named = name or base.__name__
    shown = [p for p in signature(base.__init__).parameters if p in defaults]  # type: ignore[misc]
    native = shown or None

    @checked_function
    def __init__(self: Any, *values: Any, **keywords: Any) -> None:
        given = self.dialect.arguments(named, values, keywords, native)
        check_parameters(named, given, list(defaults), texts=True)
        base.__init__(self, **given)  # type: ignore[misc]

    return type(
        named,
        (base,),
        {
            "__init__": __init__,
            "__doc__": doc or base.__doc__,
            "__module__": __name__,
            "__signature__": signature_of(defaults, native),
            "dialect": PYNN,
            "translations": identity(base),
            "possible_models": {"stdp"},
        },
    )


SpikePairRule = _rule(synapses.SpikePairRule)
SpikeNearestPairRule = _rule(
    synapses.SpikePairRule,
    "SpikeNearestPairRule",
    "Pair rule in which each spike is paired with the nearest one of the other side only, "
    "as sPyNNaker's ``extra_models.SpikeNearestPairRule``.",
)
Vogels2011Rule = _rule(synapses.Vogels2011Rule)
AdditiveWeightDependence = _rule(synapses.AdditiveWeightDependence)
MultiplicativeWeightDependence = _rule(synapses.MultiplicativeWeightDependence)
AdditivePotentiationMultiplicativeDepression = _rule(
    synapses.AdditivePotentiationMultiplicativeDepression
)
GutigWeightDependence = _rule(synapses.GutigWeightDependence)



class _Triplet(STDPTimingDependence):  # type: ignore[misc]
    """Pfister & Gerstner's rule of spike triplets (2006), doi 10.1523/JNEUROSCI.1425-06.2006."""

    default_parameters = {"tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0, "tau_y": 125.0,
                          "A_plus": 0.01, "A_minus": 0.01}


class _AdditiveTriplet(STDPWeightDependence):  # type: ignore[misc]
    """Changes by pairs and by triplets, the same at every weight."""

    default_parameters = {"w_min": 0.0, "w_max": 1.0, "A3_plus": 0.01, "A3_minus": 0.01}


PfisterSpikeTriplet = _rule(_Triplet, "PfisterSpikeTriplet")
WeightDependenceAdditiveTriplet = _rule(_AdditiveTriplet, "WeightDependenceAdditiveTriplet")
# Scripts may make these; no engine here has them.
_CHIP_ONLY = (PfisterSpikeTriplet, WeightDependenceAdditiveTriplet)

SYNAPSE_RULES: dict[str, Any] = {
    rule.__name__: rule
    for rule in (
        SpikePairRule,
        SpikeNearestPairRule,
        Vogels2011Rule,
        AdditiveWeightDependence,
        MultiplicativeWeightDependence,
        AdditivePotentiationMultiplicativeDepression,
        GutigWeightDependence,
        PfisterSpikeTriplet,
        WeightDependenceAdditiveTriplet,
    )
}


def synapse_types(state: Any) -> dict[str, type]:
    """Return PyNN's synapse types bound to a simulator's state."""

    def minimum(self: Any) -> float:
        return float(state.default_delay)

    def simple(base: type) -> type:
        defaults: dict[str, Any] = base.default_parameters  # type: ignore[attr-defined]

        @checked_function
        def __init__(self: Any, *values: Any, **keywords: Any) -> None:
            parameters = state.dialect.arguments(base.__name__, values, keywords)
            check_parameters(base.__name__, parameters, list(defaults), texts=True)
            base.__init__(self, **parameters)  # type: ignore[misc]

        def parameter(name: str) -> property:
            def read(self: Any) -> Any:
                return self.parameter_space._parameters[name].base_value

            return property(read, doc=f"The parameter `{name}` as it was given.")

        return type(
            base.__name__,
            (base,),
            {
                **{name: parameter(name) for name in defaults},
                "__init__": __init__,
                "__doc__": base.__doc__,
                "__module__": __name__,
                "__signature__": signature_of(
                    defaults, state.dialect.order(base.__name__, None)
                ),
                "translations": identity(base),
                "_get_minimum_delay": minimum,
            },
        )

    class STDPMechanism(synapses.STDPMechanism):  # type: ignore[misc]
        """Spike-timing-dependent plasticity; see ``pyNN.standardmodels.synapses``."""

        __doc__ = synapses.STDPMechanism.__doc__
        base_translations = build_translations(
            ("weight", "weight"),
            ("delay", "delay"),
            ("dendritic_delay_fraction", "dendritic_delay_fraction"),
        )
        _get_minimum_delay = minimum

        __signature__ = signature_of(_MECHANISM, tuple(_MECHANISM))

        @checked_function
        def __init__(self, *values: Any, **keywords: Any) -> None:
            given = state.dialect.arguments("STDPMechanism", values, keywords, tuple(_MECHANISM))
            check_parameters("STDPMechanism", {k: v for k, v in given.items() if k not in _PARTS},
                             list(_MECHANISM), texts=True)
            given = {**_MECHANISM, **given}
            timing_dependence, weight_dependence = (
                given["timing_dependence"], given["weight_dependence"]
            )
            dendritic_delay_fraction, delay = given["dendritic_delay_fraction"], given["delay"]
            problems = []
            for name, value, base in (
                ("timing_dependence", timing_dependence, STDPTimingDependence),
                ("weight_dependence", weight_dependence, STDPWeightDependence),
            ):
                vogels = type(timing_dependence).__name__ == "Vogels2011Rule"
                if value is None and not (name == "weight_dependence" and vogels):
                    problems.append(Problem(f"STDPMechanism needs a {name}", measured="None"))
                elif value is not None and not isinstance(value, base):
                    problems.append(
                        Problem(f"{name} is of the wrong kind", measured=type(value).__name__,
                                limit=base.__name__)
                    )
            if given["voltage_dependence"] is not None:
                problems.append(Problem("neuroport has no voltage-dependent plasticity",
                                        fix="write your own with sim.synapse_by_equations(...)"))
            part = number_problem("dendritic_delay_fraction, a part of the delay,",
                                  dendritic_delay_fraction, least=0, most=1)
            problems += [part] if part else []
            if problems:
                raise InvalidValueError(problems, where="STDPMechanism")
            if weight_dependence is None:
                weight_dependence = AdditiveWeightDependence()
            super().__init__(
                timing_dependence, weight_dependence, None, one_float(dendritic_delay_fraction),
                given["weight"], 1.0,
            )
            # PyNN asks `delay or ...`, which takes 0 for "none given" and fails for arrays.
            self.delay = self._get_minimum_delay() if delay is None else delay

        def _build_translations(self) -> None:
            # PyNN updates the class's dictionary in place; two mechanisms must not share it.
            self.translations = dict(self.base_translations)
            for component in (self.timing_dependence, self.weight_dependence):
                self.translations.update(component.translations)

    return {
        "StaticSynapse": simple(synapses.StaticSynapse),
        "TsodyksMarkramSynapse": simple(synapses.TsodyksMarkramSynapse),
        **{name: simple(getattr(synapses, name)) for name in STOCHASTIC_SYNAPSES},
        "STDPMechanism": STDPMechanism,
    }


def synapse_model(synapse: Any) -> SynapseModel:
    """Return the engine-free description of a PyNN synapse type instance.

    Raises
    ------
    UnsupportedError
        For a synapse type or rule that neuroport does not have.
    """
    made = getattr(synapse, "neuroport_model", None)
    if made is not None:
        model: SynapseModel = made
        return model
    if isinstance(synapse, synapses.STDPMechanism):
        timing = type(synapse.timing_dependence).__name__
        weight = type(synapse.weight_dependence).__name__
        for part, kind, known in (
            (synapse.timing_dependence, "timing dependence", _TIMING_RULES),
            (synapse.weight_dependence, "weight dependence", _WEIGHT_RULES),
        ):
            if isinstance(part, _CHIP_ONLY):
                raise chip_only(type(part).__name__, kind, f"{kind}s it has: {', '.join(known)}")
        if timing not in _TIMING_RULES:
            raise unsupported(timing, "timing dependence", list(_TIMING_RULES))
        if weight not in _WEIGHT_RULES:
            raise unsupported(weight, "weight dependence", list(_WEIGHT_RULES))
        return SynapseModel(
            f"STDPMechanism({timing}, {weight})",
            "stdp",
            _TIMING_RULES[timing],  # type: ignore[arg-type]
            _WEIGHT_RULES[weight],  # type: ignore[arg-type]
            tuple(
                list(synapse.timing_dependence.default_parameters)
                + list(synapse.weight_dependence.default_parameters)
            ),
        )
    if isinstance(synapse, synapses.TsodyksMarkramSynapse):
        return TSODYKS_MARKRAM
    if isinstance(synapse, synapses.StaticSynapse):
        return STATIC
    for name, stochastic in STOCHASTIC_SYNAPSES.items():
        if isinstance(synapse, getattr(synapses, name)):
            return stochastic
    raise unsupported(
        type(synapse).__name__,
        "synapse type",
        ["StaticSynapse", "TsodyksMarkramSynapse", *STOCHASTIC_SYNAPSES, "STDPMechanism"],
    )
