"""The colour of a voice."""

import numpy as np
import pytest

from generators.voice.prosody.spectral_eq import N_BANDS, band_centres_hz, equalized, tension_bands_db, with_aspiration

RATE_HZ = 24_000


def tone(hz, seconds=1.0):
    return (0.1 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def gain_db(before, after):
    middle = slice(RATE_HZ // 4, 3 * RATE_HZ // 4)
    return 10 * np.log10(np.mean(np.square(after[middle])) / np.mean(np.square(before[middle])))


def test_nothing_to_change_is_the_same_samples():
    sound = tone(440)
    assert equalized(sound, RATE_HZ, np.zeros((80, N_BANDS))) is sound
    assert with_aspiration(sound, RATE_HZ, np.zeros(80)) is sound


@pytest.mark.parametrize("band", range(2, N_BANDS - 1))
def test_each_band_is_raised_by_what_is_asked(band):
    bands = np.zeros((80, N_BANDS))
    bands[:, band] = 6.0
    sound = tone(band_centres_hz()[band])
    changed = equalized(sound, RATE_HZ, bands)
    assert changed.dtype == np.float32 and len(changed) == len(sound)
    assert gain_db(sound, changed) == pytest.approx(6.0, abs=0.7)


def test_colour_changes_smoothly_over_time():
    bands = np.zeros((80, N_BANDS))
    bands[40:] = -12.0
    sound = tone(1000)
    changed = equalized(sound, RATE_HZ, bands)
    assert np.abs(changed[: RATE_HZ // 3] - sound[: RATE_HZ // 3]).max() < 0.01
    assert np.abs(changed[2 * RATE_HZ // 3 : -2000]).max() == pytest.approx(0.1 * 10 ** (-12 / 20), rel=0.1)
    assert np.abs(np.diff(changed)).max() < 1.2 * np.abs(np.diff(sound)).max()


def test_tension_is_bright_and_its_opposite_dark():
    bands = tension_bands_db(np.array([6.0, -6.0, 0.0]))
    assert bands.shape == (3, N_BANDS) and bands[0, 0] < 0 < bands[0, -1] and not bands[2].any()
    assert np.allclose(bands[0], -bands[1])


def test_breath_is_noise_that_follows_the_voice_and_is_the_same_every_time():
    sound = np.concatenate([tone(200, 0.5), np.zeros(RATE_HZ // 2, np.float32)])
    changed = with_aspiration(sound, RATE_HZ, np.full(80, 0.5))
    noise = changed - sound
    assert np.std(noise[: RATE_HZ // 3]) > 5 * np.std(noise[-RATE_HZ // 3 :])
    assert np.array_equal(changed, with_aspiration(sound, RATE_HZ, np.full(80, 0.5)))


def test_a_sound_shorter_than_a_window_survives():
    assert len(equalized(tone(300, 0.01), RATE_HZ, np.full((2, N_BANDS), 3.0))) == int(0.01 * RATE_HZ)
