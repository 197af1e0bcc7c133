"""What motion costs in time and memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import numpy as np

from emotion_embed.track import EmotionTrack
from generators.contracts import Speech
from generators.motion.diffusion import DiffusionMotion
from generators.motion.diffusion.configuration import FPS, N_AHEAD, N_NEW
from generators.motion.diffusion.motion_space import to_vectors
from generators.motion.streaming import stream
from generators.timeline import place
from scripts.evaluation.motion.life_measures import largest_jumps
from scripts.evaluation.motion.material import Material
from scripts.evaluation.motion.stage import Stage, performed
from scripts.evaluation.motion.tables import Found
from scripts.evaluation.motion.tables.odd import first_seconds
from scripts.evaluation.tables import Grid


class Clock:
    """Seconds spent within functions, call by call."""

    def __init__(self) -> None:
        self.spent_s: dict[str, list[float]] = {}

    def timed(self, name: str, function: Callable) -> Callable:
        """The same function, its time booked under `name`."""

        def wrapped(*arguments: object) -> object:
            start_s = time.perf_counter()
            answer = function(*arguments)
            self.spent_s.setdefault(name, []).append(time.perf_counter() - start_s)
            return answer

        return wrapped


def cost(stage: Stage, material: Material) -> Found:
    """Time, look-ahead and memory with onnxruntime on this machine."""
    speech = first_seconds(material.spoken, 30.0)
    runs = [_cost_of(stage.model, Speech(speech.audio)) for _ in range(4)][1:]
    hearing, network, whole, cores, window_ms = np.median(runs, axis=0)
    rss_mb, ten_s, steps = long_talk(stage.model, material)
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    grown_mb = float(np.max(rss_mb[1:]) - rss_mb[0]) if len(rss_mb) > 1 else 0.0
    rows = [
        ("hearing (Whisper's encoder), time / speech", f"{hearing:.3f}"),
        ("network, time / speech", f"{network:.3f}"),
        ("all, time / speech", f"{whole:.3f}"),
        ("all, core seconds / speech", f"{cores:.3f}"),
        (f"a window of at most {N_NEW / FPS:.1f} s, ms", f"{window_ms:.0f}"),
        ("look-ahead, ms", f"{1000 * N_AHEAD / FPS:.0f}"),
        (f"{material.sizes.minutes:g} minutes, time / speech", f"{ten_s / 60 / material.sizes.minutes:.3f}"),
        ("memory grown after the first minute, MB", f"{grown_mb:.0f} (at the end {rss_mb[-1] - rss_mb[0]:+.0f})"),
        ("largest step there, head / lip gap", f"{steps[0]:.2f}° / {steps[1]:.2f}"),
    ]
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = (
        f"backend {stage.model.backend.name} on {stage.model.backend.device}, {cpus} cores, OMP_NUM_THREADS {threads}"
    )
    title = f"Cost of a recording of {speech.audio.duration_s:.0f} s, median of 3: {machine}."
    aims = [
        ("time / speech, all", f"{whole:.3f} ({cores:.3f} core seconds)", "≤ 0.08", whole <= 0.08),
        ("look-ahead", f"{1000 * N_AHEAD / FPS:.0f} ms", "≤ 200 ms", N_AHEAD / FPS <= 0.2),
        (f"memory grown over {material.sizes.minutes:g} minutes", f"{grown_mb:.0f} MB", "≤ 20 MB", grown_mb <= 20),
    ]
    return Found([Grid(title, ("what", "measured"), rows)], aims)


def _cost_of(model: DiffusionMotion, speech: Speech) -> tuple[float, float, float, float, float]:
    """Per second of speech: seconds of hearing, of the network, of all, core seconds; ms a window."""
    clock = Clock()
    backend = replace(model.backend, network=clock.timed("network", model.backend.network))
    audio_encoder = clock.timed("hearing", model.audio_encoder)
    with patch.object(model, "backend", backend), patch.object(model, "audio_encoder", audio_encoder):
        start_s, start_core_s = time.perf_counter(), time.process_time()
        performed(model, speech, EmotionTrack(), 0)
        whole_s, core_s = time.perf_counter() - start_s, time.process_time() - start_core_s
    hearing_s, network_s = (sum(clock.spent_s[name]) for name in ("hearing", "network"))
    per_s, n_windows = speech.audio.duration_s, len(clock.spent_s["hearing"])
    return hearing_s / per_s, network_s / per_s, whole_s / per_s, core_s / per_s, 1000 * whole_s / n_windows


def long_talk(model: DiffusionMotion, material: Material) -> tuple[list[float], float, np.ndarray]:
    """Minutes streamed in parts of about 20 s: memory in MB after each minute, seconds spent, and the largest steps."""
    import psutil

    process, part = psutil.Process(), Speech(first_seconds(material.spoken, 20.0).audio)
    n_parts = int(60 * material.sizes.minutes / part.audio.duration_s) + 1
    steps, rss_mb, done_s = np.zeros(2), [], 0.0
    start_s = time.perf_counter()
    for motion in stream(model, place(part for _ in range(n_parts)), fps=FPS):
        steps = np.maximum(steps, largest_jumps(to_vectors(motion)))
        done_s += len(motion) / FPS
        if done_s >= 60 * (len(rss_mb) + 1):
            rss_mb.append(process.memory_info().rss / 2**20)
    spent_s = time.perf_counter() - start_s
    return rss_mb or [process.memory_info().rss / 2**20], spent_s * 60 * material.sizes.minutes / done_s, steps
