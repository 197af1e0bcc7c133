"""Where pauses lie and how long they are."""

import numpy as np
import pytest

from generators.voice.frontend.chunks import ChunkSettings
from generators.voice.frontend.g2p import PhonemizedWord
from generators.voice.frontend.phrasing import Gaps, chunked, with_pause_marks
from generators.voice.prosody.prosody import COLUMNS, PAUSES_S, PLAIN_ROW

LEAD_S = 0.1


def words_of(*sentences):
    """Parts of words at their places in the sentences joined by what stands between."""
    text, parts = "", []
    for sentence in sentences:
        part = []
        for written in sentence.split():
            word = written.rstrip(".,!?…;")
            start = len(text) + sentence.index(written)
            part.append(PhonemizedWord(word, start, start + len(word), "", (), written[len(word) :]))
        parts.append(part)
        text += sentence
    return text, parts


def gaps_of(*sentences, pauses=()):
    text, parts = words_of(*sentences)
    return [gaps for _, gaps in chunked(parts, text, pauses, ChunkSettings(lead_s=LEAD_S))]


def row(**values):
    made = PLAIN_ROW.copy()
    for name, value in values.items():
        made[COLUMNS[name]] = value
    return made


def test_a_semicolon_halts_where_nothing_else_does():
    assert with_pause_marks("3 2 1 go. Now, or", [(2, 1.0), (4, 1.0), (10, 1.0), (15, 1.0)]) == "3;2;1 go. Now, or"
    assert with_pause_marks("Hi there\nyou", [(0, 1.0), (2, 1.0), (9, 1.0), (12, 1.0)]) == "Hi;there\nyou"


def test_pauses_are_exact_and_add_up_where_they_lie():
    pauses = [(0, 0.7), (4, 0.5), (4, 0.25), (9, 2.0), (20, 1.0)]
    first, second, third = gaps_of("One two. ", "Three four.", pauses=pauses)
    assert first == Gaps(0.75, LEAD_S, True, 0.7)
    assert first.tail_s(row(rate=2.0, pause_scale=3.0)) == pytest.approx(0.65)  # whatever is felt
    assert second == Gaps(2.0, LEAD_S, True, LEAD_S)
    assert third == Gaps(1.0, 0.0, True, LEAD_S)
    (short, _) = gaps_of("One two. ", "Three four.", pauses=[(9, 0.04)])
    assert (short.behind_s, short.lead_s, short.tail_s(PLAIN_ROW)) == (0.04, 0.04, 0.0)


def test_without_pauses_asked_for_none_is_exact():
    for gaps in gaps_of("One two. ", "Three, ", "four."):
        assert not gaps.is_exact and gaps.before_s is None


def test_a_pause_ends_a_part_with_the_voice_up():
    text, parts = words_of("One two, three! ", "Four.")
    spoken = [words for words, _ in chunked(parts, text, [(4, 1.0), (9, 1.0), (16, 1.0)], ChunkSettings())]
    assert [" ".join(word.text + word.after for word in words) for words in spoken] == [
        "One,",
        "two,",
        "three!",
        "Four.",
    ]


def test_gaps_differ_with_marks_lengths_and_paragraphs():
    behind_s = lambda *sentences: gaps_of(*sentences)[0].behind_s  # noqa: E731
    long = "We walked along the river until it was dark and cold and late"
    assert behind_s("Yes. ", "No.") < 0.85 * behind_s(f"{long}. ", f"{long}.")
    assert 0.3 < behind_s("Yes. ", "No.") < behind_s(f"{long}. ", f"{long}.") < 0.8
    assert behind_s(f"{long}.\n\n", "No.") > behind_s(f"{long}.\n", "No.") > behind_s(f"{long}. ", "No.")
    assert behind_s(f"{long}… ", "No.") > behind_s(f"{long}. ", "No.")
    assert behind_s("Yes, ", "no.") == pytest.approx(PAUSES_S[","] + LEAD_S)  # inside a sentence as ever
    assert len({round(behind_s(f"{name} sat. ", "No."), 4) for name in ("Ann", "Tom", "Eve", "Jim", "Sue")}) > 3
    assert gaps_of("Yes. ", "No.") == gaps_of("Yes. ", "No.")


def test_gaps_follow_the_manner():
    gaps = gaps_of("We walked home. ", "Then it rained.")[0]
    plain_s = gaps.tail_s(PLAIN_ROW) + LEAD_S
    assert gaps.tail_s(row(pause_scale=2.0)) + LEAD_S == pytest.approx(2 * plain_s)
    assert 0.5 * plain_s < gaps.tail_s(row(rate=2.0)) + LEAD_S < 0.8 * plain_s
    assert gaps.tail_s(row(rate=0.5, pause_scale=3.0)) < 2.0
    assert np.isclose(Gaps(2.5, LEAD_S).tail_s(PLAIN_ROW), 2.4)
