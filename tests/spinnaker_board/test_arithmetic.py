"""Recorded values against an independent statement of the binaries' arithmetic.

The formulas are those of the public sources of release 7.4.1, written down anew with
Python integers.  Equality is exact: the board runs the very binary, so no tolerance applies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

ONE = 32768
U32 = (1 << 32) - 1


def fixed(value: float) -> int:
    """To 16.15, nearest, as the host converts parameters."""
    return round(value * ONE)


def divide(a: int, b: int) -> int:
    """Truncated quotient of two 16.15 numbers."""
    quotient = (abs(a) << 15) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def multiply(a: int, b: int) -> int:
    """Floored product of two 16.15 numbers."""
    return (a * b) >> 15


class CurrentNeuron:
    """IF_curr_exp with one excitatory input, constants derived from its parameters."""

    def __init__(self, **p: float) -> None:
        self.resistance = divide(fixed(p["tau_m"]), fixed(p["cm"]))
        step = divide(ONE, fixed(p["tau_m"]))
        self.decay = self.exponential(step) >> 17
        syn_step = divide(ONE, fixed(p["tau_syn_E"]))
        self.syn_decay = self.exponential(syn_step)
        scale = divide(fixed(p["tau_syn_E"]), ONE)
        self.syn_init = (scale * (U32 - self.syn_decay)) >> 15
        self.rest = fixed(p["v_rest"])
        self.reset = fixed(p["v_reset"])
        self.threshold = fixed(p["v_thresh"])
        self.offset = fixed(p["i_offset"])
        self.refractory = math.ceil(p["tau_refrac"])
        self.v = self.rest
        self.counter = 0
        self.current = 0

    @staticmethod
    def exponential(step: int) -> int:
        """exp(-step) as unsigned 0.32, by the binary's method.

        The argument splits into units, sixteenths and a rest; the first two come from
        tables of rounded values, the rest from a fitted quadratic (three constants of the
        binary), whose products are truncated.  What is taken away is rounded.
        """
        units, rest = -step >> 15, -step & 0x7FFF
        if rest:
            units, rest = units + 1, ONE - rest
        value = round(math.exp(units) * (1 << 32))
        if not rest:
            return value
        sixteenths = round(-math.expm1(-(rest >> 11) / 16) * (1 << 32))
        half = (1 << 31) + 1  # the binary rounds up from one unit below a half on
        value -= (value * sixteenths + half) >> 32
        x = (rest & 0x7FF) << 17
        series = ((4293434720 - (2081624032 * x >> 32)) * x >> 32) + 5294
        return value - ((value * series + half) >> 32)

    def tick(self, arriving: int) -> bool:
        self.current += (arriving * self.syn_init) >> 32
        if self.counter <= 0:
            alpha = multiply(self.current + self.offset, self.resistance) + self.rest
            self.v = alpha - multiply(self.decay, alpha - self.v)
        else:
            self.counter -= 1
        fired = self.v >= self.threshold
        if fired:
            self.v = self.reset
            self.counter = self.refractory
        self.current = (self.current * self.syn_decay) >> 32
        return fired


LIF = """
P = {parameters}
sim.setup(1.0)
source = sim.Population(1, sim.SpikeSourceArray([{times}]))
target = sim.Population(1, sim.IF_curr_exp(**P))
target.initialize(v=P["v_rest"])
sim.Projection(source, target, sim.OneToOneConnector(), sim.StaticSynapse({weight}, {delay}))
target.record(["v", "spikes"])
sim.run(200)
answer(v=fixed(target, "v")[0], spikes=spikes_of(target)[0])
sim.end()
"""


def test_lif_with_non_integer_parameters(run_network: Callable[..., dict[str, Any]]) -> None:
    parameters = {
        "cm": 0.73,
        "tau_m": 13.7,
        "tau_syn_E": 3.3,
        "tau_syn_I": 5.0,
        "tau_refrac": 2.0,
        "v_rest": -66.25,
        "v_reset": -70.125,
        "v_thresh": -51.5,
        "i_offset": 0.37,
    }
    times, weight, delay = [5, 6, 30, 31, 32, 33, 90, 150], 3.3125, 3
    got = run_network(LIF.format(parameters=parameters, times=times, weight=weight, delay=delay))
    neuron = CurrentNeuron(**parameters)
    # 3.3125 * 2^(15 - 2) is an integer: the stored weight has no rounding
    arrivals = {time + delay for time in times}
    v, spikes = [], []
    for tick in range(200):
        v.append(neuron.v)
        if neuron.tick(fixed(weight) if tick in arrivals else 0):
            spikes.append(tick)
    assert got["spikes"] == spikes
    assert len(spikes) > 3
    assert got["v"] == v


def table(tau: float) -> list[int]:
    length = math.ceil(math.log(2048) * tau) + 2
    return [math.floor(2048 * math.exp(-i / tau)) for i in range(length)]


def look_up(values: list[int], index: int) -> int:
    return values[index] if index < len(values) else 0


def product(a: int, b: int) -> int:
    return (a * b) >> 11


def learned_weight(
    pre: list[int],
    post: list[int],
    delay: int,
    shift: int,
    start: float,
    limits: tuple[float, float],
    amplitudes: tuple[float, float],
    taus: tuple[float, float],
    multiplicative: bool,
) -> float:
    """Weight after the last presynaptic spike, by the deferred pair rule."""
    plus, minus = table(taus[0]), table(taus[1])
    low, high = (fixed(value) for value in limits)
    up, down = (fixed(value) for value in amplitudes)
    weight = int(start * (1 << (15 - shift)))
    events = [(0, 0)]
    for time in post:
        last_time, last_trace = events[-1]
        trace = product(last_trace, look_up(minus, time - last_time)) + 2048
        events.append((time, trace))

    def scaled(a: int, s: int) -> int:
        return (a * (s << 4)) >> 15

    last, trace = 0, 0
    for time in pre:
        x = weight << shift
        for at, _ in events[1:]:
            if last - delay < at <= time - delay and at + delay > last:
                amount = product(trace, look_up(plus, at + delay - last))
                if multiplicative:
                    x += scaled(multiply(high - x, up), amount)
                else:
                    x = min(x + scaled(up, amount), high)
        before = [event for event in events[1:] if event[0] <= time - delay]
        if before:
            at, post_trace = before[-1]
            amount = product(post_trace, look_up(minus, time - at - delay))
            if multiplicative:
                x -= scaled(multiply(x - low, down), amount)
            else:
                x = max(x - scaled(down, amount), low)
        weight = (x >> shift) & 0xFFFF
        trace = product(trace, look_up(plus, time - last)) + 2048
        last = time
    return weight / (1 << (15 - shift))


STDP = """
sim.setup(1.0)
pre = sim.Population(4, sim.SpikeSourceArray({pre}))
drive = sim.Population(4, sim.SpikeSourceArray({drive}))
post = sim.Population(4, sim.IF_curr_exp(tau_syn_E=1.0, tau_refrac=1.0))
sim.Projection(drive, post, sim.OneToOneConnector(), sim.StaticSynapse(60.0, 1.0))
rule = sim.STDPMechanism(
    sim.SpikePairRule(tau_plus=16.7, tau_minus=21.3, A_plus={up}, A_minus={down}),
    sim.{dependence}(w_min=0.0, w_max={high}), weight={start}, delay={delay})
