"""The messages that the source asks for, and the catalogues that have to know them.

Run as a script after a message was added or reworded: it writes `messages.pot` anew and brings the
`.po` files in line with it, with whatever is new in them left to be translated.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from attrs import frozen
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from servicecore.backtest import outcome
from servicecore.lifecycle import explanation
from servicecore.notices import explanation as notice_explanation
from servicecore.sla import phrases

PACKAGE = Path(__file__).parents[2] / "src" / "servicecore"
CATALOGUES = PACKAGE / "messages" / "catalogues"
TEMPLATE = CATALOGUES / "messages.pot"
TEXTS = PACKAGE / "notices" / "templates"

Entry = tuple[str | None, str | tuple[str, str]]
"""The context of a message, and its text, singular and plural."""


def calls(source: str, inside: str = "messages") -> Iterator[ast.Call]:
    """The calls of `text`, `plural` and `word` on what is called `messages`, or on `inside`."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).rpartition(".")[2]
            if owner in {"messages", "ENGLISH", inside} and node.func.attr in WORTH:
                yield node


WORTH = {"text": 1, "plural": 2, "word": 2}
"""How many of the arguments are texts."""


def literal(call: ast.Call) -> list[str | None]:
    """The texts of a call; None for one that is not written there."""
    assert isinstance(call.func, ast.Attribute)
    texts = call.args[: WORTH[call.func.attr]]
    return [each.value if isinstance(each, ast.Constant) else None for each in texts]


@frozen
class Said:
    """One call of a template of notices: its function, its texts, and what it fills in."""

    function: str
    texts: tuple[str | None, ...]
    filled: frozenset[str]
    line: int


def said_in(source: str) -> Iterator[Said]:
    """The calls of `text`, `plural` and `word` in a template, in its order."""
    for call in Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in WORTH:
            given = call.args[: WORTH[call.node.name]]
            texts = tuple(each.value if isinstance(each, nodes.Const) else None for each in given)
            filled = frozenset(keyword.key for keyword in call.kwargs)
            yield Said(call.node.name, texts, filled, call.lineno)


def templates() -> Iterator[tuple[str, list[Said]]]:
    """Every template of notices with its calls."""
    for path in sorted(TEXTS.iterdir()):
        yield path.name, sorted(said_in(path.read_text("utf-8")), key=lambda call: call.line)


def sources() -> Iterator[tuple[str, list[ast.Call]]]:
    """Every module with its calls; the room itself calls its own methods on `self`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = "self" if path == PACKAGE / "messages" / "wording.py" else "messages"
        yield str(path.relative_to(PACKAGE)), list(calls(path.read_text("utf-8"), inside))


def _asked(call: ast.Call) -> tuple[str | None, ...]:
    assert isinstance(call.func, ast.Attribute)
    return call.func.attr, *literal(call)


def entries() -> dict[Entry, None]:
    """Everything that is said, in the order of the source; then the words in data."""
    found: dict[Entry, None] = {}
    asked = [_asked(call) for _, made in sources() for call in made]
    asked += [(said.function, *said.texts) for _, made in templates() for said in made]
    for call in asked:
        match call:
            case "text", str(text):
                found[None, text] = None
            case "plural", str(singular), str(plural):
                found[None, (singular, plural)] = None
            case "word", str(kind), str(word):
                found[kind, word] = None
    known_words = (phrases.WORDS, explanation.WORDS, outcome.WORDS, notice_explanation.WORDS)
    words = {kind: known for each in known_words for kind, known in each.items()}
    found |= {(kind, str(word)): None for kind, known in words.items() for word in known}
    return found


def template() -> Catalog:
    """All messages without a translation."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for context, text in entries():
        words = text if isinstance(text, str) else "".join(text)
        catalog.add(text, flags=["python-brace-format"] * ("{" in words), context=context)
    return catalog


HEADER = """\
# The messages of servicecore.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def written(catalog: Catalog) -> str:
    """The catalogue as a file, under a header that says nothing but what gettext needs."""
    language = catalog.locale_identifier or ""
    forms = catalog.plural_forms if language else "nplurals=INTEGER; plural=EXPRESSION;"
    body = BytesIO()
    write_po(body, catalog, width=100, omit_header=True, ignore_obsolete=True)
    header = HEADER.format(language=language, plural_forms=forms)
    return header + body.getvalue().decode().strip() + "\n"


if __name__ == "__main__":
    TEMPLATE.write_text(written(template()), "utf-8")
    for path in CATALOGUES.glob("*.po"):
        catalog = read_po(BytesIO(path.read_bytes()))
        catalog.update(template(), no_fuzzy_matching=True)
        path.write_text(written(catalog), "utf-8")
