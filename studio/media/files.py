"""Text and JSON as files: into the staged folder of a `Publication`, or each by itself in one step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.media.publish import Publication


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write JSON to a staged path."""
    write_text(path, json.dumps(values, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text to a staged path."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace")  # a file name may hold any bytes


@contextmanager
def in_one_step(path: str | Path) -> Iterator[Path]:
    """A `Publication` of one file: a staged path to write to; what is there takes its place at the end."""
    with Publication(path) as files:
        yield files.path()
        files.publish()
