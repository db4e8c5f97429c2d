"""Runs every example of README.md, the pages under docs/ and the docstrings under src/.

A page is one test and so is a docstring: its examples build on each other, so they run in the
order in which they are read, whatever order and process the tests themselves are given to. In
pages,

- a `python` block runs, with or without `>>>`;
- an `output` block says what the `python` blocks above it have printed since the last one;
- a `toml` or `yaml` block whose first line is a comment with a file's name becomes that file.

Each runs in a folder of its own, which sees the repository's `examples` too.
"""

from __future__ import annotations

import re
from contextlib import chdir, redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from sybil.document import Document, PythonDocStringDocument, PythonDocument
from sybil.evaluators.python import PythonEvaluator
from sybil.example import SybilFailure
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil.example import Example


ROOT = Path(__file__).parent
FLAGS = ELLIPSIS | NORMALIZE_WHITESPACE
PRINTED = "__printed__"


def run_and_keep_output(example: Example) -> None:
    """Run a block of a page and add what it prints to what the page has printed so far."""
    printed = StringIO()
    with redirect_stdout(printed):
        PythonEvaluator()(example)
    example.namespace[PRINTED] = example.namespace.get(PRINTED, "") + printed.getvalue()


def compare_output(example: Example) -> str | None:
    """Say how an `output` block differs from what was printed; nothing where it does not."""
    expected, printed = example.parsed.rstrip(), example.namespace.pop(PRINTED, "").rstrip()
    return None if expected == printed else f"Expected:\n{expected}\nPrinted:\n{printed}"


def write_file(example: Example) -> None:
    """Write a block that begins with `# NAME` to the file of that name."""
    if name := re.match(r"# ([\w-]+\.\w+)\n", example.parsed):
        Path(name[1]).write_text(example.parsed, encoding="utf-8")


def python_blocks(document: Document) -> Iterator[object]:
    """Parse `python` blocks: Sybil's own parser, with plain ones keeping their output."""
    for region in PythonCodeBlockParser(doctest_optionflags=FLAGS)(document):
        if isinstance(region.evaluator, PythonEvaluator):
            region.evaluator = run_and_keep_output
        yield region


PAGE_PARSERS = (
    python_blocks,
    CodeBlockParser("output", compare_output),
    CodeBlockParser("toml", write_file),
    CodeBlockParser("yaml", write_file),
)


class DocumentItem(pytest.Item):
    """One page or one docstring with all its examples."""

    document: Document

    def runtest(self) -> None:
        with TemporaryDirectory() as folder, chdir(folder):
            if (ROOT / "examples").is_dir():
                Path("examples").symlink_to(ROOT / "examples")
            for example in self.document:
                example.evaluate()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> object:
        if isinstance(excinfo.value, SybilFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


class DocumentFile(pytest.File):
    """A page, or a module with its docstrings."""

    def collect(self) -> Iterator[DocumentItem]:
        documents = docstrings if self.path.suffix == ".py" else page
        for name, document in documents(self.path):
            if document.regions:
                item = DocumentItem.from_parent(self, name=name)
                item.document = document
                yield item


def page(path: Path) -> Iterator[tuple[str, Document]]:
    """Read a page as one document."""
    yield "page", Document.parse(str(path), *PAGE_PARSERS)


def docstrings(path: Path) -> Iterator[tuple[str, Document]]:
    """Read each docstring of a module as a document that knows the names of the module."""
    source = path.read_text(encoding="utf-8")
    for start, _, text in PythonDocStringDocument.extract_docstrings(source):
        line = source.count("\n", 0, start)
        # The empty lines make a failure name the line of the file.
        document = PythonDocument("\n" * line + text, str(path))
        for region in DocTestParser(optionflags=FLAGS)(document):
            document.add(region)
        yield f"line {line + 1}", document


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DocumentFile | None:
    """Take README.md, the pages and the modules; everything else is left to pytest."""
    where = file_path.relative_to(ROOT).parts if file_path.is_relative_to(ROOT) else ()
    is_page = file_path.suffix == ".md" and where[:1] in {("README.md",), ("docs",)}
    is_module = file_path.suffix == ".py" and where[:1] == ("src",)
    if is_page or is_module:
        return DocumentFile.from_parent(parent, path=file_path)
    return None
