"""A visualiser without a window: receives live spikes and counts them until it is ended.

    python live_listener.py NOTES PORT LABEL [LABEL ...]

With PORT 0 a free port is taken; either way "Listening on PORT" goes to standard error, as the
public visualisers announce it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any


def main() -> None:
    """Listen until SIGTERM."""
    path, port, labels = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    from spynnaker.pyNN.connections import SpynnakerLiveSpikesConnection

    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    counts: dict[str, dict[int, int]] = {label: {} for label in labels}
    last: dict[str, dict[int, int]] = {label: {} for label in labels}

    def receive(label: str, time: int, neurons: list[int]) -> None:
        for neuron in neurons:
            counts[label][neuron] = counts[label].get(neuron, 0) + 1
            last[label].setdefault(time // 1000, 0)
            last[label][time // 1000] += 1

    connection: Any = SpynnakerLiveSpikesConnection(
        receive_labels=labels, local_port=port or None)
    recent: list[tuple[int, int]] = []

    def remember(label: str, time: int, neurons: list[int]) -> None:
        recent.extend((time, neuron) for neuron in neurons)
        if len(recent) > 400_000:
            del recent[:200_000]

    for label in labels:
        connection.add_receive_callback(label, receive)
        connection.add_receive_callback(label, remember)
    print(f"Listening on {connection.local_port}", file=sys.stderr, flush=True)
    ended.wait()
    end = max((time for time, _ in recent), default=0)
    final: dict[int, int] = {}
    for time, neuron in recent:
        if time > end - 2000:
            final[neuron] = final.get(neuron, 0) + 1
    path.write_text(json.dumps({
        label: {
            "spikes": sum(counts[label].values()),
            "neurons": len(counts[label]),
            "end": end,
            "final": sorted(final.items()) if len(labels) == 1 else [],
        }
        for label in labels
    }))
    os._exit(0)  # the connection's threads do not end by themselves


if __name__ == "__main__":
    main()
