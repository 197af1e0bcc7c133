#!/usr/bin/env bash
# mkdocs-material 9.8.2: its plugin "offline", which is there to make a site that works without a network, puts a script of
# another host into every page (a shim for search in an iframe); without the plugin no page names a foreign script.
#
# Guess beforehand: with "offline" nothing is loaded from elsewhere.
# Seen: with it 1 foreign script in index.html (iframe-worker/shim), without it 0
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mkdocs-material==9.8.2
mkdir "$work/docs"
printf '# Hello\n' >"$work/docs/index.md"
for plugins in "[search]" "[search, offline]"; do
  printf 'site_name: x\ntheme: {name: material, font: false}\nplugins: %s\n' "$plugins" >"$work/mkdocs.yml"
  NO_MKDOCS_2_WARNING=1 "$work/venv/bin/mkdocs" build --quiet --config-file "$work/mkdocs.yml" --site-dir "$work/site"
  found="$({ grep -oE '<script[^>]*src="?https?://[^ >]*' "$work/site/index.html" || true; } | wc -l)"
  echo "plugins $plugins: $found foreign scripts"
  case "$plugins" in *offline*) [ "$found" = 1 ] ;; *) [ "$found" = 0 ] ;; esac
done
grep -o 'iframe-worker/shim' "$work/site/index.html"
