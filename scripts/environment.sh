# Makes .venv at the root of the repository, or uses the one that is there. Sourced, from that root, by scripts/*.

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

# prepare_environment [extra]: installs the product, with an extra where one is named, unless that has been done since
# pyproject.toml or the place of the repository last changed.
prepare_environment() {
  local extra="${1:-}" stamp=".venv/mien-installed" python now
  now="$(printf '%s ' "$(pwd -P)" && cat pyproject.toml scripts/constraints-cpu.txt | cksum)"
  if [ -f "$stamp" ] && grep -qxF -e "$now $extra" -e "$now dev" "$stamp" && .venv/bin/python -c '' 2>/dev/null; then
    return
  fi
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python="$(find_python)" || return
    echo "Making an environment in .venv with $python …"
    "$python" -m venv --clear .venv
  fi
  echo "Installing Mien Studio and what it needs (once; some minutes on a slow line) …"
  .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --constraint scripts/constraints-cpu.txt \
    --editable ".${extra:+[$extra]}"
  printf '%s %s\n' "$now" "$extra" >"$stamp"
}
