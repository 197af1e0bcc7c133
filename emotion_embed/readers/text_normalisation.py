"""How a text is written before a model reads it: emoji in words, drawn-out letters short."""

from __future__ import annotations

import re
import unicodedata

# Emoji whose Unicode names say little of what people mean by them; every other one is read by its name.
_MEANINGS = {
    "❤": "love, red heart", "♥": "love, red heart", "💔": "broken heart", "👍": "thumbs up", "👎": "thumbs down",
    "🙏": "thank you, praying hands", "😂": "face with tears of joy, laughing", "🤣": "rolling on the floor laughing",
    "😭": "loudly crying face", "😢": "crying face", "🎉": "party, celebration", "💀": "dead from laughing",
    "😡": "angry pouting face", "😠": "angry face", "🤬": "furious swearing face", "😱": "face screaming in fear",
    "🥰": "smiling face with hearts, love", "😍": "smiling face with heart eyes, love", "🔥": "fire, amazing",
    "🙄": "rolling eyes, annoyed", "🥺": "pleading sad face", "😤": "annoyed, huffing face",
    "🤮": "vomiting, disgusted",
    "☹": "frowning sad face", "☺": "smiling happy face", "😊": "smiling happy face", "🤢": "nauseated, disgusted face",
}  # fmt: skip
# Faces made of marks, the longer ones first.
_EMOTICONS = (
    (re.compile(r"(?<!\w)[:=]'-?\("), " crying face "),
    (re.compile(r"(?<!\w)[:=;]-?[)\]](?!\w)"), " smiling happy face "),
    (re.compile(r"(?<!\w)[:=]-?[(\[](?!\w)"), " frowning sad face "),
    (re.compile(r"(?<!\w)(?:[:=]-?D|[xX]D)(?!\w)"), " laughing face "),
    (re.compile(r"(?<![\w<])<3(?!\w)"), " love, red heart "),
)
_DROPPED = {0x200D, 0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)}  # joiners, variation selectors, skin tones
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_SPACE = re.compile(r"\s+")


def normalise_text(text: str) -> str:
    """The text as the model reads it: "soooo 😭" → "soo loudly crying face"; white space becomes single spaces."""
    for emoticon, words in _EMOTICONS:
        text = emoticon.sub(words, text)
    pieces = []
    for letter in unicodedata.normalize("NFKC", text):
        if ord(letter) in _DROPPED:
            continue
        if unicodedata.category(letter) == "So":
            name = _MEANINGS.get(letter) or unicodedata.name(letter, "").lower()
            pieces.append(f" {name} ")
        else:
            pieces.append(" " if unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") else letter)
    return _SPACE.sub(" ", _DRAWN_OUT.sub(r"\1\1", "".join(pieces))).strip()
