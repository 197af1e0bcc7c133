"""Procedural motion under the default voice: its real phones, its real sound."""

from __future__ import annotations

import time

import numpy as np
import pytest

from generators.contracts import Motion, Speech, join_motion, join_speech
from generators.motion.procedural import ProceduralMotion
from generators.motion.rig.lip_geometry import lip_gap
from generators.motion.streaming import stream
from generators.timeline import place

pytestmark = pytest.mark.whole

TEXT = (
    "Please put the apple pie on the table; Paul and Emma are bringing plum jam from the farm. "
    "Maybe we should move the piano before my mother comes home."
)


@pytest.fixture(scope="module")
def spoken(kokoro) -> list[Speech]:
    return list(kokoro.stream(TEXT))


@pytest.fixture(scope="module")
def moved(spoken: list[Speech]) -> Motion:
    return join_motion(list(stream(ProceduralMotion(), place(spoken))))


def _shown(phone, motion: Motion) -> slice:
    first = int(phone.start_s * motion.fps)
    return slice(first, max(first + 1, int(np.ceil(phone.end_s * motion.fps))))


def test_every_closure_closes_and_open_vowels_open(spoken, moved):
    gap, phones = lip_gap(moved.blendshapes), join_speech(spoken).phones
    shut = [gap[_shown(p, moved)].min() for p in phones if p.symbol in "pbm"]
    wide = np.array([gap[_shown(p, moved)].max() for p in phones if p.symbol[0] in "ɑæʌɔa"])
    assert len(shut) > 12
    assert max(shut) < 0.005
    assert (wide > 0.06).mean() >= 0.9


def test_lips_keep_time_with_the_voice(spoken):
    fine = join_motion(list(stream(ProceduralMotion(), place(spoken), fps=100.0)))
    gap, audio = lip_gap(fine.blendshapes), join_speech(spoken).audio
    hop = audio.sample_rate_hz // 100
    power = np.convolve(audio.samples**2, np.ones(2 * hop) / (2 * hop), "same")[hop // 2 :: hop]
    n = min(len(gap), len(power))
    gap, power = gap[:n], power[:n]
    level = np.maximum(10 * np.log10(power + 1e-9), -60)
    lags = range(-15, 16)
    r = [np.corrcoef(level[20:-20], gap[20 + lag : len(gap) - 20 + lag])[0, 1] for lag in lags]
    assert -60 <= 10 * lags[int(np.argmax(r))] <= 40
    assert max(r) > 0.4


def test_it_costs_next_to_nothing(spoken):
    started_s = time.process_time()
    list(stream(ProceduralMotion(), place(spoken)))
    assert time.process_time() - started_s < 0.02 * sum(part.audio.duration_s for part in spoken)
