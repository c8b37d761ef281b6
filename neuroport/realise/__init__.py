"""From descriptions to arrays: connections, random values, spike trains and currents.

Everything is drawn here, once, from the network's seed, vectorised; engines get the arrays and
never draw numbers of their own.
"""

from neuroport.realise.connections import connect
from neuroport.realise.currents import current_samples
from neuroport.realise.estimates import estimate_synapses
from neuroport.realise.sources import source_spikes
from neuroport.realise.streams import Draw, generator, stream_seed
from neuroport.realise.wiring import Connections

__all__ = [
    "Connections",
    "Draw",
    "connect",
    "current_samples",
    "estimate_synapses",
    "generator",
    "source_spikes",
    "stream_seed",
]
