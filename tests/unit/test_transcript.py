"""What becomes of Whisper's pieces of words."""

import numpy as np
import pytest

from emotion_embed.signals.asr import (
    HeardWord,
    _remembering_the_last,
    _trusted,
    _with_missed,
    _with_stretched,
    missed_stretches,
)


def _pieces(*texts):
    from faster_whisper.transcribe import Word

    return [Word(0.5 * i, 0.5 * i + 0.4, text, 0.9) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((" Je", " m", "'appelle"), ["Je", "m'appelle"]),
        ((" at", " 10", ".30am", ",", " 100", "%"), ["at", "10.30am,", "100%"]),
        (("你", "好"), ["你", "好"]),
    ],
)
def test_pieces_without_a_space_between_are_one_word(pieces, words):
    heard = _trusted(_pieces(*pieces), [(0.0, 9.0)])
    assert [word.text for word in heard] == words
    assert heard[-1].end_s == pytest.approx(0.5 * len(pieces) - 0.1)


@pytest.mark.parametrize(
    ("words", "missed"),
    [
        ([(0.1, 1.9)], [(3.0, 5.0)]),
        ([(0.1, 0.6), (3.1, 4.9)], [(0.8, 2.0)]),
        ([(0.1, 1.7), (3.1, 4.8)], []),
        ([(0.1, 1.9), (4.2, 4.9)], [(3.0, 4.0)]),
        ([], [(0.0, 2.0), (3.0, 5.0)]),
    ],
)
def test_speech_that_no_word_covers(words, missed):
    found = missed_stretches([(0.0, 2.0), (3.0, 5.0)], words)
    assert np.array(found) == pytest.approx(np.array(missed))


def _say(text, start_s):
    return [HeardWord(word, start_s + 0.3 * i, start_s + 0.3 * i + 0.25, 0.9) for i, word in enumerate(text.split())]


REGIONS = [(0.0, 1.5), (2.0, 3.5), (4.0, 5.5)]


def test_each_missed_stretch_is_heard_alone_once():
    asked = []

    def hear_alone(stretch):
        asked.append(stretch)
        return _say("where are you now", stretch[0]) if stretch[0] < 4 else []

    words = _with_missed(_say("where are you now", 0.1), REGIONS, hear_alone)
    assert [word.text for word in words] == ["where", "are", "you", "now", "where", "are", "you", "now"]
    assert asked == REGIONS[1:]


def test_a_word_over_a_pause_hides_no_sentence():
    stretched = [*_say("where are you", 0.1), HeardWord("now", 1.6, 3.2, 0.9)]
    heard = lambda region: _say("where are you now", region[0] + 0.1)  # noqa: E731
    assert [word.text for word in _with_stretched(stretched, REGIONS, heard)] == ["where", "are", "you", "now"] * 2
    assert _with_stretched(stretched, REGIONS, lambda region: []) == stretched
    whole = _say("where are you now", 0.1)
    assert _with_stretched(whole, REGIONS, heard) == whole


def test_a_segment_of_more_words_than_anybody_says_is_invented():
    from faster_whisper.transcribe import Word

    assert _trusted([Word(min(0.2 * i, 2.0), 2.0, " my", 0.9) for i in range(60)], [(0.0, 3.0)]) == []


@pytest.mark.parametrize(("probability", "words"), [(0.9, ["The", "morning"]), (0.2, ["morning"])])
def test_a_first_word_in_the_silence_before_is_kept_where_it_is_sure(probability, words):
    from faster_whisper.transcribe import Word

    heard = _trusted([Word(1.0, 1.9, " The", probability), Word(2.0, 2.4, " morning", 0.9)], [(2.0, 3.0)])
    assert [word.text for word in heard] == words
    assert heard[0].start_s >= 1.7
    alone = [Word(0.5, 0.9, " you", 0.9), Word(2.0, 2.4, " morning", 0.9)]
    assert [word.text for word in _trusted(alone, [(2.0, 3.0)])] == ["morning"]


def test_the_same_sound_is_encoded_once():
    asked = []
    encode = _remembering_the_last(lambda features: asked.append(features.sum()) or float(features.sum()))
    features = np.ones((2, 3))
    assert encode(features) == encode(features.copy()) == 6
    features *= 2  # what is remembered is what was asked, whatever becomes of it
    assert encode(features) == 12
    assert encode(np.ones((2, 3))) == 6
    assert asked == [6, 12, 6]
