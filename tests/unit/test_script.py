import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.state import EmotionState, parse_emotion
from studio.script import Mark, Script, parse_script, write_script

PIECES = ("*", "**", "word", " ", "[joy]", "[anger:0.5] ", "\\*", "\\", "(", "!", "2", "\n", "<speak>")
TAGS = (
    "<emphasis>", "</emphasis>", "<break/>", " ", "word", "*", "<p>", "</p>", "<!--", "-->", "&amp;",
    "<sub alias='x'>", "</sub>",
)  # fmt: skip


def test_the_example_of_the_design():
    script = parse_script("[sadness:0.6] I heard about your dog. [hope] He had a good life.")
    assert script.text == "I heard about your dog. He had a good life."
    assert [(m.char_offset, str(m.emotion)) for m in script.marks] == [
        (0, "sadness:0.6"),
        (24, "hope:1"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "see note [1] here",
        "a […] b",
        "[see below] x",
        "[] x",
        "[ ] x",
        "f(x)[0]",
        "[12:30] start",
        "]x[",
        "[unclosed",
        "[a [b",
    ],
)
def test_brackets_that_are_no_marks_are_read_as_they_are(text):
    assert parse_script(text) == Script(text)


def test_escapes():
    assert parse_script(r"\[joy\] and \\ and \n") == Script("[joy] and \\ and \\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[joyy] hi", "did you mean joy"),
        ("[laughs] hi", "bracket"),
        ("[joy:7] hi", "from 0 to 1"),
        ("[joy:loud] hi", "not a number"),
        ("[joy 0.6] hi", r"\[joy:0.6\]"),
        ("[sadness:0,6] hi", "bracket"),
    ],
)
def test_a_wrong_mark_is_an_error_and_never_read_aloud(text, sentence):
    if text == "[sadness:0,6] hi":  # a decimal comma makes the second part a number, so the bracket is text
        assert parse_script(text).text == text
        return
    with pytest.raises(BadInput, match=sentence):
        parse_script(text)


def test_marks_inside_and_between_words():
    script = parse_script("Oh [joy]yes, un[anger]believable [sadness]")
    assert script.text == "Oh yes, unbelievable "
    assert [m.char_offset for m in script.marks] == [3, 10, 21]


plain_texts = st.text(alphabet=st.characters(exclude_characters="[]\\*"))


@given(plain_texts)
def test_text_without_brackets_is_unchanged(text):
    assert parse_script(text) == Script(text)


@given(st.text())
def test_any_text_parses_or_says_why(text):
    try:
        script = parse_script(text)
    except BadInput as error:
        assert "\n" not in str(error).replace(text, "")
        return
    assert all(0 <= mark.char_offset <= len(script.text) for mark in script.marks)
    assert [m.char_offset for m in script.marks] == sorted(m.char_offset for m in script.marks)


@given(
    st.one_of(st.text(max_size=60), st.text(alphabet="<speak> *ab", max_size=30)),
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(taxonomy.BASIC[1:])), max_size=4),
)
def test_writing_and_parsing_are_inverse(text, places):
    marks = tuple(Mark(min(at, len(text)), parse_emotion(name)) for at, name in sorted(places))
    script = Script(text, marks)
    assert parse_script(write_script(script)) == script


def test_neutral_is_a_mark_too():
    assert parse_script("[neutral] hi").marks == (Mark(0, EmotionState({})),)


# Emphasis


@pytest.mark.parametrize(
    ("written", "plain", "emphasised"),
    [
        ("I *never* said that.", "I never said that.", ["never"]),
        ("*You*, (*not* me)! “*Why*?”", "You, (not me)! “Why?”", ["You", "not", "Why"]),
        ("This is **very good** and ***bold***.", "This is very good and bold.", ["very good", "bold"]),
        ("*one [anger] two* three", "one two three", ["one two"]),
        ("[joy] *Hi* there", "Hi there", ["Hi"]),
        ("*what's-his-name* [see *below*]", "what's-his-name [see below]", ["what's-his-name", "below"]),
        (r"*a\*b* \*c\*", "a*b *c*", ["a*b"]),
    ],
)
def test_words_between_asterisks_are_emphasised(written, plain, emphasised):
    script = parse_script(written)
    assert script.text == plain
    assert [plain[start:end] for start, end in script.emphases] == emphasised


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4 and 2 * 3 * 4",
        "* one\n* two\n* three",
        "a footnote* and another*",
        "*.py and *.txt",
        "def f(*args, **kwargs)",
        "f***ing **",
        "*one\ntwo*",
        "* not this *",
        "*…* ***",
        "snake*case*word",
        "**uneven*",
    ],
)
def test_other_asterisks_are_text(text):
    assert parse_script(text) == Script(text)


