"""Captions read back: from SubRip and WebVTT files, and from the words in the report of a clip."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from checkpoints.errors import BadInput
from checkpoints.text_files import read_text_file
from generators.contracts import Word
from studio.media.captions import Caption, as_written

SUFFIXES = (".srt", ".vtt")
_CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}")
_TAGS = re.compile(r"</?[a-zA-Z][^>]*>|<[\d:.]+>|\{\\[^}]*\}")  # styles, moments within a caption, places on the screen


def read_captions(path: str | Path) -> list[Caption]:
    """The captions of an SRT or VTT file in the order of their times; styles are left out.

    Raises:
        BadInput: There is no such file, it is no text, or it holds no caption.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no file with captions at {path}.")
    lines = read_text_file(path).splitlines()
    timed = [(i, found) for i, line in enumerate(lines) if (found := _TIMES.match(line))]
    captions = [_caption(times, _text_behind(lines, i), path.suffix.lower() == ".vtt") for i, times in timed]
    captions = sorted((c for c in captions if c.text and c.end_s > c.start_s), key=lambda c: c.start_s)
    if not captions:
        raise BadInput(f"{path} holds no captions; it must be an SRT or VTT file.")
    return captions


def _text_behind(lines: Sequence[str], at: int) -> list[str]:
    """The lines from a time line's next one to an empty one."""
    text = []
    for line in lines[at + 1 :]:
        if not line.strip() or _TIMES.match(line):
            break
        text.append(line.strip())
    return text


def _caption(times: re.Match[str], text: Sequence[str], is_vtt: bool) -> Caption:
    plain = _TAGS.sub("", "\n".join(text))
    clocks = times.groups(default="0")
    return Caption(_seconds(*clocks[:4]), _seconds(*clocks[4:]), unescape(plain) if is_vtt else plain)


def _seconds(hours: str, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction) / 10 ** len(fraction)


def words_of_report(report: Mapping[str, Any]) -> list[Word]:
    """The words in the report of a clip with their times, punctuated as in the text that was asked for."""
    words = [Word(str(text), float(start_s), float(end_s)) for text, start_s, end_s in report.get("words") or ()]
    text = _plain_text((report.get("request") or {}).get("text"))
    placed = _found_in(words, text)
    return words if placed is None else as_written(placed, text)


def _plain_text(text: str | None) -> str:
    if not text:
        return ""
    from studio.script import parse_script

    return parse_script(text).text


def _found_in(words: Sequence[Word], text: str) -> list[Word] | None:
    """The words with the places where they stand in a text; None where they are not all found there, in order."""
    found, end = [], 0
    for word in words:
        start = text.find(word.text, end)
        if start < 0:
            return None
        end = start + len(word.text)
        found.append(replace(word, char_start=start, char_end=end))
    return found
