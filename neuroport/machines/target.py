"""The description of a machine that networks are lowered to."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Target", "Geometry", "Budget"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where cores are.

    Attributes
    ----------
    boards : int
        Number of boards.
    chips : int
        Chips of all boards.
    cores_per_chip : int
        Cores that a chip offers to applications, its own monitor not counted.
    width, height : int
        Chips in each direction of the grid.
    version : int
        The board's version number as its own software knows it.
    """

    boards: int
    chips: int
    cores_per_chip: int
    width: int
    height: int
    version: int

    @property
    def cores(self) -> int:
        """Cores of the whole machine."""
        return self.chips * self.cores_per_chip


@dataclass(frozen=True, slots=True)
class Budget:
    """What a core or a chip has to offer.

    Attributes
    ----------
    sdram_bytes : int
        Shared memory of a chip that applications can use.
    data_bytes, instruction_bytes : int
        Private memory of a core for data (DTCM) and for code (ITCM).
    clock_hertz : float
        Clock of a core.
    routing_entries : int
        Entries of a chip's routing table that applications can use.
    system_cores_per_chip, system_cores_per_board : int
        Cores that the tool-chain takes for itself.
    """

    sdram_bytes: int
    data_bytes: int
    instruction_bytes: int
    clock_hertz: float
    routing_entries: int
    system_cores_per_chip: int
    system_cores_per_board: int


@dataclass(frozen=True, slots=True)
class Target:
    """A machine that a network can be lowered to.

    Attributes
    ----------
    name : str
        Name of its file, e.g. ``spinn5``.
    description : str
        One line.
    family : str
        Which backend it belongs to, e.g. ``spinnaker``.
    geometry : Geometry
    budget : Budget
    sources : mapping of str to str
        Where each group of figures comes from.
    """

    name: str
    description: str
    family: str
    geometry: Geometry
    budget: Budget
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def application_cores(self) -> int:
        """Cores left for a network after what the tool-chain takes."""
        g, b = self.geometry, self.budget
        return g.cores - b.system_cores_per_chip * g.chips - b.system_cores_per_board * g.boards
