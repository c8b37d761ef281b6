"""Figures of the chip and of its software: limits, weight grid, private memory."""
