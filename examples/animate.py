"""A portrait says a recording: python examples/animate.py recording.wav [portrait.jpg]"""

import sys

from checkpoints.errors import MienError
from studio import Studio

recording, *portrait = sys.argv[1:] or sys.exit(__doc__)
try:
    clip = Studio().animate(
        recording,
        portrait=portrait[0] if portrait else None,
        emotion="hope:0.5",
        size="256",
        seed=7,
        out="out/animate.mp4",
    )
except MienError as error:  # one sentence that says what is wrong, and what would be right
    sys.exit(str(error))
print(clip.path)
for warning in clip.report["warnings"]:
    print("warning:", warning)
