"""How fast and how big: every stage alone and the whole product together, warm, each case in a fresh process.

python -m scripts.benchmarks.speed             # prints the table
python -m scripts.benchmarks.speed --write     # and puts it into docs/RESULTS.md
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from generators import registry
from generators.contracts import Segment, join_speech
from generators.head.portrait import read_portrait
from generators.motion.streaming import stream
from generators.timeline import place
from scripts import ROOT
from scripts.command_line import options_of
from scripts.evaluation.results import write_section
from studio.media.video import VideoWriter
from studio.quality.report import peak_rss_mb
from studio.request import RenderRequest
from studio.sources import demo_portrait
from studio.studio import Studio

TEN_SECONDS = (
    "The morning train was late again, so I walked along the river instead of waiting. "
    "By noon the fog had lifted, and somebody was playing a violin under the old stone bridge."
)
CASES = {
    "10 s, 512²": (TEN_SECONDS, "512"),
    "60 s, 512²": (" ".join([TEN_SECONDS] * 6), "512"),
    "10 s, 1024²": (TEN_SECONDS, "1024"),
}
ROWS = (
    ("speech, s", "duration_s", "{:.1f}"),
    ("whole factor (time / speech)", "factor", "{:.2f}"),
    ("core seconds / speech, all processes", "cpu", "{:.2f}"),
    ("first second of video after, s", "first_second_s", "{:.2f}"),
    ("peak RSS of the process, MB", "peak_rss_mb", "{:.0f}"),
    ("voice alone, factor", "voice", "{:.2f}"),
    ("motion alone, factor", "motion", "{:.3f}"),
    ("head alone, factor", "head", "{:.2f}"),
    ("head alone, frames/s", "head_fps", "{:.0f}"),
    ("encoder alone, factor", "encode", "{:.2f}"),
)


def measure(case: str) -> dict[str, float]:
    """All numbers of one case, in this process."""
    text, size = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        request = RenderRequest(text=text, size=size, out=str(Path(folder) / "clip.mp4"))
        studio = Studio()
        warm = RenderRequest(text="One, two, three, four.", size=size, out=request.out)
        studio.render(warm)
        before_s = cpu_s()
        report = studio.render(request).report
        whole = {
            "duration_s": report["duration_s"],
            "factor": report["realtime_factor"],
            "first_second_s": report["first_second_s"],
            "cpu": (cpu_s() - before_s) / report["duration_s"],
            "peak_rss_mb": peak_rss_mb(),
        }
        return whole | measure_alone(request, report["duration_s"])


def measure_alone(request: RenderRequest, duration_s: float) -> dict[str, float]:
    """Each stage with the machine to itself."""
    voice, motion, head = (registry.load(kind, getattr(request, f"{kind}_generator")) for kind in registry.KINDS)
    seconds: dict[str, float] = {}
    fps = float(request.frame_rate())
    with timed(seconds, "voice"):
        parts = list(voice.stream(request.text, voice=request.voice))
    placed = list(place(parts, request.start_track()))
    with timed(seconds, "motion"):
        motions = list(stream(motion, placed, fps=fps))
    portrait = head.analyse(read_portrait(demo_portrait()), size=request.frame_size())
    frames: list[np.ndarray] = []
    with timed(seconds, "head"):
        segments = map(Segment, placed, motions)
        n_frames = sum(1 for frame in head.render(portrait, segments, fps=fps) if keep(frames, frame))
    sound = join_speech(parts).audio
    size = frames[0].shape[1::-1]
    with timed(seconds, "encode"), VideoWriter(request.out, size, fps, sound.sample_rate_hz) as writer:
        for i in range(n_frames):
            writer.write_frame(frames[i % len(frames)])
        writer.write_sound(sound.samples)
    return {stage: s / duration_s for stage, s in seconds.items()} | {"head_fps": n_frames / seconds["head"]}


def cpu_s() -> float:
    """CPU time so far of this process and of its children that ended, all threads."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def keep(frames: list[np.ndarray], frame: np.ndarray) -> bool:
    """Keep the first hundred frames for the encoder: real pictures without the memory of all."""
    if len(frames) < 100:
        frames.append(frame.copy())
    return True


class timed:  # noqa: N801
    """`with timed(seconds, "head"): …` books the wall time of its block."""

    def __init__(self, seconds: dict[str, float], stage: str):
        self._seconds, self._stage = seconds, stage

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_) -> None:
        self._seconds[self._stage] = time.perf_counter() - self._started


def measure_in_fresh_process(case: str) -> dict[str, float]:
    run = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.speed", "--case", case],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


def table(results: dict[str, dict[str, float]]) -> str:
    """The results as a Markdown table, and what they say about growth with length."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lines = [
        f"Warm, {cores} CPU cores ({platform.machine()}), Python {platform.python_version()}, "
        "`scripts.benchmarks.speed`.",
        "",
        "| | " + " | ".join(results) + " |",
        "|---|" + "---|" * len(results),
    ]
    for label, key, form in ROWS:
        lines.append(f"| {label} | " + " | ".join(form.format(result[key]) for result in results.values()) + " |")
    if {"10 s, 512²", "60 s, 512²"} <= results.keys():
        short, long = results["10 s, 512²"], results["60 s, 512²"]
        cost, memory = long["factor"] / short["factor"], long["peak_rss_mb"] / short["peak_rss_mb"]
        lines += ["", f"60 s against 10 s: {cost:.2f} times the cost per second, {memory:.2f} times the memory."]
    return "\n".join(lines)


def main() -> None:
    parser = options_of(__doc__, write=True)
    parser.add_argument("--case", choices=CASES, help="measure this one here and print JSON")
    parser.add_argument("--only", choices=CASES, nargs="*", help="only these cases")
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case)))
        return
    text = table({case: measure_in_fresh_process(case) for case in options.only or CASES})
    print(text)
    if options.write:
        write_section("bench", "Speed and memory", text)


if __name__ == "__main__":
    main()
