# Makes a virtual environment at the root of the repository, or uses the one that is there. Sourced, from that root, by
# scripts/*.

find_python() {
  local candidate
  for candidate in "${MIEN_PYTHON:-python3.11}" python3.11 python3.12 python3.13 python3 python; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  echo "Mien Studio needs Python 3.11 or later with its venv module; install it, or name it in MIEN_PYTHON." >&2
  return 3
}

# prepare_environment [extras [folder]]: installs the product in the folder (.venv), with extras where some are named,
# unless that has been done since pyproject.toml or the place of the repository last changed.
prepare_environment() {
  local extras="${1:-}" folder="${2:-.venv}" stamp python now
  stamp="$folder/mien-installed"
  now="$(printf '%s ' "$(pwd -P)" && cat pyproject.toml scripts/constraints-cpu.txt scripts/environment.sh | cksum)"
  if [ -f "$stamp" ] && grep -qxF -e "$now $extras" -e "$now dev" "$stamp" && "$folder/bin/python" -c '' 2>/dev/null; then
    return
  fi
  if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    python="$(find_python)" || return
    echo "Making an environment in $folder with $python …"
    "$python" -m venv --clear "$folder"
  fi
  echo "Installing Mien Studio and what it needs in $folder (once; some minutes on a slow line) …"
  install_in "$folder" --constraint scripts/constraints-cpu.txt --editable ".${extras:+[$extras]}"
  case ",$extras," in *,evaluate,*) install_judge_of_speakers "$folder" ;; esac
  case ",$extras," in *,coqui,* | *,pyannote,*) set_cuda_torchaudio_aside "$folder" ;; esac
  printf '%s %s\n' "$now" "$extras" >"$stamp"
}

install_in() {
  "$1/bin/python" -m pip install --quiet --quiet --disable-pip-version-check "${@:2}"
}

# resemblyzer asks for webrtcvad, which must be compiled and is not used here.
install_judge_of_speakers() {
  install_in "$1" --no-deps "resemblyzer==0.1.4"
}

# The torchaudio of the package index is built for CUDA. Beside a CPU build of torch its libraries cannot be loaded, and
# nothing of ours needs them: without them it is Python alone, and coqui-tts and pyannote.audio run.
set_cuda_torchaudio_aside() {
  "$1/bin/python" - <<'PYTHON'
from importlib.util import find_spec
from pathlib import Path

import torch

if torch.version.cuda is None and (torchaudio := find_spec("torchaudio")):
    for library in Path(torchaudio.origin).parent.glob("lib/*.so"):
        library.rename(library.with_suffix(".so.unused"))
PYTHON
}
