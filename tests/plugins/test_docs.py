"""What docs/PLUGINS.md shows is a plug-in that works, file for file."""

from __future__ import annotations

import dataclasses
import json
import re
import sys

import pytest

from generators.spec import GeneratorSpec
from tests.plugins.installed import MIEN, ROOT, installed, run

PAGE = (ROOT / "docs" / "PLUGINS.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture
def package(tmp_path):
    """The page's files, written to disk."""
    for name, text in FILES.items():
        path = tmp_path / "mien-hum" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "mien-hum"


def test_every_field_of_a_spec_is_explained():
    table = PAGE.partition("## The spec")[2].partition("\n## ")[0]
    explained = {
        name for row in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert explained == {field.name for field in dataclasses.fields(GeneratorSpec)}


def test_links_lead_somewhere():
    anchors = {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = target.partition("#")
        assert (ROOT / "docs" / path).exists()
        assert path or anchor in anchors


@pytest.mark.whole
def test_its_generators_keep_their_promises(package, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(package),
        str(package / "tests"),
    ]
    done = run(command, installed(package, tmp_path / "site"))
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.whole
def test_they_make_a_clip(package, tmp_path):
    environment = installed(package, tmp_path / "site")
    out = tmp_path / "clip.mp4"
    hum = ["--voice-generator", "hum", "--size", "128", "--json", "--out", str(out)]
    for more, made_by in (
        (["--motion", "nod"], {"voice": "hum", "motion": "nod", "head": "mesh"}),
        (["--head-generator", "lamp", "--head.glow", "0.5"], {"voice": "hum", "head": "lamp"}),
    ):
        done = run([*MIEN, "render", "Hello, dear reader.", *hum, *more], environment)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["generators"] == made_by
    assert out.exists()
