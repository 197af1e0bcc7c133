"""Text as people write it, to sentences of words with their sounds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from generators.voice.frontend import homographs
from generators.voice.frontend.context import Sentence, WrittenWord
from generators.voice.frontend.g2p import PUNCTUATION, PhonemizedWord, Pronunciation, SpokenPhone, pronounce, word_spans
from generators.voice.frontend.letters import check_script, is_read
from generators.voice.frontend.normalise import iter_sentences
from generators.voice.prosody.prosody import ProsodyOverText, prosody_at

_LONGEST_TEXT_S = 3600
_CHARS_PER_S = 15
_MOST_NAMED = 8  # of the words that are left out


def check_request(text: str, prosody: ProsodyOverText | None) -> None:
    """What every voice refuses before any work: raise `BadInput` for a text in a script that cannot be read or of more
    than an hour, and for a prosody that is none."""
    check_script(text)
    if len(text) > _LONGEST_TEXT_S * _CHARS_PER_S:
        raise BadInput(f"The text is {len(text)} characters long, more than an hour of speech; cut it into parts.")
    prosody_at(prosody, [0])


def phonemize_request(text: str, language: str) -> Iterator[list[PhonemizedWord]]:
    """As `phonemize_sentences`, but `BadInput` at once where there is none, and a notice of what cannot be read."""
    _tell_unread(text, language)
    read = phonemize_sentences(text, language)
    first = next(read, None)
    if first is None:
        raise BadInput("The text holds no words to speak.")
    return chain([first], read)


def _tell_unread(text: str, language: str) -> None:
    if text.isascii():
        return
    spans = word_spans(text)
    words = dict.fromkeys(text[start:end] for start, end in spans if not is_read(text[start:end], language))
    if words:
        named = ", ".join(f"“{word}”" for word in list(words)[:_MOST_NAMED]) + (
            " …" if len(words) > _MOST_NAMED else ""
        )
        notice(f"Left out, as no voice here reads their letters: {named}.")


def phonemize_text(text: str, language: str = "en-us") -> list[list[PhonemizedWord]]:
    """The sentences of `text`, each word with its place, its sounds and the punctuation after it.

    A word as written may be several to the ear: "$5.20" is one, its tokens those of five spoken words with spaces
    between. Words that nothing is said for are left out, and so are sentences without any.
    """
    return list(phonemize_sentences(text, language))


def phonemize_sentences(text: str, language: str = "en-us") -> Iterator[list[PhonemizedWord]]:
    """As `phonemize_text`, one sentence at a time."""
    for sentence in iter_sentences(text, language):
        if words := _read_sentence(sentence, language):
            yield words


def _read_sentence(sentence: Sentence, language: str) -> list[PhonemizedWord]:
    """Pronounce clause by clause, as far as no punctuation stands between words."""
    said: list[list[Pronunciation]] = [[] for _ in sentence]
    clause: list[tuple[int, str, str]] = []
    meant = readings_of(sentence)
    for i, word in enumerate(sentence):
        for j, spoken in enumerate(word.spoken):
            clause.append((i, spoken.rstrip(PUNCTUATION) if spoken[-1] == "," else spoken, meant[i][j]))
            closed = spoken[-1] == "," or (j == len(word.spoken) - 1 and word.after)
            if closed or (i == len(sentence) - 1 and j == len(word.spoken) - 1):
                owners, words, readings = zip(*clause, strict=True)
                for owner, sound in zip(owners, pronounce(words, language, readings), strict=True):
                    said[owner].append(sound)
                clause = []
    joined = [_joined(*parts) for parts in zip(sentence, said, meant, strict=True)]
    return [word for word in joined if word.phones]


def readings_of(sentence: Sentence) -> list[tuple[str, ...]]:
    """For each word as written the readings meant of its spoken words, told by the whole sentence; see `homographs`."""
    words = [spoken for word in sentence for spoken in word.spoken]
    marks = [mark for word in sentence if word.spoken for mark in (*[""] * (len(word.spoken) - 1), word.after)]
    meant = iter(homographs.readings(words, marks))
    return [tuple(islice(meant, len(word.spoken))) for word in sentence]


def _later(phones: tuple[SpokenPhone, ...], by: int) -> list[SpokenPhone]:
    """The phones with their places so many tokens further on."""
    return [SpokenPhone(p.symbol, p.stress, p.token_start + by, p.token_end + by) for p in phones]


def _joined(word: WrittenWord, said: list[Pronunciation], meant: tuple[str, ...]) -> PhonemizedWord:
    tokens, phones, heard = "", [], []
    for spoken, sound, reading in zip(word.spoken, said, meant, strict=True):
        if not sound.phones:
            continue
        if tokens:
            tokens += " "
        heard.append((spoken, reading))
        phones += _later(sound.phones, len(tokens)) if tokens else sound.phones
        tokens += sound.tokens + ("," if spoken[-1] == "," else "")
    spoken, readings = zip(*heard, strict=True) if heard else ((), ())
    return PhonemizedWord(
        word.text, word.char_start, word.char_end, tokens, tuple(phones), word.after, spoken, readings
    )
