"""Templates of notices: Jinja2 in a sandbox, ours and over them those of a host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplatesNotFound,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from servicecore.errors import Fault, InvalidValue, ServiceCoreError, UnknownName

OURS = Path(__file__).with_name("templates")
CONTENT = ".jinja"
"""What the names of templates end in that say something; the others are layouts."""

Source = str | PathLike[str] | BaseLoader


class _Named(BaseLoader):
    """A loader whose templates go by their names, wherever they come from; so errors name them."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, _, is_current = self._loader.get_source(environment, template)
        return source, template, is_current

    def list_templates(self) -> list[str]:
        return self._loader.list_templates()


class Templates:
    """Finds and renders templates; those of the first source win, ours come last.

    A source is a folder or a loader of Jinja2. Ours are also found below ``servicecore/``, so that
    one that takes the place of ours can include it. Raises `InvalidValue` for a source that is
    neither.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        ours = FileSystemLoader(OURS)
        loaders = [*map(_loader, sources), ours, PrefixLoader({"servicecore": ours})]
        self._environment = ImmutableSandboxedEnvironment(
            loader=_Named(ChoiceLoader(loaders)),
            autoescape=_is_html,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def rendered(self, names: Sequence[str], variables: Mapping[str, object]) -> str:
        """What the first template gives that there is of some names.

        Raises `UnknownName` where there is none, and `Fault` with the name and the line of a
        template that cannot be used.
        """
        try:
            return self._environment.select_template(list(names)).render(variables)
        except TemplatesNotFound as missing:
            if missing.templates == list(names):
                raise self._unknown(names[0]) from None
            raise fault_of(missing, names[0]) from missing
        except Exception as problem:  # a template of a host may raise whatever it likes
            raise fault_of(problem, names[0]) from problem

    def _unknown(self, name: str) -> UnknownName:
        try:
            known = self._environment.list_templates(extensions=[CONTENT.removeprefix(".")])
        except TypeError:  # some loaders cannot list what they have
            known = []
        names = (each.removesuffix(CONTENT) for each in known if "/" not in each)
        return UnknownName("template", name.removesuffix(CONTENT), names)


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


def _loader(source: Source) -> BaseLoader:
    if isinstance(source, BaseLoader):
        return source
    try:
        if Path(source).is_dir():
            return FileSystemLoader(source)
    except (TypeError, ValueError):
        pass
    raise InvalidValue(f"templates: found {source!r}; expected a folder or a loader of Jinja2")


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
            yield frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next
