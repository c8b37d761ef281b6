"""A realised network as programs for Nengo's nodes: arrays, and functions in NumPy's words."""
