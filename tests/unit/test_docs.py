"""What is written beside the code keeps its form."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def terms():
    return re.findall(r"^\*\*(.+?)\*\* — ", (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_glossary_is_alphabetical_and_names_nothing_twice():
    names = [term.lower() for term in terms()]
    assert len(names) > 50
    assert names == sorted(set(names))


def test_a_term_is_explained_in_one_sentence():
    text = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    entries = [" ".join(entry.split()) for entry in re.split(r"\n\n", text) if entry.startswith("**")]
    assert len(entries) == len(terms())
    assert [entry for entry in entries if not entry.endswith(".") or re.search(r"[a-z)`]\. [A-Z]", entry)] == []


def test_the_changelog_knows_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(
        rf"^## \[?(Unreleased\] – )?\[?{re.escape(version)}\]?",
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )


def test_files_that_the_readme_and_the_guides_link_to_are_there():
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/ARCHITECTURE.md",
        "docs/PLUGINS.md",
        "docs/RESULTS.md",
    ):
        page = ROOT / name
        links = re.findall(r"\]\((?!#|[a-z]+:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == []
