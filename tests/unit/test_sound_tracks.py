"""The voice is found in the channels and the track that hold it. Bursts stand for speech here, which takes no time."""

import numpy as np
import pytest

from emotion_embed.signals import sound_tracks
from emotion_embed.signals.sound_tracks import Block, best_track, listen, mixed

RATE_HZ = 8000
N = 6 * RATE_HZ
TIMES_S = np.arange(N) / RATE_HZ
_RNG = np.random.default_rng(0)
VOICE = np.float32(0.3) * _RNG.normal(size=N).astype(np.float32) * (TIMES_S % 3 < 1.3) + np.float32(1e-4)
OTHER = np.float32(0.3) * _RNG.normal(size=N).astype(np.float32) * ((TIMES_S + 1.2) % 3 < 0.9)
HUM = (0.1 * np.sin(2 * np.pi * 50 * TIMES_S)).astype(np.float32)
NOISE = np.float32(0.02) * _RNG.normal(size=N).astype(np.float32)
SILENCE = np.zeros(N, np.float32)


@pytest.fixture(autouse=True)
def ears(monkeypatch):
    """Bursts over a steady background are heard as speech."""

    def heard(audio):
        step = audio.sample_rate_hz // 20
        samples = np.diff(audio.samples, append=0)[: len(audio.samples) // step * step]
        loud = np.square(samples).reshape(-1, step).mean(1)
        edges = np.diff(np.concatenate([[0], loud > 10 * np.percentile(loud, 10) + 1e-6, [0]]).astype(int))
        return list(zip(np.flatnonzero(edges > 0) / 20, np.flatnonzero(edges < 0) / 20, strict=True))

    monkeypatch.setattr(sound_tracks, "speech_regions", heard)


def blocks(*channels):
    return [Block(part, RATE_HZ, None) for part in np.split(np.stack(channels), 12, axis=1)]


def shares(*channels):
    return listen(blocks(*channels)).shares


@pytest.mark.parametrize(
    ("channels", "right"),
    [
        ((VOICE, VOICE), (0.5, 0.5)),
        ((VOICE, 0.7 * VOICE), (0.5, 0.5)),
        ((VOICE, 0.05 * VOICE), (1, 0)),
        ((VOICE, -VOICE), (0.5, -0.5)),
        ((VOICE + NOISE, -VOICE + NOISE[::-1]), (0.5, -0.5)),
        ((VOICE, SILENCE), (1, 0)),
        ((SILENCE, VOICE), (0, 1)),
        ((VOICE, HUM), (1, 0)),
        ((NOISE, VOICE), (0, 1)),
        ((VOICE, np.roll(VOICE, 80)), (1, 0)),
        ((VOICE, np.roll(VOICE, 4000)), (1, 0)),
        ((VOICE, VOICE + 3 * HUM), (1, 0)),
        ((VOICE, OTHER), (0.5, 0.5)),
        ((VOICE + 0.1 * OTHER, OTHER + 0.1 * VOICE), (0.5, 0.5)),
        ((SILENCE, SILENCE, VOICE, HUM, NOISE, NOISE), (0, 0, 1, 0, 0, 0)),
        ((HUM, HUM), (0.5, 0.5)),
        ((HUM, -HUM), (0.5, -0.5)),
        ((HUM, SILENCE), (1, 0)),
    ],
)
def test_only_channels_with_a_voice_of_their_own_are_mixed(channels, right):
    assert shares(*channels) == pytest.approx(right)


def test_the_mono_sound_of_a_turned_channel_is_the_voice_itself():
    assert mixed(np.stack([VOICE, -VOICE]), shares(VOICE, -VOICE)) == pytest.approx(VOICE)


@pytest.mark.parametrize(
    ("tracks", "preferred", "right"),
    [
        ((SILENCE, VOICE), 0, 1),
        ((HUM, VOICE), 0, 1),
        ((VOICE, HUM), 1, 0),
        ((VOICE, OTHER), 0, 0),
        ((VOICE, OTHER), 1, 1),
        ((SILENCE, HUM), 0, 1),
        ((SILENCE, SILENCE), 0, 0),
    ],
)
def test_the_track_with_a_voice_is_taken(tracks, preferred, right):
    assert best_track([blocks(track) for track in tracks], preferred).index == right


def test_a_track_that_cannot_be_decoded_is_passed_over():
    assert best_track([[], blocks(VOICE)]).index == 1
    assert best_track([[], []]) is None
