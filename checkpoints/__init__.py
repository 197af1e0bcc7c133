"""Gets a named set of weights onto the disk, verified, and hands its path."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from checkpoints import no_telemetry  # noqa: F401  # before anything that reports is imported

if TYPE_CHECKING:
    from checkpoints.entries import CheckpointFile, CheckpointSet, catalog
    from checkpoints.fetch.hub import snapshot
    from checkpoints.store import cache_root, is_present, path, pull, verify, weights_path

__all__ = [
    "CheckpointFile",
    "CheckpointSet",
    "cache_root",
    "catalog",
    "is_present",
    "path",
    "pull",
    "snapshot",
    "verify",
    "weights_path",
]
_HOMES = dict.fromkeys(__all__, "checkpoints.store")
_HOMES |= dict.fromkeys(("CheckpointFile", "CheckpointSet", "catalog"), "checkpoints.entries")
_HOMES["snapshot"] = "checkpoints.fetch.hub"


def __getattr__(name: str) -> Any:
    """Hand on the public names, importing their modules only when asked: every package of ours imports this one."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'checkpoints' has no attribute {name!r}")