learning = sim.Projection(pre, post, sim.OneToOneConnector(), rule)
post.record("spikes")
sim.run(300)
from spynnaker.pyNN.data import SpynnakerDataView
shift = None
for placement in SpynnakerDataView.iterate_placemements():
    vertex = placement.vertex.app_vertex
    if vertex is not None and hasattr(vertex, "get_ring_buffer_shifts"):
        shift = int(vertex.get_ring_buffer_shifts()[0])
weights = [w for _, _, w in learning.get("weight", "list")]
answer(spikes=spikes_of(post), weights=weights, shift=shift)
sim.end()
"""


def check_learning(
    run: Callable[..., dict[str, Any]], dependence: str, multiplicative: bool
) -> None:
    pre = [[20, 50, 57, 120, 200], [33, 40, 150, 151, 290], [10, 100, 190, 280], [60, 75, 90]]
    drive = [[25, 60, 110, 195], [30, 44, 140, 160, 240], [8, 105, 188], [58, 76, 77, 85]]
    high, start, delay, amplitudes = 4.0, 1.5, 3, (0.25, 0.1875)
    got = run(
        STDP.format(
            pre=pre,
            drive=drive,
            up=amplitudes[0],
            down=amplitudes[1],
            dependence=dependence,
            high=high,
            start=start,
            delay=delay,
        )
    )
    assert all(spikes for spikes in got["spikes"])
    want = [
        learned_weight(
            pre[i],
            got["spikes"][i],
            delay,
            got["shift"],
            start,
            (0.0, high),
            amplitudes,
            (16.7, 21.3),
            multiplicative,
        )
        for i in range(4)
    ]
    assert got["weights"] == want
    assert len(set(want)) > 1


def test_additive_learning(run_network: Callable[..., dict[str, Any]]) -> None:
    check_learning(run_network, "AdditiveWeightDependence", False)


def test_multiplicative_learning(run_network: Callable[..., dict[str, Any]]) -> None:
    check_learning(run_network, "MultiplicativeWeightDependence", True)
