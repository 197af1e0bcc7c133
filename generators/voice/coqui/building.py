"""What both kinds of Coqui's networks share: how they are built, filled with weights, and draw at random."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from checkpoints.errors import BadInput, MienError
from emotion_embed.signals.audio import Audio
from generators.voice.coqui.folder import ModelFolder

if TYPE_CHECKING:
    import torch

_DRAWING = threading.Lock()  # both models draw from torch's one global generator


class Network(Protocol):
    """A loaded model. A timbre is what it itself makes of a speaker's name or of a recording."""

    @property
    def sample_rate_hz(self) -> int:
        """Of its sound."""
        ...

    @property
    def speakers(self) -> Sequence[str]:
        """Its speakers by name."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """The model's own names; empty where it says none."""
        ...

    def timbre_of(self, speaker: str | None) -> Any:
        """The timbre of one of `speakers`, None standing for the only one."""
        ...

    def timbre_in(self, reference: Audio) -> Any:
        """The timbre of whoever speaks in a recording; `BadInput` for a model that cannot clone."""
        ...

    def speak(self, text: str, language: str | None, timbre: Any, rate: float, seed: int) -> np.ndarray:
        """Samples (n,) float32 of one chunk at `rate` times the usual pace."""
        ...


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Torch's global random numbers are ours and begin at `seed`; afterwards they go on as before."""
    import torch

    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def building(folder: ModelFolder) -> Iterator[None]:
    """Every way in which settings can be wrong ends as one sentence; Coqui itself replaces some with its defaults."""
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            yield
        replaced = [
            str(w.message) for w in said if re.search(r"field: (model_args|model_params|audio)\b", str(w.message))
        ]
        if replaced:
            raise ValueError(re.sub(r"\s+", " ", replaced[0]))
    except MienError:
        raise
    except Exception as error:
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)[:120]
        raise BadInput(f"The settings in {folder.path} describe no model that can be built ({why}).") from error


def fill(network: torch.nn.Module, weights: Mapping[str, Any], path: Path) -> None:
    """Put every weight where it belongs, or raise `BadInput`: none may be left over or stay random.

    Torch itself knows the older names of weight normalisation.
    """
    try:
        network.load_state_dict(dict(weights), strict=True)
    except (RuntimeError, KeyError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        why = (lines[1] if len(lines) > 1 else lines[0] if lines else type(error).__name__)[:160]
        raise BadInput(f"{path} holds weights of another model than the settings beside it describe: {why}") from error
    network.eval()


def same_name(names: Sequence[str], wanted: str | None) -> str:
    """The speaker asked for, or the only one; else `BadInput` that lists some."""
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is not None and wanted in names:
        return wanted
    some = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    what = f"There is no speaker “{wanted}” in this model" if wanted else "This model has several speakers"
    raise BadInput(f"{what}; name one behind the folder as #SPEAKER: {some}.")


def speakerless(folder: ModelFolder) -> str:
    """What to say of a model that speaks as nobody by itself."""
    return f"The model in {folder.path} has no speakers of its own: give a reference recording, with consent."
