"""Second notations of English: signs, dates, times, money, codes, the letter A and Roman numbers."""

import time

import pytest

from generators.voice.frontend import numerals
from generators.voice.frontend.frontend import phonemize_text
from generators.voice.frontend.normalise import sentences


def said(text, language="en-us"):
    """What is spoken, sentences after one another, punctuation at its place."""
    return " ".join(" ".join(word.spoken) + word.after for sentence in sentences(text, language) for word in sentence)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("+20%, -0.4% (+4 degrees)", "plus twenty percent, minus zero point four percent, plus four degrees."),
        ("±0.5 mm, ~$20, ≈40", "plus or minus zero point five millimeters, about twenty dollars, about forty."),
        (">10 km, <5 min, ≥ 18", "greater than ten kilometers, less than five minutes, at least eighteen."),
        ("-$5, $-5, +€3", "minus five dollars, minus five dollars, plus three euros."),
        ("It is −3 °C.", "It is minus three degrees Celsius."),
        ("from -10 to –5", "from minus ten to minus five."),
        ("9 - 4 = 5, x = -4", "nine minus four equals five, x equals minus four."),
        ("a - b = c", "A. minus b equals c."),
        ("They won 4-2 - fine.", "They won four to two— fine."),
        ("- 3 eggs", "three eggs."),
        ("<3 weeks, I <3 you", "less than three weeks, I you."),
        ("the + key, 18+", "the plus key, eighteen plus."),
    ],
)  # fmt: skip
def test_signs_before_numbers(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It took 1:05:30.", "It took one hour five minutes and thirty seconds."),
        ("At 14:05:30 it rang.", "At fourteen oh five and thirty seconds it rang."),
        ("7.30pm, 19h30, 2h 30m", "seven thirty p.m., nineteen thirty, two hours thirty minutes."),
        ("2025/03/04, 04.03.2025", "March fourth twenty twenty-five, March fourth twenty twenty-five."),
        ("2025-03-04T10:30", "March fourth twenty twenty-five at ten thirty."),
        ("Oct 31, Mon-Fri, Sat & Sun", "October thirty-first, Monday to Friday, Saturday and Sunday."),
        ("He sat in the sun.", "He sat in the sun."),
        ("the mid-1990s and 1066 people", "the mid nineteen nineties and one thousand sixty-six people."),
        ("in 1066, 2500 BC", "in ten sixty-six, twenty-five hundred B.C.."),
        ("Call 911! 911 people", "Call nine one one! nine hundred eleven people."),
        ("€29,99, 8.000.000", "twenty-nine euros and ninety-nine cents, eight million."),
        ("Python 3.11-3.14", "Python three point one one to three point one four."),
        ("1.234,56", "one thousand two hundred thirty-four point five six."),
        ("1 000 000 or 12\u202f500", "one million or twelve thousand five hundred."),
        ("rooms 5 200 and 6 300", "rooms five two hundred and six three hundred."),
        ("5M users, 3K, a 4K video", "five million users, three thousand, a four K. video."),
        ("$5/hr, 10€/month", "five dollars per hour, ten euros per month."),
        ("5 kg/m², 9.8 m/s²", "five kilograms per square meter, nine point eight meters per second squared."),
        ("x², 10⁶, H₂O", "x squared, ten to the power of six, H. two O.."),
        (".NET, the .env file, notes.txt", "dot net, the dot env file, notes dot T.X.T.."),
        ("5′11″, 5′30″, 65\" TV", "five foot eleven, five minutes thirty seconds, sixty-five inch T.V.."),
        ("40° 26′ 46″ N", "forty degrees twenty-six minutes forty-six seconds north."),
        ("1080p, 1920x1080, 10 × 15 cm", "ten eighty P, nineteen twenty by ten eighty, ten by fifteen centimeters."),
        ("192.168.1.1", "one ninety-two dot one sixty-eight dot one dot one."),
        ("$1–2 million, C$5, 50¢", "one to two million dollars, five Canadian dollars, fifty cents."),
        ("Main Dr. Then left.", "Main drive. Then left."),
        ("§5, Nos. 3–4", "section five, numbers three to four."),
    ],
)  # fmt: skip
def test_second_notations(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("A4, A+ and A/B", "A. four, A. plus and A. B."),
        ("Vitamin A is good.", "Vitamin A. is good."),
        ("A 4-year-old", "A four year old."),
        ("A man got an A in maths.", "A man got an A. in maths."),
        ("Thutmose II's tomb", "Thutmose the second's tomb."),
        ("Act III, Scene ii", "Act three, Scene two."),
        ("Mk II, Rocky IV", "mark two, Rocky four."),
        ("World War I and I", "World War one and I."),
        ("pp. ix–xii, the XIX century", "pages nine to twelve, the nineteenth century."),
        ("Malcolm X, LIV, CV, DC", "Malcolm X, L.I.V., C.V., D.C.."),
        ("Emma and I, an IV drip", "Emma and I, an I.V. drip."),
    ],
)
def test_the_letter_a_and_roman_numbers(written, spoken):
    assert said(written) == spoken


