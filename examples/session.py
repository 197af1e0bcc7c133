"""A conversation with one face, which lives on between what it says: python examples/session.py

An answer may arrive sentence by sentence, as a language model writes it; the first is spoken before the second is.
"""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from studio import Studio


def answer() -> Iterator[str]:
    """Sentences as they arrive."""
    yield "Good morning!"
    yield "[sadness:0.5] You look tired."


session = Studio().session(size="256", voice="bf_emma", motion_generator="procedural")
turns = {"listening": session.idle(1.0), "answering": session.say(answer(), emotion="joy:0.5")}
Path("out").mkdir(exist_ok=True)
for name, chunks in turns.items():
    for chunk in chunks:  # a live page would send frames and sound on, 0.4 s at a time
        print(f"{name}: {chunk.start_s:.1f} to {chunk.end_s:.1f} s, {len(chunk.frames)} frames")
    Image.fromarray(chunk.frames[-1]).save(f"out/session-{name}.png")
print(f"one face for {session.duration_s:.1f} s")
