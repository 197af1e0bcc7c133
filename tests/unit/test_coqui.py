"""The Coqui voices on tiny real models: random weights, in the layout in which the published ones lie on the disk."""

import json
import os
import shutil
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from checkpoints.errors import BadInput, Missing
from emotion_embed.signals.audio import Audio
from generators.contracts import join_speech
from generators.voice.consent import LICENCE_SWITCH, Consent
from generators.voice.coqui import CoquiConfig, CoquiVoice, folder, networks
from generators.voice.prosody.prosody import Prosody

pytestmark = pytest.mark.extras

ROOT = Path(__file__).resolve().parents[2]
TEXT = "Hello there, my friend. It costs $5.20 now."
WORDS = ["Hello", "there", "my", "friend", "It", "costs", "$5.20", "now"]
CONSENT = Consent("Ada Lovelace", "2024-05-01")
SPEAKERS = {"p225": 0, "p226": 1}


@pytest.fixture(scope="module")
def coqui():
    """coqui-tts, or a skip that says why it is not to be had here."""
    try:
        networks.import_coqui()
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def nothing_accepted(monkeypatch):
    monkeypatch.delenv(LICENCE_SWITCH, raising=False)


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("The network was asked.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def voice():
    return CoquiVoice(CoquiConfig(accept_licence="cpml"))


# --- tiny models as published -------------------------------------------------------------------------------------


def tiny_vits(place: Path, *, speakers=None, d_vectors=0, languages=None, **settings) -> Path:
    """A VITS of 1.3 million random weights, with what training leaves in a checkpoint."""
    import torch
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    torch.manual_seed(0)
    inner = VitsArgs(
        hidden_channels=16,
        hidden_channels_ffn_text_encoder=16,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=1,
        upsample_initial_channel_decoder=32,
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 1, 1]],
        init_discriminator=False,
        use_speaker_embedding=bool(speakers),
        speaker_embedding_channels=8,
        use_d_vector_file=bool(d_vectors),
        d_vector_dim=d_vectors,
        use_language_embedding=bool(languages),
    )
    usual = {
        "text_cleaner": "english_cleaners",
        "languages": list(languages or ["en"]),
        "speakers": list(speakers or []),
    }
    config = VitsConfig(model_args=inner, **(usual | settings))
    model = Vits(config)
    with torch.no_grad():  # so that speakers and letters are heard at all
        for name in [n for n, _ in model.named_parameters() if "cond" in n or "emb_g" in n or "emb_l" in n]:
            model.get_parameter(name).normal_()
    place.mkdir(parents=True, exist_ok=True)
    saved = json.loads(json.dumps(config.to_dict()))
    saved["speakers"], saved["languages"] = [], []
    saved["model_args"] |= {"init_discriminator": True, "speakers_file": "/home/somebody/run/speaker_ids.json"}
    (place / "config.json").write_text(json.dumps(saved))
    if speakers:
        (place / "speaker_ids.json").write_text(json.dumps(speakers))
    if languages:
        (place / "language_ids.json").write_text(json.dumps(languages))
    weights = dict(model.state_dict()) | {"disc.nets.0.weight": torch.zeros(1)}
    torch.save({"model": weights, "config": saved, "step": 1, "optimizer": [{}]}, place / "model_file.pth")
    return place


def tiny_your_tts(place: Path) -> Path:
    """A tiny VITS for d-vectors, two speakers, and the encoder that hears the d-vector of a recording."""
    import torch
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.encoder.configs.speaker_encoder_config import SpeakerEncoderConfig
    from TTS.encoder.utils.generic_utils import setup_encoder_model

    tiny_vits(place, d_vectors=16, languages={"en": 0, "fr-fr": 1}, text_cleaner="multilingual_cleaners")
    draw = np.random.default_rng(0)
    clips = {
        f"{name}-{i}.wav": {"name": name, "embedding": draw.normal(size=16).tolist()}
        for name in ("ada", "grace")
        for i in range(2)
    }
    (place / "speakers.json").write_text(json.dumps(clips))
    ear = {"model_name": "resnet", "input_dim": 64, "proj_dim": 16, "log_input": True, "use_torch_spec": True}
    audio = BaseAudioConfig(
        sample_rate=16000, fft_size=512, win_length=400, hop_length=160, num_mels=64, preemphasis=0.97
    )
    unused = dict.fromkeys(("num_loader_workers", "num_classes_in_batch", "num_utter_per_class"), 1)
    config = SpeakerEncoderConfig(model="speaker_encoder", model_params=ear, audio=audio, **unused)
    (place / "config_se.json").write_text(json.dumps(config.to_dict()))
    torch.save({"model": setup_encoder_model(config).state_dict()}, place / "model_se.pth")
    return place


