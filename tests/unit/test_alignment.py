"""The search for sounds in likelihoods whose truth is known, and the classes that sounds fall into."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_embed.signals.asr import HeardWord, Transcript
from emotion_embed.signals.audio import Audio
from generators.voice.align.alignment import (
    HOP_S,
    PhoneModel,
    align,
    decode_phones,
    explained,
    in_context,
    log_mel,
    spread_evenly,
    trim_tails,
    typical_duration_s,
)
from generators.voice.align.phone_classes import CLASS_INDEX, CLASSES, class_of
from generators.voice.frontend.g2p import PhonemizedWord, phonemize_words
from generators.voice.recording.transcribed import match_words

SYMBOLS = [name for name in CLASSES if name != "sil"]


def likelihoods(segments, rng, sureness=4.0):
    """Noisy log-likelihoods (n, classes) of [(class name, frames)]."""
    truth = np.concatenate([np.full(n, CLASS_INDEX[name]) for name, n in segments])
    scores = rng.normal(size=(len(truth), len(CLASSES)))
    scores[np.arange(len(truth)), truth] += sureness
    return scores


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(6, 20)), min_size=1, max_size=5), max_size=5),
    st.lists(st.sampled_from([0, 0, 12, 40]), min_size=6, max_size=6),
    st.integers(0, 1000),
)
def test_sounds_are_found_where_they_are(words, pauses, seed):
    words = [[s for i, s in enumerate(word) if not i or s[0] != word[i - 1][0]] for word in words]
    segments, true_s, at = [("sil", pauses[0])], [], pauses[0]
    for word, pause in zip(words, pauses[1:], strict=False):
        for name, n in word:
            true_s.append((at * HOP_S, (at + n) * HOP_S))
            segments.append((name, n))
            at += n
        segments.append(("sil", pause))
        at += pause
    if not words:
        return
    neighbours = [a[0] == b[0] for a, b in zip(segments[:-1], segments[1:], strict=True)]
    touching = any(n and segments[i][1] and segments[i + 1][1] for i, n in enumerate(neighbours))
    found = align(likelihoods(segments, np.random.default_rng(seed)), [[name for name, _ in word] for word in words])
    flat = [span for word in found for span in word]
    assert [len(word) for word in found] == [len(word) for word in words]
    if not touching and all(a[-1][0] != b[0][0] for a, b in zip(words[:-1], words[1:], strict=True)):
        assert np.abs(np.array(flat) - np.array(true_s)).max() <= 0.05


def test_an_anchor_decides_between_two_places():
    word = [("s", 10), ("i", 12)]
    scores = likelihoods([("sil", 30), *word, ("sil", 60), *word, ("sil", 30)], np.random.default_rng(0))
    early = align(scores, [["s", "i"]], [(0.3, 0.5)], 0.1)
    late = align(scores, [["s", "i"]], [(1.1, 1.4)], 0.1)
    assert early[0][0][0] == pytest.approx(0.30, abs=0.03)
    assert late[0][0][0] == pytest.approx(1.12, abs=0.03)


def test_what_cannot_fit_is_none_and_what_hardly_fits_is_found():
    scores = likelihoods([("a", 10)], np.random.default_rng(0))
    assert align(scores, [["a"] * 11]) is None
    assert align(scores, [[]]) is None
    tight = align(scores, [["a", "s", "i", "t", "a"]])
    assert [len(word) for word in tight] == [5]
    assert tight[0][-1][1] <= 0.1 + 1e-9


def test_silent_words_keep_their_place():
    scores = likelihoods([("s", 10), ("i", 12)], np.random.default_rng(0))
    assert [len(word) for word in align(scores, [[], ["s", "i"], []])] == [0, 2, 0]


def test_the_right_words_explain_more():
    scores = likelihoods([("s", 10), ("i", 12), ("sil", 20), ("m", 10), ("a", 15)], np.random.default_rng(0))
    right, wrong = [["s", "i"], ["m", "a"]], [["k", "u"], ["f", "ɔɪ"]]
    score = lambda words: explained(scores, words, align(scores, words))  # noqa: E731
    assert score(right) > score(wrong) + 2


def test_sounds_without_words():
    scores = likelihoods([("sil", 20), ("s", 12), ("i", 12), ("sil", 20), ("m", 12)], np.random.default_rng(0))
    heard = decode_phones(scores)
    assert [symbol for symbol, _, _ in heard] == ["s", "i", "m"]
    assert [start_s for _, start_s, _ in heard] == pytest.approx([0.2, 0.32, 0.64], abs=0.021)


def test_the_last_sound_before_a_pause_ends_when_it_has_died_away():
    rate_hz = 16_000
    loud = np.zeros(rate_hz)
    loud[: int(0.5 * rate_hz)] = loud[int(0.8 * rate_hz) :] = 0.3
    spans = [[(0.0, 0.2), (0.2, 0.7)], [(0.75, 0.9), (0.9, 1.0)]]
    trimmed = trim_tails(spans, Audio(loud.astype(np.float32), rate_hz))
    assert trimmed[0][0] == (0.0, 0.2)
    assert trimmed[0][1] == pytest.approx((0.2, 0.5))
    assert trimmed[1] == spans[1]
    silence = Audio(np.zeros(rate_hz, np.float32), rate_hz)
    assert trim_tails(spans, silence)[0][1] == pytest.approx((0.2, 0.24))


@given(st.lists(st.sampled_from(SYMBOLS), min_size=1), st.floats(0, 100), st.floats(0.01, 10))
def test_spreading_evenly_fills_the_time(symbols, start_s, length_s):
    spans = spread_evenly(symbols, start_s, start_s + length_s)
    assert spans[0][0] == pytest.approx(start_s)
    assert spans[-1][1] == pytest.approx(start_s + length_s)
    assert all(a[1] == b[0] for a, b in zip(spans[:-1], spans[1:], strict=True))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("gain", [0.01, 1.0])
def test_features_have_a_row_per_10_ms_and_ignore_loudness(rate_hz, gain):
    times_s = np.arange(rate_hz) / rate_hz
    sound = np.sin(2 * np.pi * 440 * times_s) * (0.2 + 0.1 * np.sin(2 * np.pi * 3 * times_s))
    mel = log_mel(Audio((gain * sound).astype(np.float32), rate_hz))
    assert mel.shape == (100, 40)
    loud = log_mel(Audio(sound.astype(np.float32), rate_hz))
    assert np.abs(mel - loud).max() < 0.05
    assert in_context(mel).shape == (100, 680)


def test_the_models_answer_is_a_distribution_over_sounds():
    model = PhoneModel.load()
    noise = Audio(np.random.default_rng(0).normal(size=8000).astype(np.float32) * 0.1, 16_000)
    scores = model.log_likelihoods(noise)
    assert scores.shape == (50, len(CLASSES))
    assert np.exp(scores + model.log_prior).sum(axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("p", "p"),
        ("g", "ɡ"),
        ("ɾ", "r"),
        ("ç", "ç"),
        ("c\u0327", "ç"),
        ("ɑ̃", "ɑ"),
        ("iː", "i"),
        ("tɕ", "tʃ"),
        ("☃", "ə"),
    ],
)
def test_every_sound_has_a_class(symbol, name):
    assert CLASSES[class_of(symbol)] == name


@given(st.text(max_size=4))
def test_no_symbol_is_silence(symbol):
    assert class_of(symbol) != CLASS_INDEX["sil"]
    assert typical_duration_s(symbol) > 0


@pytest.mark.parametrize("language", ["en-us", "en-gb", "de", "es", "fr", "it", "pt", "ru", "hi", "ar", "tr", "pl"])
def test_lips_of_other_languages_keep_their_classes(language):
    text = "Papa, mama, baba, fafa." if language not in ("ru", "hi", "ar") else "папа мама баба фафа"
    phones = [p.symbol for word in phonemize_words(text, language) for p in word.phones]
    assert {"p", "m", "b"} <= {CLASSES[class_of(symbol)] for symbol in phones}


def words_of(text):
    return [PhonemizedWord(word, 0, 0, "", ()) for word in text.split()]


def heard_as(text):
    return Transcript(tuple(HeardWord(w, i, i + 0.5, 1.0) for i, w in enumerate(text.split())), "en", 1.0)


@pytest.mark.parametrize(
    ("given_text", "heard", "is_last", "n_said", "anchored"),
    [
        ("a b c d e f", "a b c", False, 3, [0, 1, 2]),
        ("a b c d e f", "a b c", True, 6, [0, 1, 2]),
        ("a b c d e f", "A, x c.", False, 3, [0, 2]),
        ("a b c d", "a b b c d", False, 4, [0, 1, 2, 3]),
        ("a b c d", "", True, 4, []),
    ],
)
def test_given_words_are_matched_with_heard_ones(given_text, heard, is_last, n_said, anchored):
    said, anchors_s = match_words(words_of(given_text), heard_as(heard), is_last)
    assert said == n_said
    assert [i for i, anchor in enumerate(anchors_s) if anchor] == anchored
