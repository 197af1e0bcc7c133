"""How soon the first sound comes and how fast the rest: `Studio.say_stream`, warm, in this process.

python -m scripts.benchmarks.say                    # prints a line for each text
python -m scripts.benchmarks.say --voice bf_emma --runs 10
"""

from __future__ import annotations

import os
import statistics
import time

import numpy as np

from generators.voice.prosody.loudness import integrated_lufs, true_peak_dbtp
from scripts.command_line import options_of
from studio.studio import Studio

TEXTS = {
    "short": "Hello, nice to meet you.",
    "one sentence": "The morning train was late again, so I walked along the river instead of waiting.",
    "long, with feelings": "[joy] What a day! The morning train was late again, so I walked along the river instead of "
    "waiting. [sadness] By noon the fog had lifted, and nobody was there. [anger] I told you to wait for me!",
}


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--voice", default="af_heart")
    parser.add_argument("--voice-generator", default="kokoro")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    studio = Studio()
    manner = {"voice": options.voice, "voice_generator": options.voice_generator}
    say(studio, "One, two, three, four.", manner)
    print(f"{options.voice}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.runs} runs each")
    for name, text in TEXTS.items():
        runs = [say(studio, text, manner) for _ in range(options.runs)]
        first = [run["first_s"] for run in runs]
        factor = statistics.median(run["factor"] for run in runs)
        print(
            f"{name}: first sound after {statistics.median(first):.2f} s ({min(first):.2f} to {max(first):.2f},"
            f" {statistics.median(run['first_cpu_s'] for run in runs):.2f} core seconds);"
            f" time / speech {factor:.2f}; {runs[0]['lufs']:.1f} LUFS, true peak {runs[0]['peak_dbtp']:.1f} dB"
        )


def say(studio: Studio, text: str, manner: dict[str, str]) -> dict[str, float]:
    """One run: when the first part came, how long all took against its length, how loud it is."""
    started, cpu_s, first_s, parts = time.perf_counter(), time.process_time(), None, []
    for part in studio.say_stream(text, **manner):
        if first_s is None:
            first_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
        parts.append(part.audio)
    whole_s = time.perf_counter() - started
    samples = np.concatenate([part.samples for part in parts])
    return {
        "first_s": first_s,
        "first_cpu_s": cpu_s,
        "factor": whole_s / (len(samples) / parts[0].sample_rate_hz),
        "lufs": integrated_lufs(samples, parts[0].sample_rate_hz),
        "peak_dbtp": true_peak_dbtp(samples),
    }


if __name__ == "__main__":
    main()
