"""Sound without a picture: its request, and what happens to parts between the voice and the file."""

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput, Cancelled
from emotion_embed.signals.audio import Audio
from generators import registry
from generators.contracts import Phone, Speech, Word
from generators.spec import resolve
from generators.voice.prosody.loudness import integrated_lufs, true_peak_dbtp
from generators.voice.prosody.prosody import Prosody
from studio.library import Library
from studio.plan import SoundPlan
from studio.request import RenderRequest, SayRequest
from studio.runtime import Run
from studio.say import levelled_chunks, sound_chunks, write_sound
from studio.sources import TextSpeech
from studio.studio import Studio

RATE_HZ = 24_000
TEXT = "One two. Three four. Five six."
_maybe = lambda values: st.none() | values  # noqa: E731
_words = st.text(max_size=20)


def spoken(seconds=1.0, level=0.1, words=((0, 3), (4, 7)), ends=0.0):
    """A part as a voice hands it on: a buzz with a pause behind; `ends` is what its last sample is lifted to."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 140 * k * time_s) / k for k in range(1, 9)) * (0.6 + 0.4 * np.sin(20 * time_s))
    samples = np.concatenate([level * buzz, np.zeros(RATE_HZ // 3)]).astype(np.float32)
    if ends:
        samples[-500:] = ends
    half_s = seconds / 2
    said = tuple(Word(TEXT[a:b], i * half_s, (i + 1) * half_s, a, b) for i, (a, b) in enumerate(words))
    phones = tuple(Phone("ə", w.start_s, w.end_s, 0, i) for i, w in enumerate(said))
    return Speech(Audio(samples, RATE_HZ), phones, said)


PARTS = [spoken(), spoken(level=0.16, words=((9, 14), (15, 19))), spoken(level=0.06, words=((21, 25), (26, 29)))]
FEELINGS = [(0, Prosody()), (9, Prosody(energy_db=4.0)), (21, Prosody(energy_db=-4.0))]


@dataclass
class SpokenBefore(TextSpeech):
    """A voice that has spoken already."""

    parts: Iterable[Speech] = ()

    def stream(self, run, spoken):
        spoken.begin(next(iter(self.requests)).script())
        yield from self.parts

    def prosody(self, request, so_far):
        return FEELINGS

    def weights(self):
        return ()


def saying(tmp_path, parts=PARTS, suffix=".wav", progress=None, cancel=None):
    """A plan whose voice has said `parts`, its run, and its chunks."""
    request = SayRequest(text=TEXT, out=str(tmp_path / "new" / f"say{suffix}"))
    speech = SpokenBefore(registry.default("voice"), "kokoro", requests=(request,), parts=parts)
    plan = SoundPlan(request, request.script(), request.start_track(), speech)
    run = Run(Library(), progress, cancel)
    return plan, run, sound_chunks(plan, run)


# The request


@given(
    st.builds(
        SayRequest, text=_words, voice=_words, language=_maybe(_words), voice_reference=_maybe(_words),
        consent=_maybe(_words), consent_date=_maybe(_words), emotion=_maybe(_words),
        rate=st.floats(allow_nan=False), out=_words,
    )
)  # fmt: skip
def test_a_request_survives_json(request_):
    assert SayRequest.from_dict(json.loads(json.dumps(request_.to_dict()))) == request_


def test_its_fields_are_those_of_a_clips_request():
    clip, sound = RenderRequest().to_dict(), SayRequest().to_dict()
    assert set(sound) < set(clip)
    assert {name for name in sound if sound[name] != clip[name]} == {"text", "out"}
    with pytest.raises(BadInput, match="portrait"):
        SayRequest.from_dict({"portrait": "me.png"})


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": ""}, "empty"),
        ({"text": "… *!* 😀 [joy]"}, "empty"),
        ({"text": "<speak> <break/> </speak>"}, "empty"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": "hello " * 16_667}, "minutes"),
        ({"text": "[jox] hi"}, "did you mean joy"),
        ({"emotion": "joyy"}, "did you mean joy"),
        ({"emotion": "joy", "vad": "0,0,0"}, "give one"),
        ({"rate": 5.0}, "rate"),
        ({"pitch": float("nan")}, "pitch"),
        ({"voice_generator": "kokorro"}, "kokoro"),
        ({"voice_reference": "me.wav"}, "--i-have-consent"),
        ({"voice_reference": "me.wav", "consent": " "}, "--i-have-consent"),
        (
            {"voice_reference": "nowhere.wav", "consent": "Ada Lovelace", "consent_date": "2024-05-01"},
            "no voice reference at nowhere.wav",
        ),
        ({"consent": "Ada Lovelace", "consent_date": "2024-05-01"}, "no voice reference"),
        ({"out": "say.mp4"}, r"\.wav, \.flac, \.mp3 or \.ogg"),
        ({"out": "say"}, r"\.wav"),
        ({"out": "."}, "folder; name the sound"),
        ({"out": "a" * 300 + ".wav"}, "too long"),
    ],
)
def test_what_cannot_be_said_is_one_sentence(fields, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=sentence) as raised:
        SayRequest(**{"text": "hi", **fields}).check_inputs()
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_asks_for_consent_too(tmp_path):
    reference = tmp_path / "me.wav"
    reference.write_bytes(b"")
    request = {"text": "hi", "voice_reference": str(reference), "out": str(tmp_path / "c.mp4")}
    with pytest.raises(BadInput, match="--i-have-consent"):
        RenderRequest(**request).check_inputs()
    RenderRequest(**request, consent="Ada Lovelace", consent_date="2024-05-01").check_inputs()
    with pytest.raises(BadInput, match="own voice"):
        RenderRequest(audio=str(reference), consent="Ada Lovelace", consent_date="2024-05-01", **request).check_inputs()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"voice": "af_hart"}, "af_heart"),
        ({"voice": "en_US-jo-medium"}, "en_US-joe-medium"),
        ({"voice": "en_US-joe-medium"}, "--voice-generator piper"),
        ({"voice": "af_heart", "voice_generator": "piper"}, "en_US-joe-medium"),
        ({"voice": "joe.onnx"}, "no voice"),
        ({"voice_generator": "coqui"}, "coqui:FOLDER"),
        ({"text": "今日は良い天気です"}, "Chinese or Japanese"),
        ({"voice_reference": __file__, "consent": "Ada Lovelace", "consent_date": "2024-05-01"}, "coqui"),
    ],
)
def test_voices_that_cannot_say_it_are_refused_before_anything_is_loaded(fields, sentence, tmp_path):
    with pytest.raises(BadInput, match=sentence):
        Studio().say(**{"text": "hi", "out": tmp_path / "new" / "say.wav", **fields})
    with pytest.raises(BadInput, match=sentence):
        next(Studio().say_stream(**{"text": "hi", **fields}))
    assert list(tmp_path.iterdir()) == []


def test_a_generator_speaks_with_its_own_voice_unless_one_is_named():
    assert [RenderRequest(voice_generator=name).voice for name in ("kokoro", "piper", "coqui")] == [
        "af_heart", "en_US-joe-medium", None,
    ]  # fmt: skip
    assert SayRequest(voice_generator="piper", voice="af_heart").voice == "af_heart"


@pytest.mark.parametrize(
    ("generator", "voice"), [("piper", "mine.onnx"), ("coqui", "coqui:mine#p225"), ("coqui", "models/mine")]
)
def test_files_and_folders_with_voices_are_left_to_their_generator(generator, voice):
    resolve(registry.spec("voice", generator).check)(SayRequest("Hi.", voice=voice, voice_generator=generator))


# From parts to a file


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg"])
def test_a_file_is_at_its_level_with_its_report_beside_it(tmp_path, suffix):
    sound = write_sound(*saying(tmp_path, suffix=suffix))
    assert {p.name for p in sound.path.parent.iterdir()} == {"say.report.json", f"say{suffix}"}
    assert json.loads(sound.path.with_suffix(".report.json").read_text()) == sound.report
    assert sound.report["loudness"]["integrated_lufs"] == pytest.approx(-16, abs=0.1)
    assert sound.report["loudness"]["true_peak_dbtp"] <= -1
    assert sound.duration_s == pytest.approx(4, abs=0.01)
    assert [word[0] for word in sound.report["words"]] == ["One", "two", "Three", "four", "Five", "six"]
    starts_s = [word[1] for word in sound.report["words"]]
    assert starts_s == pytest.approx([0, 0.5, 1.3333, 1.8333, 2.6667, 3.1667], abs=0.001)
    assert [phone[4] for phone in sound.report["phones"]] == list(range(6))


def test_feelings_keep_their_loudness_in_a_file(tmp_path):
    samples, _ = soundfile.read(write_sound(*saying(tmp_path)).path)
    levels = [integrated_lufs(part, RATE_HZ) for part in np.split(samples, 3)]
    given_levels = [integrated_lufs(part.audio.samples, RATE_HZ) for part in PARTS]
    assert np.diff(levels) == pytest.approx(np.diff(given_levels), abs=0.5)


def test_a_stream_hands_on_the_same_parts_near_the_level(tmp_path):
    plan, _, chunks = saying(tmp_path)
    parts = list(levelled_chunks(plan, chunks))
    assert [part.start_s for part in parts] == pytest.approx([0, 4 / 3, 8 / 3], abs=0.001)
    assert [len(part.audio.samples) for part in parts] == [len(part.audio.samples) for part in PARTS]
    assert parts[1].words[0] == Word("Three", pytest.approx(4 / 3, abs=0.001), pytest.approx(11 / 6, abs=0.001), 9, 14)
    whole = np.concatenate([part.audio.samples for part in parts])
    assert integrated_lufs(whole, RATE_HZ) == pytest.approx(-16, abs=1)
    assert true_peak_dbtp(whole) <= -1
    loud, soft = (integrated_lufs(parts[i].audio.samples, RATE_HZ) for i in (1, 2))
    assert 6 < loud - soft < 10.5
    assert not list(tmp_path.iterdir())


def test_parts_that_end_in_mid_sound_join_without_a_click(tmp_path):
    parts = [spoken(ends=0.2), spoken(ends=-0.2), spoken()]
    samples, _ = soundfile.read(write_sound(*saying(tmp_path, parts)).path)
    joins = np.cumsum([len(part.audio.samples) for part in parts])[:-1]
    for join in joins:
        assert np.abs(samples[join - 2 : join + 1]).max() < 0.01
        assert np.abs(np.diff(samples[join - 100 : join])).max() < 0.02


@pytest.mark.parametrize("error", [RuntimeError("torn"), KeyboardInterrupt()])
def test_a_voice_that_breaks_off_leaves_nothing(tmp_path, error):
    def breaking():
        yield PARTS[0]
        raise error

    with pytest.raises(type(error)):
        write_sound(*saying(tmp_path, breaking()))
    assert list(tmp_path.iterdir()) == []


def test_stopping_leaves_nothing(tmp_path):
    cancel = threading.Event()
    stop = lambda stage, *_: cancel.set() if stage == "sound file" else None  # noqa: E731
    with pytest.raises(Cancelled):
        write_sound(*saying(tmp_path, progress=stop, cancel=cancel))
    assert list(tmp_path.iterdir()) == []


def test_a_voice_with_nothing_to_say(tmp_path):
    with pytest.raises(BadInput, match="nothing"):
        write_sound(*saying(tmp_path, []))
    plan, _, chunks = saying(tmp_path, [])
    assert list(levelled_chunks(plan, chunks)) == []
    assert list(tmp_path.iterdir()) == []
