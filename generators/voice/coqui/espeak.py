"""Text to the phonemes that Coqui's models were trained with, by the espeak-ng library that the product has already.

Coqui starts the program espeak-ng, which many machines lack, for every sentence. Both write the same IPA.
"""

from __future__ import annotations

import re

from generators.voice.frontend import homographs
from generators.voice.frontend.g2p import ipa

_SWITCH = re.compile(r"\([^)]*\)")  # (en)…(fr): espeak's notes that it reads a foreign word


class EspeakPhonemizer:
    """In place of Coqui's own, of which its tokenizer asks only `phonemize`."""

    def __init__(self, language: str) -> None:
        self.language = language

    def phonemize(self, text: str, separator: str = "", language: str | None = None) -> str:
        """IPA with the punctuation where it was; `language` is left aside, as by Coqui's."""
        from TTS.tts.utils.text.punctuation import Punctuation

        marks = Punctuation()
        pieces, punctuation = marks.strip_to_restore(text.strip())
        return marks.restore([self._ipa(piece) for piece in pieces], punctuation)[0]

    def _ipa(self, text: str) -> str:
        said = _SWITCH.sub("", ipa(text, self.language.lower()).replace("^", "")).strip()
        words = text.split()
        return homographs.amended(said, words, homographs.readings(words), self.language.lower())
