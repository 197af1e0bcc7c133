#!/usr/bin/env bash
# ffmpeg n9.0.2 (imageio-ffmpeg 0.8.1, Linux x86-64): words in {braces} of a SubRip cue go into ASS as they are, where they
# are an override block and players show nothing of them. The WebVTT decoder of the same ffmpeg escapes the same words.
#
# Guess beforehand: text of a cue is text, so both decoders escape what ASS would take for an override.
# Seen: srt     look {at this} now
#       webvtt  look \{{}at this} now
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1
ffmpeg="$("$work/venv/bin/python" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')"
"$ffmpeg" -version | head -n 1
printf '1\n00:00:00,000 --> 00:00:01,000\nlook {at this} now\n' >"$work/a.srt"
printf 'WEBVTT\n\n00:00.000 --> 00:01.000\nlook {at this} now\n' >"$work/a.vtt"
event() { "$ffmpeg" -v error -i "$1" -f ass - | tr -d '\r' | sed -n 's/^Dialogue: .*,,//p'; }
from_srt="$(event "$work/a.srt")" from_vtt="$(event "$work/a.vtt")"
printf 'srt     %s\nwebvtt  %s\n' "$from_srt" "$from_vtt"
[ "$from_srt" = 'look {at this} now' ]
[ "$from_vtt" = 'look \{{}at this} now' ]
