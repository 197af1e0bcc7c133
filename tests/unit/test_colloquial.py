"""Short forms of chats, exclamations and drawn-out letters, as English speakers say them."""

import pytest

from generators.voice.frontend.colloquial import drawn_in
from generators.voice.frontend.frontend import phonemize_text
from generators.voice.frontend.normalise import sentences


def said(text):
    return " ".join(" ".join(word.spoken) + word.after for sentence in sentences(text) for word in sentence)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("btw, idk", "by the way, I don't know."),
        ("BTW it works", "by the way it works."),
        ("How r u?", "How are you?"),
        ("I like ur hat, thx", "I like your hat, thanks."),
        ("left b/c of u w/o me", "left because of you without me."),
        ("omg, wtf", "O.M.G., W.T.F.."),
        ("TL;DR: see the faqs", "T.L.D.R.: see the F.A.Q.s."),
        ("lol", "lol."),
        ("gr8 m8", "great mate."),
        ("omggg plsss", "O.M.G. please."),
        ("Hmmmm, GRRR, hrmm", "hmm, grr, hrm."),
    ],
)
def test_short_forms(written, spoken):
    assert said(written) == spoken


@pytest.mark.parametrize(
    "text",
    ["Imo State", "He met Ty here", "The letter u", "u = 5", "300 bc", "J. K. Rowling", "vector r"]
    + ["TTS and SSH", "ssh, tts, ffs", "an HRM", "the PSH and TSS"]
    + ["Mail idk@example.org", "The UR team", "See btw.example.com"],
)
def test_what_only_looks_like_a_short_form(text):
    spoken = said(text)
    long_forms = ("opinion", "thank", " you", "because", "kidding", " are", "know", "your", "by the")
    assert not any(form in spoken for form in long_forms), spoken
    assert all(len(word.phones) > 2 for word in phonemize_text(text)[0] if word.text.isupper() and len(word.text) > 2)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Sooo", "so"),
        ("NOOOO", "no"),
        ("Ooof", "oof"),
        ("Goood", "good"),
        ("Helloooo", "hello"),
        ("reaaallly", "really"),
        ("Yesss", "yes"),
    ]
    + [("Hmmmm", ""), ("aaaa", "ah"), ("ooooh", "ooh"), ("uh-huhhh", "uh-huh"), ("noooope", "nope")]
    + [("AAA", ""), ("VIII", ""), ("www", ""), ("III", ""), ("good", ""), ("mmm", ""), ("x111", "")],
)
def test_letters_drawn_out(written, plain):
    assert drawn_in(written) == plain


@pytest.mark.parametrize(
    ("word", "symbols"),
    [
        ("Hm", "h ʌ m"),
        ("Mhm", "m h ʌ m"),
        ("Grr", "ɡ ɹ ɜ ɹ"),
        ("Zzz", "z z z"),
        ("Pfft", "p f t"),
        ("tsk", "t ɪ s k"),
        ("Hmph", "h ʌ m f"),
        ("ow", "aʊ"),
        ("mwah", "m w ɑ"),
        ("Shhhh", "ʃ ʃ"),
        ("Uhm", "ʌ m"),
    ],
)
def test_exclamations_are_sounds_not_letters(word, symbols):
    assert [phone.symbol for phone in phonemize_text(word)[0][0].phones] == symbols.split()


def test_other_languages_keep_such_words():
    assert [word.spoken for word in sentences("Nooo btw", "es")[0]] == [("Nooo",), ("btw",)]
