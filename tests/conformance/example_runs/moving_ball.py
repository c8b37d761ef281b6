"""Events of a ball that swings before an event camera, in the form of the pendulum examples.

Their own recording (``spikes.csv``: x, y, polarity, time in ms) is not in the repository.
"""

from __future__ import annotations

import math
import random

RADIUS = 18  # pixels; the kernel of the examples looks for this
CENTRE = (509, 459)
SWING = 30  # pixels
PERIOD = 1600  # ms
EVENTS = 4  # a millisecond


def events(milliseconds: int) -> str:
    """Lines of ``spikes.csv``."""
    rng = random.Random(1)
    lines = []
    for time in range(milliseconds):
        middle = CENTRE[0] + SWING * math.sin(2 * math.pi * time / PERIOD)
        for _ in range(EVENTS):
            angle = rng.uniform(0, 2 * math.pi)
            x = round(middle + RADIUS * math.cos(angle))
            y = round(CENTRE[1] + RADIUS * math.sin(angle))
            lines.append(f"{x}, {y}, 1, {time}\n")
    return "".join(lines)
