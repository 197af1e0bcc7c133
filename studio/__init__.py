"""The product's spine: requests in, clips out."""

from importlib import import_module

import checkpoints  # noqa: F401  # ends the reports of libraries before any is imported

_HOMES = {"Studio": "studio.studio", "Session": "studio.session", "Clip": "studio.render"}
_HOMES |= {"StreamChunk": "studio.performance", "Sound": "studio.say", "SoundChunk": "studio.say"}
_HOMES |= {"RenderRequest": "studio.request", "SayRequest": "studio.request", "RuntimeConfig": "generators.spec"}
_HOMES |= dict.fromkeys(("BadInput", "Cancelled", "MienError", "Missing"), "studio.errors")
__all__ = sorted(_HOMES)


def __getattr__(name: str):
    """Hand on the public names, importing their modules only when asked, so that `import studio` stays quick."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'studio' has no attribute {name!r}")
