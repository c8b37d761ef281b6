"""From a realised network to the source of kernels and the tables that they work on."""
