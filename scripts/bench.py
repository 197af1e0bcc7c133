"""How fast and how big: every stage alone and the whole product together, warm, each case in a fresh process.

python scripts/bench.py             # prints the table
python scripts/bench.py --write     # and puts it into docs/RESULTS.md
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from generators.contracts import join_speech  # noqa: E402
from generators.motion.streaming import stream  # noqa: E402
from generators.timeline import place  # noqa: E402
from scripts.results import write_section  # noqa: E402
from studio.quality.report import peak_rss_mb  # noqa: E402
from studio.request import RenderRequest  # noqa: E402
from studio.studio import Studio  # noqa: E402

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
        return whole | measure_alone(studio, request, report["duration_s"])


def measure_alone(studio: Studio, request: RenderRequest, duration_s: float) -> dict[str, float]:
    """Each stage with the machine to itself."""
    from generators.head.portrait import read_portrait
    from studio.media.video import VideoWriter
    from studio.studio import demo_portrait

    voice, motion, head = (studio._generator(kind, name, lambda *_: None) for kind, name in generators(request))
    seconds = {}
    with timed(seconds, "voice"):
        parts = list(voice.stream(request.text, voice=request.voice))
    with timed(seconds, "motion"):
        motions = list(stream(motion, place(parts, request.start_track()), fps=request.fps))
    portrait = head.analyse(read_portrait(demo_portrait()), size=request.frame_size())
    frames = []
    with timed(seconds, "head"):
        n_frames = sum(1 for frame in head.move(portrait, motions) if keep(frames, frame))
    sound = join_speech(parts).audio
    with timed(seconds, "encode"), VideoWriter(request.out, frames[0].shape[1::-1], 25, sound.sample_rate_hz) as writer:
        for i in range(n_frames):
            writer.write_frame(frames[i % len(frames)])
        writer.write_sound(sound.samples)
    return {stage: s / duration_s for stage, s in seconds.items()} | {"head_fps": n_frames / seconds["head"]}


def cpu_s() -> float:
    """CPU time so far of this process and of its children that ended, all threads."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def generators(request: RenderRequest) -> list[tuple[str, str]]:
    return [(kind, getattr(request, f"{kind}_generator")) for kind in ("voice", "motion", "head")]


def keep(frames: list, frame) -> bool:
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
        [sys.executable, __file__, "--case", case], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


def table(results: dict[str, dict[str, float]]) -> str:
    """The results as a Markdown table, and what they say about growth with length."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lines = [
        f"Warm, {cores} CPU cores ({platform.machine()}), Python {platform.python_version()}, `scripts/bench.py`.",
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, help="measure this one here and print JSON")
    parser.add_argument("--only", choices=CASES, nargs="*", help="only these cases")
    parser.add_argument("--write", action="store_true", help="write docs/RESULTS.md")
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
