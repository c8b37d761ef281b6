"""Machines: their addresses, the emulated board, what goes wrong on them."""
