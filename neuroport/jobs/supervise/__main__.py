"""``python -m neuroport.jobs.supervise ID``: detach, then work on a job until it is over."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from types import FrameType

PATIENCE = 86400.0  # s for a full disk: what a supervisor knows must not be lost


def main() -> int:
    """Work on the job that is named; what connects to its machines comes by standard input."""
    attached = "--attached" in sys.argv[2:]  # as the job of a cluster, which watches it itself
    told = "" if attached else sys.stdin.read()
    reading, begun = os.pipe()
    if not attached and os.fork():
        os.close(begun)
        os.read(reading, 1)  # until it has the job, or has ended
        os._exit(0)
    os.close(reading)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    from neuroport.jobs.store.store import Store
    from neuroport.jobs.supervise.launch import settle
    from neuroport.jobs.supervise.supervisor import Supervisor
    from neuroport.secrets import learn_secrets

    learn_secrets(json.loads(told or "{}"))
    store = Store(patience=PATIENCE)
    job = sys.argv[1]

    def cancel(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends it at once
        # In a thread, which has a connection of its own: this one may be in the middle of a write.
        threading.Thread(
            target=store.want_cancelled, args=(job,), kwargs={"actor": "SIGTERM"}).start()

    signal.signal(signal.SIGTERM, cancel)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    Supervisor(store, job, lambda: os.close(begun)).work()
    if not attached and store.job(job).parent is not None:
        settle(store, young=0.0)  # the sweep's next member
    return 0


if __name__ == "__main__":
    sys.exit(main())
