"""All measurements as arrays over voices, labels and sentences, and how long speaking takes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generators.voice.kokoro.pipeline import KokoroVoice
from scripts.evaluation.voice.clips import (
    EVALUATION_SENTENCES,
    FELT,
    GRADED_SENTENCES,
    STRENGTHS,
    Clip,
    Workshop,
    spoken,
)
from scripts.evaluation.voice.second_judge import Heard, SecondJudge, relative_to_neutral
from scripts.training.corpora.emodb import LABELS


@dataclass(frozen=True)
class Measured:
    """All that was measured, by voice (v), label (7), sentence (s).

    `ear` (v, 7, s, 7), `ear_va` (v, 7, s, 2), `words` (v, 7, s, 2) wrong and all, `mos` (v, 7, s, 2) P.808 and overall,
    `speaker` (v, 7, s, 256), `features` (v, 7, s, d) or None. By strength `graded` (v, 6, 5, 2, s): the ear's
    probability of the feeling, and its head's distance from neutral.
    """

    voices: tuple[str, ...]
    ear: np.ndarray
    ear_va: np.ndarray
    words: np.ndarray
    mos: np.ndarray
    speaker: np.ndarray
    graded: np.ndarray
    features: np.ndarray | None


def measure_all(workshop: Workshop, voices: Sequence[str], n_sentences: int) -> Measured:
    """Make and measure every clip, or find it."""
    from rich.progress import track

    full = [Clip(v, f, 1.0, s) for v in voices for f in LABELS for s in range(n_sentences)]
    n_graded = min(n_sentences, GRADED_SENTENCES)
    between = [Clip(v, f, x, s) for v in voices for f in FELT for x in STRENGTHS[1:-1] for s in range(n_graded)]
    found = {clip: workshop.measured(clip, True) for clip in track(full, "full strength")}
    found |= {clip: workshop.measured(clip, False) for clip in track(between, "strengths between")}

    def stacked(name: str) -> np.ndarray:
        rows = np.array([found[clip][name] for clip in full])
        return rows.reshape(len(voices), len(LABELS), n_sentences, -1)

    graded = [_graded(found, v, f, x, s) for v in voices for f in FELT for x in STRENGTHS for s in range(n_graded)]
    shape = (len(voices), len(FELT), len(STRENGTHS), n_graded, 2)
    return Measured(
        tuple(voices), *(stacked(name) for name in ("ear", "ear_va", "words", "mos", "speaker")),
        graded=np.moveaxis(np.array(graded).reshape(shape), -1, -2),
        features=stacked("features") if "features" in found[full[0]] else None,
    )  # fmt: skip


def _graded(found: dict[Clip, dict], voice: str, feeling: str, strength: float, sentence: int) -> tuple[float, float]:
    clip = Clip(voice, feeling if strength else "neutral", strength or 1.0, sentence)
    label = LABELS.index(feeling)
    return float(found[clip]["ear"][label]), float(found[clip]["ear_heads"][label])


def second_opinion(measured: Measured, judge: SecondJudge) -> np.ndarray:
    """The second judge's probabilities (v, 7, s, 7)."""
    features = measured.features
    assert features is not None, "the clips were measured without the second judge"
    n_voices, n_labels, n_sentences, _ = features.shape
    labels = np.tile(np.repeat(np.arange(n_labels), n_sentences), n_voices)
    speakers = np.repeat(measured.voices, n_labels * n_sentences)
    clips = Heard(features.reshape(len(labels), -1), speakers, labels)
    return judge.probabilities(relative_to_neutral(clips)).reshape(n_voices, n_labels, n_sentences, -1)


@dataclass(frozen=True)
class Speed:
    """Seconds of computing for one second of speech on two cores, plain and with feelings, and both cores' seconds."""

    plain: float
    felt: float
    felt_core_s: float


def measure_speed(kokoro: KokoroVoice, voice: str, n_sentences: int) -> Speed:
    """Made anew in every run, warm, whatever is kept."""
    if hasattr(os, "sched_setaffinity"):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(cores)[:2])
    try:
        for feeling in LABELS:
            spoken(kokoro, "One, two, three, four.", voice, feeling)
        plain = _spent(kokoro, voice, ["neutral"], n_sentences)
        felt = _spent(kokoro, voice, FELT, n_sentences)
    finally:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, cores)
    return Speed(plain[0], *felt)


def _spent(kokoro: KokoroVoice, voice: str, feelings: Sequence[str], n_sentences: int) -> tuple[float, float]:
    speech_s, from_s, from_core_s = 0.0, time.perf_counter(), time.process_time()
    for feeling in feelings:
        for text in EVALUATION_SENTENCES[:n_sentences]:
            speech_s += spoken(kokoro, text, voice, feeling).duration_s
    return (time.perf_counter() - from_s) / speech_s, (time.process_time() - from_core_s) / speech_s
