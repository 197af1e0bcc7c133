"""Recordings in which the voice must be looked for, and such in which there is none."""

import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.recordings import read_audio
from emotion_embed.signals.video import sound_of
from generators.contracts import join_speech
from generators.motion.live_link import read_motion_csv
from studio.quality.metrics import word_error_rate
from tests.films import save_film
from tests.sounds import save_wav

pytestmark = pytest.mark.whole
TEXT = "The morning market opens early today."
RATE_HZ = 24_000


@pytest.fixture(scope="module")
def voice(kokoro):
    return join_speech(kokoro.stream(TEXT, voice="af_bella")).audio.samples


def tune(seconds, rate_hz=RATE_HZ):
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    notes = [np.sin(2 * np.pi * f * 2 ** (np.floor(4 * times_s) % 5 / 12) * times_s) for f in (220, 277, 330)]
    return (0.1 * sum(notes) * np.exp(-3 * (times_s % 0.25))).astype(np.float32)


def echo(samples, later_s):
    n = round(later_s * RATE_HZ)
    return np.concatenate([np.zeros(n, np.float32), samples[:-n]])


def channels_of(kind, voice):
    """Channels (n, channels), among them those that hold `voice`."""
    hum = 0.2 * np.sin(2 * np.pi * 50 * np.arange(len(voice)) / RATE_HZ)
    noise = np.random.default_rng(0).normal(size=(2, len(voice))) * 0.02
    music, none = 2 * tune(len(voice) / RATE_HZ)[: len(voice)], 0 * voice
    kinds = {
        "opposite": (voice, -voice),
        "opposite in noise": (voice + noise[0], -voice + noise[1]),
        "hum beside it": (hum, voice),
        "music beside it": (voice, music),
        "an echo beside it": (voice, echo(voice, 0.3)),
        "in the centre": (music, -music, voice, none, 0.5 * music, none),
    }
    return np.stack(kinds[kind], axis=1)


@pytest.mark.parametrize(
    "kind",
    ["opposite", "opposite in noise", "hum beside it", "music beside it", "an echo beside it", "in the centre"],
)
def test_the_voice_is_taken_from_the_channels_that_hold_it(tmp_path, voice, kind):
    audio = read_audio(save_wav(tmp_path / "a.wav", channels_of(kind, voice), RATE_HZ))
    assert np.corrcoef(audio.samples, voice)[0, 1] > 0.95
    assert np.abs(audio.samples).max() == pytest.approx(np.abs(voice).max(), rel=0.3)
    assert word_error_rate(TEXT, transcribe(audio, "en").text) == 0


def test_two_people_each_in_a_channel_are_both_heard(tmp_path, kokoro, voice):
    answer = join_speech(kokoro.stream("I did not know that.", voice="am_michael")).audio.samples
    channels = np.zeros((len(voice) + len(answer) + RATE_HZ, 2))
    channels[: len(voice), 0], channels[-len(answer) :, 1] = voice, answer
    heard = transcribe(read_audio(save_wav(tmp_path / "a.wav", channels, RATE_HZ)), "en").text
    assert word_error_rate(f"{TEXT} I did not know that.", heard) == 0


def test_a_very_quiet_voice_is_heard(tmp_path, voice):
    quiet = save_wav(tmp_path / "a.wav", voice * 0.0015 / np.abs(voice).max(), RATE_HZ)
    assert word_error_rate(TEXT, transcribe(read_audio(quiet), "en").text) <= 0.2
    with pytest.raises(BadInput, match="silent"):
        read_audio(save_wav(tmp_path / "b.wav", tune(2) * 2e-3, RATE_HZ))


def test_a_film_of_a_very_quiet_voice(tmp_path, voice):
    grey = [np.full((64, 64, 3), 128, np.uint8)] * 75
    film = save_film(tmp_path / "a.mp4", grey, sound=voice * 0.005, rate_hz=RATE_HZ)
    assert word_error_rate(TEXT, transcribe(sound_of(film), "en").text) <= 0.2


@pytest.fixture
def made(studio):
    """Make a small clip of a sound file, beside it."""
    options = {"size": "256", "fps": 12, "motion_csv": True}
    return lambda path, **more: studio.animate(path, out=path.with_suffix(".mp4"), **options, **more)


def jaw_of(clip):
    return read_motion_csv(clip.path.with_suffix(".motion.csv")).channel("jawOpen")


@pytest.mark.parametrize("motion", ["diffusion", "procedural"])
@pytest.mark.parametrize("kind", ["music", "noise"])
def test_where_nobody_speaks_the_lips_stay_shut(tmp_path, made, kind, motion):
    samples = tune(2) if kind == "music" else np.random.default_rng(0).normal(size=2 * RATE_HZ) * 0.1
    clip = made(save_wav(tmp_path / "a.wav", samples, RATE_HZ), motion_generator=motion, captions=True)
    assert jaw_of(clip).max() < 0.02
    assert clip.report["words"] == clip.report["phones"] == []
    assert [warning for warning in clip.report["warnings"] if "No voice is heard" in warning]


def test_a_text_that_nobody_says_is_refused(tmp_path, made):
    with pytest.raises(BadInput, match="No speech"):
        made(save_wav(tmp_path / "a.wav", tune(2), RATE_HZ), text="Hello there.")


def test_lips_stay_shut_in_the_music_and_move_in_the_speech_behind_it(tmp_path, made, voice):
    music = tune(3)
    clip = made(save_wav(tmp_path / "a.wav", np.concatenate([music, voice]), RATE_HZ))
    jaw = jaw_of(clip)
    assert jaw[: 12 * 3 - 6].max() < 0.02  # the mouth opens a little ahead
    assert jaw[12 * 3 :].max() > 0.1
    assert not [warning for warning in clip.report["warnings"] if "No voice" in warning]
