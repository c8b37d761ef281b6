"""What one core has done and holds, read from the engine and from its block in memory."""

from __future__ import annotations

from neuroport_spinnaker.board import memory_map as mm
from neuroport_spinnaker.board.chip import ChipMonitor
from neuroport_spinnaker.board.provenance import core_provenance
from neuroport_spinnaker.board.report import CoreReport

__all__ = ["core_report"]


def core_report(chip: ChipMonitor, core: int) -> CoreReport:
    """Return the state of a core now; of a crashed one, with the registers that SARK saved."""
    details = chip.engine.core(chip.index, core)
    block = chip.read(chip.core_block(core), mm.CORE_BLOCK_BYTES)
    number = block[mm.CoreField.STATE]
    try:
        state = mm.CoreState(number).name
    except ValueError:
        state = f"UNKNOWN_{number}"
    registers = details["registers"]
    if number == mm.CoreState.RUN_TIME_ERROR:
        saved = [int.from_bytes(block[4 * i : 4 * i + 4], "little") for i in range(11)]
        registers = (*saved[:8], *registers[8:13], saved[9], saved[10], registers[15])
    return CoreReport(
        chip=chip.place,
        core=core,
        binary=chip.images.get(core, ""),
        application=chip.owners[core],
        state=state,
        error_code=block[mm.CoreField.ERROR_CODE],
        registers=registers,
        instructions=details["instructions"],
        packets_sent=details["packets_sent"],
        packets_received=details["packets_received"],
        packets_dropped=details["packets_dropped"],
        dma_transfers=details["dma_transfers"],
        iobuf=chip.iobuf(core),
        provenance=core_provenance(chip, core),
    )
