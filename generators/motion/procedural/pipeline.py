"""Speech and feeling to motion by rule, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from emotion_embed import taxonomy
from emotion_embed.track import EmotionCurve
from generators.contracts import ARKIT_CHANNELS, Motion, Phone, Speech, join_motion
from generators.motion.procedural.coarticulation import Mouth, articulate, rests
from generators.motion.procedural.configuration import ProceduralMotionConfig
from generators.motion.procedural.expressions import EMOTIONS, Expressions
from generators.motion.procedural.eyes import Blinks, Gaze, put_eyes
from generators.motion.procedural.head import Breath, HeadMotion
from generators.motion.procedural.mouth import share_mouth
from generators.motion.procedural.prosody import Accent, Phrase, accents, phone_levels_db, phrases, trim_to_sound
from generators.motion.procedural.visemes import JAW, LOWER, UPPER, Segments, segments

CARRY_S = 0.10  # how long a jump of the mouth at the border of two parts takes to die out
STRETCH_S = 8.0  # long parts (a whole recording) are planned in stretches, with the feeling of their own time
LEAD_S = 0.5
AROUSAL = np.array([taxonomy.VAD[name][1] for name in EMOTIONS])


class Feelings(Protocol):
    """What stands for an `EmotionTrack` while one is still being written."""

    def sample(self, times_s: np.ndarray) -> EmotionCurve:
        """The feeling at each time."""
        ...


@dataclass(frozen=True)
class _Part:
    """One part of speech on the clock of the whole: frames `first`…`last`, and what was heard in it."""

    speech: Speech
    start_s: float
    end_s: float
    first: int
    last: int
    phones: tuple[Phone, ...]
    phrases: list[Phrase]
    accents: list[Accent]


class ProceduralMotion:
    """Motion from phones, loudness, stress and feeling by rule; the same seed gives the same motion.

    The seed drives life (blinks, gaze, head, breath, the small asymmetries of a face), never the lips: each has
    its own stream of randomness, so that one does not disturb the other.
    """

    def __init__(self, config: ProceduralMotionConfig | None = None) -> None:
        self.config = config or ProceduralMotionConfig()

    def stream(self, parts: Iterable[Speech], track: Feelings, *, seed: int = 0, fps: float = 25.0) -> Iterator[Motion]:
        """One `Motion` per part, as parts come; all frames together are round(seconds of sound × `fps`).

        `track` (an `EmotionTrack`, or anything that samples like one) is asked only for the times of the part at
        hand, in seconds from the start of the first part. Raises `ValueError` for an `fps` that is not positive.
        """
        if not fps > 0:
            raise ValueError(f"fps is {fps}; it must be positive.")
        performer = _Performer(self.config, seed, fps)
        for speech in parts:
            yield performer.perform(speech, track)


class _Performer:
    """Everything that lives on from part to part."""

    def __init__(self, config: ProceduralMotionConfig, seed: int, fps: float) -> None:
        self.config, self.fps = config, fps
        streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
        self.expressions = Expressions(streams[0], config.expression_gain)
        self.gaze = Gaze(streams[1], config.gaze_gain)
        self.blinks = Blinks(streams[2], config.blink_interval_s)
        self.head = HeadMotion(streams[3], config.head_gain)
        self.breath = Breath(streams[4])
        self.rate_hz = 0
        self.n_samples = 0.0  # of all parts so far, at the first part's rate
        self.silent_since_s = 0.0
        self.loudness_db: float | None = None
        self.last_mouth: Mouth | None = None
        self.accented_until_s = 0.0

    def perform(self, speech: Speech, track: Feelings) -> Motion:
        """The motion of the next part, planned and moved a stretch at a time."""
        part = self._place(speech)
        mouth = self._mouth(part)
        step = max(1, int(STRETCH_S * self.fps))
        motions = [
            self._live(part, mouth, i, min(i + step, part.last), track) for i in range(part.first, part.last, step)
        ]
        if not motions:
            nothing = np.zeros((0, 3))
            return Motion(self.fps, np.zeros((0, len(ARKIT_CHANNELS)), np.float32), nothing, nothing, np.zeros(0))
        return join_motion(motions)

    def _live(self, part: _Part, mouth: Mouth, first: int, last: int, track: Feelings) -> Motion:
        """Frames `first` to `last` of a part: the `mouth` that speech needs, and all that lives around it."""
        times_s = (np.arange(first, last) + 0.5) / self.fps
        wanted = track.sample(times_s).weights
        self._plan(part, first / self.fps, last / self.fps, wanted.mean(0))
        expression, shown = self.expressions.at(times_s, wanted, self.fps)
        rotation_deg, translation_cm = self.head.at(times_s, shown)
        now = mouth.frames(first - part.first, last - part.first)
        channels = share_mouth(now, expression, self.config.articulation_gain)
        put_eyes(channels, self.gaze.at(times_s, rotation_deg), self.blinks.at(times_s))
        shapes = np.clip(channels, 0, 1).astype(np.float32)
        return Motion(self.fps, shapes, rotation_deg, translation_cm, self.breath.at(times_s).astype(np.float32))

    def _place(self, speech: Speech) -> _Part:
        """Put a part on the clock of the whole, counting samples so that frames never drift."""
        self.rate_hz = self.rate_hz or speech.audio.sample_rate_hz
        start_s = self.n_samples / self.rate_hz
        self.n_samples += len(speech.audio.samples) * (self.rate_hz / speech.audio.sample_rate_hz)
        end_s = self.n_samples / self.rate_hz
        phones = trim_to_sound(sorted(speech.phones, key=lambda p: (p.start_s, p.end_s)), speech.audio)
        found = phrases(phones, start_s, self.silent_since_s)
        if found:
            self.silent_since_s = found[-1].end_s
        heard = accents(phones, speech.audio, start_s) if phones else []
        first, last = round(start_s * self.fps), round(end_s * self.fps)
        return _Part(speech, start_s, end_s, first, last, phones, found, heard)

    def _plan(self, part: _Part, start_s: float, end_s: float, feeling: np.ndarray) -> None:
        """Decide what eyes, head, brows and breath do between two moments of a part."""
        large_shifts = self.gaze.plan(end_s, part.phrases, feeling)
        moments = [*large_shifts, *(phrase.end_s + 0.05 for phrase in part.phrases)]
        self.blinks.plan(start_s, end_s, self.fps, moments, feeling)
        # Accents that come soon already cast their movement ahead.
        ahead_s = np.inf if end_s >= part.last / self.fps else end_s + LEAD_S
        coming = [a for a in part.accents if self.accented_until_s <= a.time_s < ahead_s]
        self.accented_until_s = min(ahead_s, part.end_s)
        self.head.plan(start_s, end_s, part.phrases, coming, feeling)
        self.breath.plan(start_s, end_s, part.phrases)
        for accent in coming:
            if accent.strength > 0.55:
                self.expressions.accent(accent.time_s, accent.strength, float(feeling @ AROUSAL), start_s)

    def _mouth(self, part: _Part) -> Mouth:
        """What speech asks of the mouth, continuing from where the last part left it."""
        sounds = self._by_loudness(segments(part.phones, part.start_s), part)
        silences = rests(sounds, part.start_s, part.end_s)
        mouth = articulate(sounds, silences, part.first - 1, part.last - part.first + 1, self.fps)
        if self.last_mouth is not None:
            since_s = np.arange(len(mouth.axes)) / self.fps
            fade = np.clip(1 - since_s / CARRY_S, 0, 1)[:, None]
            axes = mouth.axes + fade * (self.last_mouth.axes - mouth.axes[:1])
            mouth = replace(mouth, axes=np.clip(axes, 0, 1))
        if len(mouth.axes) > 1:
            self.last_mouth = mouth.frames(len(mouth.axes) - 1, len(mouth.axes))
        return mouth.frames(1, len(mouth.axes))

    def _by_loudness(self, sounds: Segments, part: _Part) -> Segments:
        """Open vowels wider where the voice is louder or stressed, narrower where it is soft."""
        if not sounds.vowel.any():
            return sounds
        level_db = phone_levels_db(part.phones, part.speech.audio)[sounds.phone]
        usual_db = float(np.median(level_db[sounds.vowel]))
        self.loudness_db = usual_db if self.loudness_db is None else 0.5 * (self.loudness_db + usual_db)
        stress = np.array([(-0.10, 0.0, 0.10)[min(p.stress, 2)] for p in part.phones])[sounds.phone]
        gain = np.clip(1 + 0.035 * (level_db - self.loudness_db) + stress, 0.6, 1.3)
        targets = sounds.targets.copy()
        targets[:, [JAW, UPPER, LOWER]] *= np.where(sounds.vowel, gain, 1.0)[:, None]
        return replace(sounds, targets=targets)
