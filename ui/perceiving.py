"""Reads what a person feels and writes what was asked beside it: a picture of the trajectory, a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checkpoints.errors import BadInput
from emotion_embed.perception import Perception
from studio import Studio
from studio.checks import check_folder_of, check_overwrites, is_too_long
from studio.media.files import in_one_step, write_text
from studio.media.trajectory_plot import SUFFIXES, plot_trajectory


def perceive_and_write(
    sources: Sequence[str], options: Mapping[str, Any], *, plot: str | None = None, track: str | None = None
) -> Perception:
    """`Studio.perceive` on these sources; the files to write are checked before any work."""
    for out, suffixes in ((plot, SUFFIXES), (track, (".json",))):
        if out is not None:
            _check_out(out, suffixes)
    check_overwrites([Path(out) for out in (plot, track) if out is not None], sources)
    found = Studio().perceive(*sources, **options)
    if plot is not None:
        plot_trajectory(found, plot)
    if track is not None:
        with in_one_step(track) as staged:
            write_text(staged, found.track.to_json())
    return found


def _check_out(out: str, suffixes: Sequence[str]) -> None:
    """Raise `BadInput` unless a file of such an ending can be written there."""
    path = Path(out)
    if is_too_long(path):
        raise BadInput(f"The name {path.name[:40]}… is too long for a file; choose a shorter one.")
    if path.suffix.lower() not in suffixes:
        raise BadInput(f"{path} must end in {' or '.join(suffixes)}.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder; name the file in it.")
    check_folder_of(path)
