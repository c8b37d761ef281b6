"""What a board can say about a run: figures and findings as data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CoreReport:
    """One core that has been used.

    Attributes
    ----------
    chip : (int, int)
        Coordinates.
    core : int
        Number, 1 to 17.
    binary : str
        Name of the image.
    application : int
        Application id.
    state : str
        Name of the state that SARK reports.
    error_code : int
        SARK's run-time error code, 0 for none.
    registers : tuple of int
        r0..r15; for a crashed core as SARK saved them.
    instructions : int
        Executed since the core was first used.
    packets_sent, packets_received, packets_dropped, dma_transfers : int
        Counted by the devices; dropped because this core did not take them in time.
    iobuf : str
        Text the program wrote.
    provenance : dict of str to int
        What the program counted itself, as of its last pause.
    """

    chip: tuple[int, int]
    core: int
    binary: str
    application: int
    state: str
    error_code: int
    registers: tuple[int, ...]
    instructions: int
    packets_sent: int
    packets_received: int
    packets_dropped: int
    dma_transfers: int
    iobuf: str
    provenance: dict[str, int] = field(default_factory=dict)

    @property
    def crashed(self) -> bool:
        """Whether the core ended in a run-time error or was stopped by a watchdog."""
        return self.state in ("RUN_TIME_ERROR", "WATCHDOG")


@dataclass(frozen=True)
class BoardReport:
    """A board at one moment.

    Attributes
    ----------
    host : str
        Address of the board.
    chips : int
        Number of chips.
    boards : int
        Number of boards.
    timing : str
        ``ideal``, or ``loaded``, which is approximate.
    cpu_seconds : float
        CPU time of the emulated processors.
    virtual_seconds : float
        Time on the board's clock, seconds.
    instructions, packets_sent, packets_received : int
        Over all cores.
    packets_dropped : int
        Given up by a router because a core did not take them.
    packets_unrouted : int
        With no route, or a route to a missing chip.
    longest_queue : int
        Most packets that waited at one core.
    commands : dict of str to int
        SCP commands served, by name.
    malformed_datagrams, undeliverable_messages : int
        Ignored input, and messages for cores that did not take them.
    provenance : dict of str to int
        Late spikes, timer overruns, ring-buffer saturations ... where a program wrote
        them and the board could read them.
    problems : list of str
        What was refused and why; the last 1,000.
    remarks : list of str
        What happened and needs no mending; the last 1,000.
    cores : list of CoreReport
        Cores in use.
    finished : list of CoreReport
        Cores that the host has stopped, as they were just before; the last 2,000.
    """

    host: str
    chips: int
    boards: int
    timing: str
    cpu_seconds: float
    virtual_seconds: float
    instructions: int
    packets_sent: int
    packets_received: int
    packets_dropped: int
    packets_unrouted: int
    longest_queue: int
    commands: dict[str, int]
    malformed_datagrams: int
    undeliverable_messages: int
    provenance: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    cores: list[CoreReport] = field(default_factory=list)
    finished: list[CoreReport] = field(default_factory=list)

    @property
    def crashed(self) -> list[CoreReport]:
        """Cores that ended in an error."""
        return [core for core in [*self.finished, *self.cores] if core.crashed]

    @property
    def approximate(self) -> bool:
        """Whether the timing is an estimate."""
        return self.timing == "loaded"

    def findings(self) -> list[str]:
        """Sentences about what a user should look at; empty if all is well."""
        found = list(self.problems)
        for core in self.crashed:
            found.append(
                f"core {core.chip[0]},{core.chip[1]},{core.core} ({core.binary}) stopped: "
                f"{core.state}, code {core.error_code}"
            )
        if self.packets_dropped:
            found.append(f"{self.packets_dropped} packets dropped because cores were busy")
        for name, value in self.provenance.items():
            if value:
                found.append(f"{name}: {value}")
        if found and self.approximate:
            found.append(
                f"timing '{self.timing}' is approximate: nothing of it was calibrated on a board"
            )
        return found
