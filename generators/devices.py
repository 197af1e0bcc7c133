"""Which processor a network runs on, found without importing torch where that cannot tell more."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
from functools import cache
from pathlib import Path

from checkpoints.errors import Missing

DEVICES = ("auto", "cpu", "cuda", "mps")
_CUDA_DRIVERS = ("libcuda.so.1", "nvcuda.dll")
_ORT_PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}


@cache
def torch_accelerator() -> str | None:
    """The graphics processor that torch computes on: "cuda" (NVIDIA, or AMD through ROCm) or "mps"; None without one,
    or without torch.

    torch takes seconds to import, and half imported it trips SciPy in other threads, so it is asked only where its
    build and the machine's driver leave the answer open.
    """
    if not _may_accelerate():
        return None
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def torch_device(wanted: str = "auto") -> str:
    """The device for torch: the one wanted; for "auto" a graphics processor where there is one.

    Raises:
        Missing: It is not there.
    """
    found = torch_accelerator()
    if wanted == "auto":
        return found or "cpu"
    if wanted not in ("cpu", found):
        raise Missing(f"torch finds no device “{wanted}” on this machine; leave the device out, or choose cpu.")
    return wanted


def onnx_providers(wanted: str = "auto") -> list[str]:
    """onnxruntime's execution providers for a device, the best first.

    Raises:
        Missing: The installed onnxruntime does not know the device.
    """
    import onnxruntime

    available = onnxruntime.get_available_providers()
    if wanted == "auto":
        return [name for name in _ORT_PROVIDERS.values() if name in available]
    if _ORT_PROVIDERS.get(wanted) not in available:
        raise Missing(f"The installed onnxruntime does not compute on “{wanted}”; leave the device out, or choose cpu.")
    return [_ORT_PROVIDERS[wanted]]


def _may_accelerate() -> bool:
    """Whether the installed torch was built for a graphics processor that this machine may have."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return False
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    build = _torch_build(Path(found.submodule_search_locations[0]) / "version.py")
    return build.get("hip") is not None or (build.get("cuda") is not None and any(map(_loads, _CUDA_DRIVERS)))


def _torch_build(file: Path) -> dict[str, str | None]:
    """What torch's own small file says of its build, such as {"cuda": "12.8"}; read without importing torch."""
    found = importlib.util.spec_from_file_location("_torch_version", file)
    if found is None or found.loader is None or not file.is_file():
        return {}
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return {name: getattr(module, name, None) for name in ("cuda", "hip")}


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
