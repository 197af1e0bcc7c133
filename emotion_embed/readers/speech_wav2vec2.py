"""Feelings in a voice through two published wav2vec2 models: an optional second opinion beside the product's own ears.

`audeering-msp-dim` says how aroused, dominant and pleased a voice sounds (Wagner et al. 2023, "Dawn of the transformer
era in speech emotion recognition"; its weights are CC BY-NC-SA 4.0, so not for commercial use). `superb-er` names one
of four feelings (Yang et al. 2021, "SUPERB"; Apache-2.0). Both need `pip install "mien-studio[wav2vec2]"`; torch and
transformers are imported when a model is loaded, not before. Weights are read as tensors only: nothing is unpickled.
"""

from __future__ import annotations

import difflib
import json
import math
import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np

from checkpoints.errors import BadInput, Missing
from checkpoints.fetch.download import offline_switch
from emotion_embed import taxonomy
from emotion_embed.signals.audio import SILENT_PEAK, Audio, check_audio
from emotion_embed.state import Evidence

if TYPE_CHECKING:
    import torch

RATE_HZ = 16_000
LONGEST_PIECE_S = 20.0  # what attention over one piece costs grows with its square
SHORTEST_WINDOW_S = 0.1

# Of one reading where neither model says how sure it is; fusion weighs it against the readers measured here.
_RELIABILITY = 0.5
_FILES = (("config.json",), ("preprocessor_config.json",), ("model.safetensors", "pytorch_model.bin"))
_FOR_TRAINING_ONLY = frozenset({"wav2vec2.masked_spec_embed"})  # stands in for masked frames, which reading has none of


