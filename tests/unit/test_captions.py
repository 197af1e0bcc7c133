import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.contracts import Word
from studio.captions import LINE_CHARS, LONGEST_S, Caption, as_written, make_captions, to_srt, to_vtt


@st.composite
def spoken_words(draw):
    words, at = [], draw(st.floats(0, 1))
    for _ in range(draw(st.integers(0, 60))):
        text = draw(st.text(alphabet="abcdefg", min_size=1, max_size=14)) + draw(
            st.sampled_from(["", "", "", ",", ".", "?"])
        )
        start_s = at + draw(st.sampled_from([0.0, 0.05, 0.3, 1.5]))
        at = start_s + draw(st.floats(0.05, 0.7))
        words.append(Word(text, start_s, at))
    return words


@given(spoken_words(), st.floats(0, 2), st.floats(0, 50))
def test_captions_hold_every_word_once_in_order_and_never_overlap(words, tail_s, offset_s):
    until_s = (words[-1].end_s if words else 0) + tail_s
    captions = make_captions(words, until_s, offset_s)
    assert " ".join(c.text for c in captions).split() == [w.text for w in words]
    for before, after in zip(captions, captions[1:], strict=False):
        assert before.end_s <= after.start_s + 1e-9
    for caption in captions:
        lines = caption.text.split("\n")
        assert len(lines) <= 2
        assert all(len(line) <= LINE_CHARS for line in lines)
        assert 0 < caption.end_s - caption.start_s <= LONGEST_S + 1e-6
        assert caption.end_s <= until_s + offset_s + 1e-6


@given(spoken_words())
def test_each_caption_is_on_screen_while_its_words_are_spoken(words):
    remaining = list(words)
    for caption in make_captions(words):
        spoken = [remaining.pop(0) for _ in caption.text.split()]
        assert caption.start_s <= spoken[0].start_s
        assert caption.end_s >= spoken[-1].end_s - 1e-9


def test_a_long_sentence_breaks_at_its_comma():
    text = "When the rain had stopped at last and the street was quiet, nobody remembered what they had wanted to say."
    words = [Word(word, i * 0.3, i * 0.3 + 0.28) for i, word in enumerate(text.split())]
    assert [c.text.replace("\n", " ") for c in make_captions(words)] == [
        "When the rain had stopped at last and the street was quiet,",
        "nobody remembered what they had wanted to say.",
    ]


def test_an_abbreviation_does_not_end_a_caption():
    words = [Word("Dr.", 0.1, 0.45), Word("Lee", 0.45, 0.7), Word("left.", 0.7, 1.0), Word("Why?", 1.3, 1.6)]
    assert [c.text for c in make_captions(words)] == ["Dr. Lee left.", "Why?"]


def test_a_short_caption_stays_a_second_when_there_is_room():
    assert make_captions([Word("Yes.", 0.2, 0.5)], until_s=3.0) == [Caption(0.2, 1.2, "Yes.")]
    assert make_captions([Word("Yes.", 0.2, 0.5), Word("No.", 0.8, 1.0)])[0].end_s == 0.8


def test_srt_and_vtt():
    captions = [Caption(0.0, 1.5, "a < b"), Caption(3661.0004, 3662.9996, "two\nlines")]
    assert to_srt(captions) == (
        "1\n00:00:00,000 --> 00:00:01,500\na < b\n\n2\n01:01:01,000 --> 01:01:03,000\ntwo\nlines\n"
    )
    vtt = to_vtt(captions)
    assert vtt.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na &lt; b\n")
    assert re.search(r"\n\n01:01:01\.000 --> 01:01:03\.000\ntwo\nlines\n$", vtt)


def offsets(text, *spoken):
    """Words at their places in a text, a fifth of a second each."""
    words, at = [], 0
    for i, word in enumerate(spoken):
        at = text.index(word, at)
        words.append(Word(word, i * 0.2, i * 0.2 + 0.2, at, at + len(word)))
        at += len(word)
    return words


@pytest.mark.parametrize(
    ("text", "spoken", "written"),
    [
        ("Hello, you!", ["Hello", "you"], ["Hello,", "you!"]),
        ("He said “yes” – (not no).", ["He", "said", "yes", "not", "no"], ["He", "said", "“yes” –", "(not", "no)."]),
        ("It costs $5.50 now…", ["It", "costs", "$5.50", "now"], ["It", "costs", "$5.50", "now…"]),
        ("a—b well-known", ["a", "b", "well", "known"], ["a—b", "well-known"]),
        ("  ¡Hola!  ", ["Hola"], ["¡Hola!"]),
        ("a <b>tag.</b> here", ["a", "tag", "here"], ["a", "tag.", "here"]),
    ],
)
def test_captions_have_the_punctuation_of_the_text(text, spoken, written):
    assert [w.text for w in as_written(offsets(text, *spoken), text)] == written


def test_ideographs_stay_apart_and_join_without_spaces():
    text = "你好，世界。"
    words = as_written(offsets(text, "你好", "世界"), text)
    assert [w.text for w in words] == ["你好，", "世界。"]
    assert make_captions(words)[0].text == text


def test_a_part_alone_does_not_take_what_belongs_to_the_next():
    text = "One two. “Three” four."
    words = offsets(text, "One", "two", "Three", "four")
    assert [w.text for w in as_written(words[:2], text)] == ["One", "two."]
    assert [w.text for w in as_written(words[2:], text)] == ["“Three”", "four."]


def test_words_of_a_recording_keep_their_own_text():
    assert as_written([Word("Hi.", 0, 1)], "") == [Word("Hi.", 0, 1)]
    assert as_written([Word("Hi.", 0, 1)], "unrelated") == [Word("Hi.", 0, 1)]
