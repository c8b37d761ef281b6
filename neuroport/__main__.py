"""``python -m neuroport``: the command line."""

from neuroport.cli import main

main()
