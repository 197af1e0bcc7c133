"""Which processor a network runs on, told without importing torch where its build leaves nothing open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from checkpoints.errors import Missing
from generators import devices


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a torch of some build before any other, which fails when it is imported."""

    def put(text: str) -> None:
        package = tmp_path / "torch"
        package.mkdir()
        (package / "__init__.py").write_text("raise AssertionError('torch was imported')")
        (package / "version.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "torch", raising=False)

    devices.torch_accelerator.cache_clear()
    yield put
    devices.torch_accelerator.cache_clear()


@pytest.mark.skipif(sys.platform == "darwin", reason="there torch has to be asked")
def test_a_build_for_the_processor_is_not_imported(build) -> None:
    build("cuda = None\nhip = None\n")
    assert devices.torch_accelerator() is None
    assert devices.torch_device() == devices.torch_device("cpu") == "cpu"
    with pytest.raises(Missing, match="cuda"):
        devices.torch_device("cuda")


@pytest.mark.skipif(sys.platform == "darwin", reason="there torch has to be asked")
def test_a_build_for_cuda_is_asked_only_where_there_is_a_driver(build, monkeypatch: pytest.MonkeyPatch) -> None:
    build("cuda = '12.8'\nhip = None\n")
    monkeypatch.setattr(devices, "_CUDA_DRIVERS", ("lib-of-no-driver.so",))
    assert devices.torch_accelerator() is None
    devices.torch_accelerator.cache_clear()
    monkeypatch.setattr(devices, "_loads", lambda _: True)
    with pytest.raises(AssertionError, match="imported"):
        devices.torch_accelerator()


def test_providers_are_those_that_are_installed() -> None:
    assert devices.onnx_providers("cpu") == ["CPUExecutionProvider"]
    assert devices.onnx_providers()[-1] == "CPUExecutionProvider"
    with pytest.raises(Missing, match="mps"):
        devices.onnx_providers("mps")


def test_asking_imports_neither_torch_nor_onnxruntime_before_it_must() -> None:
    code = "import sys, generators.devices; print('torch' in sys.modules, 'onnxruntime' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]