def tiny_xtts(place: Path) -> Path:
    """An XTTS with a language model of 91 thousand weights; its decoder cannot be made smaller. The settings lie in
    the checkpoint as an object, as in the published one."""
    import torch
    from tokenizers import Tokenizer, models
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    torch.manual_seed(0)
    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]"]
    signs = [*special, *"abcdefghijklmnopqrstuvwxyzäöüß.,!?'"]
    tokenizer = Tokenizer(models.BPE(vocab={s: i for i, s in enumerate(signs)}, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    place.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(place / "vocab.json"))
    inner = XttsArgs(
        gpt_layers=1,
        gpt_n_model_channels=16,
        gpt_n_heads=2,
        gpt_max_audio_tokens=40,
        gpt_num_audio_tokens=34,
        gpt_start_audio_token=32,
        gpt_stop_audio_token=33,
        gpt_use_perceiver_resampler=True,
        gpt_number_text_tokens=len(signs),
        gpt_start_text_token=3,
        gpt_stop_text_token=0,
        decoder_input_dim=16,
        tokenizer_file="/home/somebody/vocab.json",
    )
    config = XttsConfig(model_args=inner, languages=["en", "de", "zh-cn"])
    model = Xtts(config)
    (place / "config.json").write_text(json.dumps(config.to_dict()))
    torch.save({"model": model.state_dict(), "config": config}, place / "model.pth")
    own = {
        name: {"gpt_cond_latent": torch.randn(1, 32, 16), "speaker_embedding": torch.randn(1, 512, 1)}
        for name in ("Ana", "Bea")
    }
    torch.save(own, place / "speakers_xtts.pth")
    return place


@pytest.fixture(scope="module")
def vits(coqui, tmp_path_factory):
    return tiny_vits(tmp_path_factory.mktemp("coqui") / "my vits")


@pytest.fixture(scope="module")
def your_tts(coqui, tmp_path_factory):
    return tiny_your_tts(tmp_path_factory.mktemp("coqui") / "your_tts")


@pytest.fixture(scope="module")
def xtts(coqui, tmp_path_factory):
    return tiny_xtts(tmp_path_factory.mktemp("coqui") / "xtts")


def reference(duration_s=2.0, pitch_hz=150.0) -> Audio:
    """Something like a voice: a tone with harmonics, and some noise."""
    t = np.arange(round(duration_s * 16_000)) / 16_000
    tone = sum(np.sin(2 * np.pi * k * pitch_hz * t) / k for k in range(1, 9)) * (1 + np.sin(8 * t))
    noise = np.random.default_rng(0).normal(size=len(t))
    return Audio((0.1 * tone + 0.005 * noise).astype(np.float32), 16_000)


def check_speech(parts, text=TEXT, words=WORDS):
    """Finite sound, times inside it and in order, offsets of the text as given."""
    for part in parts:
        assert np.isfinite(part.audio.samples).all()
        assert 0.01 < np.abs(part.audio.samples).max() <= 1
        times = [t for phone in part.phones for t in (phone.start_s, phone.end_s)]
        assert times[0] >= 0
        assert times[-1] <= part.audio.duration_s + 1e-9
        assert all(a <= b + 1e-9 for a, b in pairwise(times))
        assert {phone.word_index for phone in part.phones} == set(range(len(part.words)))
    whole = join_speech(parts)
    assert [word.text for word in whole.words] == words
    assert [text[word.char_start : word.char_end] for word in whole.words] == words
    return whole


# --- speaking -----------------------------------------------------------------------------------------------------


def test_vits_speaks_the_text_with_times(vits, voice, offline):
    parts = list(voice.stream(TEXT, voice=str(vits)))
    assert len(parts) == 2
    assert check_speech(parts).audio.sample_rate_hz == 22_050


def test_the_same_text_and_seed_give_the_same_sound(vits, voice):
    first, again = (join_speech(voice.stream(TEXT, voice=f"coqui:{vits}")).audio.samples for _ in range(2))
    assert np.array_equal(first, again)
    other = CoquiVoice(CoquiConfig(seed=1))
    assert not np.array_equal(first, join_speech(other.stream(TEXT, voice=str(vits))).audio.samples)


def test_drawing_leaves_the_random_numbers_of_others_alone(vits, voice):
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    list(voice.stream("Hello.", voice=str(vits)))
    assert torch.equal(torch.rand(3), expected)


def test_a_name_is_looked_up_in_the_folder_of_models(vits):
    voice = CoquiVoice(CoquiConfig(models_folder=vits.parent))
    assert [(v.name, v.ready, v.language) for v in voice.voices()] == [("coqui:my vits", True, "en")]
    check_speech(list(voice.stream(TEXT, voice="coqui:my vits")))


def test_pace_is_the_models_own(vits, voice):
    opened = networks.load_network(folder.open_folder(str(vits)))
    slow, fast = (len(opened.speak("a friend of mine.", "en", opened.timbre_of(None), r, 0)) for r in (0.5, 2.0))
    assert 2.0 < slow / fast <= 4.2
    heard = check_speech(list(voice.stream(TEXT, voice=str(vits), prosody=Prosody(rate=0.6))))
    assert heard.audio.duration_s > 1.2 * join_speech(voice.stream(TEXT, voice=str(vits))).audio.duration_s


def test_the_rest_of_a_prosody_is_put_into_the_sound(vits, voice):
    pytest.importorskip("pyworld", reason="pyworld of the extra mien-studio[coqui] is not installed")
    plain = join_speech(voice.stream(TEXT, voice=str(vits)))
    prosody = [(0, Prosody(pitch_semitones=3.0)), (24, Prosody(rate=1.3, pause_scale=2.0, energy_db=-6.0))]
    moved = check_speech(list(voice.stream(TEXT, voice=str(vits), prosody=prosody)))
    assert not np.array_equal(plain.audio.samples[:20_000], moved.audio.samples[:20_000])


def test_pauses_that_are_asked_for_are_exact(vits, voice):
    text = "The fox jumps over it."
    speech = check_speech(
        list(voice.stream(text, voice=str(vits), pauses=[(0, 0.8), (8, 1.5)])), text, text[:-1].split()
    )
    assert speech.words[0].start_s == pytest.approx(0.8, abs=0.001)
    assert speech.words[2].start_s - speech.words[1].end_s == pytest.approx(1.5, abs=0.001)


def test_a_long_sentence_is_cut(vits, voice):
    text = ", and ".join(["the quick brown fox jumps over the lazy dog"] * 8) + "."
    parts = list(voice.stream(text, voice=str(vits)))
    assert len(parts) > 2
    check_speech(parts, text, text.replace(",", "").rstrip(".").split())


def test_phonemes_need_no_program_of_espeak(coqui, tmp_path, voice, monkeypatch):
    from TTS.tts.utils.text.characters import IPAPhonemes
    from TTS.tts.utils.text.phonemizers import espeak_wrapper

    monkeypatch.setattr(espeak_wrapper, "_DEF_ESPEAK_LIB", None)
    characters = IPAPhonemes().to_config()
    place = tiny_vits(tmp_path / "ipa", text_cleaner="phoneme_cleaners", characters=characters)
    settings = json.loads((place / "config.json").read_text())
    settings |= {"use_phonemes": True, "phonemizer": "espeak", "phoneme_language": "en-us"}
    (place / "config.json").write_text(json.dumps(settings))
    check_speech(list(voice.stream(TEXT, voice=str(place))))
    (place / "config.json").write_text(json.dumps(settings | {"phonemizer": "gruut"}))
    with pytest.raises(BadInput, match="gruut"):
        CoquiVoice(CoquiConfig()).stream(TEXT, voice=str(place))


def test_speakers_are_named_behind_the_folder(coqui, tmp_path, voice):
    place = tiny_vits(tmp_path / "vctk#1", speakers=SPEAKERS)  # a # in the folder's own name is no speaker
    heard = [check_speech(list(voice.stream(TEXT, voice=f"{place}#{name}"))) for name in SPEAKERS]
    assert len(heard[0].audio.samples) != len(heard[1].audio.samples) or not np.allclose(
        heard[0].audio.samples, heard[1].audio.samples, atol=1e-3
    )
    for name, sentence in (("", "several speakers"), ("#p999", "no speaker “p999”")):
        with pytest.raises(BadInput, match=f"{sentence}.*p225, p226"):
            voice.stream(TEXT, voice=f"{place}{name}")


# --- cloning ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("consent", [None, "", "yes", "Ada Lovelace"])
def test_cloning_without_consent_is_refused_before_anything_else(consent):
    with pytest.raises(BadInput, match=r"[Cc]onsent"):
        CoquiVoice(CoquiConfig()).stream("Hello.", voice="no/such/folder", reference=reference(), consent=consent)


def test_your_tts_speaks_as_its_speakers_and_as_a_recording(your_tts, voice, offline):
    ada = check_speech(list(voice.stream(TEXT, voice=f"{your_tts}#ada")))
    cloned = check_speech(list(voice.stream(TEXT, voice=str(your_tts), reference=reference(), consent=CONSENT)))
    other = check_speech(list(voice.stream(TEXT, voice=str(your_tts), reference=reference(2, 300), consent=CONSENT)))
    sounds = [speech.audio.samples[:4000] for speech in (ada, cloned, other)]
    assert not any(np.allclose(a, b, atol=1e-4) for a, b in pairwise(sounds))
    spoken = [join_speech(voice.stream("Bonjour.", voice=f"{your_tts}#ada", language=name)) for name in ("en", "fr")]
    assert not np.array_equal(spoken[0].audio.samples[:4000], spoken[1].audio.samples[:4000])
    with pytest.raises(BadInput, match="it speaks en, fr-fr"):
        voice.stream("Ciao.", voice=f"{your_tts}#ada", language="it")
    with pytest.raises(BadInput, match="not both"):
        voice.stream(TEXT, voice=f"{your_tts}#ada", reference=reference(), consent=CONSENT)


def test_a_plain_vits_cannot_clone(vits, voice):
    with pytest.raises(BadInput, match="cannot take its voice from a recording"):
        voice.stream(TEXT, voice=str(vits), reference=reference(), consent=CONSENT)


def test_xtts_speaks_as_its_speakers_and_as_a_recording(xtts, voice, offline, tmp_path, monkeypatch):
    import av

    monkeypatch.chdir(tmp_path)
    ana = check_speech(list(voice.stream(TEXT, voice=f"{xtts}#Ana")))
    assert ana.audio.sample_rate_hz == 24_000
    again = join_speech(voice.stream(TEXT, voice=f"{xtts}#Ana"))
    assert np.array_equal(ana.audio.samples, again.audio.samples)
    recording = tmp_path / "reference.wav"
    with av.open(str(recording), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        samples = (reference(3).samples[None] * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux([*stream.encode(frame), *stream.encode(None)])
    german = "Guten Tag, liebe Leute!"
    cloned = list(voice.stream(german, voice=str(xtts), language="de", reference=recording, consent=CONSENT))
    check_speech(cloned, german, ["Guten", "Tag", "liebe", "Leute"])
    with pytest.raises(BadInput, match="Ana, Bea"):
        voice.stream(TEXT, voice=str(xtts))
    assert "COQUI_TOS_AGREED" not in os.environ
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reference.wav"]


def test_xtts_speaks_only_its_languages(xtts, voice):
    with pytest.raises(BadInput, match="does not speak “it”; it speaks en, de, zh-cn"):
        voice.stream("Ciao.", voice=f"{xtts}#Ana", language="it")
    with pytest.raises(Missing, match="Mandarin"):
        voice.stream("Ni hao.", voice=f"{xtts}#Ana", language="zh-cn")


@pytest.mark.parametrize("samples", [np.zeros(32_000, np.float32), np.full(32_000, np.nan, np.float32)])
def test_a_reference_without_a_voice_is_refused(xtts, voice, samples):
    with pytest.raises(BadInput):
        voice.stream("Hello.", voice=str(xtts), reference=Audio(samples, 16_000), consent=CONSENT)


def test_a_reference_that_is_too_short_is_refused(xtts, voice):
    with pytest.raises(BadInput, match="lasts 0.5 s"):
        voice.stream("Hello.", voice=str(xtts), reference=reference(0.5), consent=CONSENT)


def test_a_reference_without_its_own_speakers(xtts, voice, tmp_path):
    place = shutil.copytree(xtts, tmp_path / "xtts")
    (place / "speakers_xtts.pth").unlink()
    with pytest.raises(BadInput, match="give a reference recording, with consent"):
        voice.stream("Hello.", voice=str(place))
    check_speech(
        list(voice.stream("Hello.", voice=str(place), reference=reference(), consent=CONSENT)), "Hello.", ["Hello"]
    )


# --- licence ------------------------------------------------------------------------------------------------------


def test_the_licence_of_xtts_is_the_users_to_accept(tmp_path):
    place = tmp_path / "xtts_v2"
    place.mkdir()
    (place / "config.json").write_text('{"model": "xtts"}')
    with pytest.raises(Missing, match="Coqui Public Model License.*MIEN_ACCEPT_LICENCE=cpml"):
        CoquiVoice(CoquiConfig()).stream("Hello.", voice=str(place))
    assert "COQUI_TOS_AGREED" not in os.environ
    listed = CoquiVoice(CoquiConfig(models_folder=tmp_path)).voices()
    assert [(v.name, v.ready) for v in listed] == [("coqui:xtts_v2", False)]


def test_the_licence_is_accepted_by_the_environment(xtts, monkeypatch):
    with pytest.raises(Missing, match="cpml"):
        CoquiVoice.from_pretrained().stream("Hello.", voice=f"{xtts}#Ana")
    monkeypatch.setenv(LICENCE_SWITCH, "cpml")
    assert CoquiVoice.from_pretrained().stream("Hello.", voice=f"{xtts}#Ana")
    monkeypatch.delenv(LICENCE_SWITCH)
    assert CoquiVoice.from_pretrained(config=CoquiConfig(accept_licence="cpml")).stream("Hello.", voice=f"{xtts}#Ana")


# --- folders and files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("coqui:xtts-v2", "speakers_xtts.pth of coqui/XTTS-v2"),
        ("coqui:your_tts", "your_tts"),
        ("coqui:nobody#p225", "VITS"),
    ],
)
def test_a_model_that_is_not_here_says_what_to_download_and_where(tmp_path, name, files):
    with pytest.raises(Missing, match="download") as caught:
        CoquiVoice(CoquiConfig(models_folder=tmp_path)).stream("Hello.", voice=name)
    assert files in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["", "coqui:", "coqui: "])
