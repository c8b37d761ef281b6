"""What scripts on an emulated board begin with: how they answer the test that started them."""

PROLOGUE = """\
import hashlib, json
import numpy
import pyNN.spiNNaker as sim

def answer(**values):
    print("ANSWER " + json.dumps(values))

def spikes_of(population, segment=-1):
    trains = population.get_data("spikes").segments[segment].spiketrains
    return [[round(float(t)) for t in train.magnitude] for train in trains]

def fixed(population, name):
    signals = population.get_data(name).segments[-1].analogsignals
    return numpy.round(signals[0].magnitude * 32768).astype("int64").T.tolist()
"""
