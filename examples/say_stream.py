"""Speech sentence by sentence, as soon as each is spoken, as for a loudspeaker: python examples/say_stream.py"""

import time
import wave
from pathlib import Path

import numpy as np

from studio import Studio

TEXT = "The first sentence can be heard at once. The second is spoken meanwhile. [joy:0.8] And this one is glad!"

Path("out").mkdir(exist_ok=True)
started = time.perf_counter()
with wave.open("out/say_stream.wav", "wb") as file:
    for part in Studio().say_stream(TEXT, voice="am_michael"):
        if not file.getnframes():
            file.setparams((1, 2, part.audio.sample_rate_hz, 0, "NONE", ""))
        file.writeframes((np.clip(part.audio.samples, -1, 1) * 32767).astype("<i2").tobytes())
        words = " ".join(word.text for word in part.words)
        print(f"after {time.perf_counter() - started:4.1f} s, from {part.start_s:4.1f} s on: {words}")
