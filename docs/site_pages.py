"""Pages of the documentation site that are files elsewhere in the repository, or made from its code (see mkdocs.yml).

Links of the repository become links between pages; what is no page of the site stays as its name.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "findings/README.md": "findings.md",
}
CARDS = "checkpoints/weights"
EDITING = ("join_clips", "reframe_clip", "caption_clip")
MODULES = ("checkpoints.errors", "generators.contracts", "generators.spec")
_LINK = re.compile(r"\[([^\[\]]+)\]\((?!#|[a-z]+:)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie outside docs/."""
    for source, page in _pages().items():
        text = _without_front_matter((ROOT / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, page, content=_relinked(text, source, page, files)))
    files.append(File.generated(config, "models/index.md", content=_list_of_cards()))
    files.append(File.generated(config, "api.md", content=_api()))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """The text of a page in docs/ with links that work on the site."""
    is_ours = (Path(config.docs_dir) / page.file.src_uri).is_file()
    return _relinked(markdown, f"docs/{page.file.src_uri}", page.file.src_uri, files) if is_ours else markdown


def _pages() -> dict[str, str]:
    """Pages of the site by the files that they are made of."""
    return PAGES | {f"{CARDS}/{name}/README.md": f"models/{name}.md" for name in _cards()}


def _cards() -> list[str]:
    return sorted(card.parent.name for card in (ROOT / CARDS).glob("*/README.md"))


def _relinked(text: str, source: str, page: str, files: Files) -> str:
    """A page's text, with links from the file `source` of the repository as links from the page `page` of the site."""
    pages = _pages()

    def link(found: re.Match) -> str:
        name, aim, anchor = found[1], found[2], found[3] or ""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), aim))
        place = pages.get(target, target.removeprefix("docs/"))
        if target not in pages and not (target.startswith("docs/") and files.get_file_from_path(place)):
            return name
        return f"[{name}]({posixpath.relpath(place, posixpath.dirname(page) or '.')}{anchor})"

    return _LINK.sub(link, text)


def _without_front_matter(text: str) -> str:
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)


def _list_of_cards() -> str:
    rows = "\n".join(f"- [{name}]({name}.md)" for name in _cards())
    return f"# Model cards\n\nOf the weights that come with the product.\n\n{rows}\n"


def _api() -> str:
    """The public names of `studio`, the edits of clips, and the modules that plug-ins import from."""
    import studio

    homes = [f"{getattr(studio, name).__module__}.{name}" for name in studio.__all__]
    homes += [f"studio.media.edit.{name}" for name in EDITING]
    blocks = "\n".join(f"::: {home}\n" for home in homes)
    modules = "\n".join(
        f"## `{module}`\n\n::: {module}\n    options:\n      show_root_heading: false\n" for module in MODULES
    )
    return f"# Python API\n\n## `studio`\n\n{blocks}\n{modules}"
