#!/usr/bin/env bash
# onnxruntime 1.32.0 on Linux: disable_telemetry_events(), called right after the import, leaves the device id and the
# database of events in the user's cache, since the import itself has made them. ORT_DISABLE_TELEMETRY=1 before the
# import ends both.
#
# Guess beforehand: the function that is named so ends it, and the variable is another way to the same.
# Seen: after the call                 .cache/Microsoft/DeveloperTools/.onnxruntime/{deviceid,onnxruntime.db}
#       with ORT_DISABLE_TELEMETRY=1   nothing
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 numpy==2.4.0
code='import onnxruntime; onnxruntime.disable_telemetry_events(); print(onnxruntime.__version__)'

mkdir "$work/called" "$work/set"
env -u XDG_CACHE_HOME -u ORT_DISABLE_TELEMETRY HOME="$work/called" "$work/venv/bin/python" -c "$code"
env -u XDG_CACHE_HOME ORT_DISABLE_TELEMETRY=1 HOME="$work/set" "$work/venv/bin/python" -c 'import onnxruntime'
called="$(cd "$work/called" && find . -type f | sort | tr '\n' ' ')"
set_before="$(cd "$work/set" && find . -type f | tr '\n' ' ')"
echo "after disable_telemetry_events(): ${called:-nothing}"
echo "with ORT_DISABLE_TELEMETRY=1:     ${set_before:-nothing}"
folder=./.cache/Microsoft/DeveloperTools/.onnxruntime
[ "$called" = "$folder/deviceid $folder/onnxruntime.db " ] && [ -z "$set_before" ]