def test_a_voice_needs_a_folder(name):
    with pytest.raises(BadInput, match="coqui:FOLDER"):
        CoquiVoice(CoquiConfig()).stream("Hello.", voice=name)


@pytest.mark.parametrize(
    ("settings", "error"),
    [(None, Missing), ("{", BadInput), ("[]", BadInput), ("{}", BadInput), ('{"model": "tortoise"}', BadInput)],
)
def test_folders_of_something_else_are_refused(tmp_path, settings, error):
    if settings is not None:
        (tmp_path / "config.json").write_text(settings)
    with pytest.raises(error):
        CoquiVoice(CoquiConfig()).stream("Hello.", voice=str(tmp_path))
    assert CoquiVoice(CoquiConfig(models_folder=tmp_path.parent)).voices() == []


@pytest.mark.parametrize("text", ["", "…", "你好，世界。"])
def test_a_text_that_cannot_be_spoken_is_refused(vits, voice, text):
    with pytest.raises(BadInput):
        voice.stream(text, voice=str(vits))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("vits", "model_file.pth"),
        ("your_tts", "model_se.pth"),
        ("your_tts", "speakers.json"),
        ("your_tts", "config_se.json"),
        ("xtts", "model.pth"),
        ("xtts", "vocab.json"),
        ("xtts", "speakers_xtts.pth"),
    ],
)
def test_torn_and_lacking_files_are_one_sentence(request, tmp_path, voice, model, name):
    place = shutil.copytree(request.getfixturevalue(model), tmp_path / model)
    whole = (place / name).read_bytes()
    (place / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput) as caught:
        voice.stream("Hello.", voice=f"{place}#Ana")
    assert len(str(caught.value).splitlines()) == 1
    if name in ("model_file.pth", "model.pth", "vocab.json", "config_se.json"):
        (place / name).unlink()
        with pytest.raises(Missing, match="download the whole model again"):
            voice.stream("Hello.", voice=f"{place}#Ana")


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return open, (self.marker, "w")


