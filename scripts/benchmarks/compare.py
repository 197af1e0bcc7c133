"""Speed and memory beside another checkout, in the same run: fresh processes by turns, ratios of medians.

    python -m scripts.benchmarks.compare --before FOLDER                       # prints the table
    python -m scripts.benchmarks.compare --before FOLDER --only animate --rounds 9
    python -m scripts.benchmarks.compare --before FOLDER --write               # and puts it into docs/RESULTS.md

Four cases, each warm: ten seconds of text to a clip, a recording of twelve seconds to a clip, a video of ten seconds
followed, and ten seconds of text to sound. The recording and the video are made once, by this checkout. What both
spend on the machine's other work is alike, since they take turns; seconds of the processor tell more than those of the
clock.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

from scripts import ROOT
from scripts.benchmarks import one_run
from scripts.command_line import options_of
from scripts.evaluation.results import publish

CASES = {
    "render": "10 s of text to a clip",
    "animate": "12 s of a recording to a clip",
    "reenact": "a video of 10 s followed",
    "say": "10 s of text to sound",
}
MEASURES = {"cpu_s": "processor, s", "wall_s": "clock, s", "peak_rss_mb": "peak RSS, MB"}
RECORDING_S = 12.0
Runs = dict[str, list[dict[str, float]]]  # "before" and "after" → what each run spent


def make_inputs(folder: Path) -> None:
    """A recording of twelve seconds and a video of ten, in `folder`."""
    from studio import Studio

    studio, spoken = Studio(), folder / "long.wav"
    studio.say(f"{one_run.TEN_SECONDS} {one_run.TEN_SECONDS}", out=spoken)
    with wave.open(str(spoken)) as whole, wave.open(str(folder / one_run.SOUND), "wb") as cut:
        cut.setparams(whole.getparams())
        cut.writeframes(whole.readframes(int(RECORDING_S * whole.getframerate())))
    studio.speak(one_run.TEN_SECONDS, out=folder / one_run.FILM)


def run_once(product: Path, case: str, folder: Path) -> dict[str, float]:
    """One case in a fresh process of the product in a folder."""
    command = [sys.executable, "-P", one_run.__file__, case, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(product)}
    run = subprocess.run(command, env=environment, cwd=product, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{case} of {product} ended with {run.returncode}: {run.stderr[-2000:]}")
    return json.loads(run.stdout.splitlines()[-1])


def by_turns(before: Path, case: str, folder: Path, rounds: int) -> Runs:
    """`rounds` runs of each product; who is first changes from round to round."""
    products, runs = [("before", before), ("after", ROOT)], {"before": [], "after": []}
    for i in range(rounds):
        for name, product in products[:: 1 if i % 2 == 0 else -1]:
            runs[name].append(run_once(product, case, folder))
        sys.stderr.write(f"{case}: {i + 1} of {rounds}\n")
    return runs


def row(case: str, measure: str, runs: Runs) -> str:
    """One line of the table: medians, their ratio, and the spread of the ratios of the rounds."""
    before, after = ([run[measure] for run in runs[name]] for name in ("before", "after"))
    ratio = statistics.median(after) / statistics.median(before)
    pairs = sorted(b / a for a, b in zip(before, after, strict=True))
    return (
        f"| {CASES[case]}, {MEASURES[measure]} | {statistics.median(before):.2f} | {statistics.median(after):.2f} "
        f"| {ratio:.3f} | {pairs[0]:.2f} – {pairs[-1]:.2f} |"
    )


def table(results: dict[str, Runs], rounds: int) -> str:
    """All cases as Markdown."""
    lines = [
        f"`scripts.benchmarks.compare`, {rounds} rounds by turns, {os.cpu_count()} cores, load at the end "
        f"{os.getloadavg()[0]:.1f}.",
        "",
        "| | before | after | ratio of medians | of the rounds |",
        "|---|---|---|---|---|",
    ]
    return "\n".join(lines + [row(case, measure, runs) for case, runs in results.items() for measure in MEASURES])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = options_of(__doc__, write=True)
    parser.add_argument("--before", type=Path, required=True, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each case and checkout")
    parser.add_argument("--only", choices=CASES, nargs="+", default=list(CASES), help="only these cases")
    args = parser.parse_args(arguments)
    if not (args.before / "studio").is_dir():
        parser.error(f"there is no checkout at {args.before}")
    with tempfile.TemporaryDirectory() as folder:
        make_inputs(Path(folder))
        results = {case: by_turns(args.before.resolve(), case, Path(folder), args.rounds) for case in args.only}
    publish("compare", "Speed and memory beside the version before", table(results, args.rounds), args.write)


if __name__ == "__main__":
    main()
