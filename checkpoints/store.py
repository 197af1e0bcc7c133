"""Where fetched sets lie, and what can be asked of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from checkpoints.entries import CheckpointSet, catalog
from checkpoints.errors import BadInput, Missing
from checkpoints.fetch.download import Progress, fetch_sets, has_size, is_whole, lacking_files


def cache_root() -> Path:
    """The folder of fetched sets: `$MIEN_CACHE`, else `mien` in the user's cache folder."""
    if chosen := os.environ.get("MIEN_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mien"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mien" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mien"


def path(name: str, *, progress: Progress | None = None) -> Path:
    """The folder of the set `name`, fetched and verified first where it is not there yet.

    What lies there is trusted by its size; `verify` reads every byte. `progress` is as for `pull`.
    Raises `BadInput` for an unknown name and `Missing` when it cannot be had.
    """
    entry = _entry(name)
    folder = cache_root() / name
    if not lacking_files(entry, folder, has_size):
        return folder
    fetch_sets([entry], cache_root(), has_size, progress)
    return folder


def pull(names: Iterable[str], progress: Progress | None = None) -> None:
    """Fetch what is absent or damaged of these sets, several at a time.

    `progress(name, done_bytes, total_bytes)` is called from one thread at a time. Raises `BadInput` for an unknown
    name, and `Missing` with one sentence when a set cannot be had; what came whole before then stays.
    """
    fetch_sets([_entry(name) for name in dict.fromkeys(names)], cache_root(), is_whole, progress)


def verify(names: Iterable[str] | None = None) -> list[str]:
    """Read every byte of these sets (without names, of all in the cache) and return what is wrong, a sentence each."""
    if names is None:
        names = [name for name in catalog() if (cache_root() / name).exists()]
    problems = []
    for entry in [_entry(name) for name in names]:
        folder = cache_root() / entry.name
        wrong = [file.path for file in lacking_files(entry, folder, is_whole)]
        damaged = [path for path in wrong if (folder / path).exists()]
        absent = [path for path in wrong if path not in damaged]
        mend = f"run `mien checkpoints pull {entry.name}`"
        problems += [f"{entry.name} lacks {_some(absent)}: {mend}."] if absent else []
        problems += [f"{entry.name} has been damaged in {_some(damaged)}: {mend}."] if damaged else []
    return problems


def _some(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def is_present(name: str) -> bool:
    """Whether the whole set lies in the cache, judged by sizes."""
    return not lacking_files(_entry(name), cache_root() / name, has_size)


def weights_path(name: str) -> Path:
    """The folder of the weights `name` that come with the product, `checkpoints/weights/<name>`."""
    weights = Path(__file__).with_name("weights")
    if name not in {folder.name for folder in weights.glob("*/")}:
        raise Missing(f"The weights {name} should come with Mien Studio but do not: run `pip install mien-studio`.")
    return weights / name


def _entry(name: str) -> CheckpointSet:
    if name in catalog():
        return catalog()[name]
    near = get_close_matches(name, catalog(), n=3, cutoff=0.4) or sorted(catalog())
    raise BadInput(f"There is no checkpoint named “{name}”; there is {', '.join(near)}.")
