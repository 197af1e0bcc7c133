"""How a script is delivered: the prosody of every word, from what is felt there, what is stressed, and the request."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from emotion_embed.state import EmotionState
from emotion_embed.track import EmotionTrack
from generators.voice.prosody.prosody import Prosody
from generators.voice.prosody.style_bank import prosody_for

if TYPE_CHECKING:
    from studio.request import SpokenRequest
    from studio.script import Script

_CHARS_PER_S = 15.0


def delivery(
    request: SpokenRequest,
    script: Script,
    track: EmotionTrack | None = None,
    spoken_so_far: Callable[[], tuple[float, int]] | None = None,
) -> Callable[[int], Prosody]:
    """The prosody at a character offset.

    Marks in the text, or the feeling that was asked for, say what is felt; with a `track` its keys do, at the time at
    which a word is likely to be said: `spoken_so_far` tells seconds and characters of what is spoken already, which
    grows while the voice goes on. `*Stressed*` words stand out.
    """
    marks = {0: request.start_emotion()} | {mark.char_offset: mark.emotion for mark in script.marks}
    offsets = sorted(marks)
    made: dict[int, Prosody] = {}

    def prosody_of(number: int, feeling: EmotionState) -> Prosody:
        if number not in made:
            made[number] = _asked(prosody_for(feeling), request)
        return made[number]

    def at(char_offset: int) -> Prosody:
        if track is not None and spoken_so_far is not None:
            seconds, characters = spoken_so_far()
            time_s = seconds + max(0, char_offset - characters) / _CHARS_PER_S
            number = _active_key(track, time_s)
            prosody = prosody_of(number, track.keys[number].emotion)
        else:
            offset = offsets[max(0, bisect_right(offsets, char_offset) - 1)]
            prosody = prosody_of(offset, marks[offset])
        stressed = any(start <= char_offset < end for start, end in script.emphases)
        return emphasised(prosody) if stressed else prosody

    return at


def emphasised(prosody: Prosody) -> Prosody:
    """The same for a word that is stressed: higher, longer, louder, brighter."""
    return replace(
        prosody,
        accent_semitones=prosody.accent_semitones + 3.5,
        accent_lengthening=prosody.accent_lengthening * 1.25,
        rate=prosody.rate * 0.88,
        energy_db=prosody.energy_db + 3.0,
        tension_db=prosody.tension_db + 2.0,
    )


def _active_key(track: EmotionTrack, time_s: float) -> int:
    """The number of the key whose feeling is nearest at a time: the voice crosses over between words by itself."""
    reached = [key.start_s + key.transition_s / 2 <= time_s for key in track.keys]
    return max((i for i, there in enumerate(reached) if there), default=0)


def _asked(prosody: Prosody, request: SpokenRequest) -> Prosody:
    """A feeling's prosody times what the request asks for."""
    return replace(
        prosody,
        rate=float(np.clip(prosody.rate * request.rate, 0.5, 2)),
        pitch_semitones=float(np.clip(prosody.pitch_semitones + request.pitch, -12, 12)),
    )
