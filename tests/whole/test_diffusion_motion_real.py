"""Diffused motion with its own weights, Whisper as audio encoder and the default voice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from emotion_embed.state import parse_emotion
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX, Motion, Speech, join_motion, join_speech
from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig
from generators.motion.rig.lip_geometry import lip_gap
from generators.motion.streaming import stream
from generators.timeline import place

pytestmark = pytest.mark.whole

TEXT = (
    "Please put the apple pie on the table; Paul and Emma are bringing plum jam from the farm. "
    "Maybe we should move the piano before my mother comes home."
)
BROWS = [i for i, name in enumerate(ARKIT_CHANNELS) if name.startswith("brow")]


@pytest.fixture(scope="module")
def spoken(kokoro) -> list[Speech]:
    return list(kokoro.stream(TEXT))


@pytest.fixture(scope="module")
def diffusion() -> DiffusionMotion:
    return DiffusionMotion.from_pretrained(config=DiffusionMotionConfig(backend="onnx"))


def _moved(
    diffusion: DiffusionMotion, parts: list[Speech], emotion: str = "neutral", seed: int = 0, **options
) -> Motion:
    track = EmotionTrack((EmotionKey(0.0, parse_emotion(emotion)),))
    return join_motion(list(stream(diffusion, place(parts, track), seed=seed, **options)))


def _deaf_to_text(parts: list[Speech]) -> list[Speech]:
    """The same sound without its phones, as of a recording that nobody has read."""
    return [replace(part, phones=()) for part in parts]


def _extremes(parts: list[Speech], motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """The least gap in every p b m and the largest in every open vowel."""
    gap, phones = lip_gap(motion.blendshapes), join_speech(parts).phones
    frames = lambda p: slice(int(p.start_s * motion.fps), int(np.ceil(p.end_s * motion.fps)) or 1)  # noqa: E731
    shut = [gap[frames(p)].min() for p in phones if p.symbol in "pbm"]
    return np.array(shut), np.array([gap[frames(p)].max() for p in phones if p.symbol[0] in "ɑæʌɔa"])


@pytest.mark.parametrize(("heard", "shares"), [("with phones", (0.95, 0.9)), ("by ear", (0.85, 0.8))])
def test_lips_close_and_open(diffusion, spoken, heard, shares):
    parts = spoken if heard == "with phones" else _deaf_to_text(spoken)
    shut, wide = _extremes(spoken, _moved(diffusion, parts))
    assert (shut < 0.03).mean() >= shares[0]
    assert (wide > 0.06).mean() >= shares[1]


@pytest.mark.parametrize("fps", [12.0, 25.0, 30.0])
def test_frames_are_as_many_as_the_sound_lasts(diffusion, spoken, fps):
    motions = list(stream(diffusion, place(spoken), fps=fps))
    length_s = sum(len(part.audio.samples) for part in spoken) / spoken[0].audio.sample_rate_hz
    assert len(motions) == len(spoken) and sum(map(len, motions)) == round(length_s * fps)


@pytest.mark.parametrize("phones", [True, False], ids=["told", "heard"])
def test_a_seed_is_a_performance_with_the_same_lips(diffusion, spoken, phones):
    parts = spoken if phones else [Speech(part.audio) for part in spoken]
    first, again, other = (_moved(diffusion, parts, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first.blendshapes, again.blendshapes)
    assert np.abs(first.head_rotation_deg - other.head_rotation_deg).mean() > 0.5
    assert np.corrcoef(lip_gap(first.blendshapes), lip_gap(other.blendshapes))[0, 1] > 0.995


def test_a_feeling_reaches_brows_and_cheeks_and_spares_the_closures(diffusion, spoken):
    neutral, sad, joyful = (_moved(diffusion, spoken, emotion) for emotion in ("neutral", "sadness", "joy"))
    inner, cheek, smile = (CHANNEL_INDEX[n] for n in ("browInnerUp", "cheekSquintLeft", "mouthSmileLeft"))
    assert sad.blendshapes[25:, inner].mean() > neutral.blendshapes[25:, inner].mean() + 0.3
    for channel in (cheek, smile):
        assert joyful.blendshapes[25:, channel].mean() > neutral.blendshapes[25:, channel].mean() + 0.2
    closed = [(_extremes(spoken, motion)[0] < 0.03).mean() for motion in (neutral, sad, joyful)]
    assert min(closed[1:]) >= closed[0] - 0.06


def test_more_guidance_is_more_feeling_and_no_other_lips(diffusion, spoken):
    plain, strong = (_moved(diffusion.with_config(emotion_guidance=g), spoken, "fear:0.5") for g in (1.0, 2.0))
    assert strong.blendshapes[25:, BROWS].mean() > plain.blendshapes[25:, BROWS].mean() + 0.03
    assert np.corrcoef(lip_gap(plain.blendshapes), lip_gap(strong.blendshapes))[0, 1] > 0.95


def test_silence_closes_the_mouth(diffusion, spoken):
    rate_hz = spoken[0].audio.sample_rate_hz
    speech = join_speech(spoken)
    last_s = speech.phones[-1].end_s
    quiet = Audio(np.append(speech.audio.samples, np.zeros(2 * rate_hz, np.float32)), rate_hz)
    gap = lip_gap(_moved(diffusion, [Speech(quiet)]).blendshapes)
    after = gap[int((last_s + 0.15) * 25) + 1 :]
    assert after.max() < 0.035
    assert np.abs(np.diff(after[5:])).max() < 0.01, "lips that quiver in silence"


@pytest.mark.parametrize("kind", ["silence", "noise", "tones", "clipped", "one sample"])
def test_whatever_is_heard_moves_sensibly(diffusion, spoken, kind):
    rng, n = np.random.default_rng(0), 16_000 * 6
    times_s = np.arange(n) / 16_000
    sound = {
        "silence": np.zeros(n), "noise": 0.3 * rng.standard_normal(n).clip(-1, 1),
        "tones": 0.3 * np.sin(2 * np.pi * 220 * times_s) * np.sign(np.sin(2 * np.pi * times_s)),
        "clipped": np.clip(40 * join_speech(spoken).audio.resampled(16_000).samples, -1, 1), "one sample": np.zeros(1),
    }[kind]  # fmt: skip
    motion = _moved(diffusion, [Speech(Audio(sound.astype(np.float32), 16_000))])
    assert np.isfinite(motion.blendshapes).all() and np.isfinite(motion.head_rotation_deg).all()
    if len(motion) > 1:
        assert np.abs(np.diff(motion.head_rotation_deg, axis=0)).max() < 4, "a jump of the head"
        assert np.abs(motion.head_rotation_deg).max() < 20
    if kind == "silence":
        assert lip_gap(motion.blendshapes).max() < 0.035


def test_a_long_talk_is_kept_only_as_long_as_it_is_needed(diffusion):
    performer = diffusion.start()
    part, n, kept = Speech(Audio(np.zeros(16_000 * 3, np.float32), 16_000)), 0, []
    for placed in place([part] * 12):
        n += len(performer.perform(placed))
        kept.append((len(performer.conditional.audio.values), len(performer.conditional.shown.values)))
    assert n == 12 * 75 and kept[-1] == kept[3]


def test_a_style_shows_as_much_as_it_is_asked_for(diffusion, spoken):
    less, more = (_moved(diffusion.with_config(head=amount, lips=amount), spoken) for amount in (-1.0, 1.0))
    speeds = [np.abs(np.diff(motion.head_rotation_deg, axis=0)).mean() for motion in (less, more)]
    assert 1.4 < speeds[1] / speeds[0] < 2.2  # a deviation is a factor of 1.3
    (shut, wide), (shut_more, wide_more) = (_extremes(spoken, motion) for motion in (less, more))
    assert np.median(wide_more) > 1.5 * np.median(wide)
    assert (shut_more < 0.03).mean() >= (shut < 0.03).mean() - 0.05


def test_a_reference_lends_its_style(diffusion, spoken):
    still = diffusion.with_config(head=-2.0)
    lively = diffusion.with_style_from(_moved(diffusion.with_config(head=2.0), spoken))
    speed = lambda motion: np.abs(np.diff(motion.head_rotation_deg, axis=0)).mean()  # noqa: E731
    assert speed(_moved(lively, spoken)) > 1.2 * speed(_moved(still, spoken))
    itself = diffusion.with_style_from(_moved(diffusion, spoken)).config
    assert max(abs(itself.head), abs(itself.brows), abs(itself.lips), abs(itself.gaze)) < 1, "near its own usual"
    with pytest.raises(BadInput, match="2 s or more"):
        diffusion.with_style_from(_moved(diffusion, [Speech(Audio(np.zeros(16_000, np.float32), 16_000))]))


def test_torch_moves_as_onnx_does(diffusion, spoken):
    pytest.importorskip("diffusers", reason="the extra diffusion is not installed")
    import torch

    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline

    torch_one = DiffusionMotion.from_pretrained(config=DiffusionMotionConfig(backend="torch"))
    ours, theirs = (_moved(one, spoken[:1], "joy") for one in (diffusion, torch_one))
    assert torch_one.backend.name == "torch"
    pipeline = MotionDiffusionPipeline.from_pretrained(
        checkpoints.weights_path("motion_diffusion"), dtype=torch.float32
    )
    theirs_again = pipeline(spoken[0], EmotionTrack((EmotionKey(0.0, parse_emotion("joy")),))).motion
    assert np.array_equal(theirs_again.blendshapes, theirs.blendshapes)
    assert np.abs(ours.blendshapes - theirs.blendshapes).max() < 0.02


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(BadInput, match="holds no motion model"):
        DiffusionMotion.from_pretrained(tmp_path)
