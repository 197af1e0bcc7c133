#!/usr/bin/env bash
# pysubs2 1.8.1: of a SubRip cue whose last line is a bare number, that line is lost, although the file is valid and the
# number stands before no further cue; and a line of text that names two times becomes two empty cues.
#
# Guess beforehand: the number of a cue is a number that a timing follows, and a timing is a line of nothing else.
# Seen: "call me at" / "42"                          -> ['call me at']
#       "from 00:00:01,000 to 00:00:02,000"          -> ['', '']
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pysubs2==1.8.1
"$work/venv/bin/python" - <<'PYTHON'
import pysubs2

cue = "1\n00:00:00,000 --> 00:00:01,000\n"
texts = [
    [event.plaintext for event in pysubs2.SSAFile.from_string(cue + text, format_="srt")]
    for text in ("call me at\n42\n", "from 00:00:01,000 to 00:00:02,000\n")
]
print(pysubs2.VERSION, *texts)
assert texts == [["call me at"], ["", ""]]
PYTHON