class _Wav2Vec2Reader:
    """What both models share: loading, cutting, normalising. `network` gives raw outputs for (1, samples)."""

    name: ClassVar[str]
    repository: ClassVar[str]
    revision: ClassVar[str]
    licence: ClassVar[str]

    def __init__(self, network: torch.nn.Module, extractor: Any, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self._network = network.eval()
        self._extractor = extractor

    @classmethod
    def from_pretrained(cls, name_or_folder: str | Path, revision: str | None = None) -> Self:
        """Load from a folder (`config.json`, `preprocessor_config.json` and `model.safetensors` or
        `pytorch_model.bin`), or from the Hub at `revision`; with MIEN_OFFLINE or HF_HUB_OFFLINE only what is cached.

        Raises `Missing` without the packages or the files, and `BadInput` when the weights are not exactly those of
        this model or the file holds more than tensors.
        """
        _require_packages()
        from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor

        folder = model_folder(name_or_folder, _FILES, revision)
        settings = _read_settings(folder / "config.json")
        if settings.get("model_type") != "wav2vec2":
            raise BadInput(f"{folder} holds no wav2vec2 model but {settings.get('model_type') or 'something unnamed'}.")
        labels = cls._labels(settings.get("id2label") or {}, folder)
        try:
            config = Wav2Vec2Config.from_dict(settings)
            # The class itself: `from_dict` gives a pair only where it is asked for what it did not use.
            extractor = cast(
                Wav2Vec2FeatureExtractor,
                Wav2Vec2FeatureExtractor.from_dict(_read_settings(folder / "preprocessor_config.json")),
            )
            network = cls._build(config)
        except BadInput:
            raise
        except Exception as error:  # transformers has a class of its own for every way in which a value can be wrong
            raise BadInput(f"The settings in {folder} describe no wav2vec2 model that can be built.") from error
        if extractor.sampling_rate != RATE_HZ:
            raise BadInput(f"The model in {folder} hears {extractor.sampling_rate} Hz; only 16000 Hz will do.")
        _load_exactly(network, _read_weights(folder), f"{cls.name} ({folder})")
        return cls(network, extractor, labels)

    def read(self, audio: Audio) -> Evidence:
        """What the whole recording sounds like; over 20 s it is read in equal pieces, averaged by duration.

        Raises `BadInput` when the recording is silent, not finite, too short or too long.
        """
        samples = check_audio(audio).resampled(RATE_HZ).samples
        pieces = np.array_split(samples, max(1, math.ceil(len(samples) / (LONGEST_PIECE_S * RATE_HZ))))
        outputs = np.stack([self._outputs(piece) for piece in pieces])
        return self._evidence(outputs, np.array([len(piece) for piece in pieces]) / len(samples))

    def read_windows(self, audio: Audio, window_s: float = 1.0, hop_s: float = 0.5) -> list[tuple[float, Evidence]]:
        """(centre in seconds, reading) of each window that fits whole, silent ones left out.

        `window_s` from 0.1 to 20; a recording shorter than one window is read as one. Raises `BadInput` as `read` does.
        """
        if not SHORTEST_WINDOW_S <= window_s <= LONGEST_PIECE_S or not hop_s > 0:
            raise ValueError(f"A window lasts 0.1 to 20 s and moves on, unlike {window_s} s every {hop_s} s.")
        samples = check_audio(audio).resampled(RATE_HZ).samples
        length, hop = min(round(window_s * RATE_HZ), len(samples)), max(1, round(hop_s * RATE_HZ))
        readings = []
        for start in range(0, len(samples) - length + 1, hop):
            window = samples[start : start + length]
            if np.abs(window).max() >= SILENT_PEAK:  # normalising would make a voice out of its noise
                evidence = self._evidence(self._outputs(window)[None], np.ones(1))
                readings.append(((start + length / 2) / RATE_HZ, evidence))
        return readings

    def _outputs(self, samples: np.ndarray) -> np.ndarray:
        """What the network says about (n,) samples, (labels,) float64."""
        import torch

        values = self._extractor(samples, sampling_rate=RATE_HZ, return_tensors="pt")["input_values"]
        with torch.inference_mode():
            return self._forward(values.float())[0].double().numpy()

    @classmethod
    def _labels(cls, id2label: Mapping[str, str], folder: Path) -> list[str]:
        raise NotImplementedError

    @classmethod
    def _build(cls, config: Any) -> torch.nn.Module:
        raise NotImplementedError

    def _forward(self, values: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def _evidence(self, outputs: np.ndarray, shares: np.ndarray) -> Evidence:
        raise NotImplementedError


class DimensionalWav2Vec2(_Wav2Vec2Reader):
    """audEERING's regression of arousal, dominance and valence (CC BY-NC-SA 4.0: not for commercial use).

    The published head is not the one of transformers' classification class, which would leave it random; so it is
    built here under the names of the published weights.
    """

    name = "audeering-msp-dim"
    repository = "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim"
    revision = "8e3d0e563eeab584c131afcb65641492b14be7fb"
    licence = "CC-BY-NC-SA-4.0"

    _ORDER = ("arousal", "dominance", "valence")  # of the published outputs, each about 0..1
    # How far one reading of valence, arousal, dominance may be off: our estimate, from concordances of .64, .75, .66
    # in the paper and labels that spread by about a third of the scale.
    _DEVIATION = np.array([0.28, 0.22, 0.23])

    @classmethod
    def _labels(cls, id2label: Mapping[str, str], folder: Path) -> list[str]:
        labels = [id2label.get(str(i), "") for i in range(len(id2label))]
        if labels and sorted(labels) != sorted(cls._ORDER):
            raise BadInput(f"The model in {folder} gives {', '.join(labels)} instead of {', '.join(cls._ORDER)}.")
        return labels or list(cls._ORDER)

    @classmethod
    def _build(cls, config: Any) -> torch.nn.Module:
        from torch import nn
        from transformers import Wav2Vec2Model

        width = config.hidden_size
        head = nn.ModuleDict({"dense": nn.Linear(width, width), "out_proj": nn.Linear(width, len(cls._ORDER))})
        return nn.ModuleDict({"wav2vec2": Wav2Vec2Model(config), "classifier": head})

    def _forward(self, values: torch.Tensor) -> torch.Tensor:
        """Mean of the states over time, dense, tanh, projection; the dropouts between them do nothing when reading."""
        part = self._network.get_submodule
        pooled = part("wav2vec2")(values).last_hidden_state.mean(dim=1)
        return part("classifier.out_proj")(part("classifier.dense")(pooled).tanh())

    def _evidence(self, outputs: np.ndarray, shares: np.ndarray) -> Evidence:
        columns = [self.labels.index(label) for label in ("valence", "arousal", "dominance")]
        points = np.clip(2 * outputs[:, columns] - 1, -1, 1)
        mean = shares @ points
        spread = ((points - mean) * shares[:, None]).T @ (points - mean)  # how the feeling moves between pieces
        covariance = spread + np.diag(self._DEVIATION**2)
        valence, arousal, dominance = (float(value) for value in mean)
        return Evidence(
            modality="voice",
            distribution=taxonomy.distribution_from_vad(mean, covariance),
            vad_mean=(valence, arousal, dominance),
            vad_covariance=covariance,
            reliability=_RELIABILITY,
            intensity=float(min(1.0, np.linalg.norm(mean))),  # the basic feelings lie about 1 away from neutral
            reasons=(
                f"{self.name} hears valence {valence:+.2f}, arousal {arousal:+.2f} and dominance {dominance:+.2f}.",
            ),
        )


class CategoricalWav2Vec2(_Wav2Vec2Reader):
    """SUPERB's choice between neutral, happy, angry and sad (Apache-2.0), trained on acted English dialogues."""

    name = "superb-er"
    repository = "superb/wav2vec2-base-superb-er"
    revision = "441a7599c3b22107314dcbd9166621c5c83f2cc5"
    licence = "Apache-2.0"

    _FEELINGS = {"neu": "neutral", "hap": "joy", "ang": "anger", "sad": "sadness"}

    @classmethod
    def _labels(cls, id2label: Mapping[str, str], folder: Path) -> list[str]:
        labels = [id2label.get(str(i), "") for i in range(len(id2label))]
        strange = [label or "nothing" for label in labels if label not in cls._FEELINGS]
        if len(set(labels)) < 2 or len(set(labels)) < len(labels) or strange:
            found = ", ".join(labels) or "none"
            raise BadInput(f"The model in {folder} must name its classes {', '.join(cls._FEELINGS)}; it has {found}.")
        return [cls._FEELINGS[label] for label in labels]

    @classmethod
    def _build(cls, config: Any) -> torch.nn.Module:
        from transformers import Wav2Vec2ForSequenceClassification

        return Wav2Vec2ForSequenceClassification(config)

    def _forward(self, values: torch.Tensor) -> torch.Tensor:
        return self._network(values).logits.softmax(-1)

    def _evidence(self, outputs: np.ndarray, shares: np.ndarray) -> Evidence:
        probabilities = shares @ outputs
        distribution = dict(zip(self.labels, (probabilities / probabilities.sum()).tolist(), strict=True))
        mean, covariance = taxonomy.vad_moments(distribution)
        top = max(distribution, key=distribution.__getitem__)
        return Evidence(
            modality="voice",
            distribution=distribution,
            vad_mean=taxonomy.vad_point(mean),
            vad_covariance=covariance,
            reliability=_RELIABILITY,
            intensity=1 - distribution.get("neutral", 0.0),
            reasons=(f"{self.name} hears {top} with {100 * distribution[top]:.0f} %.",),
        )


MODELS: dict[str, type[DimensionalWav2Vec2] | type[CategoricalWav2Vec2]] = {
    model.name: model for model in (DimensionalWav2Vec2, CategoricalWav2Vec2)
}


def load_wav2vec2(
    name: str, folder: str | Path | None = None, revision: str | None = None
) -> DimensionalWav2Vec2 | CategoricalWav2Vec2:
    """The reader `audeering-msp-dim` or `superb-er`, from `folder` or, without one, from its home on the Hub.

    `revision` replaces the pinned one there. Raises `BadInput` for another name, else as `from_pretrained` does.
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=2, cutoff=0.4) or list(MODELS)
        raise BadInput(f"There is no wav2vec2 reader named “{name}”; there is {', '.join(near)}.")
    model = MODELS[name]
    if folder is not None:
        return model.from_pretrained(folder, revision)
    return model.from_pretrained(model.repository, revision or model.revision)


def _require_packages() -> None:
    try:
        import safetensors  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise Missing(
            'Reading feelings with wav2vec2 takes more packages: run `pip install "mien-studio[wav2vec2]"`.'
        ) from error


# Files and weights --------------------------------------------------------------------------------------------------


def model_folder(name_or_folder: str | Path, files: Sequence[tuple[str, ...]], revision: str | None = None) -> Path:
    """A folder that holds `files`, each given as alternatives of which one is enough: a local one, or a Hub
    repository's at `revision`, fetched where it is not cached yet.

    Raises `BadInput` for what is neither, and `Missing` for files that are not there or cannot be fetched now.
    """
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise BadInput(f"{folder} is a folder and has no revision {revision}; leave one of them out.")
        if lacking := [names for names in files if not any((folder / name).is_file() for name in names)]:
            raise Missing(f"{folder} lacks {' or '.join(lacking[0])}: fetch the whole model again.")
        return folder
    repository = str(name_or_folder)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise BadInput(f"There is no folder {repository}, and it names no model on the Hub (owner/model) either.")
    found = [_from_hub(repository, names, revision) for names in files]
    return found[0].parents[files[0][0].count("/")]


def _from_hub(repository: str, names: tuple[str, ...], revision: str | None) -> Path:
    """Where the first of the alternatives that the repository has lies in the Hub's cache."""
    from huggingface_hub import errors, hf_hub_download

    switch = offline_switch()
    for name in names:
        try:
            return Path(hf_hub_download(repository, name, revision=revision, local_files_only=switch is not None))
        except errors.EntryNotFoundError:  # also: nothing cached, and no way to the Hub
            continue
        except errors.GatedRepoError as error:
            mend = "accept its conditions on its page and run `hf auth login`"
            raise Missing(f"{repository} is on the Hub for those only who agree to its conditions: {mend}.") from error
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
            at = f" at {revision}" if revision else ""
            raise BadInput(f"There is no model {repository}{at} on the Hub.") from error
        except Exception as error:  # the Hub's client changes its HTTP library, and so its errors, between versions
            raise Missing(f"{repository} cannot be fetched from the Hub now: try again later.") from error
    why = f"it is not in the cache and {switch} is set" if switch else "the repository lacks it or is out of reach"
    mend = f"unset {switch} when online" if switch else "try again when online, or name a folder that holds it"
    raise Missing(f"{' or '.join(names)} of {repository} cannot be had ({why}): {mend}.")


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as JSON: it may be torn.") from error
    if not isinstance(settings, dict):
        raise BadInput(f"{path} holds no settings of a model.")
    return settings


def _read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors by name. `pytorch_model.bin` is a pickle, of which torch's reader takes nothing but tensors."""
    import safetensors
    import torch
    from safetensors.torch import load_file

    path = folder / "model.safetensors"
    try:
        if path.is_file():
            return load_file(path)
        path = folder / "pytorch_model.bin"
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadInput(f"{path} holds more than weights, or is torn, and was not read.") from error
    except (safetensors.SafetensorError, OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise BadInput(f"{path} cannot be read as weights: it may be torn.") from error
    if not isinstance(weights, Mapping) or not all(isinstance(weight, torch.Tensor) for weight in weights.values()):
        raise BadInput(f"{path} is not a table of weights by name.")
    return dict(weights)


def _load_exactly(network: torch.nn.Module, weights: Mapping[str, torch.Tensor], what: str) -> None:
    """Put every weight where it belongs, or raise `BadInput`: none may be left over or stay random."""
    expected = network.state_dict()
    given = {_weight_norm_name(name, expected): weight for name, weight in weights.items()}
    lacking = sorted(expected.keys() - given.keys() - _FOR_TRAINING_ONLY)
    strange = sorted(given.keys() - expected.keys() - _FOR_TRAINING_ONLY)
    misshapen = sorted(n for n in expected.keys() & given.keys() if expected[n].shape != given[n].shape)
    for problem, names in (("lack", lacking), ("hold besides", strange), ("have in another shape", misshapen)):
        if names:
            some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            raise BadInput(f"The weights are not those of {what}: they {problem} {some}.")
    network.load_state_dict({name: given.get(name, weight) for name, weight in expected.items()})


def _weight_norm_name(name: str, expected: Mapping[str, torch.Tensor]) -> str:
    """A weight's name in this version of torch: what weight normalisation calls magnitude and direction has changed."""
    old, new = ("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1")
    for theirs, ours in (*zip(old, new, strict=True), *zip(new, old, strict=True)):
        renamed = name.removesuffix(theirs) + ours
        if name.endswith("." + theirs) and name not in expected and renamed in expected:
            return renamed
    return name
