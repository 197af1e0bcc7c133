"""A text becomes a clip: python examples/speak.py [portrait.jpg]"""

import sys

from studio import Studio

TEXT = "[joy:0.7] I have good news! [surprise:0.6] You will never guess."


def show(stage: str, done: float, total: float) -> None:
    """Called while it works, from several threads."""
    sys.stderr.write(f"\r{stage}: {done:.1f} of {total:.1f}   ")


portrait = sys.argv[1] if len(sys.argv) > 1 else None  # None: the demo's astronaut
clip = Studio().speak(
    TEXT, portrait=portrait, voice="af_heart", size="256", srt=True, out="out/speak.mp4", progress=show
)
print(f"\n{clip.path}: {clip.duration_s:.1f} s, made in {clip.report['timings_s']['whole']:.1f} s")
for word, start_s, end_s in clip.report["words"][:4]:
    print(f"  {start_s:5.2f} … {end_s:5.2f} s  {word}")
