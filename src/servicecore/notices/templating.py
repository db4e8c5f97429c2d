"""Templates of notices: Jinja2 in a sandbox, ours and over them those of a host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from servicecore.errors import Fault, InvalidValue, MissingExtra, ServiceCoreError, UnknownName

if TYPE_CHECKING:
    from jinja2 import BaseLoader
    from jinja2.sandbox import SandboxedEnvironment

OURS = Path(__file__).with_name("templates")
CONTENT = ".jinja"
"""What the names of templates end in that say something; the others are layouts."""

Source = str | PathLike[str]


def environment(sources: Sequence[Source | BaseLoader]) -> SandboxedEnvironment:
    """What finds and renders templates; those of the first source win, ours come last.

    A source is a folder or a loader of Jinja2. Ours are also found below ``servicecore/``, so that
    one that takes the place of ours can include it. Raises `MissingExtra` without Jinja2, and
    `InvalidValue` for a source that is neither.
    """
    try:
        from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise MissingExtra("the texts of notices", "notices") from None
    ours = FileSystemLoader(OURS)
    loaders = [_loader(source) for source in sources]
    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*loaders, ours, PrefixLoader({"servicecore": ours})]),
        autoescape=_is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


def _loader(source: Source | BaseLoader) -> BaseLoader:
    from jinja2 import BaseLoader, FileSystemLoader

    if isinstance(source, BaseLoader):
        return source
    try:
        if Path(source).is_dir():
            return FileSystemLoader(source)
    except (TypeError, ValueError):
        pass
    raise InvalidValue(f"templates: found {source!r}; expected a folder or a loader of Jinja2")


def rendered(
    templates: SandboxedEnvironment, names: Sequence[str], variables: Mapping[str, object]
) -> str:
    """What the first template gives that there is of some names.

    Raises `UnknownName` where there is none, and `Fault` with the name and the line of a template
    that cannot be used.
    """
    from jinja2 import TemplatesNotFound

    try:
        return templates.select_template(list(names)).render(variables)
    except TemplatesNotFound as missing:
        if missing.templates == list(names):
            raise _unknown(templates, names[0]) from None
        raise fault_of(missing, names[0]) from missing
    except Exception as problem:  # a template of a host may raise whatever it likes
        raise fault_of(problem, names[0]) from problem


def _unknown(templates: SandboxedEnvironment, name: str) -> UnknownName:
    try:
        known = templates.list_templates(extensions=[CONTENT.removeprefix(".")])
    except TypeError:  # some loaders cannot list what they have
        known = []
    names = (each.removesuffix(CONTENT) for each in known if "/" not in each)
    return UnknownName("template", name.removesuffix(CONTENT), names)


def fault_of(problem: Exception, name: str) -> Fault:
    """What is wrong with a template: its name, the line, and what was said of it."""
    places = list(_places(problem.__traceback__))
    where, line = places[-1] if places else (name, None)
    where = getattr(problem, "name", None) or where
    line = getattr(problem, "lineno", None) or line
    kind = "" if isinstance(problem, ServiceCoreError) else f"{type(problem).__name__}: "
    return Fault((f"the template {where}",), f"{kind}{problem}", line)


def _places(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """The templates that an error went through, and where in each; Jinja2 marks their frames."""
    while traceback is not None:
        frame = traceback.tb_frame
        if "__jinja_exception__" in frame.f_globals:
            yield Path(frame.f_code.co_filename).name, traceback.tb_lineno
        traceback = traceback.tb_next
