"""Words to sounds: every sound with its word, in an alphabet that the voice knows."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from generators.voice.frontend.g2p import PUNCTUATION, languages, phonemize_words, pronounce

AMERICAN = set("AIOWYbdfhijklmnpstuvwzæðŋɑɔəɐɛɜɡɪɹɾʃʊʌʒʤʧˈˌθᵊᵻ")


def tokens(text, language="en-us"):
    return {word.text: word.tokens for word in phonemize_words(text, language)}


def test_diphthongs_and_affricates_are_single_tokens_and_whole_phones():
    word = phonemize_words("choice")[0]
    assert word.tokens == "ʧˈYs"
    assert [(p.symbol, p.stress) for p in word.phones] == [("tʃ", 0), ("ɔɪ", 2), ("s", 0)]
    assert [word.tokens[p.token_start : p.token_end] for p in word.phones] == ["ʧ", "ˈY", "s"]


def test_merged_function_words_are_parted_again():
    words = phonemize_words("The cat of the house is in the end out of a home.")
    assert len(words) == 13
    said = [(w.text, w.tokens) for w in words]
    assert said[2:4] == [("of", "ʌv"), ("the", "ðə")]
    assert said[6:9] == [("in", "ɪn"), ("the", "ði"), ("end", "ˈɛnd")]  # the vowel of "the" knows what follows
    assert words[-1].after == "."


def test_one_word_that_espeak_splits_stays_one():
    words = phonemize_words("In 1984 we won")
    assert [w.text for w in words] == ["In", "1984", "we", "won"]
    assert words[1].tokens.startswith("nˈIntin") and words[2].tokens == "wi"


@pytest.mark.parametrize(
    ("language", "word", "expected"),
    [
        ("en-us", "water", "wˈɔɾəɹ"),
        ("en-us", "bird", "bˈɜɹd"),
        ("en-us", "little", "lˈɪɾᵊl"),
        ("en-gb", "water", "wˈɔːtə"),
        ("en-gb", "bath", "bˈɑːθ"),
        ("en-gb", "home", "hˈQm"),
        ("en-gb", "lot", "lˈɒt"),
        ("es", "churros", "ʧˈuros"),
        ("fr-fr", "bonjour", "bɔ̃ʒˈuʁ"),
        ("it", "amici", "amˈiʧɪ"),
        ("hi", "नमस्ते", "nəmˈʌsteː"),
    ],
)
def test_pronunciations(language, word, expected):
    assert pronounce([word], language)[0].tokens == expected


def test_words_that_are_said_in_two_ways():
    assert [tokens(t)["read"] for t in ("He read it", "I will read it", "I have read it")] == ["ɹˈɛd", "ɹˈid", "ɹˈɛd"]
    assert tokens("Please close it")["close"] == "klˈOz"


def test_the_first_person_is_not_swallowed():
    assert tokens("I heard that I'm late") == {"I": "ˌI", "heard": "hˈɜɹd", "that": "ðæt", "I'm": "ˌIm", "late": "lˈAt"}


def test_exclamations_are_not_spelled():
    assert tokens("Mmm yeah shh") == {"Mmm": "ˈəmm", "yeah": "jˈɛə", "shh": "ʃʃ"}


def test_spelled_letters_in_the_plural():
    assert pronounce(["A.P.I.s"])[0].tokens.endswith("ˈIz")


def test_every_english_sound_is_one_that_the_voice_was_trained_on():
    text = (
        "The quick brown fox jumps over a lazy dog while measuring thirty unusual azure rouge boxes; "
        "poor fire, here, there, cure, button, mountain, genre, loch, Bach, über, naïve café, mirror, world, oil."
    )
    for word in phonemize_words(text):
        assert set(word.tokens) <= AMERICAN, word
        assert word.phones


def test_letters_of_another_script_are_read_in_their_own_language():
    assert tokens("Здравствуйте there")["Здравствуйте"].startswith("zd")


def test_an_unknown_language_is_one_clear_sentence():
    with pytest.raises(BadInput, match="no pronunciation for the language “klingon”"):
        phonemize_words("hello", "klingon")
    assert {"en-us", "en-gb-x-rp", "fr-fr", "de"} <= set(languages())


def test_threads_of_different_languages_do_not_disturb_each_other():
    expected = {language: tokens("pain table fin", language) for language in ("en-us", "fr-fr", "de")}
    wrong = []

    def work(language):
        wrong.extend(1 for i in range(30) if tokens("pain table fin", language) != expected[language])

    threads = [threading.Thread(target=work, args=(language,)) for language in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_threads_that_are_all_the_first_share_one_espeak():
    script = (
        "import threading\n"
        "from generators.voice.frontend.espeak import _espeak\n"
        "start, found = threading.Barrier(6), []\n"
        "threads = [threading.Thread(target=lambda: (start.wait(), found.append(_espeak()))) for _ in range(6)]\n"
        "[thread.start() for thread in threads], [thread.join() for thread in threads]\n"
        "assert len(found) == 6 and len(set(map(id, found))) == 1\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2], timeout=60)


def test_an_installation_deep_in_folders_can_be_read(tmp_path):
    script = (
        "import espeakng_loader, pathlib, sys\n"
        "deep = pathlib.Path(sys.argv[1], *['a rather long folder name'] * 8)\n"
        "deep.mkdir(parents=True)\n"
        "(deep / 'espeak-ng-data').symlink_to(espeakng_loader.get_data_path())\n"
        "espeakng_loader.get_data_path = lambda: str(deep / 'espeak-ng-data')\n"
        "from generators.voice.frontend.g2p import pronounce\n"
        "assert pronounce(['choice'])[0].tokens == 'ʧˈYs'\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, cwd=root, timeout=60)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.sampled_from(["en-us", "en-gb", "fr-fr", "hi", "es"]))
def test_any_text_gives_words_in_order_with_phones_inside_their_tokens(text, language):
    end = 0
    for word in phonemize_words(text, language):
        assert end <= word.char_start < word.char_end <= len(text)
        assert text[word.char_start : word.char_end] == word.text
        assert set(word.after) <= set(PUNCTUATION)
        end, at = word.char_end, 0
        for phone in word.phones:
            assert at <= phone.token_start < phone.token_end <= len(word.tokens)
            assert phone.symbol and phone.stress in (0, 1, 2)
            at = phone.token_end
