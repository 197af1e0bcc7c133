#!/usr/bin/env bash
# Pillow 11.3.0: a YCbCr picture saved as an uncompressed TIFF, Pillow's default for TIFF, cannot be read by Pillow again.
# OpenCV reads the same file.
#
# Guess beforehand: what Pillow writes with its defaults it reads.
# Seen: Pillow  OSError: image file is truncated (0 bytes not processed)
#       OpenCV  (200, 200, 3)
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==11.3.0 opencv-python-headless==4.12.0.88
cd "$work"
venv/bin/python - <<'PYTHON'
import cv2
import PIL
from PIL import Image

Image.new("RGB", (200, 200), (200, 120, 90)).convert("YCbCr").save("y.tif")
try:
    Image.open("y.tif").load()
    said = "read"
except OSError as error:
    said = f"OSError: {error}"
by_opencv = cv2.imread("y.tif")
print(PIL.__version__, said, by_opencv.shape, sep=" | ")
assert said.startswith("OSError: image file is truncated") and by_opencv.shape == (200, 200, 3)
PYTHON
