"""Inputs as people really give them, with what is right for each: one module for each kind, or a few of them.

A module here defines any of `READINGS`, a list of `Reading`, and `TRIALS`, a list of `Trial`. They may use only what
the product has had since before the faults were mended (names of functions, options of the command line), so that
`scripts.evaluation.inputs --before FOLDER` can ask an older checkout the same.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_LONGEST_RUN_S = 240


@dataclass(frozen=True)
class Reading:
    """A text as `written` and the plain words that shall be `spoken` for it: right when both are read with the same
    phones and pauses. `kind` names its row in the table, such as "signs before numbers"."""

    kind: str
    written: str
    spoken: str
    language: str = "en-us"


@dataclass(frozen=True)
class Trial:
    """One input that is no mere text: `check(folder)` makes it in an empty folder, tries the product on it and raises
    `AssertionError` where the outcome is wrong. `name` says what is tried in a few words."""

    kind: str
    name: str
    check: Callable[[Path], None]


def into(trials: list[Trial]) -> Callable[[str, str], Callable]:
    """A decorator `trial(kind, name)` that takes a check into `trials`."""
    return lambda kind, name: lambda check: trials.append(Trial(kind, name, check)) or check


def mien(folder: Path, *arguments: str, stdin: bytes | None = b"", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in `folder`, as a user does; `settings` are environment variables besides the usual ones.
    `stdin` None closes it."""
    import os

    command = [sys.executable, "-m", "ui.cli", *arguments]
    run = subprocess.run(
        command, cwd=folder, env=os.environ | settings, capture_output=True, timeout=_LONGEST_RUN_S, input=stdin,
        preexec_fn=(lambda: os.close(0)) if stdin is None else None,
    )  # fmt: skip
    said, told = (text.decode("utf-8", "replace") for text in (run.stdout, run.stderr))
    return subprocess.CompletedProcess(command, run.returncode, said, told)
