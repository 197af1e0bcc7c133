#!/usr/bin/env bash
# ffmpeg n9.0.2 (imageio-ffmpeg 0.8.1, Linux x86-64): of the output options -colorspace, -color_primaries and -color_trc
# the first is written into an H.264 mp4, the other two are dropped without a word. The filter setparams writes all three.
#
# Guess beforehand: options that libx264 takes for all three are all three written, as they have been for years.
# Seen: by options     bt709/unknown/unknown
#       by setparams   bt709 (all three)
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1
ffmpeg="$("$work/venv/bin/python" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')"
"$ffmpeg" -version | head -n 1
source=(-v error -y -f lavfi -i testsrc2=size=64x64:rate=25:duration=1)
"$ffmpeg" "${source[@]}" -pix_fmt yuv420p -color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709 \
  -c:v libx264 "$work/options.mp4"
"$ffmpeg" "${source[@]}" -pix_fmt yuv420p -c:v libx264 \
  -vf setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709 "$work/setparams.mp4"
told() { "$ffmpeg" -i "$1" 2>&1 | sed -n 's/.*yuv420p(\([^)]*\)).*/\1/p'; }
echo "by options:   $(told "$work/options.mp4")"
echo "by setparams: $(told "$work/setparams.mp4")"
[[ "$(told "$work/options.mp4")" == *bt709/unknown/unknown* ]]
[[ "$(told "$work/setparams.mp4")" == "tv, bt709, progressive" ]]
