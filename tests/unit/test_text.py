"""Written text to sentences of words to say."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generators.voice.frontend import numerals
from generators.voice.frontend.frontend import phonemize_text
from generators.voice.frontend.g2p import PUNCTUATION, is_word_char
from generators.voice.frontend.normalise import sentences


def said(text, language="en-us"):
    """What is spoken, sentences on lines, punctuation at its place."""
    return "\n".join(
        " ".join(" ".join(word.spoken) + word.after for word in sentence) for sentence in sentences(text, language)
    )


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It costs $5.20.", "It costs five dollars and twenty cents."),
        ("$1 $0.99 €20 £3.50", "one dollar ninety-nine cents twenty euros three pounds and fifty pence."),
        ("$3.5 billion or $100k", "three point five billion dollars or one hundred thousand dollars."),
        ("1,234,567 people", "one million two hundred thirty-four thousand five hundred sixty-seven people."),
        ("It fell by -5 to 0.05", "It fell by minus five to zero point zero five."),
        ("the 3rd and 21st", "the third and twenty-first."),
        ("in 1984, 1905 and 2024", "in nineteen eighty-four, nineteen oh five and twenty twenty-four."),
        ("since 2005", "since two thousand five."),
        ("the 1930s and '90s", "the nineteen thirties and nineties."),
        ("March 5, 2024", "March fifth, twenty twenty-four."),
        ("5 March 2024", "fifth March twenty twenty-four."),
        ("2024-03-05", "March fifth twenty twenty-four."),
        ("3/5/2024", "March fifth twenty twenty-four."),
        ("at 3:45 pm or 9am", "at three forty-five p.m. or nine a.m.."),
        ("at 10:00 and 14:05", "at ten o'clock and fourteen oh five."),
        ("3.2% of 20°C", "three point two percent of twenty degrees Celsius."),
        ("5km at 60 mph, 1 kg", "five kilometers at sixty miles per hour, one kilogram."),
        ("12 oz. of fish", "twelve ounces of fish."),
        ("1/2, 3/4, 1 1/2, 2½", "one half, three quarters, one and a half, two and a half."),
        ("24/7", "twenty-four seven."),
        ("pages 10–20, 1990-1995", "pages ten to twenty, nineteen ninety to nineteen ninety-five."),
        ("Call 555-123-4567", "Call five five five, one two three, four five six seven."),
        ("version 3.11.2", "version three point eleven point two."),
        ("He is 5'10\" tall", "He is five foot ten tall."),
        ("a ratio of 16:9, 50/50", "a ratio of sixteen to nine, fifty fifty."),
        ("$5M–$10M, 9am-5pm", "five million dollars to ten million dollars, nine a.m. to five p.m.."),
        ("747s and 100s of F-16s", "seven hundred forty-sevens and hundreds of F. sixteens."),
        ("5 EUR or USD 10", "five euros or ten dollars."),
        ("12 in. of snow", "twelve inches of snow."),
        ("3 * 2, 10^6", "three times two, ten to the power of six."),
        ("#1 & #2", "number one and number two."),
        ("007", "zero zero seven."),
    ],
)  # fmt: skip
def test_numbers_are_spelled_out(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Dr. Smith lives on Main St. near St. Mary's.", "doctor Smith lives on Main street near saint Mary's."),
        ("Mr. & Mrs. Jones vs. the dept.", "mister and missus Jones versus the department."),
        ("fruit, e.g. apples, i.e. food", "fruit, for example apples, that is food."),
        ("He sang etc. The end.", "He sang et cetera.\nThe end."),
        ("No. 5 is alive. No. I won't.", "number five is alive.\nNo.\nI won't."),
        ("J. R. R. Tolkien wrote.", "J. R. R. Tolkien wrote."),
        ("The U.S. army. A Ph.D. student.", "The U.S. army.\nA P.H.D. student."),
        ("We left at 5 p.m. It rained.", "We left at five p.m..\nIt rained."),
        ("NASA and the FBI use APIs", "nasa and the F.B.I. use A.P.I.s."),
        ("MP3, COVID-19, 4K", "M.P. three, covid nineteen, four K.."),
        ("Henry VIII and World War II", "Henry the eighth and World War two."),
        ("WWII, C++, an A+, p. 45", "World War two, C. plus plus, an A. plus, page forty-five."),
        ("Next.js works.Really well", "Next dot J.S. works.\nReally well."),
        ("THIS IS GREAT FOR ALL OF US", "this is great for all of us."),
        ("the IT team", "the I.T. team."),
    ],
)
def test_abbreviations_and_capitals(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("See https://www.example.com/docs?x=1.", "See example dot com slash docs."),
        ("Mail john.smith@example.co.uk!", "Mail john dot smith at example dot co dot uk!"),
        ("I love it 😀👍🏽 so much!! :-)", "I love it so much!"),
        ("**Bold** _it_ `code` [link](https://x.y/z)", "Bold it code link."),
        ("# Title\n\n- one\n- two\n\n1. Three", "Title.\none.\ntwo.\none, Three."),
        ("<b>Hi</b> there", "Hi there."),
        ("“Yes,” she said — ‘no’.", "Yes, she said— no."),
        ("“Why?” she asked. “No.” He left.", "Why? she asked.\nNo.\nHe left."),
        ("One line,\r\ntwo lines.", "One line, two lines."),
        ("Wait -- what...", "Wait— what…"),
        ("Really?! Yes...", "Really?!\nYes…"),
        ("well-known mother-in-law don’t", "well-known mother-in-law don't."),
        ("rock 'n' roll", "rock and roll."),
        ("and/or (perhaps)", "and or, perhaps."),
        ("co\u00adop\u200beration ｆｕｌｌ", "cooperation full."),
        ("5 < 6, A = B", "five less than six, A equals B."),
    ],
)
def test_signs_are_spoken_or_dropped(written, spoken):
    assert said(written) == spoken


def test_sentences_survive_decimals_and_initials():
    text = "Pi is 3.14 today. Ask J. Smith at 3.30 p.m. if need be! Right?"
    assert said(text).count("\n") == 2


def test_other_languages_read_their_numbers():
    assert said("Tengo 21 años y 3,5 %.", "es") == "Tengo veintiuno años y tres punto cinco por ciento."
    assert said("J'ai 80 ans.", "fr-fr") == "J'ai quatre-vingts ans."
    assert said("Ho 1.234 libri.", "it") == "Ho milleduecentotrentaquattro libri."


@pytest.mark.parametrize("text", ["", "  \n ", "😀 🎉", "...", "—!?", "***", "\u200b"])
def test_nothing_to_say_gives_no_sentence(text):
    assert sentences(text) == []


def test_a_word_as_written_spans_all_that_is_said_for_it():
    word = phonemize_text("It costs $5.20 now.")[0][2]
    assert (word.text, word.char_start, word.char_end) == ("$5.20", 9, 14)
    assert word.tokens.count(" ") == 4 and len(word.phones) > 15


def test_british_dates_and_ands():
    assert said("5/3/2024", "en-gb") == "the fifth of March twenty twenty-four."
    assert said("105", "en-gb") == "one hundred and five."


@pytest.mark.parametrize("piece", ["1,111", "a.", "<a", "1/", "a@", "[a", "1 ", "A-"])
def test_hostile_repetition_costs_no_more_than_its_length(piece):
    start_s = time.process_time()
    sentences(piece * (20_000 // len(piece)))
    assert time.process_time() - start_s < 3


def test_roman_numerals():
    assert [numerals.roman(n) for n in ("IV", "IX", "XIV", "XL", "IIII", "VX")] == [4, 9, 14, 40, 0, 0]


PIECES = st.sampled_from(
    ["Dr. ", "$5.20", "1/2", "p.m.", "U.S.", " ", "\n", "\n\n", "- ", "# ", "https://a.com", "e\u0301", "😀", "[x](y)"]
    + ["10:30", "99%", "...", "(", ")", "'", "’s", "1990s", "-3", "½", "€", "A", "the ", "IV ", "a.b@c.de", "\ud800"]
    + ["０", "٣"]
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join)),
    st.sampled_from(["en-us", "en-gb", "fr-fr", "hi"]),
)
@example("٣:٣٠ ²³ 1²", "en-us")
def test_any_text_is_read_without_fail_and_every_word_knows_its_place(text, language):
    end = 0
    for sentence in sentences(text, language):
        assert sentence and sentence[-1].after
        for word in sentence:
            assert end <= word.char_start < word.char_end <= len(text)
            assert text[word.char_start : word.char_end] == word.text
            assert set(word.after) <= set(PUNCTUATION)
            assert word.spoken and all(any(map(is_word_char, spoken)) for spoken in word.spoken)
            end = word.char_end


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_pronounced_without_fail(text):
    for words in phonemize_text(text):
        assert words and all(word.phones for word in words)
