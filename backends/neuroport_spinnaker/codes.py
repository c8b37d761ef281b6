"""The kinds of findings of this backend: NP301 to NP333, NP340 to NP345."""

from __future__ import annotations

from neuroport.findings import Severity, register

__all__: list[str] = []

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

register("NP301", "weights that become zero on the chip", _W, """
    A core stores all weights into one receptor of a population with one scale, chosen so that the
    largest expected sum of a time step fits into 16 bits. Weights below half a step of that scale
    are stored as zero: the synapse is there and does nothing. sPyNNaker says nothing about it. The
    cause is another projection into the same population and receptor with far larger weights or
    many more inputs. Ways out: bring the weights closer together (raise the small ones, lower the
    large ones and let more synapses share the work), send the large ones to a population or
    receptor of their own, or lower the expected number of inputs. 'neuroport preview' shows every
    projection's weights before and after. Where all of a projection's synapses die this is an
    error, for such a run is hardly ever meant; allow='NP301' (--allow NP301) makes it a warning
    and runs the network as it is.""", supersedes=("NP112",))
register("NP302", "weights that change on the chip", _W, """
    Weights are whole multiples of one step (see NP301). A weight of few steps is rounded by up to
    half a step; the relative change is shown. The limit is the option weight_loss (0.05).""",
    supersedes=("NP112",))
register("NP303", "sums of inputs may saturate", _W, """
    Inputs that arrive for the same time step are added into a 16-bit number; what is above is cut
    off and only counted. The scale makes room for the expected sum: with equal delays for one
    spike of every input at once, with spread delays for the mean and five standard deviations of
    Poisson inputs at 30 Hz. For conductances sPyNNaker 7.4.1 leaves its scale of 1024 out of the
    first of these, so that room is made for far less. Plastic weights and synchronous activity
    can go beyond as well. Ways out: lower weights with more inputs, or spread delays.""")
register("NP304", "learning below the weight resolution", _W, """
    A plastic weight changes by at most A_plus or A_minus in one pairing (times w_max - w for
    multiplicative rules). Where that is less than one step of the stored weight, potentiation is
    cut off to nothing, while depression, which is cut off downwards, costs a whole step: the
    weights do not learn, they drift to w_min. A handful of steps already distorts the rule. Ways
    out: larger A_plus and A_minus with fewer pairings, a smaller w_max, or fewer and weaker other
    inputs into the same receptor, which makes the step smaller.""")
register("NP305", "synaptic row too long for a core", _E, """
    All synapses from one presynaptic cell to the cells on one core form a row, which must fit into
    256 words: 256 static or 254 plastic synapses. sPyNNaker ends with SynapseRowTooBigException
    deep in the mapping. Put fewer neurons of the target population on a core
    (neurons_per_core), which needs more cores and changes nothing else.""")
register("NP306", "delays need more cores", _W, """
    The input ring of a core has 2^14 places for cells, receptors and time steps together: 256
    cells with two receptors leave 32 steps. Longer delays go through an extra core that sends
    again, once for each further 32 steps; sPyNNaker 7.4.1 loses listed synapses beyond the second
    stage, so neuroport puts fewer cells on a core, which makes the ring longer.""")
register("NP307", "delay that no machine setting can hold", _E, """
    With one cell on a core the ring holds 4096 steps with two receptors. A core that sends spikes
    again has no room for a stage of that length (NP330), and two stages of half of it reach no
    further. Use a chain of relay cells, or a larger time step.""")
register("NP308", "synapses would be lost between delay stages", _E, """
    In sPyNNaker 7.4.1 listed synapses with a delay of more than twice the ring are written to rows
    that do not exist when the source population is not a multiple of the target's cells on a core.
    They vanish without a word: of 13 synapses with delays of 1 to 120 steps, 7 were left. Remove
    your own neurons_per_core for the target population and neuroport chooses one that avoids
    it.""")
register("NP309", "delay below one time step", _E, """
    A spike needs at least one time step to its target. Delays of zero behaved as the longest delay
    of the ring on the chip. Around a loop of populations a delay of zero has no meaning at all.""",
    supersedes=("NP114",))
register("NP310", "cell type that SpiNNaker does not have", _E, """
    The released binaries have IF_curr_exp, IF_cond_exp, IF_curr_alpha, IF_curr_delta, Izhikevich
    with exponential currents, and the two spike sources. sPyNNaker fails on others with an
    AttributeError or NotImplementedError.""")
register("NP311", "synapse type or rule that SpiNNaker does not have", _E, """
    SpiNNaker has static synapses, and spike-timing-dependent plasticity with pair, nearest-pair or
    Vogels' timing and additive or multiplicative weights. There is no short-term plasticity.""")
