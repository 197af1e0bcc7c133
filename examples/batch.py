"""Many clips with one studio, joined in the end: python examples/batch.py

A request is plain JSON, so lists of them can come from files. The studio keeps voices and portraits warm between clips.
"""

from checkpoints.errors import BadInput
from studio import RenderRequest, Studio
from studio.media.edit import join_clips

LINES = [
    {"text": "Good morning!", "emotion": "joy:0.6", "voice": "af_heart"},
    {"text": "Oh no, it rains.", "emotion": "sadness:0.7", "voice": "bf_emma"},
    {"text": "So what?", "emotion": "not a feeling", "voice": "af_heart"},
]
studio, paths = Studio(), []
for number, line in enumerate(LINES):
    try:
        request = RenderRequest.from_dict({**line, "size": "256", "out": f"out/batch-{number}.mp4"})
        paths.append(studio.render(request).path)
    except BadInput as error:  # one bad line does not stop the others
        print(f"line {number}: {error}")
print(join_clips(paths, "out/batch.mp4").path)
