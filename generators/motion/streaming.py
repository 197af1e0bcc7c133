"""Motion beside speech that comes part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generators.contracts import Motion, MotionSource, PlacedSpeech


def stream(
    source: MotionSource, parts: Iterable[PlacedSpeech], *, seed: int = 0, fps: float = 25.0
) -> Iterator[Motion]:
    """One performance of a motion source from beginning to end: one `Motion` per part, as parts come.

    Args:
        source: who moves.
        parts: speech in the order of the time line.
        seed: which of many performances.
        fps: frames per second.

    Raises:
        ValueError: At once, where `fps` is not positive or not the source's own.
    """
    return map(source.start(seed=seed, fps=fps).perform, parts)
