"""The measures of motion, on curves whose answer is known, and the stage that remembers who performed what."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from emotion_embed.signals.audio import Audio
from generators.contracts import CHANNEL_INDEX, Phone, Speech
from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig
from generators.motion.diffusion.backends import NetworkBackend
from generators.motion.diffusion.configuration import N_AHEAD, N_WINDOW
from generators.motion.diffusion.description import NormalizationStats, SpeakerStyle
from generators.motion.diffusion.motion_space import BLINK_COLUMNS, BROW_COLUMNS, GAP, N_MOTION, ROTATION
from generators.motion.streaming import stream
from generators.timeline import place
from scripts.evaluation.metrics import correlation
from scripts.evaluation.motion.baselines import ENVELOPE_GAP, Ridge, envelope_gap, frame_mels, has_openfacefx
from scripts.evaluation.motion.life_measures import Oddly, beats_met, gaze_deg, life_of, seam, window_starts
from scripts.evaluation.motion.likeness import GROUPS, Probe, frechet
from scripts.evaluation.motion.lip_measures import behind_in, closing_delays_s, lips_of
from scripts.evaluation.motion.material import QUICK, Clip, Material, spread
from scripts.evaluation.motion.stage import BLIND, OPENFACEFX, STRANGER, TOLD, Stage
from scripts.evaluation.motion.tables import Found, aims_grid
from scripts.evaluation.motion.tables.odd import odd_sounds, while_speaking

RATE_HZ, FPS = 16_000, 25
# Two words with a pause of a second between them, and one after them.
PHONES = (
    Phone("m", 0.4, 0.52), Phone("ɑ", 0.52, 0.80), Phone("b", 0.80, 0.92), Phone("a", 0.92, 1.2),
    Phone("ɑ", 2.2, 2.5), Phone("p", 2.5, 2.6), Phone("æ", 2.6, 2.9),
)  # fmt: skip


def babble(phones=PHONES, length_s=4.0) -> Audio:
    """Noise where somebody speaks, loud in vowels and soft in consonants."""
    samples = np.zeros(int(length_s * RATE_HZ), np.float32)
    rng = np.random.default_rng(0)
    for phone in phones:
        part = slice(int(phone.start_s * RATE_HZ), int(phone.end_s * RATE_HZ))
        loud = 0.02 if phone.symbol in "mbp" else 0.3
        samples[part] = loud * rng.standard_normal(part.stop - part.start)
    return Audio(samples, RATE_HZ)


def articulated(phones=PHONES, n=100, delay_s=0.0) -> np.ndarray:
    """A lip gap that is 0.2 in every vowel and 0 otherwise."""
    times_s = (np.arange(n) + 0.5) / FPS - delay_s
    return sum(0.2 * ((times_s >= p.start_s) & (times_s < p.end_s)) for p in phones if p.symbol not in "mbp")


def still(n: int) -> np.ndarray:
    return np.zeros((n, N_MOTION), np.float32)


def test_correlation_survives_stillness_and_other_lengths() -> None:
    curve = np.sin(np.arange(50.0))
    assert correlation(curve, 3 * curve[:40] + 1) == pytest.approx(1)
    assert correlation(curve, np.ones(50)) == 0


def test_lips_that_speak_are_told_from_lips_that_flap_and_lips_that_rest() -> None:
    judge = lambda gap: lips_of([gap], [babble()], [PHONES], [articulated()])  # noqa: E731
    good, flapping = judge(articulated()), judge(np.full(100, 0.1) + 0.1 * np.sin(np.arange(100)))
    assert (good.closed, good.opened, good.likeness) == (1, 1, pytest.approx(1))
    assert (good.n_closing, good.n_open_vowels) == (3, 4) and good.still == 0 and good.parted == 0
    assert abs(good.lag_ms) <= 20 and judge(articulated(delay_s=0.12)).lag_ms > 80
    assert flapping.closed < 1 and flapping.still > 10 and flapping.parted > 0.5
    resting = judge(np.zeros(100))
    assert (resting.closed, resting.opened, resting.lag_ms, resting.likeness) == (1, 0, None, 0)
    assert behind_in(good, flapping) == [] and len(behind_in(flapping, good)) >= 4
    assert "open vowels (0.0% : 100.0%)" in behind_in(resting, good)


def test_lips_close_after_speech_or_never() -> None:
    delays_s = closing_delays_s(articulated(), babble(), PHONES, 0.03)
    assert len(delays_s) == 2 and (delays_s <= 0.04).all()
    late = closing_delays_s(articulated(delay_s=0.2), babble(), PHONES, 0.03)
    assert ((late > 0.15) & (late < 0.25)).all()
    assert np.isinf(closing_delays_s(np.full(100, 0.2), babble(), PHONES, 0.03)).all()
    assert len(closing_delays_s(np.zeros(100), babble(()), (), 0.03)) == 0


def test_plain_ways_to_lips_follow_the_sound_and_rest_in_silence() -> None:
    gap = envelope_gap(babble(), 100)
    assert correlation(gap, articulated()) > 0.7 and gap.min() >= 0 and gap.max() <= ENVELOPE_GAP
    assert not envelope_gap(Audio(np.zeros(RATE_HZ, np.float32), RATE_HZ), 25).any()
    assert frame_mels(babble(), 100).shape == (100, 41 * 40)
    rng = np.random.default_rng(0)
    features, weights = rng.normal(2, 3, (300, 5)), np.array([1.0, -2, 0, 0.5, 3])
    line = Ridge.fit(features, features @ weights + 7, penalty=1e-6)
    assert np.allclose(line(features), features @ weights + 7, atol=0.01)


def test_openfacefx_may_be_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "openfacefx", None)
    assert not has_openfacefx()
    assert OPENFACEFX not in Stage(tmp_path, Nodder(), None).performers


@pytest.mark.parametrize("n_frames", [1, 50, 70, 71, 140, 141, 250, 1000])
def test_windows_join_where_the_performer_joins_them(n_frames: int) -> None:
    made = []

    def network(inputs: dict) -> np.ndarray:
        made.append(int(inputs["valid"].sum() - inputs["known"].sum()) - N_AHEAD)
        return 0 * inputs["motion"]

    stats = NormalizationStats(*[np.ones(N_MOTION, np.float32)] * 5)
    encoder = lambda _: np.zeros((N_WINDOW, 1024), np.float32)  # noqa: E731
    config = DiffusionMotionConfig(n_steps=1, n_lip_steps=1)
    model = DiffusionMotion(NetworkBackend(network), encoder, stats, SpeakerStyle.from_config({}), config)
    silence = Speech(Audio(np.zeros(n_frames * RATE_HZ // FPS, np.float32), RATE_HZ))
    assert sum(map(len, stream(model, place([silence])))) == n_frames
    from_noise = made[::2]  # each window is asked once from noise and once without
    assert window_starts(n_frames).tolist() == np.cumsum(from_noise)[:-1].tolist()


def test_a_seam_is_seen_only_where_there_is_one() -> None:
    starts = np.arange(50, 1000, 50)
    smooth = still(1000)
    smooth[:, ROTATION] = np.random.default_rng(0).normal(size=(1000, 3))
    torn = smooth.copy()
    for i, start in enumerate(starts):
        torn[start:, ROTATION] += 5 * (-1) ** i
    turn = GROUPS["head turn"]
    ratio, error = seam([(smooth, starts)], turn)
    assert abs(ratio - 1) < 4 * error < 1
    assert seam([(torn, starts)], turn)[0] > 2
    smeared = smooth.copy()
    for start in starts:
        smeared[start : start + 8, ROTATION] += 5 * np.sin(np.arange(8))[:, None]
    assert seam([(smeared, starts)], turn, n_after=8)[0] > seam([(smeared, starts)], turn)[0]


def test_life_is_counted() -> None:
    vectors = still(60 * FPS)
    for blink in range(40, 1500, 100):
        vectors[blink : blink + 4, BLINK_COLUMNS] = np.array([0.7, 1, 0.6, 0.2])[:, None]
    for shift in range(90, 1500, 150):
        vectors[shift : shift + 50, CHANNEL_INDEX["eyeLookOutLeft"]] = 0.4
        vectors[shift : shift + 50, CHANNEL_INDEX["eyeLookInRight"]] = 0.4
    vectors[:, ROTATION] = 5 * np.sin(np.arange(1500) / 20)[:, None] * np.array([1, 0.5, 0])
    lives = life_of([vectors])
    assert lives.blinks_per_min == 15 and 60 < np.median(lives.blink_ms) < 160
    assert lives.gaze_shifts_per_min == 20 and np.allclose(lives.head_range_deg, (10, 5, 0), atol=0.1)
    assert gaze_deg(vectors)[100].tolist() == pytest.approx([12, 0], abs=1e-5)


def test_beats_are_met_by_movement_on_time_and_not_by_chance() -> None:
    rng = np.random.default_rng(0)
    times_s = np.cumsum(rng.uniform(0.8, 2.5, 30))
    frames = (np.arange(int(FPS * (times_s[-1] + 2))) + 0.5) / FPS
    curve = np.exp(-(((frames[:, None] - times_s) / 0.08) ** 2)).sum(1)
    share, chance = beats_met(curve, times_s)
    assert share == 1 and chance < 0.5


def test_the_frechet_distance_knows_the_same_from_another() -> None:
    rng = np.random.default_rng(0)
    walk = lambda size: size * np.cumsum(rng.normal(size=(2000, N_MOTION)), axis=0) / 40  # noqa: E731
    one = walk(1.0)
    assert frechet([one], [one]) == pytest.approx(0, abs=1e-3)
    assert frechet([one + 5], [one]) > frechet([one + 1], [one]) > 0.01
    assert frechet([one], [one], GROUPS["lip opening"]) == pytest.approx(0, abs=1e-6)


@pytest.mark.extras
def test_the_probe_reads_faces_and_how_far_they_go() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)

    def face(label: int, strength: float = 1.0) -> np.ndarray:
        vectors = rng.normal(0, 0.02, (60, N_MOTION))
        vectors[:, BROW_COLUMNS[label]] += 0.5 * strength
        return vectors

    labels = [k for k in range(3) for _ in range(40)]
    probe = Probe.fit([face(k) for k in labels], labels)
    assert (probe.scores([face(k) for k in range(3)]).argmax(1) == np.arange(3)).all()
    assert (np.diff(probe.scores([face(1, s) for s in (0, 0.25, 0.5, 0.75, 1)])[:, 1]) > 0).all()


class Nodder:
    """A motion generator that counts how often it performs."""

    n_performed = 0

    def start(self, *, seed=0, fps=25.0):
        from generators.motion.procedural import ProceduralMotion

        Nodder.n_performed += 1
        return ProceduralMotion().start(seed=seed, fps=fps)

    def with_config(self, **_):
        return self


def test_a_performance_is_remembered_and_the_absent_are_told(tmp_path: Path) -> None:
    model = Nodder()
    stage = Stage(tmp_path, model, None)
    clip = Clip("babble", Speech(babble(), PHONES))
    first = stage.vectors(TOLD, clip, "joy", 0.5)
    assert first.shape == (clip.n_frames, N_MOTION) and stage.vectors(TOLD, clip, "joy", 0.5) is first
    assert stage.vectors(TOLD, clip, "joy", 0.0) is stage.vectors(TOLD, clip)
    assert Nodder.n_performed == 2
    assert STRANGER not in stage.performers
    assert STRANGER in Stage(tmp_path, model, model).performers
    assert stage.vectors(BLIND, clip)[:, GAP].std() < stage.vectors(TOLD, clip)[:, GAP].std()


def test_odd_sounds_have_pauses_and_another_voice_only_speaks_with_the_first(tmp_path: Path) -> None:
    clip = Clip("babble", Speech(babble(), PHONES))
    material = Material(tmp_path, tmp_path, QUICK)
    material.__dict__.update(spoken=[clip], real=[clip])
    sounds = odd_sounds(material, seconds=4.0)
    mask = while_speaking(sounds["clean"])
    assert mask[int(0.6 * RATE_HZ)] == 1 and mask[int(1.5 * RATE_HZ)] == 0 and mask[-1] == 0
    assert not sounds["two voices"].audio.samples[mask == 0].any()
    assert sounds["8 kHz"].audio.sample_rate_hz == 8000 and not sounds["silence"].audio.samples.any()
    assert sounds["child's (sized 1.35)"].phones[-1].end_s == pytest.approx(2.9 / 1.35, abs=0.01)
    one = Oddly.of(still(len(articulated())), sounds["noise"], 0.03)
    assert one.finite and one.still == 0 and one.parted == 0 and len(one.delays_ms) == 0


def test_aims_stand_in_one_table() -> None:
    found = [Found(aims=[("a", "1", "≥ 0", True)]), Found(aims=[("b", "–", "≥ 0", False)])]
    assert aims_grid(found).rows == [("a", "1", "≥ 0", "yes"), ("b", "–", "≥ 0", "NO")]
    assert spread(list(range(10)), 3) == [0, 4, 9] and spread([1, 2], 5) == [1, 2]
