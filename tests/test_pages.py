"""The examples of pages and docstrings run, all of them, and fail when they are wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = {"python", "output", "toml", "yaml"}
NOT_RUN = {"console", "csv", "json", "text"}


def languages(page: str) -> set[str]:
    """The languages of a page's blocks of code; directives of Sphinx are none."""
    blocks = re.finditer(r"^```(\S*)\n(?:.|\n)*?^```$", page, re.MULTILINE)
    return {block[1] for block in blocks if not block[1].startswith("{")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_block_looks_like_code_that_runs_and_does_not(page: Path) -> None:
    assert languages(page.read_text(encoding="utf-8")) <= RUN | NOT_RUN


def test_a_block_of_an_unknown_language_is_found() -> None:
    assert languages("```pycon\n>>> 1\n```\n\n```\nx\n```\n\n```{toctree}\na\n```") == {"pycon", ""}


def test_several_directives_are_no_code() -> None:
    assert languages("```{toctree}\na\n```\n\ntext\n\n```{toctree}\nb\n```") == set()


RIGHT_PAGE = """
```toml
# limits.toml
hours = 4
```

```python
from tomllib import loads
print(loads(open_file())["hours"])
```

```output
4
```

```python
>>> loads(open_file())
{'hours': 4}
```
""".replace("open_file()", '__import__("pathlib").Path("limits.toml").read_text()')
RIGHT_MODULE = '"""A module.\n\n>>> double(2)\n4\n"""\n\ndef double(x):\n    return 2 * x\n'


@pytest.mark.parametrize(
    ("page", "module", "passed"),
    [
        (RIGHT_PAGE, RIGHT_MODULE, True),
        (RIGHT_PAGE.replace("output\n4", "output\n5"), RIGHT_MODULE, False),
        (RIGHT_PAGE.replace("{'hours': 4}", "{'hours': 5}"), RIGHT_MODULE, False),
        (RIGHT_PAGE, RIGHT_MODULE.replace("\n4", "\n5"), False),
    ],
    ids=["right", "wrong output", "wrong value", "wrong docstring"],
)
def test_examples_pass_or_fail_as_they_should(
    tmp_path: Path, page: str, module: str, *, passed: bool
) -> None:
    shutil.copy(ROOT / "conftest.py", tmp_path)
    for name, text in {"docs/page.md": page, "src/doubling.py": module}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    options = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", *options, "-o", "pythonpath=src", "docs", "src"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    expected = "2 passed" if passed else "1 failed, 1 passed"
    assert expected in done.stdout, done.stdout + done.stderr