@pytest.mark.parametrize(
    ("model", "name"),
    [("vits", "model_file.pth"), ("your_tts", "model_se.pth"), ("xtts", "model.pth"), ("xtts", "speakers_xtts.pth")],
)
def test_nothing_is_unpickled_from_a_users_files(request, tmp_path, voice, model, name):
    place = shutil.copytree(request.getfixturevalue(model), tmp_path / model)
    import torch

    marker = tmp_path / "ran"
    torch.save({"model": {"x": torch.zeros(1)}, "config": Bomb(marker)}, place / name)
    before = (place / name).read_bytes()
    with pytest.raises(BadInput, match="holds more than weights"):
        voice.stream("Hello.", voice=f"{place}#Ana")
    assert not marker.exists()
    assert (place / name).read_bytes() == before


def change(place: Path, **settings) -> None:
    path = place / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_statistics_that_are_a_pickle_are_not_read(vits, voice, tmp_path):
    place = shutil.copytree(vits, tmp_path / "vits")
    np.save(place / "scale_stats.npy", np.array({"x": Bomb(tmp_path / "ran")}, dtype=object), allow_pickle=True)
    audio = json.loads((place / "config.json").read_text())["audio"]
    change(place, audio=audio | {"stats_path": str(place / "scale_stats.npy"), "signal_norm": True})
    check_speech(list(voice.stream("Hello.", voice=str(place))), "Hello.", ["Hello"])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"characters": {"characters_class": "mine.Evil"}},
        {"text_cleaner": "re"},
        {"text_cleaner": "no_such_cleaners"},
        {"model_args": {"hidden_channels": "wide"}},
        {"audio": {"hop_length": 7}},
    ],
)
def test_settings_cannot_name_code_or_nonsense(vits, tmp_path, monkeypatch, settings):
    place = shutil.copytree(vits, tmp_path / "vits")
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    change(place, **settings)
    with pytest.raises(BadInput) as caught:
        CoquiVoice(CoquiConfig()).stream("Hello.", voice=str(place))
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "ran").exists()


