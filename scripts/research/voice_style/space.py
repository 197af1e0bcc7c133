"""The space that is searched: sentences, voices, 54 parameters and their steps."""

from __future__ import annotations

import numpy as np

from emotion_embed.readers.speech import LABELS
from generators.voice.prosody.prosody import COLUMNS, N_COLUMNS, N_STYLE, SPECTRUM, STYLE
from generators.voice.prosody.spectral_eq import N_BANDS

SENTENCES = (
    "The box with the papers is on the table.", "We will meet at the station at seven.",
    "They put the chairs back in the hall.", "She told me about it on the phone.",
    "The train to the city leaves at noon.", "He left his coat in the other room.",
    "I have seen the new house by the river.", "In the evening they came home again.",
    "The letter arrived here on Tuesday morning.", "It has been standing there since last week.",
)  # fmt: skip
VOICES = (
    "af_bella", "af_jessica", "af_kore", "af_river", "af_sky", "am_adam", "am_echo", "am_fenrir", "am_michael",
    "am_onyx", "am_puck", "bf_emma", "bf_isabella", "bm_george", "bm_daniel",
    "af_alloy", "af_aoede", "af_sarah", "bf_lily", "bm_fable",  # from the seventh round on
)  # fmt: skip
# Name, step of the search, and farthest value in steps; of factors the natural logarithm.
_STEPS = (
    ("rate", 0.22, 1.0), ("vowel_lengthening", 0.15, 1.5), ("final_lengthening", 0.2, 2), ("pitch_semitones", 3, 1.7),
    ("pitch_range", 0.4, 2), ("accent_semitones", 1.5, 2), ("final_semitones", 2.5, 2),
    ("declination_semitones", 2, 2), ("tremor_semitones", 0.4, 1.5), ("energy_contrast", 0.25, 1.5),
    ("aspiration", 0.3, 2), ("accent_lengthening", 0.15, 1.5),
)  # fmt: skip
PARAMETERS = (
    *(name for name, _, _ in _STEPS),
    *(f"band_{i}" for i in range(N_BANDS)),
    *(f"style_{i}" for i in range(N_STYLE)),
)
STEP = np.array([*(step for _, step, _ in _STEPS), *[4.0] * N_BANDS, *[1.0] * N_STYLE])
FARTHEST = np.array(
    [*(far for _, _, far in _STEPS), *[1.8] * N_BANDS, *[1.8] * (N_STYLE // 2), *[1.6] * (N_STYLE // 2)]
)
SLOWEST = 1.6  # in steps; words that are drawn out or rushed further are no longer understood
NEVER_NEGATIVE = [PARAMETERS.index(name) for name in ("tremor_semitones", "aspiration")]
NEUTRAL = LABELS.index("neutral")
SOUGHT = [i for i, label in enumerate(LABELS) if label != "neutral"]
# Loudness and pauses are not heard by judges that level what they hear: from the reviews of Scherer (2003) and Juslin
# & Laukka (2003), in dB and as natural logarithm.
LOUDNESS_AND_PAUSES = {
    "joy": (2.0, -0.15), "sadness": (-3.5, 0.45), "anger": (4.0, -0.3), "fear": (0.5, -0.1), "disgust": (0.5, 0.2),
    "boredom": (-2.0, 0.4), "surprise": (1.5, 0.05), "contempt": (-0.5, 0.15),
}  # fmt: skip


def manner_of(theta: np.ndarray) -> np.ndarray:
    """Parameters (54,) of the search as a manner (N_COLUMNS,) of `generators.voice.prosody.style_bank`."""
    manner = np.zeros(N_COLUMNS)
    for i, (name, _, _) in enumerate(_STEPS):
        manner[COLUMNS[name]] = theta[i]
    manner[COLUMNS["pitch_range"]] = np.log(max(0.1, 1 + theta[PARAMETERS.index("pitch_range")]))
    manner[SPECTRUM] = theta[len(_STEPS) : len(_STEPS) + N_BANDS]
    manner[STYLE] = theta[len(_STEPS) + N_BANDS :]
    return manner
