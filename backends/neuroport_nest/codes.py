"""The kinds of findings of this backend: NP401 to NP405."""

from __future__ import annotations

from neuroport.findings import Severity, register

__all__: list[str] = []

_E = Severity.ERROR

register("NP401", "numerics that NEST does not have", _E, """
    NEST's models have their own rules inside a time step: synaptic currents are integrated in
    closed form, a cell fires at v >= v_thresh, delta synapses are jumps of the potential, spikes
    at the same moment do not make a pair, and a plastic weight is brought up to date at the next
    presynaptic spike. Choices that ask for something else are refused, all at once. Numerics
    'pynn' with the choices named under 'limit' are met.""")
register("NP402", "delay that is too short for NEST", _E, """
    NEST uses a spike one step later than the step rule says: a spike of step k over d steps is in
    the input of a cell with exponential or alpha synapses at step k+d+1, and d is at least 1. So
    the step rule (delay_rule='same_step') needs delays of two steps or more from such cells; spike
    sources, whose spikes are known beforehand, and cells with delta synapses are not concerned.
    Ways out: --numerics pynn+delay_rule=next_step, which every delay meets and which Brian2 meets
    as well, so that both can be compared; delays of two steps; or half the time step.""")
register("NP403", "plasticity that NEST computes in another way", _E, """
    NEST's plastic synapses treat the whole delay as dendritic, have no lower bound but zero, keep
    the postsynaptic trace in the cell (one tau_minus for all synapses onto it) and write the weight
    at presynaptic spikes. Where the network asks for something else, it would learn something
    else. Under --numerics pynn+delay_rule=next_step+plasticity_update=deferred the pair rule with
    all delay dendritic and w_min = 0 is met exactly, with every weight dependence. NEST's
    nearest-neighbour rules pair other spikes than the contract's.""")
register("NP404", "values that NEST refuses", _E, """
    NEST checks parameters more strictly than PyNN: the reset potential must lie below the
    threshold, a synaptic current cannot have an initial value, and whether an input is excitatory
    or inhibitory follows from the sign of its weight alone.""")
register("NP405", "time step that NEST cannot keep", _E, """
    NEST counts time in thousandths of a millisecond. A time step that is not a whole number of
    them would be rounded, and with it every delay and spike time.""")
