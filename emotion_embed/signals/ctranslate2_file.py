"""Arrays from a model file of CTranslate2 (`model.bin`), which has a format of its own and no reader to import.

Written down from CTranslate2's `model_spec.py`; only the version that it writes today is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from checkpoints.errors import Missing

VERSION = 6
_NUMBER_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}  # CTranslate2's codes


def read_variables(path: Path, prefix: str = "", wanted: tuple[str, ...] = ("",)) -> dict[str, np.ndarray]:
    """The arrays whose names begin with `prefix` and go on with one of `wanted`, by their names without the prefix.

    They are in the types that they are stored in.

    Raises `Missing` for a file of another version and for one that is torn or something else.
    """
    try:
        with open(path, "rb") as file:
            version = _number(file, "I")
            if version != VERSION:
                raise Missing(f"{path} is of version {version} of CTranslate2's files; only {VERSION} can be read.")
            _text(file)  # the kind of model
            _number(file, "I")  # its revision
            return dict(_variables(file, prefix, wanted))
    except (struct.error, KeyError, ValueError) as error:
        raise Missing(f"{path} is torn or no model of CTranslate2's.") from error


def _variables(file: BinaryIO, prefix: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    for _ in range(_number(file, "I")):
        name = _text(file)
        shape = [_number(file, "I") for _ in range(_number(file, "B"))]
        kind, n_bytes = _NUMBER_TYPES[_number(file, "B")], _number(file, "I")
        if name.startswith(prefix) and name.removeprefix(prefix).startswith(wanted):
            yield name.removeprefix(prefix), np.frombuffer(file.read(n_bytes), kind).reshape(shape)
        else:
            file.seek(n_bytes, 1)


def _number(file: BinaryIO, form: str) -> int:
    return struct.unpack("<" + form, file.read(struct.calcsize(form)))[0]


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "H"))[:-1].decode()