def test_weights_that_do_not_fit_are_refused(vits, tmp_path):
    import torch

    place = shutil.copytree(vits, tmp_path / "vits")
    checkpoint = torch.load(place / "model_file.pth", weights_only=True)
    del checkpoint["model"]["text_encoder.emb.weight"]
    torch.save(checkpoint, place / "model_file.pth")
    with pytest.raises(BadInput, match=r"text_encoder\.emb\.weight"):
        CoquiVoice(CoquiConfig()).stream("Hello.", voice=str(place))
    torch.save(checkpoint["model"], place / "model_file.pth")
    with pytest.raises(BadInput, match="no table of weights under “model”"):
        CoquiVoice(CoquiConfig()).stream("Hello.", voice=str(place))


# --- the extra ----------------------------------------------------------------------------------------------------


def test_without_the_packages_the_sentence_names_the_extra(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "TTS"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "TTS", None)
    with pytest.raises(Missing, match=r'pip install "mien-studio\[coqui\]"') as caught:
        CoquiVoice.from_pretrained()
    assert caught.value.exit_status == 3


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        ('raise OSError("Could not load this library: x.so\\nand more")', "coqui-tts is installed but cannot be"),
        ("import no_such_package_of_anybody", "coqui-tts is installed but cannot be"),
        ('raise ImportError("\\nFrom Pytorch 2.9, the torchcodec library is required")', "A Coqui voice takes more"),
    ],
)
def test_a_package_that_cannot_be_imported_is_one_sentence(tmp_path, fault, start):
    for name, code in (("TTS", fault), ("torch", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(code)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\nfrom checkpoints.errors import Missing\n"
        "from generators.voice.coqui import CoquiVoice\n"
        "try: CoquiVoice.from_pretrained()\nexcept Missing as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.startswith(start)
    assert (len(run.stdout.splitlines()), run.stderr) == (1, "")


def test_importing_the_package_brings_in_nothing_heavy():
    code = "import sys, generators.voice.coqui; print({'torch', 'TTS', 'transformers', 'pyworld'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("set()", "")
