"""Looks whether this machine has what the product needs; uses no network."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from generators import registry
from studio.quality.needs import CHECK_WEIGHTS

_PACKAGES = (
    ("onnxruntime", "onnxruntime"),
    ("mediapipe", "mediapipe"),
    ("numba", "numba"),
    ("faster_whisper", "faster-whisper"),
    ("moviepy", "moviepy"),
    ("gradio", "gradio"),
    ("cv2", "opencv-contrib-python"),
)
_FREE_MB = 500


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is `good`, and what was seen or what mends it."""

    what: str
    good: bool
    detail: str


def examine() -> list[Finding]:
    """Everything that a render needs, in the order in which it would be missed."""
    return [_python(), *_packages(), _ffmpeg(), _espeak(), *_weights(), _disk(), _cores()]


def _python() -> Finding:
    version = platform.python_version()
    return Finding("python", tuple(map(int, version.split(".")[:2])) >= (3, 11), f"{version} on {platform.machine()}")


def _packages() -> list[Finding]:
    findings = []
    for module, package in _PACKAGES:
        found = util.find_spec(module) is not None
        detail = metadata.version(package) if found else f'pip install "{package}"'
        findings.append(Finding(package, found, detail))
    return findings


def _ffmpeg() -> Finding:
    try:
        from studio.media.video import ffmpeg_path

        run = subprocess.run([ffmpeg_path(), "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=20)
    except (ImportError, OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        return Finding("ffmpeg", False, f"pip install --force-reinstall imageio-ffmpeg ({error})")
    good = "libx264" in run.stdout
    return Finding("ffmpeg", good, "with H.264" if good else "lacks H.264: pip install imageio-ffmpeg")


def _espeak() -> Finding:
    try:
        import espeakng_loader

        path = espeakng_loader.get_library_path()
    except (ImportError, OSError) as error:
        return Finding("espeak-ng", False, f"pip install espeakng-loader ({error})")
    return Finding("espeak-ng", Path(path).exists(), "its library is here")


def needed_weights() -> list[str]:
    """The sets that a clip of a text with a check reads, where its request names nothing else."""
    from studio.sources import DEMO_PORTRAIT

    names = [name for kind in registry.KINDS for name in registry.default(kind).weights]
    return list(dict.fromkeys([*names, DEMO_PORTRAIT, *CHECK_WEIGHTS]))


def _weights() -> list[Finding]:
    import checkpoints

    findings = []
    for name in needed_weights():
        here = checkpoints.is_present(name)
        findings.append(Finding(name, here, "here" if here else f"mien checkpoints pull {name}"))
    return findings


def _disk() -> Finding:
    import checkpoints

    folder = checkpoints.cache_root()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    return Finding("disk", free_mb >= _FREE_MB, f"{free_mb} MB free for weights; {_FREE_MB} MB are enough")


def _cores() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("cores", True, f"{cores}" + ("" if cores >= 2 else "; two or more make clips in real time"))
