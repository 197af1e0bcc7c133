"""Recordings as people have them: voices in odd channels and tracks, sentences said twice, and sounds without a voice.

The voice is the product's own, which is made once; ffmpeg puts it into files.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import wave
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio, read_audio
from scripts.input_cases import Trial, mien

RATE_HZ = 24_000
TEXT = "The morning market opens early today."
ANSWER = "I did not know that."
CHANNELS, TWICE, NO_VOICE = "channels and tracks of sound", "a sentence said twice", "no voice in the sound"
PICTURE = ("-f", "lavfi", "-i", "testsrc=d=3:s=128x128:r=25")
FILM = ("-pix_fmt", "yuv420p")


# What the trials are made of


@lru_cache(maxsize=32)
def voice(text: str = TEXT, name: str = "af_bella") -> np.ndarray:
    from studio import Studio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.wav"
        Studio().say(text, voice=name, out=path)
        return read_audio(path, RATE_HZ).samples


def pause(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def noise(n: int, size: float, seed: int = 0) -> np.ndarray:
    return (size * np.random.default_rng(seed).normal(size=n)).astype(np.float32)


def tone(n: int, frequency_hz: float, size: float = 0.2) -> np.ndarray:
    return (size * np.sin(2 * np.pi * frequency_hz * np.arange(n) / RATE_HZ)).astype(np.float32)


def tune(n: int) -> np.ndarray:
    times_s = np.arange(n) / RATE_HZ
    notes = [np.sin(2 * np.pi * f * 2 ** (np.floor(4 * times_s) % 5 / 12) * times_s) for f in (220, 277, 330)]
    return (0.15 * sum(notes) * np.exp(-3 * (times_s % 0.25))).astype(np.float32)


def later(samples: np.ndarray, seconds: float) -> np.ndarray:
    return np.concatenate([pause(seconds), samples])[: len(samples)]


def save(path: Path, *channels: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((len(channels), 2, rate_hz, 0, "NONE", ""))
        file.writeframes((np.clip(np.stack(channels, 1), -1, 1) * 32767).astype("<i2").tobytes())
    return path


def save_floats(path: Path, samples: np.ndarray) -> Path:
    data = samples.astype("<f4").tobytes()
    header = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    numbers = ((3, 2), (1, 2), (RATE_HZ, 4), (RATE_HZ * 4, 4), (4, 2), (32, 2))
    header += b"".join(number.to_bytes(size, "little") for number, size in numbers)
    path.write_bytes(header + b"data" + len(data).to_bytes(4, "little") + data)
    return path


def ffmpeg(*arguments: object) -> None:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


# What is right


def likeness(audio: Audio, samples: np.ndarray) -> float:
    """The largest correlation of a sound with `samples`, wherever they begin in it."""
    from scipy.signal import correlate

    heard = audio.resampled(RATE_HZ).samples
    heard = heard - heard.mean()
    return float(np.abs(correlate(heard, samples)).max() / (np.linalg.norm(heard) * np.linalg.norm(samples) + 1e-9))


def holds(path: Path, *voices: np.ndarray, least: float = 0.9) -> Audio:
    """The recording at `path`, which must be read as these voices, one after another, and little else."""
    audio = read_audio(path)
    wanted = least / np.sqrt(len(voices))
    assert all(likeness(audio, one) > wanted * 0.9 for one in voices), [likeness(audio, one) for one in voices]
    assert len(voices) > 1 or likeness(audio, voices[0]) > least, likeness(audio, voices[0])
    return audio


def refused(folder: Path, path: Path) -> None:
    run = mien(folder, "animate", str(path), "-o", "clip.mp4")
    said = [line for line in run.stderr.splitlines() if line and "%" not in line]
    assert run.returncode == 2, run.returncode
    assert len(said) == 1, said
    assert "Traceback" not in run.stderr


def in_channels(name: str, *channels: Callable[[], np.ndarray], least: float = 0.9) -> Trial:
    def check(folder: Path) -> None:
        holds(save(folder / "a.wav", *(make() for make in channels)), voice(), least=least)

    return Trial(CHANNELS, name, check)


def silent() -> np.ndarray:
    return 0 * voice()


def hum() -> np.ndarray:
    return tone(len(voice()), 50) + tone(len(voice()), 150, 0.1)


def music() -> np.ndarray:
    return 1.5 * tune(len(voice()))


def hiss(seed: int = 0, size: float = 0.02) -> np.ndarray:
    return noise(len(voice()), size, seed)


CHANNEL_TRIALS = [
    in_channels("the same in both", voice, voice),
    in_channels("opposite", voice, lambda: -voice()),
    in_channels("opposite, one at half", lambda: 0.5 * voice(), lambda: -voice()),
    in_channels("opposite in noise", lambda: voice() + hiss(1, 0.005), lambda: -voice() + hiss(2, 0.005)),
    in_channels("opposite with music", lambda: voice() + 0.1 * music(), lambda: 0.1 * music() - voice()),
    in_channels("a twentieth of a second late", voice, lambda: later(voice(), 0.05)),
    in_channels("five milliseconds late and opposite", voice, lambda: -later(voice(), 0.005)),
    in_channels("a third of a second late", voice, lambda: later(voice(), 0.33)),
    in_channels("hum in the left", hum, voice),
    in_channels("hiss in the right", voice, lambda: hiss(size=0.1)),
    in_channels("music in the left", music, voice),
    in_channels("much quieter in the left", lambda: 0.03 * voice(), voice),
    in_channels("clean left, hum on the right", voice, lambda: voice() + 2 * hum()),
    in_channels("middle and side", voice, lambda: hiss(size=0.03)),
    in_channels("centre of six", silent, silent, voice, silent, silent, silent),
    in_channels("centre of six, music around", music, music, voice, silent, music, music),
    in_channels("last of three", silent, silent, voice),
    in_channels("last of twelve", *[silent] * 11, voice),
    in_channels("fortieth of sixty-four", *[silent] * 39, voice, *[silent] * 24),
    in_channels("four microphones, one turned", voice, lambda: -voice(), silent, voice),
]


def _two_people(folder: Path, bleed: float) -> None:
    one, two = voice(), voice(ANSWER, "am_michael")
    left, right = np.concatenate([one, pause(0.6), 0 * two]), np.concatenate([0 * one, pause(0.6), two])
    audio = holds(save(folder / "a.wav", left + bleed * right, right + bleed * left), one, two)
    assert words_of(audio) == plain(f"{TEXT} {ANSWER}")


def _tracks(folder: Path, first: np.ndarray, second: np.ndarray, suffix: str, *options: str) -> Path:
    save(folder / "1.wav", first), save(folder / "2.wav", second)
    sounds = ("-i", folder / "1.wav", "-i", folder / "2.wav", "-map", "0:v", "-map", "1:a", "-map", "2:a")
    ffmpeg(*PICTURE, *sounds, *FILM, *options, folder / f"film{suffix}")
    return folder / f"film{suffix}"


def tracks(name: str, first: Callable[[], np.ndarray], second: Callable[[], np.ndarray], *options: str) -> Trial:
    """The mono sound of a film with two sound tracks must be `voice`; the first option is the name's ending."""

    def check(folder: Path) -> None:
        holds(_tracks(folder, first(), second(), *options), voice())

    return Trial(CHANNELS, name, check)


