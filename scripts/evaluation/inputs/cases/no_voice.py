"""Sounds without a voice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.evaluation.inputs.cases import Trial, mien
from scripts.evaluation.inputs.cases.sounds import (
    NO_VOICE,
    RATE_HZ,
    TEXT,
    noise,
    pause,
    refused,
    save,
    tone,
    tune,
    voice,
)


def lips(folder: Path, samples: np.ndarray, *options: str) -> tuple[np.ndarray, dict]:
    """How far the jaw opens in each frame of a clip of these samples, and its report."""
    save(folder / "a.wav", samples)
    size = ("--size", "256", "--fps", "10", "--motion-csv")
    run = mien(folder, "animate", "a.wav", "-o", "clip.mp4", *size, *options)
    assert run.returncode == 0, run.stderr[-300:]
    from generators.motion.live_link import read_motion_csv

    report = json.loads((folder / "clip.report.json").read_text(encoding="utf-8"))
    return read_motion_csv(folder / "clip.motion.csv").channel("jawOpen"), report


def shut(name: str, make: Callable[[], np.ndarray], *options: str) -> Trial:
    def check(folder: Path) -> None:
        jaw, report = lips(folder, make(), *options)
        assert jaw.max() < 0.03, jaw.max()
        assert report["words"] == []
        assert any("voice" in sentence for sentence in report["warnings"]), report["warnings"]

    return Trial(NO_VOICE, name, check)


def _music_then_voice(folder: Path, before_s: float) -> None:
    jaw, report = lips(folder, np.concatenate([tune(round(before_s * RATE_HZ)), voice()]))
    assert jaw[: round(10 * before_s) - 5].max() < 0.03, jaw[: round(10 * before_s) - 5].max()
    assert jaw[round(10 * before_s) :].max() > 0.1, jaw.max()
    assert len(report["words"]) == len(TEXT.split())


def _voice_then_music(folder: Path) -> None:
    jaw, _ = lips(folder, np.concatenate([voice(), tune(3 * RATE_HZ)]))
    n_spoken = round(10 * len(voice()) / RATE_HZ)
    assert jaw[:n_spoken].max() > 0.1
    assert jaw[n_spoken + 4 :].max() < 0.03, jaw[n_spoken + 4 :].max()


def _text_of_music(folder: Path) -> None:
    save(folder / "a.wav", tune(2 * RATE_HZ))
    assert mien(folder, "animate", "a.wav", "--text", "Hello there.", "-o", "clip.mp4").returncode == 2


def _drums() -> np.ndarray:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    return noise(len(times_s), 0.3) * np.exp(-25 * (times_s % 0.25)).astype(np.float32)


def _applause() -> np.ndarray:
    rng = np.random.default_rng(3)
    claps = np.zeros(2 * RATE_HZ, np.float32)
    for at in rng.integers(0, len(claps) - 600, 400):
        claps[at : at + 600] += noise(600, 0.1, int(at)) * np.exp(-np.arange(600) / 100).astype(np.float32)
    return claps


def _chirps() -> np.ndarray:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    sweep = np.sin(2 * np.pi * (3500 * times_s + 100 * np.sin(2 * np.pi * 8 * times_s)))
    return (0.2 * sweep * (times_s % 0.4 < 0.15)).astype(np.float32)


TRIALS = [
    shut("a tune", lambda: tune(2 * RATE_HZ)),
    shut("a tune, by rules", lambda: tune(2 * RATE_HZ), "--motion", "procedural"),
    shut("a tune with captions", lambda: tune(2 * RATE_HZ), "--captions", "--srt"),
    shut("drums", _drums),
    shut("white noise", lambda: noise(2 * RATE_HZ, 0.1)),
    shut("applause", _applause),
    shut("a bird", _chirps),
    shut("a tone", lambda: tone(2 * RATE_HZ, 440)),
    shut("mains hum", lambda: tone(2 * RATE_HZ, 50)),
    Trial(NO_VOICE, "three seconds of music, then a voice", lambda f: _music_then_voice(f, 3.0)),
    Trial(NO_VOICE, "eight seconds of music, then a voice", lambda f: _music_then_voice(f, 8.0)),
    Trial(NO_VOICE, "a voice, then music", _voice_then_music),
    Trial(NO_VOICE, "a text for music", _text_of_music),
    Trial(NO_VOICE, "silence", lambda f: refused(f, save(f / "a.wav", pause(2)))),
]
