"""What motion is learned from: sound that is augmented in step with its phones, and windows that fit together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech
from scripts.training.augmentation import RATE_HZ, augmented, music, noise, sized, whispered


def _voice(seconds: float = 1.0, pitch_hz: float = 120.0) -> np.ndarray:
    times_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * k * pitch_hz * times_s) / k for k in range(1, 20))
    return (0.1 * tone * (1 + 0.5 * np.sin(2 * np.pi * 4 * times_s))).astype(np.float32)


@given(st.floats(0.7, 1.4))
@settings(max_examples=20, deadline=None)
def test_a_smaller_head_speaks_higher_and_its_phones_move_along(factor: float) -> None:
    speech = Speech(Audio(_voice(), RATE_HZ), (Phone("a", 0.2, 0.4), Phone("m", 0.4, 0.9)))
    changed = sized(speech, factor)
    ratio = len(speech.audio.samples) / len(changed.audio.samples)
    assert ratio == pytest.approx(factor, abs=0.01)
    assert changed.phones[1].end_s == pytest.approx(0.9 / ratio, abs=0.002)
    spectrum = np.abs(np.fft.rfft(changed.audio.samples * np.hanning(len(changed.audio.samples))))
    low = spectrum[: int(len(spectrum) * 300 / 8000)]
    assert np.argmax(low) * RATE_HZ / len(changed.audio.samples) == pytest.approx(120 * ratio, abs=6)


def test_a_whisper_has_no_pitch_but_the_same_words() -> None:
    voice = _voice()
    voice[RATE_HZ // 2 :] = 0
    heard = whispered(voice, np.random.default_rng(0))
    assert heard.shape == voice.shape and heard.dtype == np.float32
    loud, quiet = (np.square(heard[part]).mean() for part in (slice(2000, 7000), slice(10_000, None)))
    assert loud > 100 * quiet
    lag = RATE_HZ // 120
    r = lambda x: np.corrcoef(x[2000:7000], x[2000 + lag : 7000 + lag])[0, 1]  # noqa: E731
    assert r(voice) > 0.9 > 0.5 > r(heard)


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=25, deadline=None)
def test_roughened_sound_stays_sound(seed: int, silent: bool) -> None:
    x = np.zeros(8000, np.float32) if silent else _voice(0.5)
    heard = augmented(x, _voice(0.3, 200.0), np.random.default_rng(seed), silent=silent)
    assert heard.shape == x.shape and heard.dtype == np.float32
    assert np.isfinite(heard).all() and np.abs(heard).max() <= 1


@pytest.mark.parametrize("make", [noise, music])
def test_disturbances_have_unit_level(make) -> None:
    assert make(RATE_HZ, np.random.default_rng(0)).std() == pytest.approx(1, abs=0.15)


def test_a_window_of_sound_is_silent_where_there_is_none() -> None:
    from generators.motion.diffusion.training.windows import cut_sound

    samples = np.arange(1, 64_001, dtype=np.float32)
    early = cut_sound(samples, -25)
    assert not early[:16_000].any() and early[16_000] == 1 and len(early) == 64_000
    late = cut_sound(samples, 50)
    assert late[0] == 50 * 640 + 1 and not late[64_000 - 50 * 640 :].any()
    assert not cut_sound(samples, 1000).any()


def test_cut_windows_know_only_what_came_before() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("diffusers", reason="the extra diffusion is not installed")
    from generators.motion.diffusion.configuration import N_BEFORE
    from generators.motion.diffusion.training.batches import cut

    rng = np.random.default_rng(0)
    known, valid = cut(np.ones((500, 100), np.float32), rng)
    assert (known <= valid).all() and not known[:, N_BEFORE:].any()
    # What is known reaches up to what is made, without a hole.
    assert all((row[:N_BEFORE] >= np.append(0, row[: N_BEFORE - 1])).all() for row in known)
    assert (valid[:, N_BEFORE : N_BEFORE + 10] == 1).all() and 0.05 < (known.sum(1) == 0).mean() < 0.3


def test_large_weights_are_stored_in_half_and_computed_in_whole(tmp_path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("diffusers", reason="the extra diffusion is not installed")
    pytest.importorskip("onnxscript", reason="the extra train is not installed")
    import onnxruntime

    from generators.motion.diffusion.model import MotionTransformer
    from generators.motion.diffusion.training.export import INPUTS, to_onnx

    torch.manual_seed(0)
    model = MotionTransformer(width=32, n_layers=1, n_heads=2).half().float().eval()
    model.noise_scale.fill_(1.0)
    to_onnx(model, tmp_path / "model.onnx")
    n_bytes = sum(p.numel() for p in model.parameters()) * 4
    assert (tmp_path / "model.onnx").stat().st_size < 0.8 * n_bytes
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for batch in (1, 3):
        shapes = {given.name: [batch, *given.shape[1:]] for given in session.get_inputs()}
        inputs = {name: torch.rand(shapes[name]) for name in INPUTS}
        with torch.no_grad():
            wanted = model(**inputs).numpy()
        found = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
        assert np.abs(found - wanted).max() < 1e-4
