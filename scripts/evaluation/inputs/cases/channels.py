"""Sounds of many channels, tracks and containers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from emotion_embed.signals.recordings import read_audio
from scripts.evaluation.inputs.cases import Trial
from scripts.evaluation.inputs.cases.said_twice import plain, words_of
from scripts.evaluation.inputs.cases.sounds import (
    ANSWER,
    CHANNELS,
    FILM,
    PICTURE,
    RATE_HZ,
    TEXT,
    ffmpeg,
    hiss,
    holds,
    hum,
    in_channels,
    later,
    music,
    pause,
    refused,
    save,
    save_floats,
    silent,
    voice,
)

TRIALS = [
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
    save(folder / "1.wav", first)
    save(folder / "2.wav", second)
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


TRIALS += [
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
    sound = sound_of(folder / f"film{suffix}")
    assert sound is not None, "no sound"
    padded = np.concatenate([sound.resampled(RATE_HZ).samples, pause(2)])
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
    assert sound is not None, "no sound"
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


TRIALS += [
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