register("NP312", "different plasticity rules into one population", _E, """
    A core carries one plasticity rule with one set of parameters for all plastic projections into
    its population. sPyNNaker ends with SynapticConfigurationException. Use the same rule and
    parameters, or split the population.""")
register("NP313", "plasticity parameters differ between synapses", _E, """
    tau_plus, tau_minus, A_plus, A_minus, w_min and w_max are single numbers on a core. Values that
    were given per synapse cannot be kept.""")
register("NP314", "part of the delay is not dendritic", _E, """
    The chip treats the whole delay as dendritic: a postsynaptic spike takes the delay to reach the
    synapse. The sign of learning can depend on it: the same spikes 1.5 ms apart over 5 ms gave
    depression with an axonal and potentiation with a dendritic delay. Set
    dendritic_delay_fraction=1, or numerics='spinnaker', and judge the result.""")
register("NP315", "alpha current faster than the time step", _E, """
    The binary of IF_curr_alpha computes no input at all for a synaptic time constant below the
    time step: 0.5 ms, PyNN's default, at steps of 1 ms gives exactly zero. Choose a time constant
    of at least two steps, a smaller step, or IF_curr_exp.""")
register("NP316", "core may not keep up with its inputs", _W, """
    A core has one time step of machine time to process the spikes that arrive. sPyNNaker reckons
    with 13 million static or 1.4 million plastic synaptic events a second on a core that does
    nothing else. Beyond, spikes are late or the step overruns. Ways out: fewer neurons on a core,
    fewer synapses, lower rates, or slower than real time (time_scale_factor).""")
register("NP317", "variable that the chip does not record", _E, """
    Spikes, v and the inputs of the two receptors can be recorded; spike sources record spikes
    only.""")
register("NP318", "current that the chip cannot inject", _E, """
    DCSource, ACSource and StepCurrentSource exist on the chip. Noise would be drawn by the chip and
    differ from every other backend.""")
register("NP319", "parameter outside the chip's numbers", _E, """
    Parameters are stored as s16.15: below 65536 in size, in steps of 1/32768 = 0.0000305. A
    parameter of few such steps changes, one below half a step becomes zero (and a zero capacitance
    or time constant divides by zero).""")
register("NP320", "the chip has its own rules inside a time step", _N, """
    On SpiNNaker the synaptic current is held over a step, refractory periods are rounded up, and
    plasticity uses absolute changes at the next presynaptic spike. The network was made with other
    numerics. Running it on Brian2 with numerics='spinnaker' shows what that does.""")
register("NP321", "weight of the wrong sign", _E, """
    sPyNNaker takes the size of a listed weight: a negative weight on an excitatory receptor comes
    back positive. Inhibition belongs on the inhibitory receptor.""", supersedes=("NP115",))
register("NP322", "delta weights are currents on the chip", _E, """
    PyNN's IF_curr_delta has weights in mV, the jump of the potential. On the chip the weight is a
    current in nA that lasts one step. Multiply by cm/(tau_m*(1-exp(-dt/tau_m))) and use
    numerics='spinnaker', which means the same.""")
register("NP323", "network does not fit the machine", _E, """
    More cores are needed than the target has for applications. Choose a larger target (several
    boards), or put more neurons on a core.""")
register("NP324", "refractory period is rounded up on the chip", _W, """
    The chip counts whole steps and rounds up: PyNN's default of 0.1 ms becomes a full millisecond
    at steps of 1 ms.""", supersedes=("NP102",))
register("NP325", "sPyNNaker's own value differs from neuroport's formula", _W, """
    The weight scale is asked from sPyNNaker and computed by neuroport. They differ, so this
    version of sPyNNaker chooses its scales in another way; sPyNNaker's value holds.""")
register("NP326", "synapses are missing after the mapping", _E, """
    sPyNNaker was asked for the synapses that it will load, and some of those that were listed are
    not among them.""")
register("NP327", "the machine runs slower than real time", _N, """
    Below 1 ms sPyNNaker slows the machine down, by 1 ms divided by the time step.""")
register("NP329", "the machine makes its own synapses", _W, """
    With connectors='machine' projections by a rule (a probability, a number) are drawn by the
    machine: no list has to be loaded, and which cells are joined differs from every other backend
    and from the network's file. Statistics can be compared, single spikes and synapses cannot.
    connectors='realised' sends the network's own synapses.""")
register("NP328", "the machine draws its own Poisson trains", _N, """
    With poisson='machine' the trains differ from those of every other backend and from run to run.
    poisson='realised' sends the network's own.""")
