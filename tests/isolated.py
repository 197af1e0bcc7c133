"""Runs a command where every packet that leaves it is seen and none arrives: python tests/isolated.py COMMAND …

The network namespace of its own has nothing but a loopback interface, to which all addresses are routed, so look-ups
and connections to anywhere end there. What was sent to any other address than this machine's own is printed as JSON,
one line; the exit status is the command's. 77 says that this machine lets nobody make a namespace.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

CANNOT = 77
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _ADD_ROUTE, _UP = 0x8913, 0x8914, 0x890B, 1
_ALL_PROTOCOLS, _OUTGOING = 3, 4
_SETTLE_S = 0.3
_libc = ctypes.CDLL(None, use_errno=True)


class _Route(ctypes.Structure):
    """The kernel's `struct rtentry`."""

    _fields_ = [
        ("pad1", ctypes.c_ulong), ("destination", ctypes.c_ubyte * 16), ("gateway", ctypes.c_ubyte * 16),
        ("mask", ctypes.c_ubyte * 16), ("flags", ctypes.c_ushort), ("pad2", ctypes.c_short), ("pad3", ctypes.c_ulong),
        ("pad4", ctypes.c_void_p), ("metric", ctypes.c_short), ("device", ctypes.c_char_p), ("mtu", ctypes.c_ulong),
        ("window", ctypes.c_ulong), ("irtt", ctypes.c_ushort),
    ]  # fmt: skip


def leave_the_network() -> None:
    """Move this process into a network of its own; `OSError` where that is not allowed."""
    flags = _NEW_NET if os.geteuid() == 0 else _NEW_NET | _NEW_USER
    if _libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")
    anywhere = (ctypes.c_ubyte * 16)(*struct.pack("H14x", socket.AF_INET))
    route = _Route(destination=anywhere, gateway=anywhere, mask=anywhere, flags=_UP, device=b"lo")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.unpack("16sH22x", fcntl.ioctl(control, _GET_FLAGS, struct.pack("16sH22x", b"lo", 0)))[1]
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH22x", b"lo", flags | _UP))
        if _libc.ioctl(control.fileno(), _ADD_ROUTE, ctypes.byref(route)):
            raise OSError(ctypes.get_errno(), "no route")


def watch(sent: list[str]) -> None:
    """Gather, in a thread, what is sent to others: address, port and what a name look-up asks for."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL_PROTOCOLS))

    def gather() -> None:
        while True:
            packet, origin = tap.recvfrom(65_535)
            if origin[2] == _OUTGOING and (told := _abroad(packet)):
                sent.append(told)

    threading.Thread(target=gather, daemon=True).start()


def _abroad(packet: bytes) -> str | None:
    if packet[0] >> 4 == 6:
        address = socket.inet_ntop(socket.AF_INET6, packet[24:40])
        return None if address == "::1" else address
    if packet[16] == 127:
        return None
    header = (packet[0] & 15) * 4
    port = int.from_bytes(packet[header + 2 : header + 4], "big")
    asked = packet[header + 20 :].partition(b"\0")[0] if port == 53 else b""
    return f"{socket.inet_ntoa(packet[16:20])}:{port} {asked.decode('ascii', 'replace')}".strip()


def main() -> None:
    """Run the command and print what it sent."""
    try:
        leave_the_network()
    except OSError as error:
        print(error)
        sys.exit(CANNOT)
    sent: list[str] = []
    watch(sent)
    status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode
    time.sleep(_SETTLE_S)
    print(json.dumps(sent))
    sys.exit(status)


if __name__ == "__main__":
    main()
