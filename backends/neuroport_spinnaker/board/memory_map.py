"""Addresses and offsets that the monitor shares with the application cores.

Source: SARK's and SCAMP's public headers (`spinnaker_tools`, release 4.0.0), re-stated.
"""

from __future__ import annotations

import enum

SDRAM_BASE = 0x60000000
SYSTEM_SDRAM = 0x67800000
SYSTEM_SDRAM_BYTES = 0x800000
USER_SDRAM = 0x60240000
SYSTEM_RAM = 0xE5000000
SYSTEM_RAM_HEAP = 0xE5001100
SYSTEM_RAM_TOP = 0xE5007000
CORE_BLOCKS = 0xE5007000
CORE_BLOCK_BYTES = 128
VARIABLES = 0xE5007F00
MESSAGE_BYTES = 292
MESSAGE_BUFFERS = 7
CORES = 18

ROUTER = 0xE1000000
ROUTER_FIXED = ROUTER + 0x84
ROUTER_ROUTE = ROUTER + 0x4000
ROUTER_KEY = ROUTER + 0x8000
ROUTER_MASK = ROUTER + 0xC000
ROUTER_P2P = ROUTER + 0x10000
ROUTER_ENTRIES = 1024
UNUSED_ROUTE = 0xFF000000
UNUSED_KEY = 0xFFFFFFFF

SYSTEM_CONTROLLER = 0xE2000000
SET_INTERRUPT = SYSTEM_CONTROLLER + 0x08
SET_FLAGS = SYSTEM_CONTROLLER + 0x58
CLEAR_FLAGS = SYSTEM_CONTROLLER + 0x5C

LOCK_MESSAGES, LOCK_HEAP, LOCK_ROUTER = 0, 6, 7

SCAMP_VERSION = 0x040000


class Variable(enum.IntEnum):
    """Offsets into the system variables."""

    P2P_ADDRESS = 0x00
    P2P_DIMENSIONS = 0x02
    P2P_UP = 0x06
    ETHERNET_ADDRESS = 0x08
    HARDWARE_VERSION = 0x0A
    ETHERNET_UP = 0x0B
    UNIX_TIME = 0x1C
    CPU_CLOCK = 0x24
    ROOT_CHIP = 0x40
    SYSTEM_RAM_HEAP = 0x48
    IOBUF_SIZE = 0x50
    SDRAM_BUFFERS = 0x54
    LINKS_ENABLED = 0x65
    MESSAGE_ROOT = 0x68
    PHYSICAL_TO_VIRTUAL = 0x94
    VIRTUAL_TO_PHYSICAL = 0xA8
    CORE_COUNT = 0xBC
    SDRAM_BASE = 0xC0
    SYSTEM_SDRAM = 0xC8
    CORE_BLOCKS = 0xCC
    SYSTEM_HEAP = 0xD0
    ROUTER_COPY = 0xD4
    ROUTER_FREE = 0xE0
    P2P_ACTIVE = 0xE2
    APPLICATIONS = 0xE4
    MESSAGE_BUFFERS = 0xE8
    IP_ADDRESS = 0xF0
    SOFTWARE_VERSION = 0xFC


class CoreField(enum.IntEnum):
    """Offsets into the 128-byte block of a core."""

    REGISTERS = 0
    ERROR_CODE = 44
    PHYSICAL_CORE = 45
    STATE = 46
    APPLICATION = 47
    MESSAGE_TO_CORE = 48
    COMMAND_TO_CORE = 56
    TIME = 68
    NAME = 72
    IOBUF = 88
    VERSION = 92


class CoreState(enum.IntEnum):
    """States of a core as SARK writes them."""

    DEAD = 0
    POWERED_DOWN = 1
    RUN_TIME_ERROR = 2
    WATCHDOG = 3
    INITIALISING = 4
    READY = 5
    C_MAIN = 6
    RUNNING = 7
    SYNC0 = 8
    SYNC1 = 9
    PAUSED = 10
    FINISHED = 11
    IDLE = 15


class Command(enum.IntEnum):
    """SCP commands of the monitor."""

    VERSION = 0
    READ = 2
    WRITE = 3
    FILL = 5
    COUNT = 15
    LINK_READ = 17
    LINK_WRITE = 18
    RUN = 19
    NEAREST_NEIGHBOUR = 20
    COPY_RUN = 21
    SIGNAL = 22
    RUN_AT = 24
    LED = 25
    TAG = 26
    ALLOCATE = 28
    ROUTER = 29
    INFORMATION = 31
    SYNC = 32


class Result(enum.IntEnum):
    """SCP return codes."""

    OK = 0x80
    LENGTH = 0x81
    CHECKSUM = 0x82
    COMMAND = 0x83
    ARGUMENT = 0x84
    ROUTE = 0x87


class Signal(enum.IntEnum):
    """Signals that an application can get."""

    INITIALISE = 0
    POWER_DOWN = 1
    STOP = 2
    START = 3
    SYNC0 = 4
    SYNC1 = 5
    PAUSE = 6
    CONTINUE = 7
    EXIT = 8
    TIMER = 9
    USER0 = 10
    USER1 = 11
    USER2 = 12
    USER3 = 13