def answer() -> np.ndarray:
    return voice(ANSWER, "am_michael")


SECOND = ("-disposition:a:0", "0", "-disposition:a:1", "default")
CHANNEL_TRIALS += [
    tracks("first track silent, mp4", silent, voice, ".mp4"),
    tracks("first track silent, mkv", silent, voice, ".mkv"),
    tracks("first track music, mov", music, voice, ".mov"),
    tracks("first track noise, ts", hiss, voice, ".ts"),
    tracks("first track empty", silent, voice, ".mkv", "-filter:a:0", "aselect=0"),
    tracks("the default track is music", voice, music, ".mkv", *SECOND),
    tracks("the second track is the default, both speak", answer, voice, ".mkv", *SECOND),
    tracks("the first of two that speak", voice, answer, ".mp4"),
]


def _begins(folder: Path, late_s: float, suffix: str) -> None:
    """The voice must sound so much after the first picture as the film says."""
    from emotion_embed.signals.video import sound_of

    save(folder / "a.wav", voice())
    offset = ("-itsoffset", str(late_s), "-i", folder / "a.wav") if late_s > 0 else ("-i", folder / "a.wav")
    picture = PICTURE if late_s > 0 else ("-itsoffset", str(-late_s), *PICTURE)
    codecs = ("-c:v", "libvpx", "-c:a", "libopus") if suffix == ".webm" else FILM
    ffmpeg(*picture, *offset, "-map", "0:v", "-map", "1:a", *codecs, folder / f"film{suffix}")
    sound = sound_of(folder / f"film{suffix}").resampled(RATE_HZ).samples
    padded = np.concatenate([sound, pause(2)])
    from scipy.signal import correlate

    tail = voice()[RATE_HZ:]  # what is still there when the beginning is cut
    lag_s = np.abs(correlate(padded, tail, "valid")).argmax() / RATE_HZ - 1
    assert abs(lag_s - late_s) < 0.03, lag_s


