"""Gets a named set of weights onto the disk, verified, and hands its path."""

from checkpoints import no_telemetry  # noqa: F401  # before anything that reports is imported
from checkpoints.entries import CheckpointFile, CheckpointSet, catalog
from checkpoints.store import cache_root, is_present, path, pull, verify, weights_path

__all__ = [
    "CheckpointFile",
    "CheckpointSet",
    "cache_root",
    "catalog",
    "is_present",
    "path",
    "pull",
    "verify",
    "weights_path",
]
