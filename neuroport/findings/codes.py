"""The kinds of findings that hold for every backend: NP101 to NP202."""

from __future__ import annotations

from neuroport.findings.finding import Severity, register

register(
    "NP101",
    "delay is not a whole number of time steps",
    Severity.WARNING,
    """Engines keep delays as whole numbers of time steps. A delay between two steps is rounded
    to the nearest one (half a step goes up), at least one step. The same script on an engine with
    another time step would then use other delays. Choose delays that are multiples of the time
    step, or a time step that divides them.""",
)
register(
    "NP102",
    "refractory period is not a whole number of time steps",
    Severity.WARNING,
    """A neuron stays refractory for a whole number of steps. Numerics 'pynn' round to the nearest
    step, as NEST does; numerics 'spinnaker' round up, as the chip does, so that PyNN's default of
    0.1 ms is a full millisecond on a machine with 1 ms steps.""",
)
register(
    "NP103",
    "a value looks as if it were in another unit",
    Severity.WARNING,
    """PyNN uses ms, mV, nA, nF and µS. A membrane time constant of 0.02 is probably meant in
    seconds, a resting potential of -0.065 in volts, a capacitance of 250 in pF. The run goes on
    with the value as written.""",
)
register(
    "NP104",
    "connector repeats synapses",
    Severity.WARNING,
    """A fixed-number connector without replacement was asked for more partners than there are
    cells. PyNN then connects every cell once and starts again, so some pairs have several
    synapses. Check that the number was meant.""",
)
register(
    "NP105",
    "one-to-one connector between different sizes",
    Severity.WARNING,
    """A OneToOneConnector joins cell i to cell i. Where the populations have different sizes the
    cells beyond the smaller size are left without a synapse.""",
)
register(
    "NP106",
    "projection without synapses",
    Severity.WARNING,
    """The connector made no synapse at all: a probability of zero, an empty list, a distance
    expression that is never true. The run goes on; this projection does nothing.""",
)
register(
    "NP107",
    "several spikes of one source in one time step",
    Severity.NOTE,
    """A spike source has more than one spike in a time step (a high Poisson rate, or spike times
    closer than the step). All of them are delivered; the recording shows each one.""",
)
register(
    "NP108",
    "spike time is not on the time grid",
    Severity.NOTE,
    """Spike times of a SpikeSourceArray are moved to the nearest time step.""",
)
register(
    "NP109",
    "spike times in the past",
    Severity.WARNING,
    """Spike times before the present time of the simulation can no longer be emitted.""",
)
register(
    "NP110",
    "integration is approximate",
    Severity.NOTE,
    """This cell's equations have no closed solution. The reference integrates them with the named
    scheme; its error falls with the time step.""",
)
register(
    "NP111",
    "plasticity follows numerics other than PyNN's",
    Severity.NOTE,
    """Numerics 'spinnaker' take A_plus and A_minus as absolute weight changes, treat the whole
    delay as dendritic and update weights at the next presynaptic spike. PyNN's own definition
    multiplies A_plus and A_minus by w_max. The same numbers learn differently.""",
)
register(
    "NP112",
    "weights are rounded to the grid on which they are stored",
    Severity.NOTE,
    """SpiNNaker keeps a weight in 16 bits. Its unit is a power of two chosen for each population
    and receptor from an estimate of the largest summed input: many or large inputs make the unit
    coarse, and small weights to the same receptor lose most by it. Numerics 'spinnaker' round
    static weights to the nearest multiple and floor plastic ones. The rounded weights are those of
    sim.network(). Equal shares of a threshold can stop being equal. Choose
    numerics={'base': 'spinnaker', 'static_weight_step': None} to see what the rounding does.""",
)
register(
    "NP113",
    "run time is not a whole number of time steps",
    Severity.WARNING,
    """An engine runs whole time steps. The time asked for is rounded up to the next one, so the
    simulation runs a little longer and the present time differs from the sum of the run times.""",
)
register(
    "NP114",
    "delay below the shortest that can be kept",
    Severity.ERROR,
    """A spike takes at least one time step to its target (or min_delay, where one was set). A run
    of the script ends with a DelayError where such a projection is made; 'neuroport check' goes on
    and lists it among all other findings.""",
    supersedes=("NP114",),
)
register(
    "NP115",
    "weights whose sign contradicts the receptor",
    Severity.ERROR,
    """A weight to an excitatory receptor, or to any receptor of a conductance-based cell, is 0 or
    above; one to an inhibitory receptor of a current-based cell is 0 or below. A run of the script
    ends with a WeightSignError where such a projection is made; 'neuroport check' goes on and
    lists it among all other findings. Scripts written for sPyNNaker give inhibitory weights
    without a sign: use dialect='spynnaker' for them.""",
    supersedes=("NP115",),
)
register(
    "NP201",
    "not available with these numerics",
    Severity.ERROR,
    """Numerics 'spinnaker' describe what the SpiNNaker software computes. A cell or rule that
    SpiNNaker does not have cannot be run under them: use numerics='pynn', or the nearest cell
    that exists there.""",
)
register(
    "NP202",
    "not available on this backend",
    Severity.ERROR,
    """The backend does not have this cell type, synapse type, rule, recordable variable or current
    source, or not with this value: some engines fix a parameter or an initial value, or keep one
    value for all cells or synapses. What it has is listed. 'neuroport backends NAME' lists all of
    it.""",
)
register(
    "NP203",
    "recorded variable ends one sample early",
    Severity.NOTE,
    """A run of n steps gives n + 1 samples, the last of them the present state. This engine does
    not tell the present value of the variable, so its last sample is missing. The recorded signal
    has the annotation missing_last_samples.""",
)
