"""Who speaks when: the logic by itself, and pyannote's real pipelines on tiny models in the published layout."""

import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from checkpoints.errors import BadInput, Missing
from emotion_embed.signals import vad as voice_activity
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.vad import (
    SpeakerTurn,
    only_speaker,
    pyannote_speech_regions,
    speaker_turns,
    turns_to_regions,
)

pytestmark = pytest.mark.extras

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 16_000
CHUNK_S = 2.0
SILENCE, LOW, HIGH = 0, 1, 2  # the kinds of sound, and the powerset classes "nobody", "the first", "the second"


# Without pyannote ---------------------------------------------------------------------------------------------------


def test_speakers_are_named_in_the_order_in_which_they_first_speak():
    tracks = [(4.0, 5.0, "SPEAKER_00"), (0.5, 2.0, "SPEAKER_01"), (1.5, 3.0, "SPEAKER_00"), (-0.1, 0.2, "SPEAKER_02")]
    assert voice_activity._named(tracks, 4.6) == [
        SpeakerTurn(0.0, 0.2, "A"),
        SpeakerTurn(0.5, 2.0, "B"),
        SpeakerTurn(1.5, 3.0, "C"),
        SpeakerTurn(4.0, 4.6, "C"),
    ]
    assert voice_activity._named([(5.0, 6.0, 1), (3.0, 3.0, 2)], 5.0) == []
    many = voice_activity._named([(float(i), i + 0.5, i) for i in range(29)], 60.0)
    assert [turn.speaker for turn in many][24:] == ["Y", "Z", "AA", "AB", "AC"]


def test_turns_become_regions_that_lie_apart():
    turns = [
        SpeakerTurn(1.0, 2.0, "A"),
        SpeakerTurn(1.5, 3.0, "B"),
        SpeakerTurn(3.2, 4.0, "A"),
        SpeakerTurn(3.3, 3.5, "B"),
        SpeakerTurn(4.3, 5.0, "A"),
    ]
    assert turns_to_regions(turns) == [(1.0, 4.0), (4.3, 5.0)]
    assert turns_to_regions(turns[::-1], shortest_pause_s=0.1) == [(1.0, 3.0), (3.2, 4.0), (4.3, 5.0)]
    assert turns_to_regions(turns, shortest_pause_s=0.0) == [(1.0, 3.0), (3.2, 4.0), (4.3, 5.0)]
    assert turns_to_regions([]) == []


def test_only_one_speaker_is_left_and_times_stay_true():
    audio = Audio(np.linspace(0.1, 0.9, 8000, dtype=np.float32), 8000)
    turns = [SpeakerTurn(0.1, 0.3, "A"), SpeakerTurn(0.25, 0.5, "B"), SpeakerTurn(0.9, 1.2, "A")]
    alone = only_speaker(audio, turns, "A")
    spoken = np.zeros(8000, bool)
    spoken[800:2400] = spoken[7200:] = True
    assert (alone.sample_rate_hz, alone.duration_s, alone.samples.dtype) == (8000, 1.0, np.float32)
    assert np.array_equal(alone.samples[spoken], audio.samples[spoken])
    assert not alone.samples[~spoken].any()
    assert audio.samples.all()  # the original is untouched


def test_an_unknown_speaker_lists_those_there_are():
    audio = Audio(np.zeros(8000, np.float32), 8000)
    turns = [SpeakerTurn(0.0, 0.1, name) for name in ("B", "AA", "A")]
    with pytest.raises(BadInput, match="“C” in the recording; there is A, B, AA"):
        only_speaker(audio, turns, "C")
    with pytest.raises(BadInput, match="nobody is heard"):
        only_speaker(audio, [], "A")


def test_unknown_backends_and_numbers_are_bad_input():
    with pytest.raises(BadInput, match="there is pyannote"):
        speaker_turns(dialogue([(LOW, 1.0)]), backend="pyanote")
    with pytest.raises(BadInput, match="at least one"):
        speaker_turns(dialogue([(LOW, 1.0)]), n_speakers=0)
    with pytest.raises(BadInput, match="silent"):
        speaker_turns(Audio(np.zeros(RATE_HZ, np.float32), RATE_HZ))


