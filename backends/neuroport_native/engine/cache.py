"""Machine code on disk, found again by the content that it was made from.

One file a kernel in the user's cache folder. Its name is a hash of the source, of what the source
may call, of numba's version and of the processor; its content begins with a hash of the rest, so a
file that was damaged is not used. Files are written beside and then renamed: two processes may
compile at once. Where the folder cannot be written, nothing is kept and nothing fails.

All machine code of a process shares one table of symbols, and the first of two with one name is
called for both. numba names a function by its arguments and by how many functions the process had
seen before, so code of two processes may have one name; :func:`named` puts the content into it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numba.core.caching import NullCache
from numba.core.ccallback import CFunc
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from platformdirs import user_cache_dir

__all__ = ["compile_through", "folder", "key", "named"]

_MAGIC = hashlib.sha256().digest_size


def folder() -> Path:
    """Return where kernels are kept."""
    return Path(user_cache_dir("neuroport")) / "native"


@cache
def _surroundings() -> bytes:
    """Return what machine code depends on besides its source."""
    ours = [(files("neuroport_native") / "engine" / f"{name}.py").read_bytes()
            for name in ("functions", "cache", "compiled")]
    about = (numba.__version__, llvmlite.__version__, np.__version__, sys.version,
             binding.get_process_triple(), binding.get_host_cpu_name(),
             binding.get_host_cpu_features().flatten())
    return b"\0".join([*ours, *(text.encode() for text in about)])


def key(*sources: str) -> str:
    """Return the name under which machine code of some sources is kept."""
    digest = hashlib.sha256(_surroundings())
    for source in sources:
        digest.update(b"\0" + source.encode())
    return digest.hexdigest()[:40]


def named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function whose symbols bear a name that :func:`key` has given."""
    function.__qualname__ = f"{function.__name__}_{name}"
    return function


def _shared(library: Any, name: str) -> list[str]:
    """Return the symbols of machine code that code of another content may have, too."""
    # numba's own runtime (NRT_) is the same wherever numba's version is.
    return [f.name for f in library.get_defined_functions()
            if f.linkage not in (binding.Linkage.internal, binding.Linkage.private)
            and name not in f.name and not f.name.startswith("NRT_")]


class _Kept(NullCache):  # type: ignore[misc]
    """What numba asks for machine code before it compiles, and gives it afterwards."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.found = False

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            content = self._path.read_bytes()
        except OSError:
            return None
        digest, payload = content[:_MAGIC], content[_MAGIC:]
        if hashlib.sha256(payload).digest() != digest:
            self._forget()
            return None
        target_context.refresh()
        try:
            made = CompileResult._rebuild(target_context, *pickle.loads(payload))
        except Exception:  # written by another version of something: it is made anew
            self._forget()
            return None
        self.found = True
        return made

    def save_overload(self, sig: Any, data: Any) -> None:
        if self.found or _shared(data.library, self._path.stem):
            return
        payload = dumps(data._reduce())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self._path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(payload).digest() + payload)
                os.replace(beside, self._path)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
        except OSError:
            pass  # read-only or full: it is compiled again next time

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink()


def compile_through(
    function: Callable[..., Any], signature: Any, options: Mapping[str, Any], name: str
) -> tuple[Any, bool]:
    """Compile a C function, or take it from disk.

    Returns
    -------
    made : numba.core.ccallback.CFunc
    found : bool
        Whether it was on disk.
    """
    made: Any = CFunc(named(function, name), (signature.args, signature.return_type), locals={},
                 options=dict(options))
    kept = _Kept(folder() / f"{name}.kernel")
    made._cache = kept
    made.compile()
    return made, kept.found
