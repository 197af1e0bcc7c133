"""What is known of a finished clip: `clip.report.json`."""

from __future__ import annotations

import json
import platform
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generators.motion.tracked import is_motion_file
from generators.voice.consent import check_consent

if TYPE_CHECKING:
    from studio.request import RenderRequest, SpokenRequest
    from studio.studio import _Job

_PACKAGES = ("mien-studio", "numpy", "onnxruntime", "mediapipe", "numba", "faster-whisper", "moviepy", "imageio-ffmpeg")
# The sets in the catalogue that each generator reads.
_WEIGHTS = {
    "kokoro": ("kokoro-v1.0-int8", "kokoro-voices"),
    "piper": ("piper-en-us-joe-medium",),
    "mesh": ("face-landmarker", "selfie-segmenter"),
}
_OF_ONE_VOICE = ("kokoro-voices", "piper-en-us-joe-medium")  # sets whose files each belong to the voice of their name


def make_report(job: _Job) -> dict[str, Any]:
    """Everything but the self-check, from a job that is done."""
    request = job.request
    wall_s = time.perf_counter() - job.started
    fps = float(request.frame_rate())
    duration_s = job.n_frames / fps
    return {
        "synthetic": "The face in this clip is generated; so is the voice unless the request names a recording or a "
        "video.",
        "request": request.to_dict(),
        "seed": request.seed,
        "versions": versions(),
        "weights": weight_hashes(request),
        "generators": {
            "voice": _whose_sound(job),
            "motion": _whose_motion(request),
            "head": request.head_generator,
        },
        "consent": consent(request),
        "size": list(job.size),
        "fps": fps,
        "frames": job.n_frames,
        "duration_s": round(duration_s, 4),
        "audio_duration_s": round(job.soundtrack.duration_s, 4),
        "timings_s": {**stage_seconds(job.clock.totals_s), "whole": round(wall_s, 3)},
        "realtime_factor": round(wall_s / duration_s, 3),
        "first_second_s": round(job.first_second_s, 3) or None,
        "peak_rss_mb": round(peak_rss_mb()),
        "warnings": list(job.notices),
        "words": [[w.text, round(w.start_s, 4), round(w.end_s, 4)] for w in job.words],
        "phones": [[p.symbol, round(p.start_s, 4), round(p.end_s, 4), p.stress, p.word_index] for p in job.phones],
        "self_check": None,
    }


def _whose_sound(job: _Job) -> str:
    if job.recording is not None:
        return "recording"
    return "silence" if job.request.video else job.request.voice_generator


def _whose_motion(request: RenderRequest) -> str:
    """The motion generator; "tracked" where a video's face was followed, "recorded" where a file held its motion."""
    if request.video is None:
        return request.motion_generator
    return "recorded" if is_motion_file(request.video) else "tracked"


def stage_seconds(totals_s: dict[str, float]) -> dict[str, float]:
    """Time of each stage by itself: what it took less what it spent waiting for the stage before."""
    waits_s = totals_s.get("motion waits", 0.0)
    own = {
        "portrait": totals_s.get("portrait", 0.0),
        "voice": totals_s.get("voice", 0.0),
        "motion": totals_s.get("watching", 0.0) + totals_s.get("motion and before", 0.0) - waits_s,
        "head": totals_s.get("head and before", 0.0) - totals_s.get("motion and before", 0.0),
        "encode": totals_s.get("encode", 0.0),
    }
    return {stage: round(max(0.0, seconds), 3) for stage, seconds in own.items()}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that make the picture and the sound."""
    from importlib import metadata

    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def consent(request: SpokenRequest) -> dict[str, str] | None:
    """Who agreed that their voice is used, when, and in which words; None where the voice is nobody's."""
    if request.voice_reference is None:
        return None
    return check_consent(request.consent, request.consent_date).to_dict()


def weight_hashes(request: SpokenRequest) -> dict[str, str]:
    """SHA-256 of every fetched weight file that this request uses, as the catalogue has it, by set and file."""
    import checkpoints

    if request.video is not None:
        names = ["face-landmarker", *(["whisper-base"] if request.reads_words() else [])]
    else:
        names = ["whisper-base"] if request.audio else _WEIGHTS.get(request.voice_generator, ())
    names = [*names, *_WEIGHTS.get(request.head_generator, ())]
    files = [(name, file) for name in names for file in checkpoints.catalog()[name].files]
    return {
        f"{name}/{file.path}": file.sha256
        for name, file in files
        if name not in _OF_ONE_VOICE or Path(file.path).name.partition(".")[0] == request.voice
    }


def peak_rss_mb() -> float:
    """The most memory this process has held so far, in MB."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    status = Path("/proc/self/status")
    if status.exists():  # Linux; what getrusage says there is also that of the process that started this one
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # macOS counts bytes, Linux KiB


def self_check(path: Path, report: dict[str, Any], spoken: str) -> dict[str, Any]:
    """The clip graded by the product's own eyes and ears; `spoken` is its text without marks."""
    from studio.quality.metrics import check_clip

    return check_clip(path, {**report, "request": {**report["request"], "text": spoken or None}})


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write JSON in one step, so that no reader sees half of it."""
    write_text(path, json.dumps(values, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text in one step."""
    with in_one_step(path) as half:
        half.write_text(text, encoding="utf-8", errors="backslashreplace")  # a file name may hold any bytes


@contextmanager
def in_one_step(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` to write to, all our own, which takes its place at the end; removed on errors."""
    half = path.with_name(f".mien-{secrets.token_hex(4)}.part")
    try:
        yield half
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