@pytest.mark.parametrize("function", [speaker_turns, pyannote_speech_regions])
def test_without_the_package_the_sentence_names_the_extra(monkeypatch, function):
    for name in [name for name in sys.modules if name.startswith("pyannote")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyannote", None)
    with pytest.raises(Missing, match=r'pip install "mien-studio\[pyannote\]"'):
        function(dialogue([(LOW, 1.0)]))


@pytest.mark.parametrize(
    "fault",
    ['raise OSError("Could not load this library: x.so\\nand more")', "import no_such_package_of_anybody", "1 / 0"],
)
def test_a_package_that_cannot_be_imported_is_one_sentence(tmp_path, fault):
    package = tmp_path / "pyannote" / "audio"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(fault)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import numpy as np\n"
        "from checkpoints.errors import Missing; from emotion_embed.signals.audio import Audio\n"
        "from emotion_embed.signals.vad import speaker_turns\n"
        "try: speaker_turns(Audio(np.ones(16000, np.float32), 16000))\n"
        "except Missing as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.startswith("pyannote.audio is installed but cannot be imported (")
    assert "torchaudio/lib" in run.stdout
    assert (len(run.stdout.splitlines()), run.stderr) == (1, "")


def test_importing_the_module_brings_in_nothing_heavy():
    code = "import sys, emotion_embed.signals.vad; print({'torch', 'pyannote', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("set()", "")


# With pyannote ------------------------------------------------------------------------------------------------------


def sound(kind, n, rng):
    """`n` samples of near-silence, or of one of two steady voices."""
    t = np.arange(n) / RATE_HZ
    noise = rng.standard_normal(n)
    if kind == SILENCE:
        return 1e-4 * noise
    pitch_hz = {LOW: 140, HIGH: 330}[kind]
    return 0.1 * sum(np.sin(2 * np.pi * pitch_hz * k * t) for k in range(1, 9)) + 1e-3 * noise


def dialogue(plan, seed=0):
    """A recording of (kind, seconds)."""
    rng = np.random.default_rng(seed)
    samples = np.concatenate([sound(kind, round(duration_s * RATE_HZ), rng) for kind, duration_s in plan])
    return Audio(samples.astype(np.float32), RATE_HZ)


def segmentation_model():
    """A tiny random PyanNet whose last layer is solved for (not trained) so that it tells the two voices apart."""
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    model = PyanNet(lstm={"hidden_size": 32, "num_layers": 1}, linear={"hidden_size": 64, "num_layers": 1})
    model.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=CHUNK_S,
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    model.setup()
    model.eval()
    states, kinds = [], []
    for seed, plan in enumerate(np.random.default_rng(0).integers(0, 3, (24, 4))):
        audio = dialogue([(kind, CHUNK_S / 4) for kind in plan], seed)
        inputs = []
        hook = model.classifier.register_forward_hook(lambda module, args, output, inputs=inputs: inputs.append(args))
        with torch.no_grad():
            model(torch.from_numpy(audio.samples)[None, None])
        hook.remove()
        states.append(inputs[0][0][0].numpy())
        kinds.append(plan[np.minimum(np.arange(len(states[-1])) * 4 // len(states[-1]), 3)])
    features = np.concatenate(states)
    targets = 8.0 * np.eye(7)[np.concatenate(kinds)] - 4
    solved = np.linalg.lstsq(np.c_[features, np.ones(len(features))], targets, rcond=None)[0]
    model.classifier.weight.data = torch.tensor(solved[:-1].T, dtype=torch.float32)
    model.classifier.bias.data = torch.tensor(solved[-1], dtype=torch.float32)
    return model


def embedding_model():
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34

    model = WeSpeakerResNet34(num_mel_bins=16)
    model.specifications = Specifications(Problem.REPRESENTATION, Resolution.CHUNK, duration=CHUNK_S)
    model.setup()
    return model


def checkpoint_of(model):
    """What the trainer writes, down to the version of torch, which is no plain string."""
    import torch

    checkpoint = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
    model.on_save_checkpoint(checkpoint)
    checkpoint["pytorch-lightning_version"] = "2.5.0"
    checkpoint["pyannote.audio"]["versions"]["torch"] = torch.torch_version.TorchVersion(torch.__version__)
    return checkpoint


CONFIG = """
dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    segmentation_step: 0.5
    segmentation_batch_size: 32
    embedding: $model/embedding
    embedding_batch_size: 32
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering:
    threshold: 0.6
    Fa: 0.07
    Fb: 0.8
  segmentation:
    min_duration_off: 0.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pipeline as pyannote publishes it: config.yaml, segmentation/, embedding/ and plda/."""
    try:
        voice_activity._import_pyannote()
        import pyannote.audio  # noqa: F401
    except Missing as error:
        pytest.skip(f"the extra mien-studio[pyannote] cannot be used: {error}")
    import torch

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("pyannote") / "a pipeline"
    for name, model in (("segmentation", segmentation_model()), ("embedding", embedding_model())):
        (folder / name).mkdir(parents=True)
        torch.save(checkpoint_of(model), folder / name / "pytorch_model.bin")
    rng = np.random.default_rng(0)
    lda, turn = (np.linalg.qr(rng.standard_normal((n, 128)))[0] for n in (256, 128))
    (folder / "plda").mkdir()
    np.savez(folder / "plda" / "xvec_transform.npz", mean1=np.zeros(256), mean2=np.zeros(128), lda=lda)
    np.savez(folder / "plda" / "plda.npz", mu=np.zeros(128), tr=turn, psi=np.linspace(3, 0.1, 128))
    (folder / "config.yaml").write_text(CONFIG)
    return folder


PLAN = [(SILENCE, 0.6), (HIGH, 1.2), (SILENCE, 0.6), (LOW, 1.2), (SILENCE, 0.6), (HIGH, 0.8)]
SPOKEN = [(0.6, 1.8), (2.4, 3.6), (4.2, 5.0)]


def close(found, expected, margin_s):
    return len(found) == len(expected) and np.abs(np.subtract(found, expected)).max() <= margin_s


def test_turns_of_two_voices_are_found_where_they_are(folder):
    turns = speaker_turns(dialogue(PLAN), model=folder, n_speakers=2)
    assert turns == sorted(turns, key=lambda turn: turn.start_s)
    assert turns[0].speaker == "A"
    first, second, third = (speakers_at(turns, (start + end) / 2) for start, end in SPOKEN)
    assert first == third != second
    assert first | second == {"A", "B"}
    times_s = np.arange(0, 5, 0.01)
    right = [bool(speakers_at(turns, t)) == any(start <= t < end for start, end in SPOKEN) for t in times_s]
    assert np.mean(right) > 0.93
    assert {turn.speaker for turn in speaker_turns(dialogue(PLAN), model=folder, n_speakers=1)} == {"A"}


def speakers_at(turns, time_s):
    return {turn.speaker for turn in turns if turn.start_s <= time_s < turn.end_s}


def test_turns_are_those_of_pyannotes_own_loader(folder):
    import torch
    from pyannote.audio import Pipeline

    audio = dialogue(PLAN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of statistics over stretches of one frame
        theirs = Pipeline.from_pretrained(folder)(
            {"waveform": torch.from_numpy(audio.samples)[None], "sample_rate": RATE_HZ}, num_speakers=2
        )
    tracks = [(s.start, s.end, label) for s, _, label in theirs.speaker_diarization.itertracks(yield_label=True)]
    assert speaker_turns(audio, model=str(folder), n_speakers=2) == voice_activity._named(tracks, audio.duration_s)


@pytest.mark.parametrize("part", ["", "segmentation"])
def test_regions_of_a_pipeline_and_of_its_segmentation_model_are_alike(folder, part):
    regions = pyannote_speech_regions(dialogue(PLAN), model=folder / part)
    assert close(regions, [(start - 0.1, min(end + 0.1, 5.0)) for start, end in SPOKEN], 0.1)
    joined = pyannote_speech_regions(dialogue(PLAN), model=folder / part, shortest_pause_s=0.9)
    assert close(joined, [(0.5, 5.0)], 0.1)


def test_other_rates_are_resampled(folder):
    regions = pyannote_speech_regions(dialogue(PLAN).resampled(44_100), model=folder)
    assert close(regions, pyannote_speech_regions(dialogue(PLAN), model=folder), 0.05)


def test_where_nobody_speaks_there_are_no_turns_and_no_regions(folder, tmp_path):
    import torch

    for part in ("embedding", "plda", "config.yaml"):
        (tmp_path / part).symlink_to(folder / part)
    model = segmentation_model()
    model.classifier.weight.data.zero_()
    model.classifier.bias.data = torch.tensor([9.0] + 6 * [0.0])
    (tmp_path / "segmentation").mkdir()
    torch.save(checkpoint_of(model), tmp_path / "segmentation" / "pytorch_model.bin")
    assert pyannote_speech_regions(dialogue(PLAN), model=tmp_path) == []
    assert speaker_turns(dialogue(PLAN), model=tmp_path) == []


def test_telemetry_stays_off_whatever_the_environment_says(folder, monkeypatch):
    from opentelemetry.sdk.trace import SpanProcessor
    from pyannote.audio.telemetry import metrics

    class Recorder(SpanProcessor):
        names: list[str] = []

        def on_start(self, span, parent_context=None):
            self.names.append(span.name)

    metrics.provider.add_span_processor(Recorder())
    monkeypatch.setenv("PYANNOTE_METRICS_ENABLED", "true")
    assert metrics.is_metrics_enabled()
    voice_activity._load_detector.cache_clear()
    pyannote_speech_regions(dialogue(PLAN[:2]), model=folder)
    assert not metrics.is_metrics_enabled()
    assert Recorder.names == []


class Malicious:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


def test_code_in_a_checkpoint_is_refused_and_not_run(folder, tmp_path):
    import torch

    marker = tmp_path / "marker"
    checkpoint = checkpoint_of(embedding_model()) | {"callbacks": Malicious(marker)}
    torch.save(checkpoint, tmp_path / "pytorch_model.bin")
    with pytest.raises(BadInput, match="more than weights"):
        pyannote_speech_regions(dialogue(PLAN), model=tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Malicious(marker), protocol=2))
    with pytest.raises(BadInput, match="more than weights"):
        pyannote_speech_regions(dialogue(PLAN), model=tmp_path)
    assert not marker.exists()


def test_models_of_other_makers_and_torn_ones_are_bad_input(folder, tmp_path):
    import torch

    path = tmp_path / "pytorch_model.bin"
    checkpoint = checkpoint_of(segmentation_model())
    checkpoint["pyannote.audio"]["architecture"]["module"] = "subprocess"
    torch.save(checkpoint, path)
    with pytest.raises(BadInput, match="not pyannote's own"):
        pyannote_speech_regions(dialogue(PLAN), model=tmp_path)
    checkpoint = checkpoint_of(segmentation_model())
    del checkpoint["state_dict"]["classifier.weight"]
    torch.save(checkpoint, path)
    with pytest.raises(BadInput, match="cannot build"):
        pyannote_speech_regions(dialogue(PLAN), model=tmp_path)
    torch.save({"state_dict": {}}, path)
    with pytest.raises(BadInput, match="torn"):
        pyannote_speech_regions(dialogue(PLAN), model=tmp_path)
    path.write_bytes((folder / "segmentation" / path.name).read_bytes()[:3000])
    with pytest.raises(BadInput, match="torn"):
        pyannote_speech_regions(dialogue(PLAN), model=tmp_path)
    path.unlink()
    with pytest.raises(Missing, match=r"pytorch_model\.bin"):
        pyannote_speech_regions(dialogue(PLAN), model=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("pyannote.audio.pipelines.SpeakerDiarization", "subprocess.Popen", "subprocess.Popen instead"),
        ("$model/plda", "somebody/plda", "must bring its plda"),
        ("$model/embedding", "$model/../embedding", "must bring its embedding"),
        ("VBxClustering", "NoClustering", "can build"),
        ("Fa: 0.07", "Fx: 0.07", "can build"),
        ("params:\n    clustering", "parts:\n    clustering", "which models"),
        ("pipeline:", "task:", "no pyannote pipeline"),
        ("pipeline:", "pipeline: [", "YAML"),
    ],
)
def test_configurations_of_something_else_are_bad_input(folder, tmp_path, old, new, problem):
    for part in ("segmentation", "embedding", "plda"):
        (tmp_path / part).symlink_to(folder / part)
    assert old in CONFIG
    (tmp_path / "config.yaml").write_text(CONFIG.replace(old, new))
    with pytest.raises(BadInput, match=problem) as caught:
        speaker_turns(dialogue(PLAN), model=tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_pipelines_that_lack_a_file_or_cannot_be_fetched_are_missing(folder, tmp_path, monkeypatch):
    (tmp_path / "segmentation").symlink_to(folder / "segmentation")
    (tmp_path / "config.yaml").write_text(CONFIG)
    with pytest.raises(Missing, match=r"embedding/pytorch_model\.bin"):
        speaker_turns(dialogue(PLAN), model=tmp_path)
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    with pytest.raises(Missing, match=r"config\.yaml of nobody-at-all/nothing .* MIEN_OFFLINE is set"):
        speaker_turns(dialogue(PLAN), model="nobody-at-all/nothing@main")
    with pytest.raises(BadInput, match="no folder"):
        speaker_turns(dialogue(PLAN), model=tmp_path / "absent")
