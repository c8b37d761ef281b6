"""When the command began, but for Python's own start."""

import time

BEGAN = time.perf_counter()
