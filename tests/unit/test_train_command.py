"""`mien train motion` before any work: what lacks or cannot be is said in a sentence."""

import sys

import pytest

from checkpoints import weights_path
from ui.cli import run

OPTIONS = ["--videos", "videos", "--out", "me", "--work", "work"]


@pytest.mark.parametrize("package", ["torch", "diffusers", "onnxscript"])
def test_an_absent_package_is_named_with_its_extra(package, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ui.commands.train.find_spec", lambda name: None if name == package else sys)
    assert run(["train", "motion", *OPTIONS]) == 3
    said = capsys.readouterr().err
    assert package in said and "mien-studio[train]" in said and len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--videos", "videos"], "--out"),
        ([*OPTIONS, "--what", "everything"], "what"),
        ([*OPTIONS, "--minutes", "0"], "minutes"),
        ([*OPTIONS, "--base", "nowhere"], "no motion model in nowhere"),
        (["--videos", "v", "--work", "w", "--out", str(weights_path("motion_diffusion"))], "stays as it is"),
    ],
)
def test_bad_options_are_one_sentence(options, said, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ui.commands.train.find_spec", lambda name: sys)
    assert run(["train", "motion", *options]) == 2
    err = capsys.readouterr().err
    assert said in err and len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
