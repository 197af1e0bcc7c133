"""The product's spine: requests in, clips out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import checkpoints  # noqa: F401  # ends the reports of libraries before any is imported
from checkpoints.errors import BadInput, Cancelled, InvalidRequestError, MienError, Missing

if TYPE_CHECKING:
    from generators.spec import RuntimeConfig
    from studio.performance import StreamChunk
    from studio.render import Clip
    from studio.request import RenderRequest, SayRequest
    from studio.say import Sound, SoundChunk
    from studio.session import Session
    from studio.studio import Studio

__all__ = [
    "BadInput",
    "Cancelled",
    "Clip",
    "InvalidRequestError",
    "MienError",
    "Missing",
    "RenderRequest",
    "RuntimeConfig",
    "SayRequest",
    "Session",
    "Sound",
    "SoundChunk",
    "StreamChunk",
    "Studio",
]
_HOMES = {
    "Clip": "studio.render",
    "RenderRequest": "studio.request",
    "RuntimeConfig": "generators.spec",
    "SayRequest": "studio.request",
    "Session": "studio.session",
    "Sound": "studio.say",
    "SoundChunk": "studio.say",
    "StreamChunk": "studio.performance",
    "Studio": "studio.studio",
}


def __getattr__(name: str) -> Any:
    """Hand on the public names, importing their modules only when asked, so that `import studio` stays quick."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'studio' has no attribute {name!r}")
