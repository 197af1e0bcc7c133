"""The parts of diffused motion that need no weights, and a tiny real model through both of its doors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.bank import load_emotion_bank
from emotion_embed.signals.audio import Audio
from emotion_embed.state import EmotionState
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX, Motion, Phone, Speech
from generators.motion.diffusion import DiffusionMotion, conditioning
from generators.motion.diffusion.audio_features import WINDOW_SAMPLES, load_audio_encoder
from generators.motion.diffusion.backends import NetworkBackend
from generators.motion.diffusion.beats import Beats
from generators.motion.diffusion.blinks import BlinkResynthesis
from generators.motion.diffusion.configuration import N_BEFORE, N_WINDOW, DiffusionMotionConfig, parse_style
from generators.motion.diffusion.description import NormalizationStats, SpeakerStyle
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    GAP,
    HEAD_COLUMNS,
    N_MOTION,
    ROTATION,
    SPEECH_COLUMNS,
    to_motion,
    to_vectors,
)
from generators.motion.diffusion.postprocess import WindowContext, enforce_bilabial_closure
from generators.motion.diffusion.rolling import RollingBuffer
from generators.motion.diffusion.sampling import (
    ModelInputs,
    apply_emotion_guidance,
    guidance_passes,
    sample_window,
    sigmas,
)
from generators.motion.rig.lip_geometry import CLOSED_GAP, lip_gap
from generators.motion.streaming import stream
from generators.timeline import place
from generators.voice.align.phone_classes import CLASS_INDEX

N_AUDIO = 1024  # Whisper base's two states a frame


def _motion(rng: np.random.Generator, n: int = 20) -> Motion:
    shapes = rng.uniform(0, 0.4, (n, len(ARKIT_CHANNELS))).astype(np.float32)
    # As much of mouthClose as the open lips leave room for.
    opened = lip_gap(shapes * (np.arange(52) != CHANNEL_INDEX["mouthClose"]))
    shapes[:, CHANNEL_INDEX["mouthClose"]] = np.clip((opened - CLOSED_GAP) / 0.598, 0, 1) * rng.uniform(0, 1, n)
    return Motion(25.0, shapes, rng.normal(0, 5, (n, 3)), rng.normal(0, 1, (n, 3)), rng.uniform(0, 1, n))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_vectors_hold_a_motion(seed: int) -> None:
    motion = _motion(np.random.default_rng(seed))
    back = to_motion(to_vectors(motion), 25.0)
    assert np.allclose(back.blendshapes, motion.blendshapes, atol=2e-5)
    assert np.allclose(back.head_rotation_deg, motion.head_rotation_deg, atol=1e-4)
    assert np.allclose(back.head_translation_cm, motion.head_translation_cm, atol=1e-4)
    assert np.allclose(back.breath, motion.breath, atol=1e-6)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_any_vectors_are_a_valid_motion(seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(0, 3, (10, N_MOTION))
    motion = to_motion(vectors, 25.0)
    assert motion.blendshapes.min() >= 0 and motion.blendshapes.max() <= 1
    assert (lip_gap(motion.blendshapes) >= CLOSED_GAP - 0.6).all() and np.isfinite(motion.head_rotation_deg).all()


def test_a_gap_of_nothing_closes_the_lips_whatever_else_opens_them() -> None:
    vectors = np.zeros((1, N_MOTION))
    vectors[0, [CHANNEL_INDEX["jawOpen"], CHANNEL_INDEX["mouthUpperUpLeft"]]] = 0.3, 0.4
    vectors[0, GAP] = CLOSED_GAP
    assert lip_gap(to_motion(vectors, 25.0).blendshapes)[0] == pytest.approx(CLOSED_GAP, abs=1e-6)


def test_sounds_fill_their_share_of_each_frame() -> None:
    found = conditioning.phone_features([Phone("m", 0.04, 0.10), Phone("ɑ", 0.10, 0.20)], -2, 8)
    assert np.allclose(found[:, :-1].sum(1), 1) and (found[:, -1] == 1).all()
    assert found[2:, CLASS_INDEX["m"]].round(2).tolist()[:4] == [0.0, 1.0, 0.5, 0.0]
    assert found[5, CLASS_INDEX["ɑ"]] == 1 and (found[:2, CLASS_INDEX["sil"]] == 1).all()
    assert not conditioning.no_phone_features(4).any()


def test_neutral_is_felt_as_nothing_and_the_bank_is_read_for_every_frame() -> None:
    assert np.abs(conditioning.emotion_features(np.zeros((3, 7)))).max() < 1e-6
    bank = load_emotion_bank()
    state = EmotionState({"joy": 0.6, "surprise": 0.2})
    read = lambda s: bank.read(bank.embed(s).mean)  # noqa: E731
    wanted = read(state) - read(EmotionState())
    assert np.allclose(conditioning.emotion_features(state.vector()[None])[0, 7:], wanted, atol=1e-4)
    full = conditioning.emotion_features(np.eye(7))[:, 7:]
    assert np.linalg.norm(full, axis=1).min() > 0.1, "every basic feeling lies away from neutral"
    assert len(full) == len(taxonomy.BASIC) - 1


def test_guidance_by_sound_weighs_to_one() -> None:
    assert len(guidance_passes(1)) == 1 and len(guidance_passes(2)) == 3
    for audio in (0, 0.5, 1, 3):
        assert sum(weight for *_, weight in guidance_passes(audio)) == 1


def test_guidance_by_emotion_spares_lips_and_head() -> None:
    with_emotion, without = np.full((4, N_MOTION), 0.3), np.full((4, N_MOTION), 0.1)
    guided = apply_emotion_guidance(with_emotion, without, 3.0)
    assert (guided[:, SPEECH_COLUMNS] == 0.3).all() and (guided[:, HEAD_COLUMNS] == 0.3).all()
    assert guided[:, [CHANNEL_INDEX["browInnerUp"], CHANNEL_INDEX["mouthSmileLeft"]]] == pytest.approx(0.7)


def test_sampling_ends_where_the_network_says_and_keeps_what_is_known() -> None:
    rng = np.random.default_rng(0)
    wanted = rng.normal(size=(N_WINDOW, N_MOTION)).astype(np.float32)
    window = _window(rng)
    found = sample_window(lambda inputs: np.repeat(wanted[None], len(inputs["sigma"]), 0), window, wanted * 0 + 1, 4)
    assert np.allclose(found[N_BEFORE:], wanted[N_BEFORE:], atol=1e-5)
    assert np.array_equal(found[:N_BEFORE], window.before[:N_BEFORE])
    assert sigmas(4).tolist() == [1, 0.75, 0.5, 0.25, 0]


def _window(rng: np.random.Generator) -> ModelInputs:
    row = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    known = (np.arange(N_WINDOW) < N_BEFORE).astype(np.float32)
    return ModelInputs(
        row(N_WINDOW, N_MOTION), known, np.ones(N_WINDOW, np.float32), row(N_WINDOW, N_AUDIO),
        conditioning.no_phone_features(N_WINDOW), row(N_WINDOW, conditioning.N_EMOTION), row(conditioning.N_STYLE),
    )  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {"n_steps": 0},
        {"emotion_guidance": 5},
        {"head": 3},
        {"speaker": "nobody"},
        {"backend": "magic"},
        {"liveliness": -1},
    ],
)
def test_settings_out_of_range_are_refused(values: dict) -> None:
    with pytest.raises(BadInput, match="must be from|There is no"):
        DiffusionMotionConfig(**values)


@pytest.mark.parametrize("text", ["threads:8", "backend:1", "device:0", "speaker:1", "head", "head:x", "head:9", ""])
def test_only_what_is_a_style_is_taken_as_one(text: str) -> None:
    with pytest.raises(BadInput, match="style has no|is not a style|must be from"):
        parse_style(text)


def test_every_part_of_a_style_reaches_the_config() -> None:
    style = parse_style("head:1, blinks:-0.5,liveliness:0.5,n_steps:3,emotion_guidance:2")
    config = DiffusionMotionConfig(**style)
    assert (config.head, config.blinks, config.liveliness, config.n_steps, config.emotion_guidance) == (
        1,
        -0.5,
        0.5,
        3,
        2,
    )


@pytest.mark.parametrize("change", [{"threads": 8}, {"backend": "torch"}, {"device": "cuda"}])
def test_an_open_model_does_not_pretend_to_change_what_it_runs_on(change: dict) -> None:
    stats = NormalizationStats(*[np.ones(N_MOTION, np.float32)] * 5)
    backend = NetworkBackend(lambda inputs: inputs["motion"])
    model = DiffusionMotion(backend, lambda _: _, stats, SpeakerStyle.from_config({}), DiffusionMotionConfig())
    with pytest.raises(ValueError, match="from_pretrained"):
        model.with_config(**change)
    assert model.with_config(head=1.0, threads=0).config.head == 1


def test_models_saved_under_earlier_names_are_described_alike() -> None:
    rows = {
        name: [float(i)] * 59 for i, name in enumerate(("mean", "scale", "noise_scale", "style_mean", "style_scale"))
    }
    stats = NormalizationStats.from_config(rows)
    assert (stats.std == 1).all() and (stats.noise_std == 2).all() and (stats.style_std == 4).all()
    old = SpeakerStyle.from_config({"own_style": [1] * 5, "lacking_style": [2] * 5, "usual_style": [3] * 5})
    new = SpeakerStyle.from_config({"conditioning": [1] * 5, "residual": [2] * 5, "baseline": [3] * 5})
    assert all(np.array_equal(getattr(old, name), getattr(new, name)) for name in vars(old))
    assert SpeakerStyle.from_config({}).baseline.tolist() == pytest.approx(conditioning.BASELINE_STYLE)


def test_a_rolling_buffer_keeps_its_clock() -> None:
    buffer = RollingBuffer()
    buffer.append_at(0, np.arange(10, dtype=np.float32))
    buffer.append_at(9, np.array([90, 91], np.float32))  # a rounding early
    buffer.append_at(12, np.array([120], np.float32))  # and one late
    assert buffer.between(7, 15).tolist() == [7, 8, 90, 91, 0, 120, 0, 0]
    buffer.trim(8)
    assert (buffer.first, buffer.end) == (8, 13) and buffer.between(6, 10).tolist() == [0, 0, 8, 90]


def test_style_tells_the_lively_from_the_still() -> None:
    rng = np.random.default_rng(0)
    still = np.zeros((100, N_MOTION), np.float32)
    lively = np.cumsum(rng.normal(0, 1, (100, N_MOTION)), axis=0)
    assert (conditioning.measure_style(lively) > conditioning.measure_style(still))[[0, 1, 3, 4]].all()


# Blinks ---------------------------------------------------------------------------------------------------------------


def _lids(*falls: tuple[int, int, float], resting: float = 0.05) -> np.ndarray:
    """Vectors of 4 s whose lids fall to some height between two frames, here and there."""
    vectors = np.full((N_WINDOW, N_MOTION), resting, np.float32)
    for first, last, height in falls:
        vectors[first:last, BLINK_COLUMNS] = height
    return vectors


def _shown(vectors: np.ndarray, new: slice = slice(N_BEFORE, 95)) -> np.ndarray:
    blinks = BlinkResynthesis()
    resting = blinks.remove(vectors, 0, new)
    return blinks.add_to(resting, (np.arange(N_WINDOW) + 0.5) / 25)[:, BLINK_COLUMNS[0]]


@pytest.mark.parametrize("fall", [(50, 52, 0.55), (48, 55, 0.9), (50, 54, 1.0)])
def test_half_and_long_blinks_become_whole_and_short(fall: tuple) -> None:
    shown = _shown(_lids(fall))
    assert shown.max() > 0.97 and 50 <= np.argmax(shown) <= 54
    assert 2 <= (shown > 0.5).sum() <= 8, "100 to 400 ms"
    assert np.allclose(shown[:44], 0.05) and np.allclose(shown[64:], 0.05, atol=0.01)


def test_small_tremors_are_no_blinks_and_lowered_lids_stay() -> None:
    assert _shown(_lids((50, 52, 0.3))).max() < 0.1
    lowered = _shown(_lids((40, 80, 0.4)))
    assert np.allclose(lowered[45:75], 0.4, atol=0.02)


def test_a_blink_at_the_border_of_two_windows_comes_once_and_whole() -> None:
    blinks, frames = BlinkResynthesis(), (np.arange(N_WINDOW) + 0.5) / 25
    first = blinks.remove(_lids((94, 98, 0.9)), 0, slice(N_BEFORE, 95))
    second = blinks.remove(_lids((24, 28, 0.9)), 70, slice(N_BEFORE, 95))
    shown = [blinks.add_to(first, frames), blinks.add_to(second, frames + 70 / 25)]
    lids = np.concatenate([shown[0][:95, BLINK_COLUMNS[0]], shown[1][N_BEFORE:, BLINK_COLUMNS[0]]])
    peaks = np.flatnonzero((lids[1:-1] > lids[:-2]) & (lids[1:-1] >= lids[2:]) & (lids[1:-1] > 0.5))
    assert len(peaks) == 1 and np.abs(np.diff(lids)).max() < 0.8


# The network, where torch and diffusers are installed -----------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny():
    torch = pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers", reason="the extra diffusion is not installed")
    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline
    from generators.motion.diffusion.model import MotionTransformer

    torch.manual_seed(0)
    model = MotionTransformer(width=32, n_layers=2, n_heads=2).eval()
    for parameter in model.parameters():  # modulations start at zero, and would hide what they are told
        torch.nn.init.normal_(parameter, std=0.1)
    model.mean.normal_()
    model.scale.uniform_(0.5, 2)
    model.noise_scale.uniform_(0.1, 1)
    pipeline = MotionDiffusionPipeline(model, diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0))
    pipeline.set_progress_bar_config(disable=True)
    return torch, pipeline


def _given(window: ModelInputs, torch: object) -> dict:
    batch = {name: torch.from_numpy(getattr(window, name))[None] for name in ("audio", "phones", "emotion", "style")}
    return batch | {"known": torch.from_numpy(window.known)[None], "valid": torch.from_numpy(window.valid)[None]}


@pytest.mark.parametrize("guidance", [1.0, 2.5, 0.5])
def test_diffusers_and_our_own_steps_agree(tiny, guidance: float) -> None:
    torch, pipeline = tiny
    rng, model = np.random.default_rng(1), pipeline.transformer
    window, noise = _window(rng), rng.normal(size=(N_WINDOW, N_MOTION)).astype(np.float32)

    def network(inputs: dict) -> np.ndarray:
        with torch.no_grad():
            return model(**{name: torch.from_numpy(value) for name, value in inputs.items()}).numpy()

    scale, mean = model.scale.numpy(), model.mean.numpy()
    ours = sample_window(network, window, noise, 5, guidance) * scale + mean
    theirs = pipeline.sample(
        **_given(window, torch), before=(window.before * scale + mean)[None], latents=torch.from_numpy(noise)[None],
        num_inference_steps=5, audio_guidance=guidance,
    )[0]  # fmt: skip
    assert np.abs(ours - theirs).max() < 1e-3


def test_a_pipeline_is_saved_and_read_and_the_generator_decides(tiny, tmp_path) -> None:
    torch, pipeline = tiny
    given = _given(_window(np.random.default_rng(2)), torch)
    seen = []

    def watch(pipe, step, timestep, values):
        seen.append(step)
        return {}

    def run(pipe: object, seed: int) -> np.ndarray:
        generator = torch.Generator().manual_seed(seed)
        return pipe.sample(**given, generator=generator, num_inference_steps=3, callback_on_step_end=watch)

    first = run(pipeline, 0)
    assert seen == [0, 1, 2] and not np.allclose(first, run(pipeline, 1))
    pipeline.save_pretrained(tmp_path)
    assert not list(tmp_path.rglob("*.bin")), "safetensors only"
    again = type(pipeline).from_pretrained(tmp_path)
    again.set_progress_bar_config(disable=True)
    assert np.allclose(first, run(again, 0), atol=1e-5)


class _Hum:
    """An audio encoder whose features are as loud as the sound."""

    name, width = "hum", N_AUDIO

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        level = np.abs(samples).reshape(N_WINDOW, -1).mean(1, keepdims=True)
        return np.repeat(level, N_AUDIO, axis=1).astype(np.float32)


@pytest.mark.parametrize("emotion_guidance", [1.0, 2.0])
def test_the_pipeline_performs_as_the_product_does(tiny, tmp_path, monkeypatch, emotion_guidance: float) -> None:
    _, pipeline = tiny
    pipeline.save_pretrained(tmp_path)
    buffers = {name: buffer.tolist() for name, buffer in pipeline.transformer.named_buffers()}
    (tmp_path / "config.json").write_text(json.dumps({"statistics": buffers, "own_style": [0.5] * 5}))
    monkeypatch.setattr("generators.motion.diffusion.pipeline.load_audio_encoder", lambda *_: _Hum())
    monkeypatch.setattr("generators.motion.diffusion.diffusers_pipeline.load_audio_encoder", lambda *_: _Hum())
    config = DiffusionMotionConfig(backend="torch", device="cpu", emotion_guidance=emotion_guidance, head=1.0)
    track, speech = EmotionTrack((EmotionKey(0.0, EmotionState({"joy": 0.7})),)), _stressed(1.0)
    (ours,) = stream(DiffusionMotion.from_pretrained(tmp_path, config=config), place([speech], track), seed=3, fps=30.0)
    opened = type(pipeline).from_pretrained(tmp_path)
    steps = []
    theirs = opened(
        speech, track, seed=3, fps=30.0, style={"head": 1.0}, emotion_guidance=emotion_guidance,
        callback_on_step_end=lambda pipe, step, *_: steps.append(step) or {},
    ).motion  # fmt: skip
    assert isinstance(theirs, Motion) and len(theirs) == 90 and np.ptp(theirs.blendshapes) > 0
    for name in ("blendshapes", "head_rotation_deg", "head_translation_cm", "breath"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    n_windows = 2 * (1 if emotion_guidance == 1 else 2)  # 75 frames of the model
    assert len(steps) == n_windows * (config.n_steps + config.n_lip_steps)
    other = opened(speech, track, seed=4, fps=30.0, return_dict=False)[0]
    assert not np.allclose(other.head_rotation_deg, theirs.head_rotation_deg)


def test_windows_that_do_not_fit_are_refused(tiny) -> None:
    torch, pipeline = tiny
    given = _given(_window(np.random.default_rng(3)), torch)
    with pytest.raises(ValueError, match="emotion is"):
        pipeline.sample(**given | {"emotion": torch.zeros(1, N_WINDOW, 3)})
    with pytest.raises(ValueError, match="at least 1"):
        pipeline.sample(**given, num_inference_steps=0)
    with pytest.raises(ValueError, match="frames"):
        pipeline.sample(audio=torch.zeros(1, 200, N_AUDIO))


def test_frames_that_do_not_count_change_nothing(tiny) -> None:
    torch, pipeline = tiny
    rng = np.random.default_rng(4)
    window, noise = _window(rng), rng.normal(size=(1, N_WINDOW, N_MOTION)).astype(np.float32)
    valid = (np.arange(N_WINDOW) < 60).astype(np.float32)
    outcomes = []
    for _ in range(2):
        audio = window.audio.copy()
        audio[70:] = rng.normal(size=audio[70:].shape)  # farther than the adapter's reach
        given = _given(window, torch) | {"audio": torch.from_numpy(audio)[None], "valid": torch.from_numpy(valid)[None]}
        outcomes.append(pipeline.sample(**given, latents=torch.from_numpy(noise), num_inference_steps=2)[0, :60])
    assert np.allclose(*outcomes, atol=1e-5)


def test_attention_backends_can_be_chosen(tiny) -> None:
    _, pipeline = tiny
    pipeline.transformer.set_attention_backend("native")
    assert all(block.attention.processor._attention_backend is not None for block in pipeline.transformer.blocks)
    pipeline.transformer.reset_attention_backend()


# Other audio encoders -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Wav2Vec2", "Hubert", "WavLM"])
def test_a_user_s_own_encoder_serves(kind: str, tmp_path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers", reason="the extra wav2vec2 is not installed")
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=48, conv_dim=[16] * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    getattr(transformers, f"{kind}Model")(config).save_pretrained(tmp_path)
    encoder = load_audio_encoder(f"transformers:{tmp_path}:2")
    sound = np.random.default_rng(0).normal(0, 0.1, WINDOW_SAMPLES).astype(np.float32)
    states = encoder(sound)
    assert states.shape == (N_WINDOW, encoder.width) == (N_WINDOW, 64) and np.isfinite(states).all()
    assert np.allclose(states, load_audio_encoder(encoder.name)(0.5 * sound), atol=1e-3), "loudness is no matter"
    with pytest.raises(BadInput, match="layer 9"):
        load_audio_encoder(f"transformers:{tmp_path}:9")


@pytest.mark.parametrize("name", ["whisper-base", "whisper-base:9", "whisper-huge:2", "transformers:", "x:1", ""])
def test_audio_encoders_that_there_are_not_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="no audio encoder"):
        load_audio_encoder(name)


def test_a_folder_without_an_encoder_is_refused(tmp_path) -> None:
    pytest.importorskip("transformers", reason="the extra wav2vec2 is not installed")
    with pytest.raises(BadInput, match="model.safetensors"):
        load_audio_encoder(f"transformers:{tmp_path}:1")
    (tmp_path / "model.safetensors").write_bytes(b"torn")
    (tmp_path / "config.json").write_text('{"model_type": "hubert"}')
    with pytest.raises(BadInput, match="cannot be opened"):
        load_audio_encoder(f"transformers:{tmp_path}:1")


def _stressed(at_s: float) -> Speech:
    """Three seconds with one loud vowel."""
    samples = 0.001 * np.random.default_rng(0).standard_normal(48_000)
    samples[int(at_s * 16_000) : int((at_s + 0.2) * 16_000)] *= 300
    return Speech(Audio(samples.astype(np.float32), 16_000), (Phone("a", at_s, at_s + 0.2, 1),))


def test_the_head_nods_where_a_syllable_stands_out_and_the_eyes_hold() -> None:
    times_s = (np.arange(75) + 0.5) / 25

    def nodded(seed: int, gain: float = 1.0, *speeches: Speech) -> np.ndarray:
        beats = Beats(seed, np.full(N_MOTION, gain, np.float32))
        for part in place(speeches or [_stressed(1.0)]):
            beats.plan(part)
        return beats.add_to(np.zeros((75, N_MOTION), np.float32), times_s)

    turned = nodded(0)[:, ROTATION]
    assert abs(times_s[np.abs(turned[:, 1]).argmax()] - 1.14) < 0.05 and np.abs(turned).max() > 0.3
    assert not turned[times_s < 0.8].any() and not turned[times_s > 1.7].any()
    assert np.array_equal(turned, nodded(0)[:, ROTATION]) and not np.array_equal(turned, nodded(1)[:, ROTATION])
    assert np.allclose(2 * turned, nodded(0, 2.0)[:, ROTATION], atol=1e-5)
    up, down = (nodded(0)[:, CHANNEL_INDEX[f"eyeLook{side}Left"]] for side in ("Up", "Down"))
    assert np.allclose(30 * (up - down), -0.92 * turned[:, 1], atol=1e-4)
    unknown = Speech(_stressed(1.0).audio)
    assert not nodded(0, 1.0, unknown).any() and np.array_equal(nodded(0, 1.0, _stressed(1.0), unknown), nodded(0))


def _closed(vectors: np.ndarray, phones: list[Phone], first_frame: int) -> np.ndarray:
    inputs = _window(np.random.default_rng(0))
    context = WindowContext(inputs, vectors, np.ones(N_MOTION), phones, first_frame)
    return enforce_bilabial_closure(vectors, context)


@pytest.mark.parametrize(("start_s", "end_s", "frame"), [(0.41, 0.43, 10), (0.4, 0.48, 11), (0.0, 0.04, 0)])
def test_lips_touch_in_every_p_b_and_m(start_s: float, end_s: float, frame: int) -> None:
    ajar = np.full((20, N_MOTION), 0.05, np.float32)
    gap = _closed(ajar, [Phone("m", start_s, end_s), Phone("a", 0.6, 0.7)], 0)[:, GAP]
    assert np.flatnonzero(gap < 0).tolist() == [frame]
    beside = [near for near in (frame - 1, frame + 1) if near >= 0]
    assert np.allclose(gap[beside], 0.021) and (np.delete(gap, [frame, *beside]) == np.float32(0.05)).all()
    assert np.array_equal(_closed(ajar, [Phone("m", start_s + 2, end_s + 2)], 50)[:, GAP], gap)
    closing = ajar.copy()
    closing[frame, GAP] = -0.003
    assert np.array_equal(_closed(closing, [Phone("p", start_s, end_s)], 0), closing), "what touches is left alone"
