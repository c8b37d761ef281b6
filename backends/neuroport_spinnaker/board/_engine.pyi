from typing import TypedDict

class CoreDetails(TypedDict):
    state: int
    registers: tuple[int, ...]
    psr: int
    spsr: int
    time: int
    instructions: int
    packets_sent: int
    packets_received: int
    packets_dropped: int
    dma_transfers: int

class Figures(TypedDict):
    time: int
    instructions: int
    packets_sent: int
    packets_received: int
    packets_dropped: int
    packets_unrouted: int
    fifo_peak: int
    windows: int
    cores: int

class BusError(LookupError): ...

class Engine:
    def __init__(
        self,
        chips: int,
        threads: int = 1,
        window: int = 2000,
        branch_cost: int = 0,
        memory_cost: int = 0,
        dma_setup: int = 100,
        dma_word_eighths: int = 8,
        fifo_limit: int = 0,
        router_timeout: int = 0,
    ) -> None: ...
    def link(self, chip: int, link: int, other: int) -> None: ...
    def read(self, chip: int, core: int, address: int, length: int) -> bytes: ...
    def write(self, chip: int, core: int, address: int, data: bytes) -> None: ...
    def prepare(self, chip: int, core: int) -> None: ...
    def start(self, chip: int, core: int, r0: int) -> None: ...
    def stop(self, chip: int, core: int) -> None: ...
    def run(self, windows: int, until: int = ...) -> int: ...
    def interrupt(self) -> None: ...
    def messages(self) -> list[tuple[int, int, bytes]]: ...
    def core(self, chip: int, core: int) -> CoreDetails: ...
    def set_core(self, chip: int, core: int, psr: int, registers: tuple[int, ...]) -> None: ...
    def step(self, chip: int, core: int, cycles: int) -> int: ...
    def figures(self) -> Figures: ...
    def locks(self, chip: int) -> int: ...
