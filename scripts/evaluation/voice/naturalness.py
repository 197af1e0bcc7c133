"""How natural a voice sounds: DNSMOS."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.onnx_session import open_session
from scripts.evaluation.voice.acoustic_features import RATE_HZ


def naturalness(audio: Audio) -> dict[str, float]:
    """DNSMOS (Reddy et al. 2021), 1..5: `p808` for the whole, `ovrl` by P.835. A proxy: networks that guess what
    listeners would say of noisy telephony, not listeners, and not made for synthetic voices.

    Over the first 9 s, shorter sounds repeated; speechmos itself slides windows over the repetitions, which takes ten
    times as long. Speech is brought to one level before, since loudness is a part of feelings here and not of quality.
    """
    import librosa

    p808, p835 = _dnsmos()
    sound = audio.resampled(RATE_HZ).samples
    sound = np.resize(sound, _DNSMOS_SAMPLES) if len(sound) < _DNSMOS_SAMPLES else sound[:_DNSMOS_SAMPLES]
    sound = (sound * (_DNSMOS_RMS / (np.sqrt(np.mean(np.square(sound))) + 1e-9))).astype(np.float32)
    bands = librosa.feature.melspectrogram(y=sound[:-160], sr=RATE_HZ, n_fft=321, hop_length=160, n_mels=120)
    bands = ((librosa.power_to_db(bands, ref=np.max) + 40) / 40).T.astype(np.float32)
    raw = float(p835.run(None, {"input_1": sound[None]})[0][0][2])
    return {
        "p808": float(p808.run(None, {"input_1": bands[None]})[0][0][0]),
        "ovrl": float(np.polyval(_DNSMOS_TO_SCALE, raw)),
    }


_DNSMOS_SAMPLES, _DNSMOS_RMS = int(9.01 * RATE_HZ), 0.075
_DNSMOS_TO_SCALE = (-0.06766283, 1.11546468, 0.04602535)  # speechmos' polynomial for the overall P.835


@lru_cache(maxsize=1)
def _dnsmos() -> tuple:
    """The networks of P.808 and P.835, from speechmos' package."""
    import speechmos

    assert speechmos.__file__ is not None  # a package with a file of its own
    folder = Path(speechmos.__file__).parent / "dnsmos_models"
    names = ("model_v8.onnx", "sig_bak_ovr.onnx")
    return tuple(open_session(folder / name) for name in names)
