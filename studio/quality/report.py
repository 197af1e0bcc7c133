"""What is known of a finished clip or sound: `clip.report.json`."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from emotion_embed.signals.audio import Audio
from generators import registry
from generators.contracts import Phone, Word
from generators.voice.consent import check_consent
from studio.performance import Performance
from studio.plan import Plan, SoundPlan
from studio.request import SpokenRequest
from studio.runtime import Run

_PACKAGES = ("mien-studio", "numpy", "onnxruntime", "mediapipe", "numba", "faster-whisper", "moviepy", "imageio-ffmpeg")
_PRODUCT = ("checkpoints", "emotion_embed", "generators", "studio", "ui")
_DOCUMENTS = (".md",)  # in a folder of weights, what no program reads


def clip_report(plan: Plan, run: Run, performance: Performance, first_second_s: float) -> dict[str, Any]:
    """Everything but the self-check, of a clip that is made but not yet in its place."""
    request, spoken = plan.request, performance.spoken
    fps = float(request.frame_rate())
    duration_s = performance.n_frames / fps
    return {
        "synthetic": "The face in this clip is generated; so is the voice unless the request names a recording or a "
        "video.",
        **_common(plan, run, duration_s),
        "seed": request.seed,
        "size": list(performance.size),
        "fps": fps,
        "frames": performance.n_frames,
        "duration_s": round(duration_s, 4),
        "audio_duration_s": round(spoken.duration_s, 4),
        "first_second_s": round(first_second_s, 3) or None,
        "timings_s": {**stage_seconds(run.clock.totals_s), "whole": round(run.elapsed_s(), 3)},
        **_timed(spoken.words, spoken.phones),
        "self_check": None,
    }


def sound_report(
    plan: SoundPlan,
    run: Run,
    sound: Audio,
    gain_db: float,
    first_sound_s: float,
    words: Sequence[Word],
    phones: Sequence[Phone],
) -> dict[str, Any]:
    """What is known of a finished sound."""
    from generators.voice.prosody.loudness import integrated_lufs, true_peak_dbtp

    timings_s = {stage: round(seconds, 3) for stage, seconds in run.clock.totals_s.items()}
    return {
        "synthetic": "The voice in this sound is generated.",
        **_common(plan, run, sound.duration_s),
        "sample_rate_hz": sound.sample_rate_hz,
        "duration_s": round(sound.duration_s, 4),
        "loudness": {
            "integrated_lufs": round(integrated_lufs(sound.samples, sound.sample_rate_hz), 2),
            "true_peak_dbtp": round(true_peak_dbtp(sound.samples), 2),
            "gain_db": round(gain_db, 2),
        },
        "first_sound_s": round(first_sound_s, 3),
        "timings_s": {**timings_s, "whole": round(run.elapsed_s(), 3)},
        **_timed(words, phones),
    }


def _common(plan: Plan | SoundPlan, run: Run, duration_s: float) -> dict[str, Any]:
    """What every report says: what was asked, what made it, and how long that took."""
    described = {kind: source.describe(run.library.runtime) for kind, source in plan.sources.items()}
    return {
        "request": plan.request.to_dict(),
        "code": code_identity(),
        "versions": versions() | _plug_in_versions(plan),
        "weights": weight_hashes(plan),
        "generators": {kind: description["name"] for kind, description in described.items()},
        "sources": described,
        "runtime": {"threads": run.library.runtime.threads, "device": run.library.runtime.device},
        "consent": consent(plan.request),
        "realtime_factor": round(run.elapsed_s() / duration_s, 3),
        "peak_rss_mb": round(peak_rss_mb()),
        "warnings": list(run.notices),
    }


def _timed(words: Sequence[Word], phones: Sequence[Phone]) -> dict[str, list]:
    return {
        "words": [[w.text, round(w.start_s, 4), round(w.end_s, 4)] for w in words],
        "phones": [[p.symbol, round(p.start_s, 4), round(p.end_s, 4), p.stress, p.word_index] for p in phones],
    }


def stage_seconds(totals_s: dict[str, float]) -> dict[str, float]:
    """Time of each stage by itself: the head's clock runs while motion is made and speech is waited for."""
    waits_s, motion_s = totals_s.get("motion waits", 0.0), totals_s.get("motion", 0.0)
    watching_s = totals_s.get("watching", 0.0)  # before the head begins
    own = {
        "portrait": totals_s.get("portrait", 0.0),
        "voice": totals_s.get("voice", 0.0),
        "motion": motion_s + watching_s,
        "head": totals_s.get("head and before", 0.0) - motion_s - waits_s,
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


def _plug_in_versions(plan: Plan | SoundPlan) -> dict[str, str]:
    """Those of the packages of others that its generators come with."""
    found = (registry.package_version(kind, source.spec.name) for kind, source in plan.sources.items())
    return dict(package for package in found if package is not None)


@lru_cache(maxsize=1)
def code_identity() -> dict[str, str | None]:
    """Which code made it: the commit of a checkout, where it is one, and a hash over the product's own modules."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for module in sorted(module for package in _PRODUCT for module in (root / package).rglob("*.py")):
        digest.update(str(module.relative_to(root)).encode() + b"\0" + module.read_bytes())
    return {"commit": _commit(root / ".git"), "sha256": digest.hexdigest()}


def _commit(git: Path) -> str | None:
    """The commit of a checkout, read from its files; None where there is none."""
    try:
        if git.is_file():  # a linked worktree
            git = (git.parent / git.read_text().removeprefix("gitdir:").strip()).resolve()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        shared = git / (git / "commondir").read_text().strip() if (git / "commondir").exists() else git
        if (loose := shared / name).exists():
            return loose.read_text().strip()
        packed = (shared / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(" " + name)), None)
    except OSError:
        return None


def consent(request: SpokenRequest) -> dict[str, str] | None:
    """Who agreed that their voice is used, when, and in which words; None where the voice is nobody's."""
    if request.voice_reference is None:
        return None
    return check_consent(request.consent, request.consent_date).to_dict()


def weight_hashes(plan: Plan | SoundPlan) -> dict[str, str]:
    """SHA-256 of every weight file that a plan's sources read, by set and file: fetched ones as the catalogue has
    them, which were compared when they came; those that come with the product as they lie there."""
    import checkpoints

    found = {}
    of_one_voice = {name for source in plan.sources.values() for name in source.spec.voice_weights}
    for name in plan.weights():
        for file in checkpoints.catalog()[name].files:
            if name not in of_one_voice or Path(file.path).name.partition(".")[0] == plan.request.voice:
                found[f"{name}/{file.path}"] = file.sha256
    for source in plan.sources.values():
        folder = source.name.partition(":")[2]
        if folder:  # a model of the user's, in the place of the first of its own
            found |= _folder_hashes(source.name, Path(folder))
        for name in source.spec.own_weights[1 if folder else 0 :]:
            found |= _folder_hashes(name, checkpoints.weights_path(name))
    return found


def _folder_hashes(name: str, folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in _DOCUMENTS)
    inside = [path.relative_to(folder).as_posix() for path in paths]
    return {f"{name}/{file}": _file_hash(folder / file, (folder / file).stat().st_mtime_ns) for file in inside}


@lru_cache(maxsize=256)
def _file_hash(path: Path, modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
