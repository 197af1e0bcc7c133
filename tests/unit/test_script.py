import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed.state import EmotionState
from studio.script import Mark, Pause, Script, parse_script

PIECES = (
    "*", "**", "word", " ", "[joy]", "[anger:0.5] ", "\\*", "\\", "(", "!", "2", "\n", "<speak>", "[laughs]",
    "[pause 1s]", "[Anna]:", "[[page]]", "[b]", "[/b]", "[docs](a.b)", "<break/>", "[1]", "{name}", ",", "_",
)  # fmt: skip
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
        ("[hapy] hi", "did you mean happy"),
        ("[sadnes:0.5] hi", "did you mean sadness"),
        ("[feer:0.5] hi", "did you mean fear"),
        ("[joy:0.5,suprise] hi", "did you mean surprise"),
        ("[dissapointed] hi", "did you mean disappointed"),
        ("[joyy] hi", "bracket"),
        ("[pause 12s] hi", "10 s is the longest"),
        ("[pause: soon] hi", r"write its length in seconds, as in \[pause 1.5s\]"),
        ("[joy:7] hi", "from 0 to 1"),
        ("[joy:loud] hi", "not a number"),
        ("[joy 0.6] hi", r"\[joy:0.6\]"),
        ("[Joy: 60%] hi", r"\[Joy:0.6\]"),
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


plain_texts = st.text(alphabet=st.characters(exclude_characters="[]{}<\\*"))


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
def test_what_was_parsed_lies_in_its_text_in_order(text):
    check_places(text)


def check_places(text):
    """Whatever is written, marks, pauses and emphases lie in the plain text, in its order."""
    try:
        script = parse_script(text)
    except BadInput:
        return
    edges = [edge for span in script.emphases for edge in span]
    assert all(start < end for start, end in script.emphases)
    marks, pauses = ([item.char_offset for item in items] for items in (script.marks, script.pauses))
    for offsets in (edges, marks, pauses):
        assert offsets == sorted(offsets) and all(0 <= offset <= len(script.text) for offset in offsets)


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
        ('<speak>One<break time="200ms"/>two <break/> three', "One two three", []),
        ('<speak>three<break time="2s"/>four.<break/> Five', "three four. Five", []),
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
def test_any_ssml_parses(inside):
    check_places(f"<speak>{inside}</speak>")


# Pauses


@pytest.mark.parametrize(
    ("written", "plain", "pauses"),
    [
        ("Wait [pause] for it.", "Wait for it.", [(5, 0.7)]),
        ("One[pause 500ms]two [1.5s pause], three.", "One two, three.", [(4, 0.5), (7, 1.5)]),
        ("[pause:1.5] Hi there. [beat]", "Hi there. ", [(0, 1.5), (10, 0.5)]),
        ("A [pause 1s][pause 2s] b [pause 0s] c", "A b c", [(2, 1.0), (2, 2.0)]),
        ('Well <break time="1.5s"/> yes.\n[long pause]\nNo.', "Well yes.\nNo.", [(5, 1.5), (10, 1.5)]),
        ("*So [pause 2 seconds] long* ago", "So long ago", [(3, 2.0)]),
        ("[joy] Hi [pause half a second] you [2-second pause] there", "Hi you there", [(3, 0.5), (7, 2.0)]),
        ("Go [Pause 1,5 sec] on [PAUSE 800] now [short pause]!", "Go on now!", [(3, 1.5), (6, 0.8), (9, 0.35)]),
        ('<speak>a <break strength="strong"/>b<break strength="none"/> c</speak>', "a b c", [(2, 0.8)]),
        ('<speak><break time="1s"/>a.<break time="250ms"/></speak>', "a. ", [(0, 1.0), (3, 0.25)]),
    ],
)  # fmt: skip
def test_pauses_keep_their_place_and_length(written, plain, pauses):
    script = parse_script(written)
    assert script.text == plain
    assert script.pauses == tuple(Pause(*pause) for pause in pauses)
    assert not script.left_out


# Brackets that people paste


@pytest.mark.parametrize(
    ("written", "plain", "left_out"),
    [
        ("[laughs] I know [sic] them, [Name].", "I know them,.", ["[laughs]", "[sic]", "[Name]"]),
        ("Read the [docs](https://x.org/a_(b) \"Docs\") and [text][ref].", "Read the docs and text.", []),
        ("See ![logo](img.png) in [[Page|the page]].", "See logo in the page.", []),
        ("See the [docs].\n[docs]: https://x.org", "See the docs.\n", []),
        ("[b]B[/b]old and [url=https://x.org]link[/url] [img]a.png[/img]!", "Bold and link!", []),
        ("- [x] Buy milk\n- [ ] Sell", "- Buy milk\n- [ ] Sell", []),
        ("It is the capital[1] of France.[2][3] Yes[^4].", "It is the capital of France. Yes.", ["[1]", "[2]", "[3]"]),
        ("[00:12] Hello.\n[00:15] You.", "Hello.\nYou.", ["[00:12]", "[00:15]"]),
        ("[Verse 1]\nOh my [soft piano music] dear", "Oh my dear", ["[Verse 1]", "[soft piano music]"]),
        ("[T]he dog[s] of [the] man", "The dogs of the man", []),
        ("john [at] example [dot] com", "john at example dot com", []),
        ("\x1b[31mRed\x1b[0m {name} *[sighs]* me", "Red me", ["{name}", "[sighs]"]),
        ("Really?[laughs]No. [excited, whispering] Go!", "Really? No. Go!", ["[laughs]", "[excited, whispering]"]),
        ("[Kate] [sorry] [city] [lovely] [concert] [Joey] hi", "hi",
         ["[Kate]", "[sorry]", "[city]", "[lovely]", "[concert]", "[Joey]"]),
    ],
)  # fmt: skip
def test_what_is_not_meant_to_be_spoken_is_left_out_and_named(written, plain, left_out):
    script = parse_script(written)
    assert (script.text, list(script.left_out)) == (plain, left_out)
    assert [remark for remark in script.remarks() if all(name in remark for name in left_out)] == script.remarks()


@pytest.mark.parametrize(
    ("written", "plain", "speakers"),
    [
        ("[Anna]: Hi.\n[Tom]: Ho.\n[Anna]: Yes.", "Hi.\nHo.\nYes.", ["Anna", "Tom"]),
        ("**[Mr. Smith]:** Hi. [Dr. Lee:] Ho.", "Hi. Ho.", ["Mr. Smith", "Dr. Lee"]),
        ("[SPEAKER_00]: one\n[Speaker 2] two\n[Host (laughing)]: three", "one\ntwo\nthree",
         ["SPEAKER_00", "Speaker 2", "Host (laughing)"]),
        ("[00:01:02] [Anna]: Hi", "Hi", ["Anna"]),
    ],
)  # fmt: skip
def test_names_of_speakers_are_not_spoken(written, plain, speakers):
    script = parse_script(written)
    assert (script.text, list(script.speakers)) == (plain, speakers)
    assert all(name in script.remarks()[0] for name in speakers)


def test_a_feeling_with_other_words_is_felt():
    script = parse_script("[joy:0.5, laughing]: Hello")
    assert script == Script("Hello", (Mark(0, parse_script("[joy:0.5]").marks[0].emotion),), left_out=(script.left_out))
    assert script.left_out == ("[joy:0.5, laughing]",)


def test_many_names_are_not_all_listed():
    (remark,) = parse_script(" ".join(f"[sound{i}x]" for i in range(20)) + " hi").remarks()
    assert "[sound7x] and 12 more" in remark
