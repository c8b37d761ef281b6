"""A whole emulated board on unicorn: our devices, monitor and scheduler, their processor.

For tests and benchmarks only.  It is compiled when asked for, from the engine's own files less
its processor, and linked to the library in the installed unicorn wheel (GPL); nothing of it is
ever part of the product.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from neuroport_spinnaker.board import emulator

_OURS = {"interpreter.c", "processor.c", "access.c"}


class OracleUnavailableError(RuntimeError):
    """No C compiler, no unicorn, or no source of the engine."""


@lru_cache(maxsize=2)
def oracle_engine(exact: bool = True) -> Any:
    """The type ``Engine`` of the oracle build.

    Parameters
    ----------
    exact : bool
        Leave the processor at the same instructions as ours, so that interrupts enter at the
        same places; if false only between basic blocks, which is several times faster.

    Raises
    ------
    OracleUnavailableError
        If it cannot be built here.
    """
    found = importlib.util.find_spec("unicorn")
    if found is None or found.origin is None:
        raise OracleUnavailableError("unicorn is not installed: pip install 'neuroport[oracle]'")
    unicorn = Path(found.origin).parent
    libraries = sorted((unicorn / "lib").glob("libunicorn.so*"))
    compiler = shutil.which("cc") or shutil.which("gcc")
    engine = Path(emulator.__file__).parent / "engine"
    if not libraries or compiler is None or not engine.is_dir():
        raise OracleUnavailableError(
            f"needs unicorn's shared library ({libraries}), a C compiler ({compiler}) and the "
            f"engine's source ({engine})"
        )
    folder = Path(tempfile.mkdtemp(prefix="unicorn-board-"))
    target = folder / f"_engine{sysconfig.get_config_var('EXT_SUFFIX')}"
    sources = [path for path in sorted(engine.glob("*.c")) if path.name not in _OURS]
    subprocess.run(
        [
            compiler, "-O2", f"-DSTEP={'UC_HOOK_CODE' if exact else 'UC_HOOK_BLOCK'}",
            "-fno-strict-aliasing", "-shared", "-fPIC", "-pthread",
            f"-I{sysconfig.get_paths()['include']}", f"-I{engine}", f"-I{unicorn / 'include'}",
            *map(str, sources), str(Path(__file__).with_name("unicorn_processor.c")),
            str(libraries[0]), f"-Wl,-rpath,{libraries[0].parent}", "-o", str(target),
        ],
        check=True,
    )
    spec = importlib.util.spec_from_file_location("unicorn_board._engine", target)
    if spec is None or spec.loader is None:
        raise OracleUnavailableError(f"{target} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shutil.rmtree(folder)  # it stays mapped
    return module.Engine


@contextlib.contextmanager
def on_unicorn(exact: bool = True) -> Iterator[None]:
    """Boards that are made inside run on unicorn; `exact` as in `oracle_engine`."""
    ours = emulator.Engine
    emulator.Engine = oracle_engine(exact)
    try:
        yield
    finally:
        emulator.Engine = ours
