"""espeak-ng, the phonemiser: text to its own IPA, one language at a time."""

from __future__ import annotations

import ctypes
import re
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

from checkpoints.errors import BadInput

_LONGEST_DATA_PATH = 120  # espeak keeps its data path in a buffer of 160 bytes and cuts longer ones
_IPA_WITH_TIES = 0x02 | 0x80 | (ord("^") << 8)
_UTF8 = 1
_LONGEST_WORD_BYTES = 100  # of UTF-8; the buffers that espeak keeps for a word are not guarded everywhere
_LONG_RUN = re.compile(r"[^ \n]{25,}")  # 100 bytes are 25 letters at least; espeak parts words at these alone
_SEAM = re.compile(r".*(?:[-‐‑.·_&+']|[aeiouyäöüáéíóúàèìòùâêîôû](?=[^\Waeiouy\d_][aeiouy]))")
_ALIASES = {"en": "en-us", "en-gb": "en-gb-x-rp", "en-uk": "en-gb-x-rp", "zh": "cmn", "fr": "fr-fr"}


class _Voice(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("languages", ctypes.c_void_p), ("identifier", ctypes.c_char_p)]


class _Espeak:
    """The one espeak of this process; its state is global, so every call holds the lock."""

    def __init__(self) -> None:
        import espeakng_loader

        self._lock = threading.Lock()
        self._language = ""
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        data_path = espeakng_loader.get_data_path()
        if len(data_path.encode()) > _LONGEST_DATA_PATH:
            self._short_folder = tempfile.TemporaryDirectory(prefix="espeak-")  # goes when the process ends
            link = Path(self._short_folder.name) / "espeak-ng-data"
            link.symlink_to(data_path, target_is_directory=True)
            data_path = str(link)
        output_synchronous, do_not_exit = 2, 0x8000
        if self._library.espeak_Initialize(output_synchronous, 0, str(data_path).encode(), do_not_exit) <= 0:
            raise BadInput(f"espeak-ng cannot read its data in {data_path}.")
        self._identifiers = self._list_voices()

    def _list_voices(self) -> dict[str, bytes]:
        identifiers: dict[str, bytes] = {}
        voices = self._library.espeak_ListVoices(None)
        i = 0
        while voices[i]:
            voice, i = voices[i].contents, i + 1
            at = voice.languages
            while ctypes.string_at(at, 1) != b"\0":  # a priority byte, a name, again, until a zero byte
                name = ctypes.string_at(at + 1)
                identifiers.setdefault(name.decode().lower(), voice.identifier)
                at += len(name) + 2
        return identifiers

    def languages(self) -> list[str]:
        return sorted(self._identifiers)

    def ipa(self, text: str, language: str) -> str:
        """espeak's own IPA of a text, ties as ^, its groups between spaces."""
        text = _LONG_RUN.sub(lambda found: " ".join(in_pieces(found.group())), text)
        code = _ALIASES.get(language, language)
        if code not in self._identifiers:
            raise BadInput(f"There is no pronunciation for the language “{language}”.")
        with self._lock:
            if self._language != code:
                self._library.espeak_SetVoiceByName(self._identifiers[code])
                self._language = code
            buffer = ctypes.create_string_buffer(text.replace("\0", " ").encode("utf-8", "ignore"))
            at, parts = ctypes.c_void_p(ctypes.addressof(buffer)), []
            while at.value:
                part = self._library.espeak_TextToPhonemes(ctypes.byref(at), _UTF8, _IPA_WITH_TIES)
                parts.append((part or b"").decode("utf-8", "ignore"))
        return " ".join(parts)


_MAKING = threading.Lock()  # two would spoil each other's state


def _espeak() -> _Espeak:
    with _MAKING:
        return _made_espeak()


@lru_cache(maxsize=1)
def _made_espeak() -> _Espeak:
    return _Espeak()


def languages() -> list[str]:
    """The language codes that can be pronounced."""
    return _espeak().languages()


def ipa(text: str, language: str) -> str:
    """espeak's own IPA of a text, ties as ^, its groups between spaces; `BadInput` for a language it does not know."""
    return _espeak().ipa(text, language)


def in_pieces(word: str) -> list[str]:
    """A word in pieces that espeak's buffers hold, cut behind a hyphen or dot or where a syllable ends if it can be."""
    pieces = []
    while len(word.encode("utf-8", "ignore")) > _LONGEST_WORD_BYTES:
        most = word.encode("utf-8", "ignore")[:_LONGEST_WORD_BYTES].decode("utf-8", "ignore")
        seam = _SEAM.match(most, len(most) // 2)
        pieces.append(word[: seam.end() if seam else len(most)])
        word = word[len(pieces[-1]) :]
    return [*pieces, word]
