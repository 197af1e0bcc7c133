"""Sentences cut into parts; words too long for one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.voice.frontend.chunks import cut
from generators.voice.frontend.frontend import phonemize_text
from generators.voice.frontend.g2p import phonemize_words
from generators.voice.frontend.phrasing import chunked, speeches
from generators.voice.kokoro import KokoroConfig

LONG = [
    "1234567890" * 10,
    "bcdfgh" * 60,
    "Donaudampfschifffahrtsgesellschaft" * 20,
    "never-ending-" * 40 + "story",
    "www" * 99,
]


def symbols(words):
    return [phone.symbol for word in words for phone in word.phones]


@pytest.mark.parametrize("word", LONG)
@pytest.mark.parametrize("language", ["en-us", "es", "hi"])
def test_a_word_of_any_length_is_cut_between_its_sounds(word, language):
    sentences = phonemize_text(f"Anna {word} Otto.", language)
    parts = list(cut(sentences, KokoroConfig()))
    assert symbols(w for part in parts for w in part) == symbols(w for words in sentences for w in words)
    assert len(parts) > 1 or word[0] == "1"  # which is a number of few words there
    for part in parts:
        assert sum(len(w.tokens) + len(w.after) + 1 for w in part) <= KokoroConfig.most_tokens
        assert not any(w.goes_on for w in part[:-1])
        for w in part:
            assert w.phones and w.phones[-1].token_end <= len(w.tokens) and w.spoken
            assert w.tokens == w.tokens.strip()


def test_pieces_share_out_what_is_said_for_their_word():
    (word,) = (w for w in phonemize_text("1234567890" * 10)[0])
    pieces = [w for part in cut([[word]], KokoroConfig()) for w in part]
    assert sum((w.spoken for w in pieces), ()) == word.spoken
    assert [w.goes_on for w in pieces] == [True] * (len(pieces) - 1) + [False]
    assert {(w.text, w.char_start, w.char_end) for w in pieces} == {(word.text, 0, 100)}


def test_parts_that_share_a_word_are_one_speech():
    def speak(words, gaps):
        phones = [Phone(p.symbol, 0.1, 0.2, 0, i) for i, w in enumerate(words) for p in w.phones[:1]]
        spoken = [Word(w.text, 0.1, 0.2, w.char_start, w.char_end) for w in words]
        return Speech(Audio(np.zeros(2400, np.float32), 24_000), tuple(phones), tuple(spoken))

    text = "Oh. Hi " + "bcdfgh" * 60 + " now. Bye."
    said = list(speeches(chunked(phonemize_text(text), text, (), KokoroConfig()), speak))
    assert [[w.text[:3] for w in speech.words] for speech in said] == [["Oh"], ["Hi"], ["bcd", "now"], ["Bye"]]
    long = said[2]
    assert long.words[0].start_s < 0.11 and long.words[0].end_s > 0.15
    assert {p.word_index for p in long.phones} == {0, 1}


PIECES = st.sampled_from(
    ["a", "ha", "9", "xq", "é", "ễ", "Ж", "語", "नम", "-", ".", "'", "_", "🅰", "ー", "ᏣᎳ", "W", "½"]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(PIECES, st.integers(1, 150)), min_size=1, max_size=5),
    st.sampled_from(["en-us", "fr-fr", "hi", "it"]),
)
def test_no_word_is_too_strange_to_be_cut(pieces, language):
    text = "".join(piece * n for piece, n in pieces)
    for sentences in (phonemize_text(text, language), [phonemize_words(text, language)]):
        sentences = [[w for w in words if w.phones] for words in sentences]
        parts = list(cut(sentences, KokoroConfig()))
        assert symbols(w for part in parts for w in part) == symbols(w for words in sentences for w in words)
        assert all(sum(len(w.tokens) + 2 for w in part) <= KokoroConfig.most_tokens for part in parts)
