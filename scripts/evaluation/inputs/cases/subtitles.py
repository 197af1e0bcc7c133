"""Subtitles: what players' decoders show of them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.evaluation.inputs.cases import Trial, into, mien
from scripts.evaluation.inputs.cases.beside import SMALL

SUBTITLES = "subtitles"
TRIALS: list[Trial] = []
trial = into(TRIALS)


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def shown(text: str, suffix: str) -> list[str]:
    """What libass would show of a subtitle file: its lines without what is hidden."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", suffix, "-i", "pipe:", "-f", "ass", "-"]
    ass = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout.decode()
    lines = [line.split(",", 9)[9] for line in ass.splitlines() if line.startswith("Dialogue:")]
    return [re.sub(r"\{[^}]*\}", "", re.sub(r"\\[Nnh]", " ", line)) for line in lines]


def captions_of(text: str, word_s: float = 0.3) -> list:
    from generators.contracts import Word
    from studio.media.captions import make_captions

    words = text.split()
    return make_captions(
        [Word(word, i * word_s, (i + 1) * word_s) for i, word in enumerate(words)], len(words) * word_s + 1
    )


def all_is_shown(text: str, hidden: str = "") -> Callable[[Path], None]:
    """Every letter of a text is seen, in SRT and VTT, and in a parser as simple as they come; signs may change."""

    def check(folder: Path) -> None:
        from studio.media.captions import to_srt, to_vtt

        captions = captions_of(text)
        srt, vtt = to_srt(captions), to_vtt(captions)
        for written, suffix in ((srt, "srt"), (vtt, "webvtt")):
            seen = shown(written, suffix)
            assert letters("".join(seen)) == letters(text), seen
            assert len(seen) == len(captions), f"{len(seen)} captions, not {len(captions)}"
            assert written.count("-->") == len(captions), "an arrow in the text"
        _ = (folder / "a.srt").write_text(srt)
        simple = [
            re.sub(r"<[^>]*>|\{[^}]*\}", "", "\n".join(block.split("\n")[2:])) for block in srt.strip().split("\n\n")
        ]
        assert letters("".join(simple)) == letters(text), simple
        assert not re.search(r"\n\d+$", srt.strip().split("\n\n")[-1].split("\n", 2)[2]), (
            "a number for the next caption"
        )

    return check


_SHOWN = {
    "braces": "Look at {this one here} and say {nothing} now.",
    "a brace that never ends": "Press the { key and then go on.",
    "a placement": r"{\an8}Up there it stands.",
    "a colour": r"{\c&HFF0000&}Red are {\r}all my roses.",
    "tags": "He said <i>that</i> and <b>this</b> too.",
    "a font": 'A <font color="red">red</font> word.',
    "a name in angle brackets": "Ask <John Smith> for it.",
    "less and more": "If a < b and c > d then stop.",
    "less than a number": "We need x<5 or y>7 here.",
    "an arrow": "From here --> to there it goes.",
    "a long arrow": "A ----> B is the way.",
    "times": "It says 00:00:01,000 --> 00:00:02,000 on it.",
    "a path": r"Open C:\New\names\hello and look.",
    "a line break of ASS": r"One \N two \n three \h four.",
    "a number alone": "42",
    "a number at the end": "The number that nobody in this old town will ever forget is 1999",
    "NOTE": "NOTE that this is no comment.",
    "STYLE": "STYLE is what he has.",
    "an ampersand": "AT&T and Q&A; &amp; is one sign.",
    "an entity": "Write &lt;b&gt; for bold.",
    "VTT's voices": "<v Bob>Hello there.</v>",
    "VTT's cue times": "Now <00:00:01.000> it comes.",
    "karaoke": r"{\k20}La {\k30}la {\k10}la.",
    "microdvd": "{1}{25}This is text. {y:i}And this.",
    "code": "if (a<b) { return x->y; } else { c[0]; }",
    "separators of lines": "One\u2028two\x0bthree\x85four and five.",
    "emoji and arrows": "I ← you → me <3 {♥}.",
    "mathematics": "The set {1, 2, 3} has 3 members, and {} none.",
}  # fmt: skip


for _name, _text in _SHOWN.items():
    trial(SUBTITLES, _name)(all_is_shown(_text))


@trial(SUBTITLES, "plain words are as they were")
def _plain_words(folder: Path) -> None:
    from studio.media.captions import to_srt

    text = "Well, it's “fine” – 5 % more (or less): a/b, 3:16,17 & [so] on…"
    assert " ".join(to_srt(captions_of(text)).split("\n")[2:4]).strip() == text


@trial(SUBTITLES, "no caption is under half a second")
def _short_captions(folder: Path) -> None:
    from generators.contracts import Word
    from studio.media.captions import make_captions

    rng = np.random.default_rng(0)
    words, at = [], 0.0
    said = "No! Stop. Yes? I see. Go! Now. Why? Ok. Come on. Ha! Wait. Who? Me? You! Fine. So be it. Right. Hm."
    for text in said.split():
        lasts_s = float(rng.uniform(0.1, 0.3))
        words.append(Word(text, at, at + lasts_s))
        at += lasts_s + float(rng.uniform(0.03, 0.15))
    captions = make_captions(words, at)
    assert " ".join(c.text.replace("\n", " ") for c in captions).split() == [w.text for w in words]
    assert min(c.end_s - c.start_s for c in captions) >= 0.5
    assert max(c.end_s - c.start_s for c in captions) <= 6
    assert all(len(line) <= 42 for c in captions for line in c.text.split("\n"))


@trial(SUBTITLES, "of a real clip")
def _of_a_clip(folder: Path) -> None:
    done = mien(folder, "render", r"Press {any key} now, Bob.", "--srt", "--vtt", "-o", "a.mp4", *SMALL)
    assert done.returncode == 0, done.stderr
    for suffix, kind in ((".srt", "srt"), (".vtt", "webvtt")):
        seen = shown((folder / "a").with_suffix(suffix).read_text(encoding="utf-8"), kind)
        assert letters("".join(seen)) == "PressanykeynowBob", seen


_BLIND_SHOWN = {
    "a comment of HTML": "This <!-- is not --> hidden.",
    "a break of HTML": "One<br>two<br/>three.",
    "quotes of angles": "He said <<come in>> and >>> went.",
    "three dots and braces": "So {...} and {…} it {[goes]}.",
    "a backslash at the end": "Ends with C:\\",
    "nested braces": "f{g{h}} and }{ too.",
    "a heart and more": "I <3 you >3 times.",
    "other scripts": "مرحبا {بالعالم} 你好 {世界} привет <мир>.",
    "short times": "From 00:01 --> 00:02 and 01:02.50 to 03:04.50 it is.",
    "position of SubRip": "X1:40 X2:600 Y1:20 Y2:50 is text.",
    "a template": "Dear {{name}}, your ${amount} of %s is <b>due</b>.",
}


for _name, _text in _BLIND_SHOWN.items():
    trial(SUBTITLES, _name)(all_is_shown(_text))
