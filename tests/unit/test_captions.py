import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.contracts import Word
from studio.media.captions import (
    LEAST_S,
    LINE_CHARS,
    LONGEST_S,
    Caption,
    as_written,
    join_short,
    make_captions,
    to_srt,
    to_vtt,
)
from studio.media.video import ffmpeg_path


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


# What players and their parsers take for something else ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("take {this one} now", "take (this one) now"),
        (r"{\an8}up there", "(/an8)up there"),
        (r"C:\New", "C:/New"),
        (r"a\Nb \h c", "a/Nb /h c"),
        ("<i>so</i> he said", "‹i›so‹/i› he said"),
        ("<John> came", "‹John› came"),
        ("a < b and c > d", "a ‹ b and c › d"),
        ("if x<y then", "if x‹y then"),
        ("a < b", "a < b"),
        ("I <3 you", "I <3 you"),
        ("one --> two ----> three", "one → two → three"),
        ("00:00:01,000 --> 00:00:02,000", "00:00:01·000 → 00:00:02·000"),
        ("at 00:00:01.500", "at 00:00:01.500"),
        ("John 3:16,17 and 4:1,2", "John 3:16,17 and 4:1,2"),
        ("call me at\n42", "call me at 42"),
        ("42\nis all", "42\nis all"),
        ("AT&T", "AT&T"),
    ],
)
def test_what_would_vanish_is_shown(text, shown):
    assert to_srt([Caption(0, 1, text)]) == f"1\n00:00:00,000 --> 00:00:01,000\n{shown}\n"
    escaped = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert to_vtt([Caption(0, 1, text)]) == f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{escaped}\n"


TROUBLE = [
    "{a",
    "b}",
    r"{\an8}",
    "<i>",
    "</i>",
    "<",
    "-->",
    r"\N",
    "C:\\new",
    "7",
    "1999",
    "00:00:01,000",
    "NOTE",
    "&lt;",
]


@given(st.lists(st.sampled_from([*TROUBLE, "hello", "you"]), min_size=20, max_size=60))
@settings(max_examples=5, deadline=None)
def test_a_real_decoder_shows_every_letter(words):
    spoken = [Word(word, i * 0.4, i * 0.4 + 0.4) for i, word in enumerate(words)]
    captions = make_captions(spoken)
    letters = lambda text: re.sub(r"\W", "", text)  # noqa: E731
    for kind, write in (("srt", to_srt), ("webvtt", to_vtt)):
        command = [ffmpeg_path(), "-v", "error", "-f", kind, "-i", "pipe:", "-f", "ass", "-"]
        ass = subprocess.run(command, input=write(captions).encode(), capture_output=True, check=True).stdout.decode()
        lines = [line.split(",", 9)[9] for line in ass.splitlines() if line.startswith("Dialogue:")]
        shown = [re.sub(r"\{[^}]*\}|<[^>]*>", "", line.replace(r"\N", " ")) for line in lines]
        wanted = [letters(c.text) for c in captions]
        assert [letters(line) for line in shown if letters(line)] == [text for text in wanted if text]


def test_no_line_is_a_number_alone_where_it_can_be_helped():
    words = ["the", "number", "that", "nobody", "in", "this", "town", "will", "ever", "forget", "again", "is", "1999"]
    caption = make_captions([Word(word, i * 0.3, i * 0.3 + 0.3) for i, word in enumerate(words)])[-1]
    assert not caption.text.split("\n")[-1].isdigit()


def test_signs_that_control_a_screen_are_left_out():
    assert make_captions([Word("a\x07b\x1b[c\u2028d", 0, 1)])[0].text == "ab[c d"


def test_captions_too_short_to_read_join_a_neighbour():
    words = [Word("No.", 0.0, 0.2), Word("Stop!", 0.25, 0.5), Word("Why?", 0.6, 0.9), Word("Now.", 2.5, 2.8)]
    captions = make_captions(words, until_s=2.8)
    assert " ".join(c.text for c in captions).split() == ["No.", "Stop!", "Why?", "Now."]
    assert min(c.end_s - c.start_s for c in captions) >= LEAST_S
    assert all(" " in caption.text for caption in captions)


def test_a_short_caption_stays_alone_where_both_are_too_much():
    long = [Word("word" * 2, i * 0.4, i * 0.4 + 0.4) for i in range(9)]
    words = [*long[:-1], Word("wordword.", 3.2, 3.6), Word("Supercalifragilistic!", 3.7, 3.9)]
    assert len(make_captions(words, until_s=3.9)) == 2


def test_parts_that_were_captioned_apart_can_join_too():
    first, second = (
        make_captions([Word(text, at, at + 0.3)], until_s=at + 0.35) for text, at in (("Go.", 0), ("Ok.", 0.4))
    )
    assert join_short([*first, *second]) == [Caption(0, 0.75, "Go. Ok.")]
    assert join_short(first) == first


@given(spoken_words(), st.floats(0, 2))
def test_no_caption_is_short_beside_one_that_it_would_fit(words, tail_s):
    captions = make_captions(words, (words[-1].end_s if words else 0) + tail_s)
    for first, second in zip(captions, captions[1:], strict=False):
        if min(first.end_s - first.start_s, second.end_s - second.start_s) < LEAST_S:
            letters = len(first.text) + 1 + len(second.text)
            assert letters > LINE_CHARS or second.end_s - first.start_s > LONGEST_S
