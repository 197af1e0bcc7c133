"""What every motion source promises: as many frames as a part lasts, one performance over all turns, flat memory."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_embed.signals.audio import Audio
from generators.contracts import Motion, MotionSource, Speech
from generators.motion.procedural import ProceduralMotion
from generators.motion.streaming import stream
from generators.motion.tracked import TrackedMotion
from generators.timeline import place

RATE_HZ = 16_000


def still(n_frames: int, fps: float) -> TrackedMotion:
    shapes = np.repeat(np.arange(n_frames, dtype=np.float32)[:, None], 52, axis=1)
    return TrackedMotion(Motion(fps, shapes, np.zeros((n_frames, 3)), np.zeros((n_frames, 3)), np.zeros(n_frames)))


def silence(seconds: float) -> Speech:
    return Speech(Audio(np.zeros(round(seconds * RATE_HZ), np.float32), RATE_HZ))


def size(thing: object) -> int:
    """How many numbers and other single things an object holds, however deep."""
    if isinstance(thing, np.ndarray):
        return thing.size
    if isinstance(thing, (list, tuple, range)):
        return sum(map(size, thing))
    return 1 + sum(map(size, vars(thing).values())) if hasattr(thing, "__dict__") else 1


def sources(fps: float) -> list[MotionSource]:
    return [ProceduralMotion(), still(5, fps)]


@pytest.mark.parametrize("fps", [23.976, 25.0, 60.0])
@pytest.mark.parametrize("which", [0, 1])
def test_every_part_has_the_frames_beside_it(which: int, fps: float) -> None:
    parts = list(place(silence(s) for s in (0.31, 0.007, 0.0, 1.3, 12.4)))
    motions = list(stream(sources(fps)[which], parts, fps=fps))
    assert [len(motion) for motion in motions] == [len(part.frames(fps)) for part in parts]
    assert all(motion.fps == fps for motion in motions)


@pytest.mark.parametrize("fps", [0.0, -25.0, float("nan")])
@pytest.mark.parametrize("which", [0, 1])
def test_a_senseless_rate_is_refused_before_the_first_part(which: int, fps: float) -> None:
    with pytest.raises(ValueError, match="fps"):
        stream(sources(25.0)[which], iter(()), fps=fps)


def test_what_is_tracked_holds_its_last_frame() -> None:
    (motion,) = stream(still(3, 25.0), place([silence(0.2)]))
    assert motion.blendshapes[:, 0].tolist() == [0, 1, 2, 2, 2]


def test_an_hour_of_listening_leaves_no_more_behind_than_a_minute() -> None:
    performer, sizes = ProceduralMotion().start(), []
    for i, part in enumerate(place(silence(30) for _ in range(120))):
        performer.perform(part)
        if i in (2, 119):
            sizes.append(size(performer))
    assert 400 < sizes[1] < 1.2 * sizes[0]
