"""Rasters and traces of Neo Blocks, as Matplotlib figures without global state."""

from neuroport.plotting.figures import raster, save_figure, summary, voltages

__all__ = ["raster", "save_figure", "summary", "voltages"]
