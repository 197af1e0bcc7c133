"""A portrait does what a person does in a video: python examples/reenact.py video.mp4 [portrait.jpg]

The motion is kept as a Live Link Face CSV, which can be edited and played again.
"""

import sys

from studio import Studio

video, *portrait = sys.argv[1:] or sys.exit(__doc__)
studio = Studio()  # keeps its models for the second clip
options = {"portrait": portrait[0] if portrait else None, "size": "256"}
clip = studio.reenact(video, motion_csv=True, out="out/reenact.mp4", **options)
print(clip.path, "and", clip.path.with_suffix(".motion.csv"))
again = studio.reenact("out/reenact.motion.csv", audio=video, out="out/again.mp4", **options)
print(again.path, "from the table alone")
