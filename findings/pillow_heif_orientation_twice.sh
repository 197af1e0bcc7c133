#!/usr/bin/env bash
# pillow-heif 1.8.1 with Pillow 11.3.0: a picture that carries an EXIF orientation (6, a quarter turn) in info["exif"] is
# turned twice by pillow_heif.from_pillow(picture).save(): a reader shows it as it was stored. Picture.save() of the same
# picture is shown turned once, as it should be.
#
# Guess beforehand: both ways of saving one picture give files that are shown alike.
# Seen, stored 200 × 120:  from_pillow(picture).save()  shown as (200, 120)
#                          picture.save()               shown as (120, 200)
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==11.3.0 pillow-heif==1.8.1
cd "$work"
venv/bin/python - <<'PYTHON'
import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
picture = Image.new("RGB", (200, 120), (200, 120, 90))
exif = Image.Exif()
exif[0x0112] = 6
picture.info["exif"] = exif.tobytes()
pillow_heif.from_pillow(picture).save("one.heic")
picture.save("other.heic")
sizes = [ImageOps.exif_transpose(Image.open(name)).size for name in ("one.heic", "other.heic")]
print(pillow_heif.__version__, *sizes)
assert sizes == [(200, 120), (120, 200)]
PYTHON
