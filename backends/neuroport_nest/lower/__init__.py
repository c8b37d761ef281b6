"""A realised network in NEST's words."""
