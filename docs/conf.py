"""How the documentation is built: MyST pages, docstrings for the reference, Furo for the looks."""

from __future__ import annotations

from importlib.metadata import version as installed_version

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

project = "servicecore"
author = "servicecore contributors"
copyright = f"2026, {author}"
release = version = installed_version("servicecore")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
# Single backticks in docstrings.
default_role = "code"
html_theme = "furo"
html_title = f"servicecore {release}"

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 80

nitpick_ignore_regex = [
    # Names of other projects are not linked: the build needs no network.
    ("py:.*", r"(?!servicecore\b).*"),
    # A variable of types is nothing to read about.
    ("py:class", r"servicecore\.plugins\.registered\.Value"),
    # What a calendar is compiled from is not public.
    ("py:class", r"servicecore\.sla\.(definition|timeline)\..*"),
]


def find_by_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.reference | None:
    """Link `servicecore.sla.clock.Mark`, where it is defined, to `servicecore.sla.Mark`.

    The reference shows every name where it is imported from, and annotations know where it is
    defined.
    """
    target = node.get("reftarget", "")
    if not target.startswith("servicecore."):
        return None
    room, _, name = target.rpartition(".")
    while room := room.rpartition(".")[0]:
        if found := env.domains.python_domain.objects.get(f"{room}.{name}"):
            return make_refnode(
                app.builder, node["refdoc"], found.docname, found.node_id, contnode, target
            )
    return None


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("missing-reference", find_by_public_name)
