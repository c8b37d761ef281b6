"""Events of a ball that swings before an event camera, in the form of the pendulum examples.

Their own recording (``spikes.csv``: x, y, polarity, time in ms) is not in the repository.

The scripts wait for as long as they are late, which makes them later still, until they stand
still.  A pause after the first event keeps them early: they then send as fast as they can.
"""

from __future__ import annotations

import math
import random

RADIUS = 18  # pixels; the kernel of the examples looks for this
CENTRE = (509, 459)
SWING = 30  # pixels
PERIOD = 1600  # ms
EVENTS = 4  # a millisecond
PAUSE = 600_000  # ms


def events(milliseconds: int) -> str:
    """Lines of ``spikes.csv``."""
    rng = random.Random(1)
    lines = [f"{CENTRE[0]}, {CENTRE[1]}, 1, 0\n"]
    for time in range(milliseconds):
        middle = CENTRE[0] + SWING * math.sin(2 * math.pi * time / PERIOD)
        for _ in range(EVENTS):
            angle = rng.uniform(0, 2 * math.pi)
            x = round(middle + RADIUS * math.cos(angle))
            y = round(CENTRE[1] + RADIUS * math.sin(angle))
            lines.append(f"{x}, {y}, 1, {PAUSE + time}\n")
    return "".join(lines)