def test_the_letter_a_keeps_its_name_before_a_word():
    tokens = [word.tokens for word in phonemize_text("Gate A7, an A = good, a man.")[0]]
    assert tokens[1].startswith("ˈA ") and tokens[3] == "ˈA" and tokens[6] == "ɐ"


@pytest.mark.parametrize(
    ("written", "spoken", "language"),
    [
        ("3-4-2025 at 7.30", "the third of April twenty twenty-five at seven thirty.", "en-gb"),
        ("-5 °C, +20 %", "moins cinq degrés Celsius, plus vingt pour cent.", "fr-fr"),
        ("29,50 €, 1 kg", "neunundzwanzig Euro fünfzig, ein Kilogramm.", "de"),
        ("10-15 km, $5", "diez a quince kilómetros, cinco dólares.", "es"),
        ("-3, ~20 €", "meno tre, circa venti euro.", "it"),
        ("R$ 50,00, ±5", "cinquenta reais, mais ou menos cinco.", "pt-br"),
    ],
)
def test_other_varieties_and_languages(written, spoken, language):
    assert said(written, language) == spoken


def test_entities_of_html_keep_their_place_in_the_text():
    text = "Tom &amp; Ann don&#39;t &nope; pay &lt;5&nbsp;km."
    words = [word for sentence in sentences(text) for word in sentence]
    assert " ".join(" ".join(word.spoken) for word in words).startswith("Tom and Ann don't and nope")
    assert [word.text for word in words][:4] == ["Tom", "&amp;", "Ann", "don&#39;t"]
    assert words[-1].text == "5&nbsp;km" and words[-1].spoken == ("five", "kilometers")
    assert all(text[word.char_start : word.char_end] == word.text for word in words)


@pytest.mark.parametrize(
    "piece", ["1-", "1 000 ", "1,1", "9'", "A/", "&amp;", "x²", "XI ", "€1.", "1x", "a=", "5h", "1:"]
)
def test_hostile_repetition_costs_no_more_than_its_length(piece):
    start_s = time.process_time()
    sentences(piece * (20_000 // len(piece)))
    assert time.process_time() - start_s < 3


def test_roman_numerals_up_to_thousands():
    assert [numerals.roman(n) for n in ("MCMXCIX", "LVII", "MMXXIV", "IC", "")] == [1999, 57, 2024, 0, 0]


@pytest.mark.parametrize("stem", ["A9-", "9A", "a", "A", "9", "9-", "+9", "$9", "a.", "1,000", "9a", "(9"])
@pytest.mark.parametrize("ending", ["Ж", "é", "語", "!", "-"])
def test_no_text_takes_long(stem, ending):
    """A pattern that tries every way to part a long code would never end; this takes milliseconds."""
    started = time.process_time()
    for repeated in (stem * 200, stem + "9" * 300, stem + "a" * 300, stem + "9a" * 150, stem + "-9" * 150):
        sentences(repeated + ending)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Charles III's son", "Charles the third's son."),
        ("WW2 ended.", "World War two ended."),
        ("A -3 dB drop", "A minus three decibels drop."),
        ("A +5 bonus", "A plus five bonus."),
        ("Ch. IX begins.", "chapter nine begins."),
        ("6 ft 2 in tall", "six feet two inches tall."),
        ("2 tbsp of oil", "two tablespoons of oil."),
        ("Won by 3 pts.", "Won by three points."),
        ("1-2-3 go", "one two three go."),
    ],
)
def test_what_a_fresh_look_found(written, spoken):
    assert said(written) == spoken
