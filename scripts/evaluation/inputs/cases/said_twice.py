"""A sentence said twice, and slips of the tongue."""

from __future__ import annotations

import numpy as np

from emotion_embed.signals.audio import Audio
from scripts.evaluation.inputs.cases import Trial
from scripts.evaluation.inputs.cases.sounds import RATE_HZ, TWICE, pause, voice


def plain(text: str) -> list[str]:
    from studio.quality.metrics import plain_words

    return plain_words(text)


def words_of(audio: Audio, text: str | None = None, language: str | None = "en") -> list[str]:
    from generators.voice.recording.transcribed import read_recording

    return plain(" ".join(word.text for word in read_recording(audio, text=text, language=language).words))


def said(parts: list[tuple[str, str]], pauses_s: float, *, given: bool = False, rest: float = 0.0) -> None:
    """Sentences by voices, pauses between: all words must be heard, in order, each where its sentence sounds."""
    from generators.voice.recording.transcribed import read_recording
    from studio.quality.metrics import word_error_rate

    pieces, bounds_s, at = [pause(rest)], [], rest
    for i, (text, name) in enumerate(parts):
        if i:
            pieces.append(pause(pauses_s))
            at += pauses_s
        pieces.append(voice(text, name))
        bounds_s.append((at - 0.2, at + len(pieces[-1]) / RATE_HZ + 0.2))
        at += len(pieces[-1]) / RATE_HZ
    whole = " ".join(text for text, _ in parts)
    audio = Audio(np.concatenate([*pieces, pause(rest)]), RATE_HZ)
    words = read_recording(audio, text=whole if given else None, language="en").words
    for (text, _), (start_s, end_s) in zip(parts, bounds_s, strict=True):
        own = " ".join(word.text for word in words if start_s <= (word.start_s + word.end_s) / 2 <= end_s)
        assert word_error_rate(text, own) <= 0.25, (own, text)  # a word may be misheard, none lost or made up
    assert abs(len(words) - len(whole.split())) <= 1, [word.text for word in words]


def twice(name: str, parts: list[tuple[str, str]], pauses_s: float, *, given: bool = False, rest: float = 0.0) -> Trial:
    return Trial(TWICE, name, lambda folder: said(parts, pauses_s, given=given, rest=rest))


HOME, TONIGHT, FAULT = "We should go home now.", "Where are you going tonight?", "It was not my fault."


TRIALS = [
    twice("twice, .4 s between", [(HOME, "am_michael")] * 2, 0.4),
    twice("twice, .5 s between, a woman", [(TONIGHT, "bf_emma")] * 2, 0.5),
    twice("twice, .7 s between", [(TONIGHT, "bf_emma")] * 2, 0.7),
    twice("twice, 1 s between", [(HOME, "af_heart")] * 2, 1.0),
    twice("twice, 2 s between", [(TONIGHT, "bf_emma")] * 2, 2.0),
    twice("twice, 3 s between", [(FAULT, "am_puck")] * 2, 3.0),
    twice("three times", [(FAULT, "am_michael")] * 3, 0.6),
    twice("three times, 1 s between", [("The train leaves at seven in the morning.", "am_puck")] * 3, 1.0),
    twice("four times", [(HOME, "am_michael")] * 4, 0.4),
    twice("by two voices", [(HOME, "af_heart"), (HOME, "am_michael")], 0.6),
    twice("by three voices", [(HOME, "af_heart"), (HOME, "am_michael"), (HOME, "bf_emma")], 0.8),
    twice("another sentence between", [(HOME, "am_michael"), (FAULT, "am_michael"), (HOME, "am_michael")], 0.5),
    twice("a short answer between", [(TONIGHT, "bf_emma"), ("Yes.", "am_michael"), (TONIGHT, "bf_emma")], 0.7),
    twice("twice with its text", [(HOME, "am_michael")] * 2, 0.4, given=True),
    twice("three times with its text", [(FAULT, "am_michael")] * 3, 0.6, given=True),
    twice("twice amid silence", [(TONIGHT, "bf_emma")] * 2, 0.7, rest=1.5),
    twice("no, said four times", [("No, no, no, no.", "af_heart")], 0.0),
    twice("once is once", [(HOME, "am_michael"), (TONIGHT, "bf_emma")], 0.8),
    twice("a second sentence after six seconds", [(HOME, "am_michael"), (HOME, "am_michael")], 6.0),
]
