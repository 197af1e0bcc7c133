"""One measured run of whatever product is importable; run by path, so that it can be another checkout's.

    python -P scripts/benchmarks/one_run.py render FOLDER     # one JSON line: wall_s, cpu_s, peak_rss_mb

Needs nothing of this repository but `studio`, and only what every version of it has had.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

TEN_SECONDS = (
    "The morning train was late again, so I walked along the river instead of waiting. "
    "By noon the fog had lifted, and somebody was playing a violin under the old stone bridge."
)
SOUND, FILM = "speech.wav", "film.mp4"  # the inputs, in the folder


def case_of(name: str, folder: Path) -> Callable[[], object]:
    """What is measured, the studio imported and warm."""
    from studio import Studio

    studio, out = Studio(), folder / f"{name}-{os.getpid()}.mp4"
    studio.speak("One, two, three, four.", out=out)
    sound = out.with_suffix(".wav")
    return {
        "render": lambda: studio.speak(TEN_SECONDS, out=out),
        "animate": lambda: studio.animate(str(folder / SOUND), out=out),
        "reenact": lambda: studio.reenact(str(folder / FILM), out=out),
        "say": lambda: studio.say(TEN_SECONDS, out=sound),
    }[name]


def cpu_s() -> float:
    """User and system seconds of this process and of its children that ended, all threads."""
    return sum(os.times()[:4])


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    case = case_of(name, folder)
    began_s, began_cpu_s = time.perf_counter(), cpu_s()
    case()
    spent = {"wall_s": time.perf_counter() - began_s, "cpu_s": cpu_s() - began_cpu_s}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    sys.stdout.write(json.dumps(spent | {"peak_rss_mb": peak}) + "\n")


if __name__ == "__main__":
    main()
