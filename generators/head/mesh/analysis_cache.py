"""The analyses of portraits on disk: looking at a photo takes a second, and the same photo is used again and again."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

import checkpoints
from generators.head.mesh.analysis import PortraitAnalysis, analyse_photo
from generators.head.mesh.framing import Framing
from generators.head.mesh.landmarks import Face

CACHE_VERSION = 13  # raise when what is cached changes its meaning
MAX_ENTRIES = 200  # some 40 kB each


def cached_analysis(
    colours: np.ndarray, visible: np.ndarray | None, size: tuple[int, int] | None, which_face: int | None
) -> PortraitAnalysis:
    """As `analyse_photo`, from disk where this photo was analysed before."""
    path = _path_of(colours, visible, size, which_face)
    analysis = _load(path)
    if analysis is None:
        analysis = analyse_photo(colours, visible, size, which_face)
        _save(path, analysis)
    return analysis


def _path_of(
    colours: np.ndarray, visible: np.ndarray | None, size: tuple[int, int] | None, which_face: int | None
) -> Path:
    """Where the analysis of just this photo, size and face is kept."""
    key = hashlib.sha256(colours.tobytes() + (b"" if visible is None else visible.tobytes()))
    key.update(json.dumps([CACHE_VERSION, colours.shape, size, which_face]).encode())
    return checkpoints.cache_root() / "portraits" / f"{key.hexdigest()[:32]}.npz"


def _load(path: Path) -> PortraitAnalysis | None:
    """What `_save` wrote; None where there is nothing, or nothing that can be read (any more)."""
    try:
        with np.load(path, allow_pickle=False) as cached:
            x0, y0, x1, y1 = (int(v) for v in cached["box"])
            face = Face(cached["landmarks"], cached["scores"], (x0, y0, x1, y1), cached["head_rotation_deg"])
            framing = Framing(tuple(cached["crop"].tolist()), tuple(cached["size"].tolist()))
            remarks = tuple(str(remark) for remark in cached["remarks"])
            return PortraitAnalysis(
                face, framing, cached["opacity"], str(cached["kind"]), int(cached["turns"]), remarks
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None  # a cache: what cannot be read is analysed again, and replaced


def _save(path: Path, analysis: PortraitAnalysis) -> None:
    """Write an analysis, where one can be written, and drop the oldest entries."""
    face, framing = analysis.face, analysis.framing
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(
                    file,
                    landmarks=face.landmarks,
                    scores=face.scores,
                    box=np.array(face.box),
                    head_rotation_deg=face.head_rotation_deg,
                    turns=analysis.turns,
                    remarks=np.array(analysis.remarks, np.str_),
                    crop=np.array(framing.crop),
                    size=np.array(framing.size),
                    opacity=analysis.opacity,
                    kind=np.array(analysis.kind),
                )
            Path(half).replace(path)
        finally:
            Path(half).unlink(missing_ok=True)
        for old in sorted(path.parent.glob("*.npz"), key=lambda entry: entry.stat().st_mtime)[:-MAX_ENTRIES]:
            old.unlink()
