"""The options that most scripts share, spelled once."""

from __future__ import annotations

import argparse
from pathlib import Path


def options_of(
    doc: str | None, *, data: bool = False, work: str | None = None, write: bool = False
) -> argparse.ArgumentParser:
    """A parser whose help is a module's docstring: with `--data` (required), with `--work` (required; `work` says what
    it keeps) and with `--write`, as the script needs them."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    if data:
        parser.add_argument("--data", type=Path, required=True, help="the folder of corpora")
    if work is not None:
        parser.add_argument("--work", type=Path, required=True, help=work)
    if write:
        parser.add_argument("--write", action="store_true", help="write docs/RESULTS.md")
    return parser
