"""Reads what a person feels and writes what was asked beside it: a picture of the trajectory, a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checkpoints.errors import BadInput
from emotion_embed.perception import Perception
from studio.report import write_text
from studio.studio import Studio
from studio.trajectory_plot import check_plot_path, plot_trajectory


def perceive_and_write(
    sources: Sequence[str], options: Mapping[str, Any], *, plot: str | None = None, track: str | None = None
) -> Perception:
    """`Studio.perceive` on these sources; names of files to write are checked before any work."""
    if plot is not None:
        check_plot_path(plot)
    if track is not None and Path(track).suffix.lower() != ".json":
        raise BadInput(f"{track} must end in .json.")
    for out in (plot, track):
        if out is not None and any(Path(out).resolve() == Path(s).resolve() for s in sources if len(s) < 1000):
            raise BadInput(f"{out} is also an input, and would be overwritten; name another file.")
    found = Studio().perceive(*sources, **options)
    if plot is not None:
        plot_trajectory(found, plot)
    if track is not None:
        Path(track).absolute().parent.mkdir(parents=True, exist_ok=True)
        write_text(Path(track), found.track.to_json())
    return found
