"""A realised network in Brian2's words."""
