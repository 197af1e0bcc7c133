"""What a person feels, from words and, where they agree, from voice and face: python examples/perceive.py [clip.mp4]"""

import sys
from pathlib import Path

from studio import Studio

studio = Studio()
state = studio.perceive("I got the job, but I will miss you all so much.")
print("words alone:", state.top, "with confidence", round(state.confidence, 2))

if len(sys.argv) > 1:
    state = studio.perceive(Path(sys.argv[1]), voice=True, face=True)
    for evidence in state.evidence:
        print(evidence.modality, evidence.reasons)
    valence, arousal, dominance = state.vad
    print(f"together: {state.top}, valence {valence:+.2f}, arousal {arousal:+.2f}, dominance {dominance:+.2f}")
    print(f"conflict between them: {state.conflict:.2f}")
    Path("out").mkdir(exist_ok=True)
    Path("out/track.json").write_text(state.track.to_json())  # for mien render --track
