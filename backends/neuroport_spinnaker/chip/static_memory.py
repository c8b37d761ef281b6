"""What each program of sPyNNaker 7.4.1 keeps in private memory before it asks for any.

Bytes of variables, from the vectors at the start of the released images (the word ``heap_base`` of
``sark_alib.s``). ``python benchmarks/private_memory.py --static`` prints this table from the images
that are installed, and a test compares it with them.
"""

from __future__ import annotations

__all__ = ["STATIC", "STACKS", "combined_binary", "split_binaries"]

STACKS = 2048  # of every image

STATIC: dict[str, int] = {
    "IF_cond_exp": 2672,
    "IF_cond_exp_neuron": 2432,
    "IF_cond_exp_stdp_mad_nearest_pair_additive": 2704,
    "IF_cond_exp_stdp_mad_pair_additive": 2704,
    "IF_curr_alpha": 2668,
    "IF_curr_alpha_neuron": 2428,
    "IF_curr_alpha_stdp_mad_pair_additive": 2700,
    "IF_curr_delta": 2672,
    "IF_curr_delta_neuron": 2432,
    "IF_curr_delta_stdp_mad_nearest_pair_additive": 2704,
    "IF_curr_delta_stdp_mad_pair_additive": 2704,
    "IF_curr_exp": 2668,
    "IF_curr_exp_neuron": 2428,
    "IF_curr_exp_stdp_mad_nearest_pair_additive": 2700,
    "IF_curr_exp_stdp_mad_nearest_pair_multiplicative": 2700,
    "IF_curr_exp_stdp_mad_pair_additive": 2700,
    "IF_curr_exp_stdp_mad_pair_multiplicative": 2700,
    "IF_curr_exp_stdp_mad_vogels_2011_additive": 2700,
    "IZK_curr_exp": 2668,
    "IZK_curr_exp_neuron": 2428,
    "IZK_curr_exp_stdp_mad_pair_additive": 2700,
    "delay_extension": 2116,
    "reverse_iptag_multicast_source": 2420,
    "spike_source_poisson": 2360,
    "synapses": 2340,
    "synapses_stdp_mad_nearest_pair_additive": 2372,
    "synapses_stdp_mad_nearest_pair_multiplicative": 2372,
    "synapses_stdp_mad_pair_additive": 2372,
    "synapses_stdp_mad_pair_multiplicative": 2372,
    "synapses_stdp_mad_vogels_2011_additive": 2372,
}

_NAMES = {
    "IF_curr_exp": "IF_curr_exp",
    "IF_cond_exp": "IF_cond_exp",
    "IF_curr_alpha": "IF_curr_alpha",
    "IF_curr_delta": "IF_curr_delta",
    "Izhikevich_curr_exp": "IZK_curr_exp",
}
_TIMINGS = {"pair": "pair", "nearest_pair": "nearest_pair", "vogels": "vogels_2011"}


def _suffix(rule: tuple[str, str] | None) -> str:
    if rule is None:
        return ""
    timing, weight = rule
    return f"_stdp_mad_{_TIMINGS.get(timing, timing)}_{weight}"


def combined_binary(cell: str, rule: tuple[str, str] | None) -> str:
    """Return the image for cells together with their synapses; it need not exist.

    Parameters
    ----------
    cell : str
        neuroport's cell type.
    rule : (str, str) or None
        Timing and weight dependence; None without plasticity.
    """
    return _NAMES.get(cell, cell) + _suffix(rule)


def split_binaries(cell: str, rule: tuple[str, str] | None) -> tuple[str, str]:
    """Return the images for cells and for synapses on cores of their own."""
    return _NAMES.get(cell, cell) + "_neuron", "synapses" + _suffix(rule)
