"""The documentation site: it builds without a network and without a warning, and asks nobody for anything."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import studio

pytest.importorskip("mkdocs", reason='the site needs pip install -e ".[docs]"')
pytestmark = [pytest.mark.whole, pytest.mark.extras]
ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"
_FETCHED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^\"' >]+"
    r"|<link\b[^>]*\bhref=[\"']?(?:https?:)?//[^\"' >]+"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {
        "http_proxy": NOWHERE,
        "https_proxy": NOWHERE,
        "PYTHONPATH": paths,
        "NO_MKDOCS_2_WARNING": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_there(site):
    pages = {str(page.relative_to(site)) for page in site.rglob("*.html")}
    cards = {f"models/{card.parent.name}.html" for card in (ROOT / "checkpoints" / "weights").glob("*/README.md")}
    written = {"index", "api", "ARCHITECTURE", "PLUGINS", "GLOSSARY", "RESULTS"}
    elsewhere = {"changelog", "contributing", "security", "findings"}
    assert {f"{name}.html" for name in written | elsewhere} | cards <= pages


def test_the_public_names_are_explained(site):
    page = (site / "api.html").read_text(encoding="utf-8")
    for name in (*studio.__all__, "join_clips", "reframe_clip", "caption_clip", "BadInput", "GeneratorSpec"):
        assert re.search(rf'<h[23] id="[\w.]+\.{name}"', page), name


def test_no_page_fetches_anything(site):
    files = [file for file in site.rglob("*") if file.suffix in (".html", ".css")]
    asked = {found for file in files for found in _FETCHED.findall(file.read_text(encoding="utf-8"))}
    asked |= {file.name for file in files if re.search(r"url\([\"']?(?:https?:)?//", file.read_text(encoding="utf-8"))}
    assert asked == set()


def test_the_rule_sees_what_is_fetched():
    page = '<script src="https://there/a.js"></script><link href=//there/a.css rel=stylesheet><a href="https://there">'
    assert len(_FETCHED.findall(page)) == 2
