"""Code in the documents runs, and what they link to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    p
    for p in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "node_modules" for part in p.relative_to(ROOT).parts)
)


def blocks(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_blocks_run(path: Path) -> None:
    for block in blocks(path):
        try:
            exec(compile(block, f"{path.name}", "exec"), {"__name__": "document"})
        except FileNotFoundError as error:
            if "cannot find" not in str(error):
                raise
            pytest.skip(f"no real data: {error}")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_to_files_exist(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), f"{path.name} links to {target}, which is not there"


def test_the_readme_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The comment beside the verdict is the verdict."""
    block = next(b for b in blocks(ROOT / "README.md") if "verdict.decision" in b)
    said = re.search(r"verdict\.decision\)\s+# (\w+)", block)
    exec(compile(block, "README.md", "exec"), {"__name__": "document"})
    assert said is not None and capsys.readouterr().out.startswith(said[1])


def test_the_twist_in_the_readme_is_the_file() -> None:
    twist = (ROOT / "casestudies/twists/late_night.py").read_text(encoding="utf-8")
    code = twist.split('"""', 2)[2].strip()
    assert code in (ROOT / "README.md").read_text(encoding="utf-8")
