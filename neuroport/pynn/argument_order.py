"""The order of arguments in sPyNNaker 7.4.1; names are PyNN's where neuroport has the argument."""

from __future__ import annotations

__all__ = ["ARGUMENT_ORDER"]

_LEAKY = ("tau_m", "cm", "v_rest", "v_reset", "v_thresh", "tau_syn_E", "tau_syn_I", "tau_refrac",
          "i_offset")
_PAIR = ("tau_plus", "tau_minus", "A_plus", "A_minus")
_END = ("safe", "verbose", "callback")
_BOUNDS = ("w_min", "w_max")

ARGUMENT_ORDER: dict[str, tuple[str, ...]] = {
    "Population": ("additional_parameters",),  # after PyNN's
    "Projection": ("download_synapses", "partition_id"),
    "IF_curr_exp": (*_LEAKY, "v", "isyn_exc", "isyn_inh"),
    "IF_cond_exp": (*_LEAKY, "e_rev_E", "e_rev_I", "v", "gsyn_exc", "gsyn_inh"),
    "IF_curr_alpha": (*_LEAKY, "v"),
    "IF_curr_delta": (*_LEAKY[:5], *_LEAKY[7:], "v"),
    "Izhikevich_curr_exp": ("a", "b", "c", "d", "i_offset", "u", "v", "tau_syn_E", "tau_syn_I",
                            "isyn_exc", "isyn_inh"),
    "IF_curr_dual_exp": (*_LEAKY[:6], "tau_syn_E2", *_LEAKY[6:], "v", "isyn_exc", "isyn_inh"),
    "IFCurrExpCa2Adaptive": (*_LEAKY, "tau_ca2", "i_ca2", "i_alpha", "v", "isyn_exc", "isyn_inh"),
    "Izhikevich_cond": ("a", "b", "c", "d", "i_offset", "u", "v", "tau_syn_E", "tau_syn_I",
                        "e_rev_E", "e_rev_I", "gsyn_exc", "gsyn_inh"),
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
    "PfisterSpikeTriplet": ("tau_plus", "tau_minus", "tau_x", "tau_y", "A_plus", "A_minus"),
    "WeightDependenceAdditiveTriplet": (*_BOUNDS, "A3_plus", "A3_minus"),
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
    "AllButMeConnector": ("n_neurons_per_group", "weights", *_END),
    "OneToOneOffsetConnector": ("offset", "wrap", "n_neurons_per_group", *_END),
    "KernelConnector": (
        "shape_pre", "shape_post", "shape_kernel", "weight_kernel", "delay_kernel",
        "shape_common", "pre_sample_steps_in_post", "pre_start_coords_in_post",
        "post_sample_steps_in_pre", "post_start_coords_in_pre", "safe", "space", "verbose",
        "callback"),
    "FixedNumberPreConnector": ("n",),
    "FixedNumberPostConnector": ("n",),
}