def test_a_mark_keeps_its_place_when_asterisks_go():
    script = parse_script("*One* two. [joy] *Three* [anger] four.")
    assert script.text == "One two. Three four."
    assert [m.char_offset for m in script.marks] == [9, 15]
    assert script.emphases == ((0, 3), (9, 14))


@given(st.text(alphabet="ab1 *.\n\\[]", max_size=40) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_what_was_parsed_survives_writing(text):
    try:
        script = parse_script(text)
    except BadInput:
        return  # a bracket that looks like a mark
    assert parse_script(write_script(script)) == script
    edges = [edge for span in script.emphases for edge in span]
    assert edges == sorted(edges) and all(start < end <= len(script.text) for start, end in script.emphases)


def test_a_hundred_thousand_asterisks_take_no_time():
    for text in (
        "*a* " * 25_000,
        "*" * 100_000,
        "*a " * 33_000,
        "<speak>" + "<" * 100_000,
        "<speak>" + "<s/>" * 25_000,
    ):
        started = time.process_time()
        parse_script(text)
        assert time.process_time() - started < 2


# SSML


@pytest.mark.parametrize(
    ("ssml", "plain", "emphasised"),
    [
        ("<speak>Hello.</speak>", "Hello.", []),
        ('<?xml version="1.0"?>\n<speak version="1.1">Tom &amp; Jerry &#x2764;</speak>', "Tom & Jerry ❤", []),
        ('<speak>One<break time="200ms"/>two <break/> three', "One, two — three", []),
        ('<speak>three<break time="2s"/>four.<break/> Five', "three… four. Five", []),
        ('<speak>One <break strength="none"/>two</speak>', "One two", []),
        ("<speak>I <emphasis>never</emphasis> said</speak>", "I never said", ["never"]),
        ('<speak>so <emphasis level="reduced">what</emphasis> un<emphasis>do</emphasis></speak>', "so what undo", []),
        ('<speak><prosody rate="slow"><voice>Hi</voice></prosody> <amazon:x>you</amazon:x></speak>', "Hi you", []),
        ('<speak><sub alias="that is">i.e.</sub> <say-as interpret-as="date">7</say-as></speak>', "that is 7", []),
        ("<speak><p><s>One.</s><s>Two.</s></p><p>Three</p></speak>", "One.\n\nTwo.\n\nThree", []),
        ("<speak>a<!-- <b> not this --> b <![CDATA[<c> & d]]><desc>nor this</desc></speak>", "a b <c> & d", []),
        ('<!DOCTYPE speak [<!ENTITY x "boom">]><speak>3 < 4 &x;', "3 < 4 &x;", []),
        ("<speak>2*3 *x* C:\\[1]</speak>", "2*3 *x* C:\\[1]", []),
        ("<speak>[joy] Torn <emphasis", "Torn <emphasis", []),
        ("<speak></speak>", "", []),
    ],
)  # fmt: skip
def test_ssml_is_read_without_its_tags(ssml, plain, emphasised):
    script = parse_script(ssml)
    assert script.text == plain
    assert [script.text[start:end] for start, end in script.emphases] == emphasised


def test_marks_work_inside_ssml_and_elsewhere_it_is_text():
    assert parse_script("<speak>Oh. [joy] Yes</speak>").marks[0].char_offset == 4
    assert parse_script("The tag <speak> begins it.").text == "The tag <speak> begins it."
    assert parse_script(r"\<speak>").text == "<speak>"


@given(st.text(alphabet='<>/ab*&;[]"\\\n', max_size=60) | st.lists(st.sampled_from(TAGS), max_size=12).map("".join))
def test_any_ssml_parses_and_survives_writing(inside):
    try:
        script = parse_script(f"<speak>{inside}</speak>")
    except BadInput:
        return  # a bracket that looks like a mark
    assert parse_script(write_script(script)) == script
