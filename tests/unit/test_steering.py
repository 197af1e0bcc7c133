"""Prosody at the points where Kokoro is open."""

import numpy as np
import pytest

from generators.voice.kokoro.blending import MAX_STYLES, blended, styles_over_tokens
from generators.voice.kokoro.prosody_control import (
    TokenRoles,
    melody_semitones,
    over_frames,
    steered_energy,
    token_rates,
    whole_units,
)
from generators.voice.prosody.prosody import COLUMNS, Prosody

TOKENS = "ðə bˈAbi, kˈɛpt ˌʌp."


def rows(**fields):
    return np.tile(Prosody(**fields).row(), (len(TOKENS) + 2, 1))


def test_roles_of_tokens():
    roles = TokenRoles.of(TOKENS)
    at = lambda sign: 1 + TOKENS.index(sign)  # noqa: E731
    assert roles.vowel[at("A")] and roles.vowel[at("ʌ")] and not roles.vowel[at("b")]
    assert roles.stressed.sum() == 2 and roles.stressed[at("A")] and roles.stressed[at("ɛ")]
    assert roles.final[at("i")] and roles.final[at("ʌ")] and not roles.final[at("A")]
    assert roles.phrase[at("b")] == 0 and roles.phrase[at("k")] == 1 and roles.phrase[at(",")] == -1


def test_a_text_without_vowels_has_no_phrase():
    roles = TokenRoles.of("s, t.")
    assert not roles.final.any() and (roles.phrase == -1).all()
    units = np.full(7, 2.0)
    curves = over_frames(np.tile(Prosody(final_semitones=3.0).row(), (7, 1)), units)
    assert np.isfinite(melody_semitones(roles, units, curves)).all()


def test_lengthening_touches_what_it_names():
    roles = TokenRoles.of(TOKENS)
    slower = token_rates(roles, rows(vowel_lengthening=1.5))
    assert np.allclose(slower[roles.vowel == 1], 1 / 1.5) and np.allclose(slower[roles.vowel == 0], 1)
    slower = token_rates(roles, rows(accent_lengthening=1.3))
    assert np.allclose(slower[roles.stressed == 1], 1 / 1.3) and (slower != 1).sum() == 2
    assert (token_rates(roles, rows()) == 1).all()


def test_rounding_keeps_the_whole_length():
    units = whole_units(np.full(40, 2.0), np.full(40, 1.3))
    assert units.min() >= 1 and units.sum() == pytest.approx(80 / 1.3, abs=1)


def test_the_melody_turns_where_phrases_end_and_rises_on_accents():
    roles, units = TokenRoles.of(TOKENS), np.full(len(TOKENS) + 2, 4.0)
    frame = lambda sign: 8 * (1 + TOKENS.index(sign)) + 4  # noqa: E731
    ending = melody_semitones(roles, units, over_frames(rows(final_semitones=4.0), units))
    assert ending[frame("i")] > 1 > ending[frame("A")] and ending[frame(",")] == pytest.approx(4)
    accents = melody_semitones(roles, units, over_frames(rows(accent_semitones=3.0), units))
    assert accents[frame("A")] > 1.5 and accents[frame("ə")] < 0.5
    falling = melody_semitones(roles, units, over_frames(rows(declination_semitones=4.0), units))
    assert falling[frame("ð")] > 1 and falling[frame("i")] < -1 and falling[frame("k")] > 1
    assert not melody_semitones(roles, units, over_frames(rows(), units)).any()


def test_tremor_trembles_at_five_to_six_hertz():
    units = np.full(len(TOKENS) + 2, 10.0)
    moved = melody_semitones(TokenRoles.of(TOKENS), units, over_frames(rows(tremor_semitones=1.0), units))
    spectrum = np.abs(np.fft.rfft(moved))
    assert 4.5 < spectrum.argmax() * 80 / len(moved) < 6.5


def test_settings_cross_over_smoothly_and_constant_ones_stay():
    settings = rows()
    settings[: len(settings) // 2, COLUMNS["pitch_semitones"]] = 6
    curves = over_frames(settings, np.full(len(settings), 3.0))
    assert np.abs(np.diff(curves[:, COLUMNS["pitch_semitones"]])).max() < 1
    assert (curves[:, COLUMNS["rate"]] == 1).all()


def test_energy_contrast_moves_what_is_soft():
    energy = np.linspace(-8, 6, 100).astype(np.float32)
    assert steered_energy(energy, np.ones(100)) is energy
    wider = steered_energy(energy, np.full(100, 1.5))
    assert wider[0] < energy[0] and abs(wider[90] - energy[90]) < 0.5


def test_manners_over_a_part():
    style = np.zeros((10, 32))
    assert len(styles_over_tokens(style)[0]) == 1
    style[5:, 0] = 1
    manners, shares = styles_over_tokens(style)
    assert len(manners) == 2 and np.array_equal(sum(shares), np.ones(10))
    style[:, 0] = np.arange(10)
    manners, shares = styles_over_tokens(style)
    assert len(manners) == MAX_STYLES and np.array_equal(sum(shares), np.ones(10))


def test_sounds_cross_over_without_a_step():
    ones, twos = np.ones(3000, np.float32), np.full(3000, 2, np.float32)
    shares = np.array([np.linspace(1, 0, 10), np.linspace(0, 1, 10)])
    crossed = blended([ones, twos], shares, 300)
    assert crossed[0] == pytest.approx(1, abs=0.01) and crossed[-1] == pytest.approx(2, abs=0.01)
    assert np.abs(np.diff(crossed)).max() < 0.01 and blended([ones], None) is ones
