"""Keeps measurements under a hash of the code and data that they depend on."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path


def code_hash(sources: Iterable[Path], data: Mapping[str, bytes] | None = None) -> str:
    """A short hash of what Python files do, whatever their comments and layout, and of other bytes."""
    total = hashlib.sha256()
    for file in sorted(sources):
        total.update(ast.dump(ast.parse(file.read_text(encoding="utf-8"))).encode())
    for name, content in sorted((data or {}).items()):
        total.update(name.encode() + content)
    return total.hexdigest()[:12]
