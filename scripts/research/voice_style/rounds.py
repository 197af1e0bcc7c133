"""Rounds of clips around the best styles known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from emotion_embed.readers.speech import LABELS
from scripts.research.voice_style.listening import Stage
from scripts.research.voice_style.space import NEVER_NEGATIVE, SENTENCES, SOUGHT, STEP, VOICES


def run_round(work: Path, name: str, plan: list[tuple[str, str, np.ndarray, int]]) -> None:
    """Speak a plan of (voice, sentence, theta, sought label or −1) and keep what the judges need."""
    stage, done = Stage(), []
    out = work / f"clips-{name}.npz"
    for i, (voice, sentence, theta, label) in enumerate(plan):
        clip = stage.play(voice, sentence, theta)
        sound = clip.pop("sound")
        place = {"voice": VOICES.index(voice), "sentence": SENTENCES.index(sentence), "theta": theta, "sought": label}
        done.append({**place, **clip, "length": len(sound), "sound": sound})
        if i % 20 == 19 or i == len(plan) - 1:
            rows = {key: np.array([d[key] for d in done]) for key in done[0] if key != "sound"}
            half = out.with_suffix(".half.npz")
            np.savez(half, allow_pickle=False, **rows, sound=np.concatenate([d["sound"] for d in done]))
            half.replace(out)
            Console().print(f"{name}: {i + 1} of {len(plan)}")


def design(work: Path, n: int, seed: int) -> None:
    """Every voice plain, then random manners all around the plain voice."""
    rng = np.random.default_rng(seed)
    plain = _plain(VOICES, seed)
    random = [
        (str(rng.choice(VOICES)), str(rng.choice(SENTENCES)), _around(rng, np.zeros(len(STEP)), 1.0), -1)
        for _ in range(n)
    ]
    run_round(work, f"1-{seed}", plain + random)


def _plain(voices: Sequence[str], seed: int) -> list[tuple[str, str, np.ndarray, int]]:
    return [
        (voice, SENTENCES[(3 * i + 3 * k + seed) % len(SENTENCES)], np.zeros(len(STEP)), -1)
        for i, voice in enumerate(voices)
        for k in range(3)
    ]


def next_round(work: Path, number: int, n: int, seed: int, spread: float, feelings: Sequence[str]) -> None:
    """Manners around the best that were found, at half to more than full strength; voices that are new also plain."""
    rng = np.random.default_rng(seed)
    with np.load(work / "best.npz") as best:
        centres = {label: best[LABELS[label]] for label in SOUGHT}
    plan = _plain([voice for i, voice in enumerate(VOICES) if i not in _voices_heard_plain(work)], seed)
    sought = [LABELS.index(feeling) for feeling in feelings]
    for i in range(n):
        label = sought[i % len(sought)]
        theta = _around(rng, centres[label] * rng.uniform(0.8, 1.15), spread)
        plan.append((str(rng.choice(VOICES)), str(rng.choice(SENTENCES)), theta, label))
    run_round(work, f"{number}-{seed}", plan)


def _voices_heard_plain(work: Path) -> set[int]:
    heard: set[int] = set()
    for file in (f for f in work.glob("clips-*.npz") if ".half" not in f.name):
        with np.load(file) as found:
            heard.update(found["voice"][(found["theta"] == 0).all(1)].tolist())
    return heard


def _around(rng: np.random.Generator, centre: np.ndarray, spread: float) -> np.ndarray:
    """Most of the parameters moved, some left, so that each one's own effect shows."""
    moved = rng.random(len(STEP)) < 0.7
    theta = centre + spread * STEP * rng.standard_normal(len(STEP)) * moved
    theta[NEVER_NEGATIVE] = np.maximum(theta[NEVER_NEGATIVE], 0)
    return theta
