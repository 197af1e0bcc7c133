import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.state import EmotionState, parse_emotion
from studio.script import Mark, Script, parse_script, write_script


def test_the_example_of_the_design():
    script = parse_script("[sadness:0.6] I heard about your dog. [hope] He had a good life.")
    assert script.text == "I heard about your dog. He had a good life."
    assert [(m.char_offset, str(m.emotion)) for m in script.marks] == [
        (0, "sadness:0.6"),
        (24, "joy:0.45,surprise:0.1"),
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


plain_texts = st.text(alphabet=st.characters(exclude_characters="[]\\"))


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


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.sampled_from(taxonomy.BASIC[1:])), max_size=4))
def test_writing_and_parsing_are_inverse(text, places):
    marks = tuple(Mark(min(at, len(text)), parse_emotion(name)) for at, name in sorted(places))
    script = Script(text, marks)
    assert parse_script(write_script(script)) == script


def test_neutral_is_a_mark_too():
    assert parse_script("[neutral] hi").marks == (Mark(0, EmotionState({})),)
