#!/usr/bin/env bash
# PyAV 18.1.0: side_data of a decoded JPEG that has EXIF raises ValueError, so the display matrix of a photo cannot be
# asked for; the picture itself decodes. PyAV lists no kind of side data by the number that FFmpeg gives EXIF.
#
# Guess beforehand: side data of a kind that PyAV does not know is left out.
# Seen: without EXIF  none
#       with EXIF     ValueError: 31 is not a valid Type
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 pillow==11.3.0
cd "$work"
venv/bin/python - <<'PYTHON'
import av
from PIL import Image

photo, exif = Image.new("RGB", (96, 64), (200, 120, 90)), Image.Exif()
exif[0x0112] = 6
photo.save("plain.jpg")
photo.save("exif.jpg", exif=exif)


def side_data(name):
    with av.open(name) as container:
        frame = next(container.decode(video=0))
        try:
            return [str(entry) for entry in frame.side_data] or "none"
        except ValueError as error:
            return f"ValueError: {error}"


print(av.__version__, side_data("plain.jpg"), side_data("exif.jpg"), sep=" | ")
assert side_data("plain.jpg") == "none" and side_data("exif.jpg") == "ValueError: 31 is not a valid Type"
PYTHON
