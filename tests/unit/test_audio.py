"""Recordings as people have them: odd formats, wrong headers, torn and too loud ones."""

import av
import numpy as np
import pytest
import soundfile

from checkpoints.errors import BadInput
from checkpoints.notices import gathering
from emotion_embed.signals.recordings import read_audio
from tests.sounds import save_wav

RATE_HZ = 16_000
TONE = (0.4 * np.sin(2 * np.pi * 300 * np.arange(4 * RATE_HZ) / RATE_HZ)).astype(np.float32)


def as_heard(path):
    audio = read_audio(path)
    assert audio.sample_rate_hz == RATE_HZ
    return audio.samples


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM"])
def test_any_kind_of_sample(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ, subtype=subtype)
    heard = as_heard(tmp_path / "a.wav")[: len(TONE)]
    assert np.corrcoef(heard, TONE)[0, 1] > 0.999
    assert np.abs(heard).max() == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize("n_channels", [3, 5, 8, 12, 32, 64])
def test_any_number_of_channels(tmp_path, n_channels):
    channels = np.zeros((len(TONE), n_channels), np.float32)
    channels[:, -1] = TONE
    assert as_heard(save_wav(tmp_path / "a.wav", channels, RATE_HZ)) == pytest.approx(TONE, abs=1e-4)


@pytest.mark.parametrize("stated", [0, 1000, 2**32 - 1, 50_000_000])
@pytest.mark.parametrize("ending", [b"", b"LIST\x04\0\0\0INFO"])
def test_a_header_that_states_a_wrong_length(tmp_path, stated, ending):
    whole = save_wav(tmp_path / "a.wav", TONE, RATE_HZ).read_bytes()
    at = whole.index(b"data") + 4
    (tmp_path / "a.wav").write_bytes(whole[:at] + stated.to_bytes(4, "little") + whole[at + 4 :] + ending)
    heard = as_heard(tmp_path / "a.wav")
    assert abs(len(heard) - len(TONE)) <= 8  # an unstated ending may be taken for sound
    assert heard[: len(TONE)] == pytest.approx(TONE, abs=1e-4)


def test_what_follows_a_right_length_is_not_heard(tmp_path):
    whole = save_wav(tmp_path / "a.wav", TONE, RATE_HZ).read_bytes()
    for ending in (b"LIST\x80\x3e\0\0" + bytes(range(256)) * 63, b"ID3\x03" + b"\xff\x80" * 5000):
        (tmp_path / "a.wav").write_bytes(whole + ending)
        assert len(as_heard(tmp_path / "a.wav")) == len(TONE)


@pytest.mark.parametrize("scale", [8, 32_768])
def test_more_than_full_scale_is_made_quieter_not_clipped(tmp_path, scale):
    soundfile.write(tmp_path / "a.wav", scale * TONE, RATE_HZ, subtype="FLOAT")
    assert as_heard(tmp_path / "a.wav") == pytest.approx(TONE / 0.4, abs=1e-3)


def test_single_samples_over_full_scale_are_clipped(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.where(np.arange(len(TONE)) == 100, 50, TONE), RATE_HZ, subtype="FLOAT")
    heard = as_heard(tmp_path / "a.wav")
    assert heard[100] == 1
    assert heard[101:] == pytest.approx(TONE[101:], abs=1e-6)


def test_a_constant_part_is_taken_off(tmp_path):
    soundfile.write(tmp_path / "a.wav", TONE + 0.3, RATE_HZ, subtype="FLOAT")
    assert as_heard(tmp_path / "a.wav") == pytest.approx(TONE, abs=1e-3)


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".ogg"])
def test_damage_in_the_middle_costs_only_itself(tmp_path, suffix):
    noise = 0.2 * np.random.default_rng(0).normal(size=len(TONE))
    soundfile.write(tmp_path / f"a{suffix}", noise, RATE_HZ)
    whole = bytearray((tmp_path / f"a{suffix}").read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 300] = bytes((7 * byte + 13) % 256 for byte in whole[middle : middle + 300])
    (tmp_path / f"a{suffix}").write_bytes(whole)
    assert len(as_heard(tmp_path / f"a{suffix}")) > 0.5 * len(noise)


def test_a_torn_recording_is_read_as_far_as_it_goes(tmp_path):
    soundfile.write(tmp_path / "a.flac", 0.2 * np.random.default_rng(0).normal(size=len(TONE)), RATE_HZ)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(whole[: len(whole) // 2])
    with gathering(notices := []):
        heard = as_heard(tmp_path / "a.flac")
    assert 0.4 * len(TONE) < len(heard) < 0.6 * len(TONE)
    assert len(notices) == 1
    assert "torn" in notices[0]


def test_a_track_whose_format_nothing_decodes_is_passed_over(tmp_path):
    with av.open(str(tmp_path / "a.mka"), "w") as container:
        streams = [container.add_stream(codec, rate=RATE_HZ, layout="mono") for codec in ("flac", "pcm_s16le")]
        for stream in streams:
            frame = av.AudioFrame.from_ndarray((TONE * 32767).astype("<i2")[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, 0
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    whole = (tmp_path / "a.mka").read_bytes()
    (tmp_path / "a.mka").write_bytes(whole.replace(b"A_FLAC", b"A_XLAC"))
    assert as_heard(tmp_path / "a.mka") == pytest.approx(TONE, abs=1e-4)
    (tmp_path / "a.mka").write_bytes(whole.replace(b"A_FLAC", b"A_XLAC").replace(b"A_PCM/INT/LIT", b"A_XCM/INT/LIT"))
    with pytest.raises(BadInput, match="cannot be read"):
        read_audio(tmp_path / "a.mka")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x24\0\0\0WAVEfmt "])
def test_nothing_in_it(tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(BadInput, match="cannot be read"):
        read_audio(tmp_path / "a.wav")
