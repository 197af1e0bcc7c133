"""Loudness and true peaks against pyloudnorm and known signals, and what levelling does to sound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.voice.prosody.loudness import (
    LoudnessMeter,
    StreamLevel,
    integrated_lufs,
    limited,
    mastered,
    mean_energy_db,
    true_peak_dbtp,
    without_clicks,
)

RATE_HZ = 24_000


def tone(hz, seconds=3.0, size=0.5, rate_hz=RATE_HZ, phase=0.0):
    return (size * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz + phase)).astype(np.float32)


def babble(seconds, seed=0, level=0.1):
    """Noise in syllables of changing size, with pauses: about as peaky as speech."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    syllables = np.repeat(rng.choice([0, 0.3, 1, 1.5], n // 4800 + 1), 4800)[:n]
    return (level * syllables * rng.normal(size=n)).astype(np.float32)


@pytest.mark.parametrize(("rate_hz", "size"), [(48_000, 1.0), (24_000, 0.1)])
def test_the_standards_own_tone(rate_hz, size):
    """A sine of 997 Hz at full scale in one channel is −3.01 LUFS."""
    loudness = integrated_lufs(tone(997, 5, size, rate_hz), rate_hz)
    assert loudness == pytest.approx(-3.01 + 20 * np.log10(size), abs=0.05)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000, 48_000])
def test_as_pyloudnorm_measures_it(rate_hz):
    pyloudnorm = pytest.importorskip("pyloudnorm")
    sound = babble(7, seed=rate_hz)
    theirs = pyloudnorm.Meter(rate_hz, "DeMan").integrated_loudness(sound.astype(float))
    assert integrated_lufs(sound, rate_hz) == pytest.approx(theirs, abs=0.02)


@given(st.lists(st.integers(0, 20_000), max_size=8))
@settings(max_examples=25, deadline=None)
def test_pieces_measure_as_the_whole(lengths):
    sound = babble(5)
    meter, at = LoudnessMeter(RATE_HZ), 0
    for length in [*lengths, len(sound)]:
        meter.add(sound[at : at + length])
        at += length
    assert meter.integrated_lufs() == pytest.approx(integrated_lufs(sound, RATE_HZ), abs=1e-6)


def test_pauses_do_not_count():
    speech = babble(4)
    paused = np.concatenate([speech, np.zeros(5 * RATE_HZ, np.float32), speech])
    assert integrated_lufs(paused, RATE_HZ) == pytest.approx(integrated_lufs(speech, RATE_HZ), abs=0.4)


def test_silence_and_nothing():
    assert integrated_lufs(np.zeros(RATE_HZ, np.float32), RATE_HZ) == -np.inf
    assert integrated_lufs(np.zeros(0, np.float32), RATE_HZ) == -np.inf
    assert true_peak_dbtp(np.zeros(0, np.float32)) == -np.inf
    sound, gain_db = mastered(np.zeros(RATE_HZ, np.float32), RATE_HZ)
    assert gain_db == 0 and not sound.any()
    assert np.isfinite(integrated_lufs(tone(500, 0.1), RATE_HZ))  # shorter than a block


def test_peaks_between_samples_are_seen():
    between = tone(RATE_HZ / 4, 0.5, 1.0, phase=np.pi / 4)  # every sample is 3 dB under the peak
    assert np.abs(between).max() < 0.708
    assert true_peak_dbtp(between) == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize("seconds", [0.05, 0.3, 3, 25])
def test_mastering_lands_on_target_under_the_ceiling(seconds):
    sound, _ = mastered(babble(seconds, seed=3) + tone(200, seconds, 0.01), RATE_HZ)
    assert true_peak_dbtp(sound) <= -1.0
    assert sound.dtype == np.float32
    if seconds > 1:
        assert integrated_lufs(sound, RATE_HZ) == pytest.approx(-16, abs=0.1)


def test_the_limiter_leaves_alone_what_is_low_enough_and_makes_no_steps():
    quiet = tone(300, size=0.3)
    assert np.array_equal(limited(quiet, RATE_HZ), quiet)
    loud = tone(300, size=0.5)
    loud[30_000:31_000] *= 3
    ratio = limited(loud, RATE_HZ)[np.abs(loud) > 0.1] / loud[np.abs(loud) > 0.1]
    assert true_peak_dbtp(limited(loud, RATE_HZ)) <= -1.0
    assert ratio[:100].min() > 0.999 and ratio[-100:].min() > 0.999
    assert np.abs(np.diff(ratio)).max() < 0.02


def test_a_long_sound_is_limited_as_in_one_piece(monkeypatch):
    from generators.voice.prosody import loudness

    sound = babble(20, level=0.4)
    whole = limited(sound, RATE_HZ)
    monkeypatch.setattr(loudness, "_CHUNK", 10_000)
    np.testing.assert_allclose(limited(sound, RATE_HZ), whole, atol=1e-4)


def test_ends_that_do_not_rest_are_eased():
    cut = tone(100, 0.5, phase=1.0)
    eased = without_clicks(cut, RATE_HZ)
    assert abs(eased[0]) < 1e-6 and abs(eased[-1]) < 0.01
    assert np.array_equal(eased[200:-200], cut[200:-200])
    resting = np.concatenate([[0], tone(100, 0.5), [0]]).astype(np.float32)
    assert without_clicks(resting, RATE_HZ) is resting
    assert len(without_clicks(np.ones(1, np.float32), RATE_HZ)) == 1


def test_mean_energy():
    assert mean_energy_db((3.0, 3.0), (1, 5)) == pytest.approx(3.0)
    assert mean_energy_db((), ()) == 0.0
    assert 0 < mean_energy_db((6.0, -6.0), (1, 1)) < 6


def test_a_stream_lands_near_the_target_and_keeps_the_distances_of_feelings():
    energies_db = [0.0, 4.0, -4.0, 4.0, -4.0, 0.0]
    plain = [babble(3, seed=i) for i in range(6)]
    parts = [part * 10 ** (db / 20) for part, db in zip(plain, energies_db, strict=True)]
    level = StreamLevel(RATE_HZ, mean_energy_db(tuple(energies_db), (1,) * 6))
    said = [level.level(part, db) for part, db in zip(parts, energies_db, strict=True)]
    assert integrated_lufs(np.concatenate(said), RATE_HZ) == pytest.approx(-16, abs=1)
    assert true_peak_dbtp(np.concatenate(said)) <= -1.0
    loud, soft = (integrated_lufs(np.concatenate(said[i : i + 3 : 2]), RATE_HZ) for i in (1, 2))
    asked = [integrated_lufs(np.concatenate(parts[i : i + 3 : 2]), RATE_HZ) for i in (1, 2)]
    assert loud - soft == pytest.approx(asked[0] - asked[1], abs=1.5)


def test_the_gain_of_a_stream_has_no_steps():
    parts = [tone(1000, 1.0, size) for size in (0.1, 0.2, 0.1, 0.1)]
    level = StreamLevel(RATE_HZ)
    said, given = np.concatenate([level.level(part) for part in parts]), np.concatenate(parts)
    gain_db = 20 * np.log10((said / np.where(given, given, 1))[np.abs(given) > 0.05])
    assert np.abs(np.diff(gain_db)).max() < 0.01  # it moves within a tenth of a second
    assert np.ptp(gain_db) > 0.5
