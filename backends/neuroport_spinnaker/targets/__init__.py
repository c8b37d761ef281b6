"""SpiNNaker machines as targets of jobs: emulated, by address, and allocated by servers."""
