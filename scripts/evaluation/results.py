"""Puts what a script measured into its own section of docs/RESULTS.md."""

from __future__ import annotations

import sys

from scripts import ROOT

RESULTS = ROOT / "docs" / "RESULTS.md"


def publish(name: str, title: str, text: str, write: bool) -> None:
    """Print what was measured; where it is to be kept (`--write`), `write_section`."""
    sys.stdout.write(text + "\n")
    if write:
        write_section(name, title, text)


def write_section(name: str, title: str, text: str) -> None:
    """Replace the section `name`, or add it under `title` at the end."""
    begin, end = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n"
    section = f"{begin}\n{text}\n{end}"
    if begin in old and end in old:
        before, rest = old.split(begin, 1)
        new = before + section + rest.split(end, 1)[1]
    else:
        new = f"{old.rstrip()}\n\n## {title}\n\n{section}\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(new, encoding="utf-8")
