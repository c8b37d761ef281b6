"""The pattern detector of Davies et al. 2025: one, two and three patterns, and all of them."""
