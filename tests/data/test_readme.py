"""Code in data/README.md runs, on the invented sample."""

import re
from pathlib import Path

import pytest

import data

README = Path(data.__file__).parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS)
def test_code_runs(block, monkeypatch):
    monkeypatch.setenv("LAB_MIRROR", str(README.parent / "samples"))
    exec(compile(block, str(README), "exec"), {})


def test_there_is_some_and_every_data_set_has_a_section():
    assert BLOCKS
    assert all(f"\n## {name}\n" in TEXT for name in data.names())
