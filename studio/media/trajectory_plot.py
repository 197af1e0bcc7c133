"""Draws how a feeling moves: valence, arousal and dominance, the likeliest feelings, and the words under the axis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.fusion import CORE, core_distribution
from emotion_embed.perception import Moment, Perception
from emotion_embed.state import EmotionState
from studio.media.files import in_one_step

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
_AXES = (("valence", "#2a7f62"), ("arousal", "#c8553d"), ("dominance", "#4a6fa5"))
_COLOURS = {
    "neutral": "#b8bcc2", "joy": "#f2b632", "sadness": "#4a6fa5", "anger": "#c0392b", "fear": "#7d5ba6",
    "surprise": "#e67e22", "disgust": "#6b8e23", "contempt": "#8d6e63", "boredom": "#95a5a6",
}  # fmt: skip
_MOST_FEELINGS = 6
_GAP_S = 0.3
_NOTHING_KNOWN = EmotionState({}, {}, (np.nan, np.nan, np.nan), np.full((3, 3), np.nan))
_LETTERS_PER_LINE = 120


def plot_trajectory(perception: Perception, path: str | Path) -> None:
    """Write the picture; the file appears whole or not at all. Raises `BadInput` when it cannot be written."""
    from matplotlib.figure import Figure

    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path} must end in {' or '.join(SUFFIXES)}.")
    figure = Figure(figsize=(11, 6.2), layout="constrained")
    above, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 1.1))
    times_s, moments = _steps(perception)
    _draw_vad(above, times_s, moments)
    _draw_feelings(middle, times_s, moments)
    _draw_words(below, perception)
    above.set_title(_title(perception), loc="left", fontsize=11)
    below.set_xlabel("seconds" if perception.transcript or _has_sound(perception) else "seconds, as it would be spoken")
    _save(figure, path)


def _steps(perception: Perception) -> tuple[np.ndarray, list[Moment]]:
    """Borders of the moments, (n + 1,), and the moments; one over everything where there is none, and one that knows
    nothing over every gap."""
    moments: list[Moment] = []
    for moment in perception.moments or (Moment(0.0, max(perception.duration_s, 0.5), perception),):
        if moments and moment.start_s - moments[-1].end_s > _GAP_S:
            moments.append(Moment(moments[-1].end_s, moment.start_s, _NOTHING_KNOWN))
        moments.append(moment)
    return np.array([*(m.start_s for m in moments), moments[-1].end_s]), moments


def _draw_vad(axes: Axes, times_s: np.ndarray, moments: Sequence[Moment]) -> None:
    means = np.array([m.state.vad for m in moments])
    unsure = [m.state.vad_covariance if m.state.vad_covariance is not None else np.zeros((3, 3)) for m in moments]
    spreads = np.array([np.sqrt(np.diag(covariance)) for covariance in unsure])
    for i, (name, colour) in enumerate(_AXES):
        line, width = np.append(means[:, i], means[-1, i]), np.append(spreads[:, i], spreads[-1, i])
        axes.step(times_s, line, where="post", color=colour, linewidth=2, label=name)
        axes.fill_between(times_s, line - width, line + width, step="post", color=colour, alpha=0.10, linewidth=0)
    axes.axhline(0, color="#888", linewidth=0.6)
    axes.set_ylim(-1, 1)
    axes.set_ylabel("−1 … 1")
    for moment in moments:
        if moment.state.conflict >= 0.5:
            label = "words, voice and face disagree"
            axes.axvspan(moment.start_s, moment.end_s, ymax=0.04, color="#c0392b", linewidth=0, label=label)
    handles, names = axes.get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))
    axes.legend(once.values(), once, loc="upper right", ncols=4, frameon=False, fontsize=9)


def _draw_feelings(axes: Axes, times_s: np.ndarray, moments: Sequence[Moment]) -> None:
    shares = np.array([core_distribution(m.state.distribution) for m in moments])
    order = np.argsort(-shares.mean(0))[:_MOST_FEELINGS]
    rows = np.vstack([shares[:, order], shares[-1:, order]])
    names = [CORE[i] for i in order]
    axes.stackplot(times_s, rows.T, labels=names, colors=[_COLOURS[n] for n in names], step="post", linewidth=0)
    axes.set_ylim(0, 1)
    axes.set_ylabel("share")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)


def _draw_words(axes: Axes, perception: Perception) -> None:
    """Every word where it is said, staggered over three lines so that neighbours do not overlap."""
    axes.set_ylim(0, 3)
    axes.set_yticks([])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if perception.transcript is None:
        texts = [(m.start_s, m.words) for m in perception.moments if m.words]
    else:
        texts = [(w.start_s, w.text) for w in perception.transcript.words]
    room = max(perception.duration_s, 0.5) / _LETTERS_PER_LINE
    free_from = [-np.inf] * 3
    for start_s, text in texts:
        line = int(np.argmin(free_from))
        if start_s < free_from[line]:
            continue  # no room left: a long text would become a black bar
        axes.text(start_s, 2.5 - line, text, fontsize=8, va="center", clip_on=True, parse_math=False)
        free_from[line] = start_s + (len(text) + 1) * room


def _title(perception: Perception) -> str:
    top = sorted(perception.distribution.items(), key=lambda item: -item[1])[:3]
    said = ", ".join(f"{name} {p:.0%}" for name, p in top)
    line = f"{said}   (confidence {perception.confidence:.2f}, conflict {perception.conflict:.2f})"
    return "\n".join([line, *(r for r in perception.remarks if len(r) < 110)][:2])


def _has_sound(perception: Perception) -> bool:
    return any(evidence.modality != "text" for evidence in perception.evidence)


def _save(figure: Figure, path: Path) -> None:
    import matplotlib

    kind = path.suffix[1:].lower()
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    try:
        with in_one_step(path) as staged, matplotlib.rc_context({"svg.hashsalt": "mien"}):
            figure.savefig(staged, format=kind, dpi=110, metadata=undated)  # the same course gives the same bytes
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from None
