"""Speech and feeling to motion by rule, part by part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emotion_embed import taxonomy
from generators.contracts import ARKIT_CHANNELS, Motion, Phone, PlacedSpeech, join_motion
from generators.motion.procedural.coarticulation import Mouth, articulate, rests
from generators.motion.procedural.configuration import ProceduralMotionConfig
from generators.motion.procedural.expressions import Expressions
from generators.motion.procedural.eyes import Blinks, Gaze, put_eyes
from generators.motion.procedural.head import HeadMotion
from generators.motion.procedural.mouth import share_mouth
from generators.motion.rig.accents import Accent, Phrase, accents, phone_levels_db, phrases, trim_to_sound
from generators.motion.rig.breath import Breath
from generators.motion.rig.faces import EMOTIONS
from generators.motion.rig.visemes import JAW, LOWER, UPPER, Segments, segments

CARRY_S = 0.10  # how long a jump of the mouth at the border of two parts takes to die out
STRETCH_S = 8.0  # long parts (a whole recording) are planned in stretches, with the feeling of their own time
LEAD_S = 0.5
AROUSAL = np.array([taxonomy.VAD[name][1] for name in EMOTIONS])


@dataclass(frozen=True)
class _Plan:
    """One part of speech and what was heard in it: its `frames`, its sounds (in its own seconds), and its phrases and
    syllables that stand out (in seconds of the clip)."""

    speech: PlacedSpeech
    frames: range
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

    @classmethod
    def from_pretrained(
        cls,
        name_or_folder: str | Path | None = None,
        *,
        revision: str | None = None,
        config: ProceduralMotionConfig | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> ProceduralMotion:
        """Ready at once: rules fetch nothing, only `config` can be chosen, and `progress` is not called."""
        return cls(config)

    def start(self, *, seed: int = 0, fps: float = 25.0) -> ProceduralPerformer:
        """A new performance.

        Raises:
            ValueError: `fps` is not positive.
        """
        if not fps > 0:
            raise ValueError(f"fps is {fps}; it must be positive.")
        return ProceduralPerformer(self.config, seed, fps)


class ProceduralPerformer:
    """One performance by rule: everything that lives on from part to part."""

    def __init__(self, config: ProceduralMotionConfig, seed: int, fps: float) -> None:
        self.config, self.fps = config, fps
        streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
        self.expressions = Expressions(streams[0], config.expression_gain)
        self.gaze = Gaze(streams[1], config.gaze_gain)
        self.blinks = Blinks(streams[2], config.blink_interval_s)
        self.head = HeadMotion(streams[3], config.head_gain)
        self.breath = Breath(streams[4])
        self.silent_since_s = 0.0
        self.loudness_db: float | None = None
        self.last_mouth: Mouth | None = None
        self.accented_until_s = 0.0

    def perform(self, part: PlacedSpeech) -> Motion:
        """The motion of the next part, `len(part.frames(fps))` frames, planned and moved a stretch at a time.

        The track of the part is asked for the times of its own frames only.
        """
        plan = self._read(part)
        frames, step = plan.frames, max(1, int(STRETCH_S * self.fps))
        mouth = self._mouth(plan)
        motions = [self._live(plan, mouth, frames[i : i + step]) for i in range(0, len(frames), step)]
        if not motions:
            nothing = np.zeros((0, 3))
            return Motion(self.fps, np.zeros((0, len(ARKIT_CHANNELS)), np.float32), nothing, nothing, np.zeros(0))
        return join_motion(motions)

    def _live(self, plan: _Plan, mouth: Mouth, frames: range) -> Motion:
        """Some frames of a part: the `mouth` that speech needs, and all that lives around it."""
        times_s = (np.arange(frames.start, frames.stop) + 0.5) / self.fps
        feeling = plan.speech.track.sample(times_s)
        self._decide(plan, frames.start / self.fps, frames.stop / self.fps, feeling.weights.mean(0))
        expression, shown = self.expressions.at(times_s, feeling, self.fps)
        rotation_deg, translation_cm = self.head.at(times_s, shown)
        now = mouth.frames(frames.start - plan.frames.start, frames.stop - plan.frames.start)
        channels = share_mouth(now, expression, self.config.articulation_gain)
        put_eyes(channels, self.gaze.at(times_s, rotation_deg), self.blinks.at(times_s))
        shapes = np.clip(channels, 0, 1).astype(np.float32)
        return Motion(self.fps, shapes, rotation_deg, translation_cm, self.breath.at(times_s).astype(np.float32))

    def _read(self, part: PlacedSpeech) -> _Plan:
        """What is heard in a part, and when."""
        audio = part.audio
        phones = trim_to_sound(sorted(part.speech.phones, key=lambda p: (p.start_s, p.end_s)), audio)
        found = phrases(phones, part.start_s, self.silent_since_s)
        if found:
            self.silent_since_s = found[-1].end_s
        heard = accents(phones, audio, part.start_s) if phones else []
        return _Plan(part, part.frames(self.fps), phones, found, heard)

    def _decide(self, plan: _Plan, start_s: float, end_s: float, feeling: np.ndarray) -> None:
        """Decide what eyes, head, brows and breath do between two moments of a part."""
        large_shifts = self.gaze.plan(end_s, plan.phrases, feeling)
        moments = [*large_shifts, *(phrase.end_s + 0.05 for phrase in plan.phrases)]
        self.blinks.plan(start_s, end_s, self.fps, moments, feeling)
        # Accents that come soon already cast their movement ahead.
        ahead_s = np.inf if end_s >= plan.frames.stop / self.fps else end_s + LEAD_S
        coming = [a for a in plan.accents if self.accented_until_s <= a.time_s < ahead_s]
        self.accented_until_s = min(ahead_s, plan.speech.end_s)
        self.head.plan(start_s, end_s, plan.phrases, coming, feeling)
        self.breath.plan(start_s, end_s, plan.phrases)
        for accent in coming:
            if accent.strength > 0.55:
                self.expressions.accent(accent.time_s, accent.strength, float(feeling @ AROUSAL), start_s)

    def _mouth(self, plan: _Plan) -> Mouth:
        """What speech asks of the mouth, continuing from where the last part left it."""
        part = plan.speech
        sounds = self._by_loudness(segments(plan.phones, part.start_s), plan)
        silences = rests(sounds, part.start_s, part.end_s)
        mouth = articulate(sounds, silences, plan.frames.start - 1, len(plan.frames) + 1, self.fps)
        if self.last_mouth is not None:
            since_s = np.arange(len(mouth.axes)) / self.fps
            fade = np.clip(1 - since_s / CARRY_S, 0, 1)[:, None]
            axes = mouth.axes + fade * (self.last_mouth.axes - mouth.axes[:1])
            mouth = replace(mouth, axes=np.clip(axes, 0, 1))
        if len(mouth.axes) > 1:
            self.last_mouth = mouth.frames(len(mouth.axes) - 1, len(mouth.axes))
        return mouth.frames(1, len(mouth.axes))

    def _by_loudness(self, sounds: Segments, plan: _Plan) -> Segments:
        """Open vowels wider where the voice is louder or stressed, narrower where it is soft."""
        if not sounds.vowel.any():
            return sounds
        level_db = phone_levels_db(plan.phones, plan.speech.audio)[sounds.phone]
        usual_db = float(np.median(level_db[sounds.vowel]))
        self.loudness_db = usual_db if self.loudness_db is None else 0.5 * (self.loudness_db + usual_db)
        stress = np.array([(-0.10, 0.0, 0.10)[min(p.stress, 2)] for p in plan.phones])[sounds.phone]
        gain = np.clip(1 + 0.035 * (level_db - self.loudness_db) + stress, 0.6, 1.3)
        targets = sounds.targets.copy()
        targets[:, [JAW, UPPER, LOWER]] *= np.where(sounds.vowel, gain, 1.0)[:, None]
        return replace(sounds, targets=targets)
