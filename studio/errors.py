"""The errors of the product, and sentences for what goes wrong inside for a reason that its user can mend."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from checkpoints.errors import BadInput, Cancelled, MienError, Missing

__all__ = ["BadInput", "Cancelled", "MienError", "Missing", "explained"]


@contextmanager
def explained() -> Iterator[None]:
    """Turn an unexpected error into a `MienError` where the disk is full, or weights are damaged: their size was
    trusted until now, so every byte of those that are here is read."""
    import checkpoints

    try:
        yield
    except MienError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BadInput(f"{error.filename or 'The clip'} cannot be written: the disk is full.") from error
        problems = checkpoints.verify([name for name in checkpoints.catalog() if checkpoints.is_present(name)])
        if problems:
            raise Missing(" ".join(problems)) from error
        raise
