"""What a command line says of a run: the model, and the options of it and of the backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuroport.cli import display

__all__ = ["read_run"]


def read_run(
    words: Sequence[str], model: str, backend: str | None, as_json: bool, **said: Any
) -> tuple[Any, tuple[str, ...]]:
    """Return the run that is meant, and the options that are the backend's.

    Parameters
    ----------
    words : sequence of str
        What follows the command's own options.
    model, backend
    as_json : bool
        How errors are shown.
    **said
        Of the run, see :class:`neuroport.jobs.specification.RunSpec`.

    Returns
    -------
    spec : RunSpec
    flags : tuple of str
    """
    from neuroport.backend import backend_option_types
    from neuroport.errors import UserError
    from neuroport.jobs.options import flags_of, split_options
    from neuroport.jobs.specification import RunSpec

    known = backend_option_types(backend) if backend is not None else {}
    try:
        chosen, rest = split_options(words, known)
    except UserError as error:
        display.refuse(error, as_json, model=model, status="error", exit_code=2)
    return (RunSpec(model, arguments=rest, backend=backend, options=chosen, **said),
            tuple(flags_of(known)))
