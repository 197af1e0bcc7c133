"""Letters outside a language's alphabet: folded, read by a language of their script, or left out with a notice."""

import pytest

from checkpoints.errors import BadInput
from checkpoints.notices import gathering
from generators.voice.frontend import espeak, g2p
from generators.voice.frontend.frontend import phonemize_request, phonemize_text
from generators.voice.frontend.letters import check_script, pieces, undressed


def plain(word, language="en-us"):
    return " ".join(letters for letters, _ in pieces(word, language))


def phones(text, language="en-us"):
    return [phone.symbol for words in phonemize_text(text, language) for word in words for phone in word.phones]


@pytest.mark.parametrize("language", ["en-us", "en-gb", "es", "fr-fr", "it", "pt-br", "hi", "ja", "zh"])
@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Nguyễn", "Nguyen"),
        ("Nguye\u0302\u0303n", "Nguyen"),
        ("Ṣọlá", "Sola"),
        ("Kṛṣṇa", "Krsna"),
        ("ʿAlī", "Ali"),
        ("Muḥammad", "Muhammad"),
        ("ﬁn", "fin"),
        ("𝐛𝐨𝐥𝐝", "bold"),
        ("ⓐⓑ", "ab"),
        ("ᴀʙ", "ab"),
        ("h̶o̶t̶", "hot"),
    ],
)
def test_a_foreign_letter_is_read_as_the_one_it_was_made_from(written, spoken, language):
    assert plain(written, language) == spoken


@pytest.mark.parametrize(
    ("word", "language"),
    [("naïve", "en-us"), ("façade", "en-us"), ("cœur", "fr-fr"), ("é", "pt-br"), ("mañana", "es"), ("Nguyễn", "vi")]
    + [("żółć", "pl"), ("ışık", "tr"), ("řeč", "cs"), ("Əliyev", "az")],
)
def test_a_letter_that_the_language_knows_stays(word, language):
    assert pieces(word, language) == ((word, language),)


def test_no_letter_is_called_by_its_name_in_a_word_without_vowels():
    assert phones("Cŵn") == phones("Cwn")


@pytest.mark.parametrize(
    ("word", "reader"),
    [
        ("Москва", "ru"),
        ("Қазақстан", "kk"),
        ("Ελλάδα", "el"),
        ("שלום", "he"),
        ("ኣማርኛ", "am"),
        ("日本", "cmn"),
        ("ᄒ", "ko"),
    ]
    + [("カタカナ", "ja"), ("ଓଡ଼ିଆ", "or")],
)
def test_another_script_has_its_own_reader(word, reader):
    assert [language for _, language in pieces(word, "en-us")] == [reader]


def test_a_word_of_two_scripts_is_read_by_two():
    assert pieces("iPhoneом", "en-us") == (("iPhone", "en-us"), ("ом", "ru"))
    assert pieces("β-carotene", "en-us")[0] == ("β-", "en-us")  # a lone letter has a name
    assert [reader for _, reader in pieces("日本のhotel", "ja")] == ["cmn", "ja", "en-us"]


@pytest.mark.parametrize(
    ("char", "expected"),
    [("⑩", "10"), ("❷", "2"), ("Ⅷ", "8"), ("🅷", "H"), ("ℒ", "L"), ("ﬀ", "ff"), ("½", "½"), ("²", "²"), ("ℹ", "ℹ")],
)
def test_fancy_letters_and_figures(char, expected):
    assert undressed(char) == expected


def test_a_word_that_nobody_reads_is_left_out_and_named_once():
    told = []
    with gathering(told):
        read = list(phonemize_request("We say ភាសា, ភាសា and ᏣᎳᎩ here.", "en-us"))
    assert [word.text for word in read[0]] == ["We", "say", "and", "here"]
    assert told == ["Left out, as no voice here reads their letters: “ភាសា”, “ᏣᎳᎩ”."]


def test_nothing_is_told_of_letters_that_are_read():
    told = []
    with gathering(told):
        list(phonemize_request("Nguyễn, Москва, naïve, नमस्ते, 東京 😀 ⓐ.", "en-us"))
        list(phonemize_request("नमस्ते दुनिया।", "hi"))
    assert told == []


@pytest.mark.parametrize("text", ["ភាសាខ្មែរ", "ᏣᎳᎩ 12!", "ພາສາລາວ"])
def test_a_text_in_nothing_but_an_unread_script_is_refused(text):
    with pytest.raises(BadInput, match="script, which no voice here can read"):
        check_script(text)


@pytest.mark.parametrize(
    "text", ["𝐇𝐢", "ⓗⓘ", "ᴛʜɪs", "ﬁ", "ﷺ", "ﻣﺮﺣﺒﺎ", "K", "ʿAlī", "ǃ", "ㅋㅋㅋ", "ª", "Ω", "ſ", "ﾊﾛ"]
)
def test_a_text_that_somebody_reads_is_not_refused(text):
    check_script(text)


def test_foreign_words_leave_the_rest_of_a_sentence_as_it_was():
    sentence = phonemize_text("I saw a Москва sign in the end.")[0]
    assert [word.tokens for word in sentence if word.text in ("a", "the", "end")] == ["ɐ", "ði", "ˈɛnd"]
    vowel = phonemize_text("The Анна in the Москва.")[0]
    assert [word.tokens for word in vowel if word.text.lower() == "the"] == ["ði", "ðə"]


def test_the_phonemizer_is_never_given_a_longer_word_than_it_holds(monkeypatch):
    given = []
    buffer = espeak.ctypes.create_string_buffer
    monkeypatch.setattr(espeak.ctypes, "create_string_buffer", lambda text: given.append(text) or buffer(text))
    for word in ("b" * 5000, "é" * 3000, "ab-" * 900, "नमस्ते" * 300, "\u00a0x" * 2000, "9" * 700):
        for language in ("en-us", "hi"):
            espeak.ipa(word, language)
            g2p.ipa(word, language)
            g2p.pronounce([word], language)
    longest = max(len(word) for text in given for word in text.split(b" "))
    assert 50 < longest <= 100


def test_a_long_word_is_cut_where_syllables_end():
    pieces_ = espeak.in_pieces("pataluk" * 20)
    assert len(pieces_) == 2 and "".join(pieces_) == "pataluk" * 20 and pieces_[0][-1] in "au"
    assert espeak.in_pieces("short") == ["short"]
    assert "".join(espeak.in_pieces("日" * 500)) == "日" * 500
