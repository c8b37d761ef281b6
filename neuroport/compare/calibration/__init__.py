"""How much a reference differs from itself, and how often a verdict is wrong."""
