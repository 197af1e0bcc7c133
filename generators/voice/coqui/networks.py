"""Coqui's two kinds of networks behind one face: `speak` a text as a timbre, and hear a timbre in a recording.

They are built from settings that name no file and no class of anybody else's (see `folder`), filled with weights that
were read as tensors, and given waveforms instead of paths, so that nothing is fetched, unpickled or decoded by Coqui.
"""

from __future__ import annotations

from checkpoints.errors import Missing
from generators.voice.coqui import SPEC
from generators.voice.coqui.building import Network, drawing
from generators.voice.coqui.folder import ModelFolder

SHORTEST_REFERENCE_S = 1.0


def load_network(folder: ModelFolder) -> Network:
    """The network in a folder. Raises `Missing` without the extra or a file, `BadInput` for files that do not fit."""
    import_coqui()
    from generators.voice.coqui.vits import VitsNetwork
    from generators.voice.coqui.xtts import XttsNetwork

    with drawing(0):  # networks begin with random weights
        network: Network = XttsNetwork(folder) if folder.model == "xtts" else VitsNetwork(folder)
    return network


def import_coqui() -> None:
    """Import coqui-tts, or raise `Missing` with what mends it."""
    try:
        import torch  # noqa: F401
        from TTS.tts.models import vits, xtts  # noqa: F401
    except Exception as error:  # a library of another build raises OSError, one of another version anything
        name = error.name or "" if isinstance(error, ModuleNotFoundError) else ""
        lacks = str(error).strip().startswith(("Coqui TTS requires", "From Pytorch"))
        if lacks or name.split(".")[0] in ("TTS", "torch", "torchaudio", "torchcodec", "six"):
            raise Missing(f"A Coqui voice takes more packages: run `{SPEC.install}`.") from error
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise Missing(
            f"coqui-tts is installed but cannot be imported ({why}): where torch is a CPU build and torchaudio a CUDA "
            "one, move the *.so files out of torchaudio/lib, else reinstall both at one version."
        ) from error
