"""Letters outside a language's alphabet, words without end, exclamations and short forms of chats."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.evaluation.inputs.cases import Reading, Trial

_LETTERS = "letters outside the table"
_LONG = "one long spoken word"
_TALK = "interjections and chat words"
_ENDLESS = "a word beyond any language's length"
# --- letters ------------------------------------------------------------------------------------------------------
_FOLDED = [
    ("Doctor Nguyễn will see you now.", "Doctor Nguyen will see you now."),
    ("Our guide in Hà Nội was Trần Thị Hồng.", "Our guide in Hà Noi was Tran Thi Hong."),
    ("The president, Nguyễn Xuân Phúc, spoke.", "The president, Nguyen Xuân Phúc, spoke."),
    ("We flew to Đà Nẵng and then to Huế.", "We flew to Đà Nang and then to Hue."),
    ("Phở and bún chả for lunch!", "Pho and bún cha for lunch!"),
    ("Ọlá and Ṣọlá met an ọba.", "Ola and Sola met an oba."),
    ("Her name is Adékúnlé Ọmọ́táyọ̀.", "Her name is Adékúnlé Omotayo."),
    ("He quoted the Ṛgveda and the Mahābhārata.", "He quoted the Rgveda and the Mahābhārata."),
    ("Kṛṣṇa speaks to Arjuna.", "Krsna speaks to Arjuna."),
    ("The Upaniṣads and Patañjali's sūtras.", "The Upanisads and Patañjali's sūtras."),
    ("Muḥammad ibn Mūsā al-Khwārizmī wrote it.", "Muhammad ibn Mūsā al-Khwārizmī wrote it."),
    ("The caliph ʿUmar met ʿAlī.", "The caliph Umar met Alī."),
    ("Ṣalāḥ al-Dīn took the city.", "Salāh al-Dīn took the city."),
    ("It is written in the Qurʾān.", "It is written in the Qurān."),
    ("Heydər Əliyev was born in Naxçıvan.", "Heydar Aliyev was born in Naxçivan."),
    ("Caf\u0065\u0301 and na\u0069\u0308ve are two words.", "Café and naïve are two words."),
    ("Nguye\u0302\u0303n decomposed is the same man.", "Nguyen decomposed is the same man."),
    ("H\u0336e\u0336l\u0336l\u0336o\u0336 is struck out.", "Hello is struck out."),
    ("T\u0310\u0342h\u0311\u0303e\u0324 word is haunted.", "The word is haunted."),
    ("The oﬃcial ﬁle was oﬀered.", "The official file was offered."),
    ("A ﬂoating ﬁsh.", "A floating fish."),
    ("𝐓𝐡𝐢𝐬 𝐢𝐬 𝐛𝐨𝐥𝐝.", "This is bold."),
    ("𝒮𝒾𝓁𝓀𝓎 script.", "Silky script."),
    ("𝔊𝔬𝔱𝔥𝔦𝔠 letters and 𝕕𝕠𝕦𝕓𝕝𝕖 ones.", "Gothic letters and double ones."),
    ("𝖶𝖾 𝗐𝗂𝗅𝗅 come.", "We will come."),
    ("𝙼𝚘𝚗𝚘 space.", "Mono space."),
    ("Ｆｕｌｌ ｗｉｄｔｈ.", "Full width."),
    ("ⓗⓔⓛⓛⓞ there.", "hello there."),
    ("ⒽⒺⓁⓁⓄ there.", "hello there."),
    ("🅷🅴🅻🅻🅾 there.", "Hello there."),
    ("🄷🄴🄻🄻🄾 there.", "Hello there."),
    ("ᴛʜɪs ɪs sᴍᴀʟʟ.", "this is small."),
    ("Step ① is easy.", "Step one is easy."),
    ("Step ⑫ is hard.", "Step twelve is hard."),
    ("Take ❷ of them.", "Take two of them."),
    ("Chapter Ⅶ begins.", "Chapter seven begins."),
    ("№ 9 is missing.", "number nine is missing."),
    ("The ℒove letter.", "The Love letter."),
    ("The ᵗⁱⁿʸ text.", "The tiny text."),
    ("She took the 2ⁿᵈ train.", "She took the second train."),
    ("ɓeri and ɗaya are Hausa.", "beri and daya are Hausa."),
    ("The Ḥanukkah lights.", "The Hanukkah lights."),
    ("Shāh ʿAbbās built Iṣfahān.", "Shāh Abbās built Isfahān."),
    ("O ẹgbọn mi.", "O egbon mi."),
    ("Ẽ and ỹ are Guaraní letters.", "E and y are Guaraní letters."),
    ("Mt. Ruapehu and Whāngārei Ḡ.", "Mount Ruapehu and Whāngārei G."),
    ("He said ʻaloha.", "He said aloha."),
    ("ʃip or sheep.", "ship or sheep."),
]
_FOLDED_ELSEWHERE = [
    ("es", "El doctor Nguyễn vive en Đà Nẵng.", "El doctor Nguyen vive en Đà Nang."),
    ("es", "Leí el Ṛgveda y el Qurʾān.", "Leí el Rgveda y el Qurān."),
    ("es", "𝐇𝐨𝐥𝐚 amigos.", "Hola amigos."),
    ("es", "Vamos a Hawaiʻi mañana.", "Vamos a Hawaii mañana."),
    ("fr-fr", "Le docteur Nguyễn est arrivé.", "Le docteur Nguyen est arrivé."),
    ("fr-fr", "La ﬁn du ﬁlm.", "La fin du film."),
    ("fr-fr", "Ṣalāḥ habite à Ḥaïfa.", "Salāh habite à Haïfa."),
    ("fr-fr", "Elle a dit ⓑⓞⓝⓙⓞⓤⓡ.", "Elle a dit bonjour."),
    ("it", "Il dottor Nguyễn abita qui.", "Il dottor Nguyen abita qui."),
    ("it", "ʿAlī e Muḥammad sono amici.", "Alī e Muhammad sono amici."),
    ("it", "𝗖𝗶𝗮𝗼 a tutti.", "Ciao a tutti."),
    ("pt-br", "O doutor Nguyễn mora aqui.", "O doutor Nguyen mora aqui."),
    ("pt-br", "Ọbatala é um orixá.", "Obatala é um orixá."),
    ("pt-br", "Ｏｂｒｉｇａｄｏ a todos.", "Obrigado a todos."),
    ("hi", "डॉक्टर Nguyễn आए हैं।", "डॉक्टर Nguyen आए हैं।"),
    ("hi", "यह Muḥammad का घर है।", "यह Muhammad का घर है।"),
    ("ja", "Nguyễn", "Nguyen"),
    ("ja", "Ḥanukkah", "Hanukkah"),
    ("zh", "Nguyễn", "Nguyen"),
    ("en-gb", "Doctor Nguyễn has a ﬂat.", "Doctor Nguyen has a flat."),
]
# A word in another script sounds as in the language that it is of, whatever is spoken around it.
_SCRIPTS = [
    ("ru", "Москва"), ("el", "Ελλάδα"), ("he", "שלום"), ("ar", "مرحبا"), ("ka", "გამარჯობა"), ("hy", "Բարեւ"),
    ("am", "ሰላም"), ("hi", "नमस्ते"), ("ta", "தமிழ்"), ("te", "తెలుగు"), ("or", "ଓଡ଼ିଆ"), ("th", "ภาษา"), ("ko", "한국"),
    ("ja", "カタカナ"), ("kk", "Қазақстан"), ("ml", "മലയാളം"), ("si", "සිංහල"),
]  # fmt: skip
_UNREAD = ["ភាសាខ្មែរ", "ພາສາລາວ", "བོད", "ᏣᎳᎩ", "ᠮᠣᠩᠭᠣᠯ", "ⵜⵉⴼⵉⵏⴰⵖ"]
READINGS = [Reading(_LETTERS, written, spoken) for written, spoken in _FOLDED]
READINGS += [Reading(_LETTERS, written, spoken, language) for language, written, spoken in _FOLDED_ELSEWHERE]


def _symbols(text: str, language: str) -> list[str]:
    from generators.voice.frontend.frontend import phonemize_text

    return [phone.symbol for words in phonemize_text(text, language) for word in words for phone in word.phones]


def _reads_in_its_language(word: str, own: str, language: str) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        before, behind = _symbols("Anna.", language), _symbols("Otto.", language)
        said = _symbols(f"Anna. {word}. Otto.", language)
        assert said[: len(before)] == before and said[-len(behind) :] == behind, said
        middle = said[len(before) : -len(behind)]
        n_own = len(_symbols(word, own))
        assert 0 < len(middle) <= n_own + 2, f"{len(middle)} sounds instead of {n_own}"

    return check


def _is_left_out(word: str, language: str) -> Callable[[Path], None]:
    """The sentence sounds as without it, and one notice names it."""

    def check(folder: Path) -> None:
        from generators.voice.frontend.frontend import phonemize_request

        told: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: told.append(record.getMessage())
        logging.getLogger("checkpoints").addHandler(handler)
        try:
            read = list(phonemize_request(f"Anna {word} Otto.", language))
        finally:
            logging.getLogger("checkpoints").removeHandler(handler)
        assert [word.text for words in read for word in words] == ["Anna", "Otto"], read
        assert len(told) == 1 and word in told[0], told

    return check


def _is_refused(text: str) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        from checkpoints.errors import BadInput
        from generators.voice.frontend.letters import check_script

        try:
            check_script(text)
        except BadInput as refusal:
            assert str(refusal).count(".") == 1, refusal
        else:
            raise AssertionError("It is not refused.")

    return check


TRIALS = [
    Trial(_LETTERS, f"{word} in {language}", _reads_in_its_language(word, own, language))
    for i, (own, word) in enumerate(_SCRIPTS)
    for language in ("en-us", ("es", "fr-fr", "it", "pt-br", "hi", "ja", "zh")[i % 7])
    if own != language
]
TRIALS += [
    Trial(_LETTERS, f"{word} is left out in {language}", _is_left_out(word, language))
    for i, word in enumerate(_UNREAD)
    for language in (("en-us", "es"), ("en-us", "hi"), ("en-us", "fr-fr"))[i % 3]
]
TRIALS += [
    Trial(_LETTERS, f"nothing but {text}", _is_refused(text))
    for text in ("ភាសាខ្មែរ", "ພາສາລາວ!", "བོད་སྐད 2024", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ")
]

# --- one long word ------------------------------------------------------------------------------------------------

_SHA_512 = (
    "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
    "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043"
)
_BASE_64 = "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsuIFRoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciB0aGUgbGF6eSBkb2cu" * 4
_COMPOUND = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
_WITHOUT_END = [
    ("a hundred digits", "1234567890" * 10, "en-us"),
    ("a thousand digits", "31415926535" * 91, "en-us"),
    ("a hundred digits", "2718281828" * 10, "es"),
    ("a hundred digits", "1618033988" * 10, "fr-fr"),
    ("SHA-512", _SHA_512, "en-us"),
    ("SHA-512", _SHA_512, "it"),
    ("SHA-512 in capitals", _SHA_512.upper(), "en-gb"),
    ("base64", _BASE_64, "en-us"),
    ("base64", _BASE_64 + "==", "pt-br"),
    ("a compound times five", _COMPOUND * 5, "en-us"),
    ("an address", "https://example.com/" + "some/long-path/to_a.file/" * 20 + "end", "en-us"),
    ("an address", "https://example.es/" + "ruta/larga/" * 45, "es"),
    ("a cry", "a" * 400, "en-us"),
    ("a cry", "o" * 400, "it"),
    ("laughter", "ha" * 100, "en-us"),
    ("laughter", "ja" * 150, "es"),
    ("300 letters without a vowel", "bcdfghjklmnpqrstvwxz" * 15, "en-us"),
    ("300 letters without a vowel", "bcdfghjklmnpqrstvwxz" * 15, "hi"),
    ("a dotted name", "org.example.product." * 30 + "Main", "en-us"),
    ("a chain of hyphens", "never-ending-" * 40 + "story", "en-us"),
    ("a chain of hyphens", "porte-manteau-" * 40 + "fin", "fr-fr"),
    ("a chain of underscores", "_".join(["snake", "case"] * 60), "en-us"),
    ("Devanagari without a space", "नमस्तेभारत" * 40, "hi"),
    ("Cyrillic without a space", "достопримечательность" * 30, "en-us"),
    ("letters with marks", "Nguyễn" * 80, "en-us"),
    ("every third a digit", "ab1" * 120, "en-us"),
]  # fmt: skip


def _is_cut(word: str, language: str) -> Callable[[Path], None]:
    """Parts that the model can take, with every sound of the word in order and no other word lost."""

    def check(folder: Path) -> None:
        from generators.voice.frontend.chunks import cut
        from generators.voice.frontend.frontend import phonemize_text
        from generators.voice.kokoro import KokoroConfig

        read = phonemize_text(f"Anna {word} Otto.", language)
        try:
            parts = list(cut(read, KokoroConfig()))
        except KeyError as error:
            raise AssertionError("It cannot be cut.") from error
        phones = lambda words: [phone.symbol for word in words for phone in word.phones]  # noqa: E731
        whole, in_parts = (phones([w for words in group for w in words]) for group in (read, parts))
        assert whole == in_parts, f"{len(whole) - len(in_parts)} sounds are lost"
        assert max(sum(len(w.tokens) + len(w.after) + 1 for w in part) for part in parts) <= KokoroConfig.most_tokens
        assert {w.text for w in parts[0]} | {w.text for w in parts[-1]} >= {"Anna", "Otto"}

    return check


def _is_one_word_of_speech(word: str, voice: str) -> Callable[[Path], None]:
    """Kokoro says it; it is one word with its times, and so are its neighbours."""

    def check(folder: Path) -> None:
        from generators.contracts import join_speech
        from generators.voice.kokoro import KokoroVoice

        try:
            speech = join_speech(KokoroVoice.from_pretrained().stream(f"Hi {word} now.", voice=voice))
        except KeyError as error:
            raise AssertionError("It cannot be said.") from error
        assert [w.text for w in speech.words] == ["Hi", word, "now"], [w.text[:20] for w in speech.words]
        assert all(a.end_s <= b.start_s + 0.02 for a, b in zip(speech.words, speech.words[1:], strict=False))
        assert speech.words[1].end_s - speech.words[1].start_s > 4
        assert {phone.word_index for phone in speech.phones} == {0, 1, 2}

    return check


TRIALS += [Trial(_LONG, f"{name}, {language}", _is_cut(word, language)) for name, word, language in _WITHOUT_END]
TRIALS += [
    Trial(_LONG, f"{name}, said by {voice}", _is_one_word_of_speech(word, voice))
    for name, word, voice in (("letters", "bcdfgh" * 12, "af_heart"), ("syllables", "patakalomi" * 18, "em_alex"))
]

# --- a word beyond any language -----------------------------------------------------------------------------------

_READS = """
import sys
from generators.voice.frontend.g2p import ipa, phonemize_words
word, language = sys.argv[1] * 40, sys.argv[2]
(read,) = phonemize_words(word, language)
print(sum(p.symbol == sys.argv[3] for p in read.phones), sum(c == sys.argv[3] for c in ipa(word, language)))
"""


def _is_read_to_its_end(syllables: str, language: str, sound: str) -> Callable[[Path], None]:
    """In a process of its own, every one of forty times; `sound` is in the syllables once."""

    def check(folder: Path) -> None:
        command = [sys.executable, "-c", _READS, syllables, language, sound]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, f"it ends with {run.returncode}"
        assert run.stdout.split() == ["40", "40"], run.stdout

    return check


TRIALS += [
    Trial(_ENDLESS, f"{syllables} without end, {language}", _is_read_to_its_end(syllables, language, sound))
    for syllables, language, sound in (
        ("pataluki", "es", "k"), ("mofibanu", "it", "f"), ("lodimepa", "de", "m"), ("tonifala", "en-us", "f"),
        ("पिताकमला", "hi", "t"),
    )
]  # fmt: skip

# --- talk ---------------------------------------------------------------------------------------------------------

_TALKED = [
    ("Hm, let me think.", "Hmm, let me think."),
    ("HMM, I see.", "Hmm, I see."),
    ("Hmmmmm, maybe.", "Hmm, maybe."),
    ("Mmmmm, tasty.", "Mmm, tasty."),
    ("Shhhhh, be quiet.", "Shh, be quiet."),
    ("SHHH, be quiet.", "Shh, be quiet."),
    ("Psssst, over here.", "Psst, over here."),
    ("Pffft, whatever.", "Pfft, whatever."),
    ("Brrrrr, it is cold.", "Brr, it is cold."),
    ("Awwwww, so cute.", "Aww, so cute."),
    ("Ughhhh, not again.", "Ugh, not again."),
    ("Eww, gross.", "Ew, gross."),
    ("Ewwwww, gross.", "Ew, gross."),
    ("Aaaah, I see.", "Ah, I see."),
    ("Ohhhhh, I see.", "Oh, I see."),
    ("Oooooh, shiny.", "Ooh, shiny."),
    ("Tsk tsk, shame.", "Tisk tisk, shame."),
    ("Uhm, no.", "Um, no."),
    ("Uhhhh, no.", "Uh, no."),
    ("Sooo good.", "So good."),
    ("Nooooo, stop.", "No, stop."),
    ("NOOOO, stop.", "No, stop."),
    ("Yessss, we won.", "Yes, we won."),
    ("Whaaat is this?", "What is this?"),
    ("Heyyyy there.", "Hey there."),
    ("Helloooo there.", "Hello there."),
    ("That is sooooo coooool.", "That is so cool."),
    ("A looooong way.", "A long way."),
    ("It is reaaaally goooood.", "It is really good."),
    ("Pleeeease come.", "Please come."),
    ("I am sorrrry.", "I am sorry."),
    ("Yaaaay, we won.", "Yay, we won."),
    ("Wooooow, nice.", "Wow, nice."),
    ("Byeeee, see you.", "Bye, see you."),
    ("btw, he left.", "by the way, he left."),
    ("BTW, he left.", "by the way, he left."),
    ("idk where it is.", "I don't know where it is."),
    ("brb, dinner.", "be right back, dinner."),
    ("imo it works.", "in my opinion it works."),
    ("IMHO it works.", "in my humble opinion it works."),
    ("tbh I like it.", "to be honest I like it."),
    ("ngl, it was fun.", "not gonna lie, it was fun."),
    ("afaik it works.", "as far as I know it works."),
    ("ttyl, friend.", "talk to you later, friend."),
    ("smh, again.", "shaking my head, again."),
    ("We met irl once.", "We met in real life once."),
    ("I was jk.", "I was just kidding."),
    ("thx for that.", "thanks for that."),
    ("Pls come, plz.", "Please come, please."),
    ("nvm, it works.", "never mind, it works."),
    ("How r u?", "How are you?"),
    ("I like ur hat.", "I like your hat."),
    ("I left b/c it rained.", "I left because it rained."),
    ("Tea w/ milk, coffee w/o sugar.", "Tea with milk, coffee without sugar."),
    ("That is so funny, LOL.", "That is so funny, lol."),
    ("Wtf, why?", "W.T.F., why?"),
    ("OMG, it is you.", "O.M.G., it is you."),
    ("fyi, it is closed.", "F.Y.I., it is closed."),
    ("I will dm you.", "I will D.M. you."),
    ("Mary aka Molly.", "Mary A.K.A. Molly."),
    ("Please rsvp by noon.", "Please R.S.V.P. by noon."),
    ("A diy shelf.", "A D.I.Y. shelf."),
    ("Read the faq first.", "Read the F.A.Q. first."),
    ("TL;DR, it works.", "T.L.D.R., it works."),
    ("What is the eta?", "What is the E.T.A.?"),
]
_ONE_SYLLABLE = [
    "Mhmm",
    "Grr",
    "Grrrr",
    "Zzz",
    "ZZZZ",
    "Hmph",
    "Pff",
    "Bzzt",
    "Psh",
    "Mwah",
    "Muah",
    "Brr",
    "Hrmm",
    "Mkay",
]

READINGS += [Reading(_TALK, written, spoken) for written, spoken in _TALKED]


def _is_not_spelled(word: str, language: str) -> Callable[[Path], None]:
    """At most a sound for each of its letters: each letter's name would be two or three."""

    def check(folder: Path) -> None:
        said = _symbols(f"{word}!", language)
        assert 0 < len(said) <= len(word) and sum(symbol in _VOWELS for symbol in said) <= 1, said

    return check


_VOWELS = frozenset(["ɑ", "ɪ", "i", "ɛ", "ə", "ʌ", "ʊ", "u", "ɔ", "æ", "ɜ", "ɐ", "eɪ", "aɪ", "oʊ", "əʊ", "aʊ", "ɔɪ"])
TRIALS += [
    Trial(_TALK, f"{word}!, {language}", _is_not_spelled(word, language))
    for i, word in enumerate(_ONE_SYLLABLE)
    for language in (("en-us", "en-gb")[i % 2],)
]
