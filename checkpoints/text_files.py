"""Text as people's files hold it: UTF-8, UTF-16 and UTF-32 with or without a mark, or Windows-1252.

It lives in the lowest package because messages, scripts and tracks all come in so.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from checkpoints.errors import BadInput
from checkpoints.notices import notice

_MARKS = (  # UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # no text holds these; \x1b begins a terminal's colours
_HIGH = re.compile(rb"[\x80-\xff]")
_MOST_HIGH_SHARE = 0.35  # of the letters of a text in a language that Windows-1252 is for
_ENOUGH_PAIRS = 2


def read_text_file(path: str | Path) -> str:
    """The text in a file, in whatever encoding it can be told to be; `BadInput` where it is none."""
    return decode_text(Path(path).read_bytes(), str(path))


def decode_text(data: bytes, name: str) -> str:
    """Bytes as text. `name` is what a sentence about them begins with; a text in Windows-1252 is noticed."""
    encoding = _encoding_of(data)
    if encoding is None:
        raise BadInput(f"{name} is no text in UTF-8, UTF-16 or Windows-1252; save it as UTF-8.")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise BadInput(f"{name} is a damaged text in {encoding.upper()}; save it as UTF-8.") from None
    if encoding == "cp1252":
        notice(f"{name} is not UTF-8 and was read as Windows-1252; save it as UTF-8 if letters are wrong.")
    return text


def is_text(start: bytes, torn: bool = False) -> bool:
    """Whether bytes are text; `torn` where they are only the beginning of a file and may end within a character."""
    return _encoding_of(start[: len(start) // 4 * 4] if torn and len(start) > 4 else start, torn) is not None


def _encoding_of(data: bytes, torn: bool = False) -> str | None:
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return marked
    if _CONTROL.search(data):
        return _unmarked_utf16(data)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=not torn)
        return "utf-8"
    except UnicodeDecodeError:
        return "cp1252" if _is_western(data) else None


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 of a text that is mostly Latin: most of its characters have a zero byte on the same side."""
    for high, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        pairs = len(data) // 2
        if pairs >= _ENOUGH_PAIRS and len(data) % 2 == 0 and data[high::2].count(0) > pairs / 2:
            text = data.decode(encoding, "replace")
            return None if _CONTROL.search(text.encode("utf-8")) else encoding
    return None


def _is_western(data: bytes) -> bool:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = sum(char.isalpha() for char in text)
    return len(_HIGH.findall(data)) <= _MOST_HIGH_SHARE * max(1, letters)