def _gap(folder: Path) -> None:
    from emotion_embed.signals.video import sound_of

    samples = np.concatenate([voice(), pause(0.2)])
    save(folder / "a.wav", samples)
    cut = ("-af", "aselect='not(between(t,0.5,1.2))'")
    ffmpeg(*PICTURE, "-i", folder / "a.wav", "-map", "0:v", "-map", "1:a", *FILM, *cut, folder / "film.mkv")
    sound = sound_of(folder / "film.mkv")
    assert abs(sound.duration_s - len(samples) / RATE_HZ) < 0.1, sound.duration_s


def _coded(folder: Path, suffix: str, *options: str, least: float = 0.9) -> None:
    save(folder / "a.wav", voice())
    ffmpeg("-i", folder / "a.wav", *options, folder / f"b{suffix}")
    holds(folder / f"b{suffix}", voice(), least=least)


def _header(folder: Path, stated: int) -> None:
    whole = save(folder / "a.wav", voice()).read_bytes()
    at = whole.index(b"data") + 4
    (folder / "a.wav").write_bytes(whole[:at] + stated.to_bytes(4, "little") + whole[at + 4 :])
    assert abs(holds(folder / "a.wav", voice()).duration_s - len(voice()) / RATE_HZ) < 0.01


def _torn(folder: Path, suffix: str, *options: str) -> None:
    save(folder / "a.wav", voice())
    ffmpeg("-i", folder / "a.wav", *options, folder / f"b{suffix}")
    whole = (folder / f"b{suffix}").read_bytes()
    (folder / f"b{suffix}").write_bytes(whole[: len(whole) * 7 // 10])
    length_s = read_audio(folder / f"b{suffix}").duration_s
    assert 0.4 * len(voice()) / RATE_HZ < length_s <= len(voice()) / RATE_HZ, length_s


def _damaged(folder: Path) -> None:
    save(folder / "a.wav", voice())
    ffmpeg("-i", folder / "a.wav", folder / "b.mp3")
    whole = bytearray((folder / "b.mp3").read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 300] = bytes((7 * byte + 13) % 256 for byte in whole[middle : middle + 300])
    (folder / "b.mp3").write_bytes(whole)
    holds(folder / "b.mp3", voice(), least=0.8)


def _cover(folder: Path, suffix: str) -> None:
    save(folder / "a.wav", voice())
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64:d=0.04", "-frames:v", "1", folder / "cover.jpg")
    cover = ("-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic")
    ffmpeg("-i", folder / "a.wav", "-i", folder / "cover.jpg", *cover, folder / f"b{suffix}")
    holds(folder / f"b{suffix}", voice())


def _floats(folder: Path, scale: float, offset: float = 0.0) -> None:
    audio = holds(save_floats(folder / "a.wav", scale * voice() + offset), voice(), least=0.97)
    assert np.abs(audio.samples).max() <= 1
    assert abs(audio.samples.mean()) < 0.01, audio.samples.mean()


def _quiet(folder: Path, peak_db: float, turned: bool = False) -> None:
    samples = voice() * 10 ** (peak_db / 20) / np.abs(voice()).max()
    path = save(folder / "a.wav", samples, -samples if turned else samples)
    assert len(set(words_of(read_audio(path))) & set(plain(TEXT))) >= 5


def _not_a_number(folder: Path) -> None:
    refused(folder, save_floats(folder / "a.wav", np.where(np.arange(len(voice())) == 999, np.nan, voice())))


def _bytes(folder: Path, content: bytes, name: str = "a.wav") -> None:
    (folder / name).write_bytes(content)
    refused(folder, folder / name)


def _headless(folder: Path) -> None:
    save(folder / "a.wav", voice())
    ffmpeg("-i", folder / "a.wav", folder / "b.m4a")
    _bytes(folder, (folder / "b.m4a").read_bytes()[:9000], "c.m4a")


CHANNEL_TRIALS += [
    Trial(CHANNELS, name, check)
    for name, check in (
        ("two people, each in a channel", lambda f: _two_people(f, 0)),
        ("two people who are faintly in each other's channel", lambda f: _two_people(f, 0.08)),
        ("sound .7 s after the picture, mp4", lambda f: _begins(f, 0.7, ".mp4")),
        ("sound .4 s after the picture, webm", lambda f: _begins(f, 0.4, ".webm")),
        ("sound .3 s before the picture, mkv", lambda f: _begins(f, -0.3, ".mkv")),
        ("sound that lacks in the middle of a film", _gap),
        ("8 bits", lambda f: _coded(f, ".wav", "-c:a", "pcm_u8")),
        ("24 bits", lambda f: _coded(f, ".wav", "-c:a", "pcm_s24le")),
        ("µ-law over the telephone", lambda f: _coded(f, ".wav", "-ar", "8000", "-c:a", "pcm_mulaw", least=0.8)),
        ("opus in ogg", lambda f: _coded(f, ".opus", "-ar", "48000", least=0.8)),
        ("m4a", lambda f: _coded(f, ".m4a")),
        ("96 kHz", lambda f: _coded(f, ".wav", "-ar", "96000")),
        ("mp3 with a cover", lambda f: _cover(f, ".mp3")),
        ("m4a with a cover", lambda f: _cover(f, ".m4a")),
        ("floats up to 6", lambda f: _floats(f, 6 / np.abs(voice()).max())),
        ("floats up to 32768", lambda f: _floats(f, 32_768 / np.abs(voice()).max())),
        ("a constant part", lambda f: _floats(f, 1, 0.3)),
        ("a peak of −60 dB", lambda f: _quiet(f, -60)),
        ("a peak of −52 dB, opposite", lambda f: _quiet(f, -52, turned=True)),
        ("a header without a length", lambda f: _header(f, 0)),
        ("a header of a stream", lambda f: _header(f, 2**32 - 1)),
        ("a header that says too little", lambda f: _header(f, 9000)),
        ("a header that says too much", lambda f: _header(f, 9_000_000)),
        ("a torn flac", lambda f: _torn(f, ".flac")),
        ("a torn aac", lambda f: _torn(f, ".aac")),
        ("a torn mka", lambda f: _torn(f, ".mka")),
        ("a damaged mp3", _damaged),
        ("samples that are no numbers", _not_a_number),
        ("no bytes", lambda f: _bytes(f, b"")),
        ("half a header", lambda f: _bytes(f, b"RIFF\x24\0\0\0WAVEfmt ")),
        ("an m4a without its end", _headless),
    )
]


# A sentence said twice


def plain(text: str) -> list[str]:
    from studio.quality.metrics import plain_words

    return plain_words(text)


def words_of(audio: Audio, text: str | None = None, language: str | None = "en") -> list[str]:
    from generators.voice.recording.transcribed import read_recording

    return plain(" ".join(word.text for word in read_recording(audio, text=text, language=language).words))


def said(parts: list[tuple[str, str]], pauses_s: float, *, given: bool = False, rest: float = 0.0) -> None:
    """Sentences by voices, pauses between: all words must be heard, in order, each where its sentence sounds."""
    from generators.voice.recording.transcribed import read_recording
    from studio.quality.metrics import word_error_rate

    pieces, bounds_s, at = [pause(rest)], [], rest
    for i, (text, name) in enumerate(parts):
        if i:
            pieces.append(pause(pauses_s))
            at += pauses_s
        pieces.append(voice(text, name))
        bounds_s.append((at - 0.2, at + len(pieces[-1]) / RATE_HZ + 0.2))
        at += len(pieces[-1]) / RATE_HZ
    whole = " ".join(text for text, _ in parts)
    audio = Audio(np.concatenate([*pieces, pause(rest)]), RATE_HZ)
    words = read_recording(audio, text=whole if given else None, language="en").words
    for (text, _), (start_s, end_s) in zip(parts, bounds_s, strict=True):
        own = " ".join(word.text for word in words if start_s <= (word.start_s + word.end_s) / 2 <= end_s)
        assert word_error_rate(text, own) <= 0.25, (own, text)  # a word may be misheard, none lost or made up
    assert abs(len(words) - len(whole.split())) <= 1, [word.text for word in words]


def twice(name: str, parts: list[tuple[str, str]], pauses_s: float, **options: object) -> Trial:
    return Trial(TWICE, name, lambda folder: said(parts, pauses_s, **options))


HOME, TONIGHT, FAULT = "We should go home now.", "Where are you going tonight?", "It was not my fault."
TWICE_TRIALS = [
    twice("twice, .4 s between", [(HOME, "am_michael")] * 2, 0.4),
    twice("twice, .5 s between, a woman", [(TONIGHT, "bf_emma")] * 2, 0.5),
    twice("twice, .7 s between", [(TONIGHT, "bf_emma")] * 2, 0.7),
    twice("twice, 1 s between", [(HOME, "af_heart")] * 2, 1.0),
    twice("twice, 2 s between", [(TONIGHT, "bf_emma")] * 2, 2.0),
    twice("twice, 3 s between", [(FAULT, "am_puck")] * 2, 3.0),
    twice("three times", [(FAULT, "am_michael")] * 3, 0.6),
    twice("three times, 1 s between", [("The train leaves at seven in the morning.", "am_puck")] * 3, 1.0),
    twice("four times", [(HOME, "am_michael")] * 4, 0.4),
    twice("by two voices", [(HOME, "af_heart"), (HOME, "am_michael")], 0.6),
    twice("by three voices", [(HOME, "af_heart"), (HOME, "am_michael"), (HOME, "bf_emma")], 0.8),
    twice("another sentence between", [(HOME, "am_michael"), (FAULT, "am_michael"), (HOME, "am_michael")], 0.5),
    twice("a short answer between", [(TONIGHT, "bf_emma"), ("Yes.", "am_michael"), (TONIGHT, "bf_emma")], 0.7),
    twice("twice with its text", [(HOME, "am_michael")] * 2, 0.4, given=True),
    twice("three times with its text", [(FAULT, "am_michael")] * 3, 0.6, given=True),
    twice("twice amid silence", [(TONIGHT, "bf_emma")] * 2, 0.7, rest=1.5),
    twice("no, said four times", [("No, no, no, no.", "af_heart")], 0.0),
    twice("once is once", [(HOME, "am_michael"), (TONIGHT, "bf_emma")], 0.8),
    twice("a second sentence after six seconds", [(HOME, "am_michael"), (HOME, "am_michael")], 6.0),
]


# No voice in the sound


def lips(folder: Path, samples: np.ndarray, *options: str) -> tuple[np.ndarray, dict]:
    """How far the jaw opens in each frame of a clip of these samples, and its report."""
    save(folder / "a.wav", samples)
    size = ("--size", "256", "--fps", "10", "--motion-csv")
    run = mien(folder, "animate", "a.wav", "-o", "clip.mp4", *size, *options)
    assert run.returncode == 0, run.stderr[-300:]
    from generators.motion.live_link import read_motion_csv

    report = json.loads((folder / "clip.report.json").read_text(encoding="utf-8"))
    return read_motion_csv(folder / "clip.motion.csv").channel("jawOpen"), report


def shut(name: str, make: Callable[[], np.ndarray], *options: str) -> Trial:
    def check(folder: Path) -> None:
        jaw, report = lips(folder, make(), *options)
        assert jaw.max() < 0.03, jaw.max()
        assert report["words"] == []
        assert any("voice" in sentence for sentence in report["warnings"]), report["warnings"]

    return Trial(NO_VOICE, name, check)


def _music_then_voice(folder: Path, before_s: float) -> None:
    jaw, report = lips(folder, np.concatenate([tune(round(before_s * RATE_HZ)), voice()]))
    assert jaw[: round(10 * before_s) - 5].max() < 0.03, jaw[: round(10 * before_s) - 5].max()
    assert jaw[round(10 * before_s) :].max() > 0.1, jaw.max()
    assert len(report["words"]) == len(TEXT.split())


def _voice_then_music(folder: Path) -> None:
    jaw, _ = lips(folder, np.concatenate([voice(), tune(3 * RATE_HZ)]))
    n_spoken = round(10 * len(voice()) / RATE_HZ)
    assert jaw[:n_spoken].max() > 0.1
    assert jaw[n_spoken + 4 :].max() < 0.03, jaw[n_spoken + 4 :].max()


def _text_of_music(folder: Path) -> None:
    save(folder / "a.wav", tune(2 * RATE_HZ))
    assert mien(folder, "animate", "a.wav", "--text", "Hello there.", "-o", "clip.mp4").returncode == 2


def _drums() -> np.ndarray:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    return noise(len(times_s), 0.3) * np.exp(-25 * (times_s % 0.25)).astype(np.float32)


def _applause() -> np.ndarray:
    rng = np.random.default_rng(3)
    claps = np.zeros(2 * RATE_HZ, np.float32)
    for at in rng.integers(0, len(claps) - 600, 400):
        claps[at : at + 600] += noise(600, 0.1, int(at)) * np.exp(-np.arange(600) / 100).astype(np.float32)
    return claps


def _chirps() -> np.ndarray:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    sweep = np.sin(2 * np.pi * (3500 * times_s + 100 * np.sin(2 * np.pi * 8 * times_s)))
    return (0.2 * sweep * (times_s % 0.4 < 0.15)).astype(np.float32)


NO_VOICE_TRIALS = [
    shut("a tune", lambda: tune(2 * RATE_HZ)),
    shut("a tune, by rules", lambda: tune(2 * RATE_HZ), "--motion", "procedural"),
    shut("a tune with captions", lambda: tune(2 * RATE_HZ), "--captions", "--srt"),
    shut("drums", _drums),
    shut("white noise", lambda: noise(2 * RATE_HZ, 0.1)),
    shut("applause", _applause),
    shut("a bird", _chirps),
    shut("a tone", lambda: tone(2 * RATE_HZ, 440)),
    shut("mains hum", lambda: tone(2 * RATE_HZ, 50)),
    Trial(NO_VOICE, "three seconds of music, then a voice", lambda f: _music_then_voice(f, 3.0)),
    Trial(NO_VOICE, "eight seconds of music, then a voice", lambda f: _music_then_voice(f, 8.0)),
    Trial(NO_VOICE, "a voice, then music", _voice_then_music),
    Trial(NO_VOICE, "a text for music", _text_of_music),
    Trial(NO_VOICE, "silence", lambda f: refused(f, save(f / "a.wav", pause(2)))),
]

TRIALS = [*CHANNEL_TRIALS, *TWICE_TRIALS, *NO_VOICE_TRIALS]
