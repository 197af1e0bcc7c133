"""Whether feelings show on the face as FACS says and grow with their intensity, while the lips stay right.

    python -m scripts.evaluation.expression                      # the demo's portrait, which smiles
    python -m scripts.evaluation.expression --portrait face.jpg --emotions joy,sadness --json

One sentence is rendered in every feeling and strength, and each clip is measured by its own pixels.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from checkpoints.errors import MienError
from scripts.command_line import options_of
from scripts.evaluation.results import write_section
from studio.quality.metrics import ClipReport, measure_clip, read_phones
from studio.studio import Studio

TEXT = "Pam put my map by the pub, and Bob came back from the farm at about five."
STRENGTHS = (0.0, 0.35, 0.7, 1.0)
# Which evidence FACS expects to move, and which way: scores where they live, landmark geometry where they are dead.
EXPECTED: dict[str, tuple[tuple[str, int], ...]] = {
    "joy": (("mouthSmile", 1), ("lip_corner_height", 1), ("mouth_width", 1), ("eye_opening", -1)),
    "sadness": (("browInnerUp", 1), ("lip_corner_height", -1), ("brow_slant", 1), ("mouthSmile", -1)),
    "anger": (("browDown", 1), ("brow_inner_height", -1), ("brow_distance", -1), ("mouthSmile", -1)),
    "surprise": (("browInnerUp", 1), ("browOuterUp", 1), ("eye_opening", 1), ("jawOpen", 1)),
    "fear": (("browInnerUp", 1), ("eye_opening", 1), ("brow_distance", -1), ("mouth_width", 1)),
    "disgust": (("mouthUpperUp", 1), ("nose_to_lip", -1), ("browDown", 1), ("eye_opening", -1)),
}
_LEAST_SCORE, _LEAST_LENGTH = 0.03, 0.004  # what counts as movement, in scores and in interocular distances


def evidence(report: ClipReport) -> dict[str, float]:
    """A clip's expression with how far the brows' inner ends stand over the outer ones."""
    shown = dict(report.expression)
    return shown | {"brow_slant": shown["brow_inner_height"] - shown["brow_outer_height"]}


def grows(values: Sequence[float], direction: int, name: str) -> bool:
    """Whether values move in `direction` over rising strength, never clearly back, and far enough to be seen.

    A score that should fall and is not there at all, as a smile on a face without one, is as it should be.
    """
    least = _LEAST_LENGTH if "_" in name else _LEAST_SCORE
    if direction < 0 and "_" not in name and max(values) < least:
        return True
    steps = direction * np.diff(values)
    return bool(steps.sum() >= least and (steps > -0.5 * least).all())


def clips(studio: Studio, folder: Path, args: argparse.Namespace) -> Iterator[tuple[str, float, ClipReport]]:
    """Every feeling at every strength, measured; the neutral clip stands for strength 0 of them all."""
    for emotion in ("neutral", *args.emotions.split(",")):
        for strength in STRENGTHS[:1] if emotion == "neutral" else STRENGTHS[1:]:
            out = folder / f"{emotion}-{strength:.2f}.mp4"
            asked = None if emotion == "neutral" else f"{emotion}:{strength}"
            clip = studio.speak(args.text, portrait=args.portrait, emotion=asked, out=out, seed=args.seed)
            yield emotion, strength, measure_clip(out, phones=read_phones(clip.report["phones"]))


def table(reports: dict[tuple[str, float], ClipReport], emotions: Sequence[str]) -> list[dict]:
    """One row per feeling and evidence: its values over strength and whether it grows as it should."""
    rows = []
    for emotion in emotions:
        series = [reports["neutral", 0.0], *(reports[emotion, strength] for strength in STRENGTHS[1:])]
        closed = [report.lips.closed_share for report in series]
        for name, direction in EXPECTED[emotion]:
            values = [round(evidence(report)[name], 4) for report in series]
            row = {"emotion": emotion, "evidence": name, "direction": direction, "values": values}
            rows.append(row | {"grows": grows(values, direction, name), "closed": closed})
    return rows


HEAD = ("feeling", "evidence", "should", *(f"{s:g}" for s in STRENGTHS), "grows", "p b m closed")


def cells(rows: list[dict]) -> list[list[str]]:
    """Rows as text; a feeling's name and closures stand in its first row only."""
    lines, before = [], None
    for row in rows:
        new, before = row["emotion"] != before, row["emotion"]
        closed = " ".join("–" if c is None else f"{100 * c:.0f}" for c in row["closed"]) if new else ""
        values = [f"{value:.3f}" for value in row["values"]]
        arrow = "rise" if row["direction"] > 0 else "fall"
        verdict = "yes" if row["grows"] else "NO"
        lines.append([row["emotion"] if new else "", row["evidence"], arrow, *values, verdict, closed])
    return lines


def show(rows: list[dict]) -> None:
    """Print rows as a table."""
    from rich.console import Console
    from rich.table import Table

    printed = Table(*HEAD)
    for line in cells(rows):
        printed.add_row(*line)
    Console(width=120).print(printed)


def write(rows: list[dict]) -> None:
    """Put rows into docs/RESULTS.md."""
    lines = [HEAD, ["---"] * len(HEAD), *cells(rows)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    said = "`scripts.evaluation.expression`, one neutral sentence at four strengths: FaceLandmarker scores and"
    said += " landmark geometry (in eye distances), means over a clip that speaks; and its closures in per cent."
    write_section("emotion", "Feelings in the face", f"{said}\n\n{table}")


def main() -> int:
    parser = options_of(__doc__, write=True)
    parser.add_argument("--portrait", help="photo (default: the demo's)")
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--emotions", default=",".join(EXPECTED))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder that keeps the clips")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = args.keep or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            reports = {(e, s): report for e, s, report in clips(Studio(), folder, args)}
    except MienError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    rows = table(reports, args.emotions.split(","))
    if args.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    else:
        show(rows)
    if args.write:
        write(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
