"""Where a network lies: cells on cores, small populations together, the machine for it."""
