"""Gets a named set of weights onto the disk, verified, and hands its path."""

from importlib import import_module

from checkpoints import no_telemetry  # noqa: F401  # before anything that reports is imported

_HOMES: dict[str, str] = {
    **dict.fromkeys(("CheckpointFile", "CheckpointSet", "catalog"), "checkpoints.entries"),
    **dict.fromkeys(("cache_root", "is_present", "path", "pull", "verify", "weights_path"), "checkpoints.store"),
    "snapshot": "checkpoints.fetch.hub",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str):
    """Hand on the public names, importing their modules only when asked: every package of ours imports this one."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'checkpoints' has no attribute {name!r}")
