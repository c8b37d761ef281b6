"""What cells and synapses do in a time step, written once for every engine that can render text.

The contract (``docs/numerics.md``) as short programs: equations, statements and conditions in
Brian2's syntax (arithmetic, comparisons, ``int``, ``clip``, ``exp``, ``floor`` and their like),
on variables without units, with functions that give their constants from PyNN's parameters. Brian2
takes them as they are; another engine translates them.
"""
