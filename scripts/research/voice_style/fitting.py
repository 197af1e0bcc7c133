"""The best styles of a round, and learning curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from emotion_embed.readers.speech import LABELS
from scripts.evaluation.results import write_section
from scripts.research.voice_style.listening import AcousticJudge
from scripts.research.voice_style.space import SOUGHT, STEP
from scripts.research.voice_style.surface import Clips, best_manner


def fit(work: Path, data: Path, feelings: Sequence[str], leash: float, least: tuple[float, float], write: bool) -> None:
    """Print how far the rounds came and keep the best manners of `feelings` for the next; others stay as they were."""
    clips = Clips.heard(work, AcousticJudge.trained(data, work))
    curves = learning_curves(clips)
    best = dict(np.load(work / "best.npz")) if (work / "best.npz").exists() else {}
    table = Table(
        "feeling",
        "own margin",
        "acoustic margin",
        "same voice",
        "P.808",
        "P.835",
        "errors",
        "steps away",
        title="expected of the best",
    )
    for label in (LABELS.index(feeling) for feeling in feelings):
        theta, answers = best_manner(clips, label, leash, least)
        best[LABELS[label]] = theta
        margins = [part[label] - np.delete(part, label).max() for part in (answers[:7], answers[7:14])]
        size = np.linalg.norm(theta / STEP)
        table.add_row(
            LABELS[label],
            *(f"{m:.2f}" for m in margins),
            *(f"{answers[k] / 5:.2f}" for k in (14, 15, 16)),
            f"{answers[17]:.2f}",
            f"{size:.1f}",
        )
    np.savez(work / "best.npz", **best)
    (work / "curves.json").write_text(json.dumps(curves, indent=1))
    Console().print(table)
    if write:
        write_section("manner-search", "How the manners of the voice were found", curves_markdown(curves))


def curves_markdown(curves: list[dict]) -> str:
    """The learning curves as a table, a line for a round."""
    kinds = ("own", "acoustic", "same_voice", "natural")
    head = ["round", "clips", "own ear", "acoustic judge", "same voice", "DNSMOS", "own ear, by feeling"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for number in sorted({row["round"] for row in curves}):
        rows = [row for row in curves if row["round"] == number]
        clips = [row["clips"] for row in rows]
        means = [f"{np.average([row[kind] for row in rows], weights=clips):.2f}" for kind in kinds]
        by_feeling = ", ".join(f"{row['feeling']} {row['own']:.2f}" for row in rows)
        lines.append(f"| {number} | {sum(clips)} | {' | '.join(means)} | {by_feeling} |")
    return CURVES_HEADING + "\n\n" + "\n".join(lines)


CURVES_HEADING = (
    "`scripts.research.voice_style fit --write`: what the judges of the search said of the clips of each round "
    "(fifteen voices, from round 7 on twenty, ten sentences; manners at 0.5 to 1.25 of full strength with noise on "
    "them, so full strength does better). Round 1 was spread at random around the plain voice. From round 5 on the "
    "optimum was kept to what is well known, close to the plain voice's DNSMOS and slow enough to be understood, "
    "which costs the own ear what it had heard in rushed fear and drawn-out sadness. After round 8, in which the own "
    "ear counted more, only disgust, fear and sadness were taken from the new optimum: there the voice keeps more of "
    "its DNSMOS and of itself; anger (at 1.15 of its strength), boredom and joy stay as of round 6. Same voice: "
    "cosine of GE2E to the voice's plain speech (.94 among plain clips); DNSMOS as a share of plain."
)


def learning_curves(clips: Clips) -> list[dict]:
    """For every round after the first: how often each judge named what was sought."""
    curves = []
    table = Table("round", "feeling", "clips", "own", "acoustic", "same voice", "natural", title="what was heard")
    for number in sorted(set(clips.round)):
        for label in SOUGHT:
            own = (clips.round == number) & (clips.sought == label)
            if own.any():
                row = {
                    "round": int(number), "feeling": LABELS[label], "clips": int(own.sum()),
                    "own": float(np.mean(clips.own[own].argmax(1) == label)),
                    "acoustic": float(np.mean(clips.acoustic[own].argmax(1) == label)),
                    "same_voice": float(clips.same[own].mean()), "natural": float(clips.natural[own].mean()),
                }  # fmt: skip
                curves.append(row)
                table.add_row(
                    str(number),
                    LABELS[label],
                    str(row["clips"]),
                    *(f"{row[k]:.2f}" for k in ("own", "acoustic", "same_voice", "natural")),
                )
    Console().print(table)
    return curves
