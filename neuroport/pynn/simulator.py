"""The simulator object: PyNN's procedural interface without module state."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from types import SimpleNamespace
from typing import Any

from pyNN import common
from pyNN.recording import get_io

from neuroport.backend import load_backend
from neuroport.errors import InvalidTimeError, InvalidValueError, Problem, UserError
from neuroport.findings import Finding
from neuroport.network.description import Network
from neuroport.numerics import Numerics
from neuroport.numerics import numerics as numerics_of
from neuroport.plain_numbers import is_one_of, is_whole, number_problem, one_float, shown
from neuroport.pynn.callbacks import checked_callbacks
from neuroport.pynn.cells import CELL_TYPES
from neuroport.pynn.connectors import CONNECTORS
from neuroport.pynn.defaults import DEFAULT_SEED, DEFAULT_TIMESTEP, insisted
from neuroport.pynn.dialects import PYNN, dialect_of
from neuroport.pynn.electrodes import current_source_types
from neuroport.pynn.entrance import checked_function, entrance
from neuroport.pynn.namespace import definitions, missing_name
from neuroport.pynn.observation import observation
from neuroport.pynn.population_arguments import checked_per_core
from neuroport.pynn.population_data import annotation_problems
from neuroport.pynn.populations import ID, AssemblyBase, PopulationBase, ViewBase
from neuroport.pynn.projections import ProjectionBase
from neuroport.pynn.recorder import RecorderBase
from neuroport.pynn.saved_state import SavedStates
from neuroport.pynn.state import State
from neuroport.pynn.synapses import synapse_types

__all__ = ["Simulator", "procedures", "simulator"]

_PLACES = "neuroport places the cells on a machine itself"


def simulator(
    backend: str = "brian2",
    *,
    timestep: float = DEFAULT_TIMESTEP,
    seed: int = DEFAULT_SEED,
    numerics: str | Numerics | Mapping[str, Any] = "pynn",
    dialect: str = "pynn",
    min_delay: float | str = "auto",
    max_delay: float | str = "auto",
    **backend_options: Any,
) -> Simulator:
    """Return a simulator: an object with PyNN's interface.

    Parameters
    ----------
    backend : str
        A registered backend; see ``neuroport backends``.
    timestep : float
        ms.
    seed : int
        All random numbers come from it: connections, values, Poisson trains and noise.
    numerics : str, Numerics or mapping
        ``pynn`` or ``spinnaker``, or single choices; see :mod:`neuroport.numerics`.
    dialect : {"pynn", "spynnaker"}
        How scripts are read. ``spynnaker``: positive inhibitory weights, absolute A_plus and
        A_minus, ``Population.set(v=...)`` for initial values.
    min_delay, max_delay : float or "auto"
        Limits for delays (ms). ``auto``: one step, and none.
    **backend_options
        Passed to the backend.

    Returns
    -------
    Simulator

    Raises
    ------
    UnknownBackendError, BackendMissingError, UnknownNumericsError, InvalidValueError

    Examples
    --------
    >>> import neuroport
    >>> sim = neuroport.simulator("brian2", timestep=1.0, seed=42)
    >>> cells = sim.Population(10, sim.IF_curr_exp(i_offset=1.0))
    >>> cells.record("spikes")
    >>> sim.run(100.0)
    100.0
    >>> block = cells.get_data()
    """
    problems = []
    forced = insisted()
    timestep = timestep if forced.timestep is None else forced.timestep
    seed = seed if forced.seed is None else forced.seed
    numerics = numerics if forced.numerics is None else forced.numerics
    wrong = number_problem("timestep, the time step,", timestep, above=0)
    if wrong is not None:
        problems.append(wrong)
    if not is_whole(seed) or seed < 0:
        problems.append(Problem("the seed cannot be used", shown(seed), "a whole number from 0"))
    spoken = PYNN
    try:
        spoken = dialect_of(dialect)
    except UserError as error:
        problems += error.problems
    if wrong is None:
        timestep = one_float(timestep)
        problems += _delay_problems(timestep, min_delay, max_delay)
    if problems:
        raise InvalidValueError(problems, where="simulator")
    return Simulator(
        State(
            load_backend(backend, **backend_options),
            backend,
            timestep,
            int(seed) + forced.further,
            spoken.numerics(numerics_of(numerics)),
            spoken,
            min_delay if isinstance(min_delay, str) else one_float(min_delay),
            max_delay if isinstance(max_delay, str) else one_float(max_delay),
        )
    )


def _delay_problems(
    timestep: float, min_delay: float | str, max_delay: float | str
) -> list[Problem]:
    found = [
        number_problem(f"{name} ('auto', or ms)", value, above=0)
        for name, value in (("min_delay", min_delay), ("max_delay", max_delay))
        if not is_one_of(value, ("auto",))
    ]
    problems = [problem for problem in found if problem is not None]
    if problems:
        return problems
    low, high = (None if isinstance(v, str) else one_float(v)
                 for v in (min_delay, max_delay))
    if low is not None and low < timestep:
        problems.append(
            Problem("min_delay is shorter than the time step", f"{low:g} ms",
                    f"{timestep:g} ms", "a smaller time step, or min_delay='auto'")
        )
    if low is not None and high is not None and low > high:
        problems.append(
            Problem("min_delay has to be less than or equal to max_delay.",
                    f"{low:g} ms", f"{high:g} ms")
        )
    return problems


def procedures(
    handle: Any = None, population: Any = None, projection: Any = None, static_synapse: Any = None
) -> dict[str, Any]:
    """Return PyNN's functions by their names.

    Parameters
    ----------
    handle : object
        With ``state``; PyNN calls it simulator. Without it the functions only show what they are.
    population, projection, static_synapse : type
        Of this simulator.
    """
    run, run_until = common.build_run(handle)

    @wraps(run)
    def checked_run(simtime: float, callbacks: Any = None) -> float:
        problem = number_problem("the time to run", simtime, least=0)
        if problem is not None:
            raise InvalidTimeError(problem)
        return float(run(one_float(simtime), checked_callbacks(callbacks)))

    @wraps(run_until)
    def checked_run_until(time_point: float, callbacks: Any = None) -> float:
        now = handle.state.t
        problem = number_problem("the time to run to", time_point,
                                 least=now - 0.5 * handle.state.dt)
        if problem is not None:
            raise InvalidTimeError(problem)
        return float(run_until(one_float(time_point), checked_callbacks(callbacks)))

    reset = common.build_reset(handle)

    @wraps(reset)
    def checked_reset(annotations: Any = None) -> None:
        problems = annotation_problems(annotations)
        if problems:
            raise InvalidValueError(problems, where="reset")
        reset(dict(annotations or {}))

    made = (
        checked_reset, common.initialize, common.set,
        common.build_create(population),
        common.build_connect(
            projection, CONNECTORS["FixedProbabilityConnector"], static_synapse),
        common.build_record(handle),
    )
    return {"run": checked_run, "run_for": checked_run, "run_until": checked_run_until,
            **{function.__name__: checked_function(function) for function in made},
            **{function.__name__: function for function in common.build_state_queries(handle)}}


@entrance("network", "check", "prepare", "another", "end")
class Simulator(SavedStates):
    """PyNN's interface as an object; two of them do not touch each other.

    Made by :func:`simulator`. Attributes are PyNN's names: ``Population``, ``Projection``,
    ``IF_curr_exp``, ``AllToAllConnector``, ``run`` and so on.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        handle = SimpleNamespace(name=f"neuroport.{state.backend_name}", state=state, ID=ID)

        def bound(name: str, base: type, **more: Any) -> Any:
            bases = (*state.dialect.bases(name), base)
            return type(name, bases, {"_simulator": handle, "__doc__": base.__doc__, **more})

        recorder = bound("Recorder", RecorderBase)
        assembly = bound("Assembly", AssemblyBase)
        view = bound("PopulationView", ViewBase, _assembly_class=assembly)
        view._view_class = view
        population = bound("Population", PopulationBase, _recorder_class=recorder,
                           _assembly_class=assembly, _view_class=view)
        synapses = synapse_types(state)
        projection = bound("Projection", ProjectionBase,
                           _static_synapse_class=synapses["StaticSynapse"])
        self._handle = handle
        self._names: dict[str, Any] = {
            **definitions(state.dialect),
            **synapses,
            **current_source_types(state),
            "Population": population,
            "PopulationView": view,
            "Assembly": assembly,
            "Projection": projection,
        }
        self._names |= procedures(handle, population, projection, synapses["StaticSynapse"])
        seen = observation()
        if seen is not None:
            seen.simulators.append(self)
            state.progress = seen.progress
            state.before_run.append(lambda until: seen.begin(self, until))
            state.on_interrupt = seen.on_interrupt
            state.before_close.append(lambda: seen.keep(self))

    def __getattr__(self, name: str) -> Any:
        names = self.__dict__.get("_names", {})
        if name in names:
            return names[name]
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing_name(name, names, f"simulator '{self.state.backend_name}'")

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._names})

    def __repr__(self) -> str:
        s = self.state
        return (
            f"simulator({s.backend_name!r}, timestep={s.dt:g}, seed={s.seed}, "
            f"numerics={s.numerics.name!r}, dialect={s.dialect.name!r}): "
            f"{len(s.populations)} populations, {len(s.projections)} projections, t = {s.t:g} ms"
        )

    # -- neuroport's own ----------------------------------------------------------------------

    def another(self, keep: bool = True) -> Simulator:
        """Return a fresh simulator with the same backend, time step, seed and rules.

        Parameters
        ----------
        keep : bool
            Whether `neuroport run` stores what it records; False for one that only computes
            something on the way.
        """
        s = self.state
        made = Simulator(
            State(
                s.backend, s.backend_name, s.dt, s.seed, s.numerics, s.dialect,
                *s.delay_limits,
            )
        )
        made.state.kept = keep
        return made

    @property
    def numerics(self) -> Numerics:
        """The rules inside a time step."""
        return self.state.numerics

    @property
    def backend_name(self) -> str:
        """The name of the backend."""
        return self.state.backend_name

    @property
    def seed(self) -> int:
        """The seed that all random numbers come from."""
        return self.state.seed

    @property
    def progress(self) -> Callable[[float, float], None] | None:
        """Called now and then during a run with the time reached and the target (ms)."""
        return self.state.progress

    @progress.setter
    def progress(self, hook: Callable[[float, float], None] | None) -> None:
        self.state.progress = hook

    @property
    def findings(self) -> list[Finding]:
        """What the checks before the run found."""
        return list(self.state.findings)

    def network(self) -> Network:
        """Return the network as it is now: frozen, printable, with all arrays and a hash."""
        return self.state.network()

    def check(self) -> list[Finding]:
        """Return all findings about the network as it is now, without running it."""
        return list(self.state.prepare().findings)

    def prepare(self, duration: float | None = None) -> None:
        """Check the network and build it in the engine now, instead of at the first ``run``.

        Parameters
        ----------
        duration : float, optional
            How long the first run will be (ms), as a hint to the engine.

        Raises
        ------
        CheckFailedError
            If a finding prevents the run.
        """
        if duration is not None:
            problem = number_problem("the duration (ms)", duration, least=0)
            if problem is not None:
                raise InvalidTimeError(problem, where="prepare")
        self.state.ready(None if duration is None else one_float(duration))

    def end(self, compatible_output: bool = True) -> None:
        """Write the data that were to be written at the end and free the engine."""
        try:
            for population, variables, filename in self.state.write_on_end:
                io = get_io(filename) if isinstance(filename, str | os.PathLike) else filename
                population.write_data(io, variables)
        finally:
            self.state.write_on_end = []
            self.state.close()

    def record_v(self, source: Any, filename: Any) -> None:
        """Record the membrane potential to a file (*deprecated* in PyNN)."""
        self._names["record"](["v"], source, filename)

    def record_gsyn(self, source: Any, filename: Any) -> None:
        """Record the synaptic conductances to a file (*deprecated* in PyNN)."""
        self._names["record"](["gsyn_exc", "gsyn_inh"], source, filename)

    def list_standard_models(self) -> list[str]:
        """Return the names of the standard cell types."""
        return sorted(CELL_TYPES)

    def set_number_of_neurons_per_core(self, cell_type: Any, number: int) -> None:
        """Keep sPyNNaker's placement hint for backends with cores; others ignore it."""
        name = str(getattr(cell_type, "__name__", cell_type))
        limit = checked_per_core(number)
        if limit is None:
            self.state.per_core.pop(name, None)
        else:
            self.state.per_core[name] = limit

    def set_number_of_synapse_cores(self, cell_type: Any, number: int | None) -> None:
        """Accept sPyNNaker's hint on how a machine is filled; it changes nothing here."""
        self.state.idle("set_number_of_synapse_cores()", _PLACES)

    def set_allow_delay_extensions(self, cell_type: Any, allow: bool) -> None:
        """Accept sPyNNaker's hint on how a machine is filled; it changes nothing here."""
        self.state.idle("set_allow_delay_extensions()", _PLACES)