register("NP330", "private memory of a core is too small", _E, """
    A core keeps its cells, the ring of inputs, the history of spikes for learning, the table of
    the populations that reach it and its buffers in 64 KiB of private memory (DTCM), less what
    the program's variables and stacks take. sPyNNaker 7.4 does not count it: the network is
    mapped and loaded, and the core ends at its start with "Out of DTCM". Plastic cells need 100
    bytes more each, and the ring doubles with each doubling of the longest delay up to 32 KiB: 256
    plastic cells with a delay of 9 steps do not fit. A core that delays the spikes of a population
    needs a byte for each cell and step. Put fewer neurons on a core (neurons_per_core), which needs
    more cores and changes nothing else. The figure is neuroport's own; wherever it was compared it
    was equal to what the released programs need on the emulated board (docs/spinnaker.md).""")
register("NP331", "delay stages of two lengths from one population", _E, """
    Spikes that arrive later than the ring of the target reaches are sent again by a core of their
    own, after one length of that ring. sPyNNaker 7.4.1 has one such core for a population, and
    ends with DelayExtensionException where its targets have rings of different lengths, which
    follow from the number of neurons on a core. neuroport chooses numbers that avoid it; your own
    neurons_per_core prevents that.""")
register("NP332", "recorded inputs end one sample early", _N, """
    A run of n steps gives n + 1 samples, the last of them the present state. For v it is read from
    the machine. The inputs of the receptors at that time contain spikes that still lie in the
    core's private ring of inputs, which nothing outside can read, so their last sample is missing;
    running a step longer would change the spikes, the weights and every later run. The recorded
    signal has the annotation missing_last_samples.""")
register("NP333", "neurons_per_core for a population that is not there", _W, """
    The option neurons_per_core names populations by their labels. A label that no population of
    the network has changes nothing.""")
register("NP340", "populations share cores", _N, """
    A core holds cells of one population, so many small populations need many cores. The machine
    has too few for this network, and populations of one kind were put together: the same cell
    type, recorded variables and rules, inputs from populations of one kind, and a weight scale
    that stays what it is for each alone. The synapses are the same, and so is what every cell
    computes.""")
register("NP341", "spikes or inputs were lost or late in the run", _W, """
    The programs on the cores count what they could not do: spikes that did not fit into a core's
    input buffer of 256, spikes or synapses that were handled a step too late or skipped, steps that
    took longer than a step, sums that were cut off; routers count packets that a core did not take
    in time. The recorded result is then not what the network asks for. Usually hundreds of
    cells fire in the same step, or too many cells share a core. The population and its worst core
    are named.""")
register("NP342", "timing of the emulated board is approximate", _W, """
    With timing 'loaded' the emulated board has estimated costs of branches, memory and DMA, queues
    of four packets and routers that give up. They come from public descriptions, and nothing was
    calibrated on a board. Where it reports late spikes or dropped packets a board may have more,
    fewer, or none. With timing 'ideal' the board is deterministic: the same network gives the same
    result, whatever the computer does besides.""")
register("NP343", "alpha current is weaker than its weight says", _W, """
    PyNN's weight of an alpha synapse is the peak of its current. The binary of IF_curr_alpha gives
    each input the charge of weight x one time step instead, so the peak is dt/(e tau_syn) of the
    weight: an eighth at 3 ms and steps of 1 ms. Measured on the emulated board. Multiply the
    weights by e tau_syn/dt, or use IF_curr_exp.""")
register("NP344", "plastic synapses that deliver nothing", _E, """
    The ring in which a core keeps inputs has a power of two of places, enough for the longest delay
    of its synapses. A plastic synapse whose delay is just that number of steps, or has just as much
    left after its stages, has a delay of 0 in the bits that are kept, and the program takes the
    spike for one that comes too late: it is counted as skipped and not delivered, and learning
    goes on with no delay. sPyNNaker 7.4.1 says nothing about it. It is in the released program:
    neuroport's board and the unicorn processor give the same, and so does the public source; what
    a physical board does was never measured. Neuroport asks for a longer ring (NP345), or for
    fewer cells on a core, which makes room for one; what is left is due to your own
    neurons_per_core. Leave it out, or take a delay of one step more or less.""")
register("NP345", "a longer ring for plastic synapses", _N, """
    These plastic synapses would deliver nothing on a ring as long as sPyNNaker 7.4.1 makes it (see
    NP344), and a plain sPyNNaker script loses them. Neuroport announces a longest delay of one step
    more, so that the ring has twice the places; no synapse and no delay changes.""")
