"""Pasted SSML as the text that it speaks, in the marks of `studio.script`.

What is kept: the words, breaks (as `[pause 1.5s]`), emphasis (as `*word*`), sentences and paragraphs, `<sub>`'s alias,
entities. Every other tag only wraps its words. Nothing is fetched or expanded: a tag is never more than its name.
"""

from __future__ import annotations

import html
import re

from studio.pause_marks import break_s

_STARTS = re.compile(r"[\s\ufeff]*(?:<\?xml[^<>]*>\s*)?(?:<!DOCTYPE[^\[\]<>]*(?:\[[^\]]*\]\s*)?>\s*)?(?=<speak[\s/>])")
_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.-]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
# What opens here is no speech, up to what closes it; of a CDATA section the inside is.
_UNSPOKEN = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>", "<!": ">"}
_SILENT = frozenset({"desc", "metadata", "meta", "lexicon", "style", "script"})
_BLOCKS = frozenset({"p", "s", "speak", "paragraph", "sentence"})


def is_ssml(text: str) -> bool:
    """Whether a text is SSML: its first tag is `<speak>`."""
    return _STARTS.match(text) is not None


def from_ssml(ssml: str) -> str:
    """The marked text that a document in SSML speaks; broken markup loses its tags, never its words."""
    beginning = _STARTS.match(ssml)
    return _Reading().read(ssml[beginning.end() :] if beginning else ssml)


def attributes_of(tag: str) -> dict[str, str]:
    """The attributes in a tag, their names in small letters."""
    return {key.lower(): html.unescape(one or other) for key, one, other in _ATTRIBUTE.findall(tag)}


class _Reading:
    """Walks once through a document and gathers what is spoken."""

    def __init__(self) -> None:
        self.spoken = ""
        self.emphases: list[tuple[int, int]] = []
        self._open: list[int | None] = []  # where each open <emphasis> began; None for one that asks for none
        self._unspoken: str | None = None  # inside this element nothing is spoken

    def read(self, ssml: str) -> str:
        at = 0
        while (found := ssml.find("<", at)) >= 0:
            self._say(html.unescape(ssml[at:found]))
            at = self._markup(ssml, found)
        self._say(html.unescape(ssml[at:]))
        return self._with_emphases()

    def _markup(self, ssml: str, at: int) -> int:
        """Take in what begins with the < at `at`; where it ends."""
        for opening, closing in _UNSPOKEN.items():
            if ssml.startswith(opening, at):
                end = ssml.find(closing, at + len(opening))
                end = len(ssml) if end < 0 else end
                if opening == "<![CDATA[":
                    self._say(ssml[at + len(opening) : end])
                return min(len(ssml), end + len(closing))
        tag = _TAG.match(ssml, at)
        if not tag:
            self._say("<")
            return at + 1
        name = tag[2].lower().rpartition(":")[2]
        self._tag(name, attributes_of(tag[3]), closes=bool(tag[1]), empty=tag[3].rstrip().endswith("/"))
        return tag.end()

    def _tag(self, name: str, attributes: dict[str, str], closes: bool, empty: bool) -> None:
        if self._unspoken is not None:
            if closes and name == self._unspoken:
                self._unspoken = None
        elif name == "break":
            self._pause(0.0 if closes else break_s(attributes))
        elif name in _BLOCKS:
            self._new_block()
        elif name == "emphasis":
            self._emphasis(attributes, closes, empty)
        elif not closes and not empty and (name in _SILENT or (name == "sub" and attributes.get("alias"))):
            self._say(attributes.get("alias", "") if name == "sub" else "")
            self._unspoken = name

    def _emphasis(self, attributes: dict[str, str], closes: bool, empty: bool) -> None:
        if closes:
            start = self._open.pop() if self._open else None
            if start is not None:
                self.emphases.append((start, len(self.spoken.rstrip())))
        elif not empty:
            plain = attributes.get("level", "").lower() in ("none", "reduced")
            self._open.append(None if plain else len(self.spoken))

    def _say(self, text: str) -> None:
        if self._unspoken is None:
            said = re.sub(r"\s+", " ", text)
            said = said if self.spoken[-1:].strip() else said.lstrip()  # spaces around a tag are one
            self.spoken += re.sub(r"[\\*]", r"\\\g<0>", said)

    def _pause(self, length_s: float) -> None:
        if length_s:
            self.spoken = f"{self.spoken.rstrip()} [pause {length_s:g}s] ".lstrip()

    def _new_block(self) -> None:
        if self.spoken.strip():
            self.spoken = self.spoken.rstrip() + "\n\n"

    def _with_emphases(self) -> str:
        """Asterisks around what is emphasised, where they would be read as such."""
        text, starts_last = self.spoken, len(self.spoken) + 1
        for start, end in sorted(self.emphases, reverse=True):
            inside = text[start:end]
            start += len(inside) - len(inside.lstrip())
            touches = text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
            if start < end < starts_last and "\n" not in text[start:end] and not touches:
                text = f"{text[:start]}*{text[start:end]}*{text[end:]}"
                starts_last = start
        return text.strip()
