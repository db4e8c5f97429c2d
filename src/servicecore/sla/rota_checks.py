"""What is wrong with rotas, found before somebody is looked for in vain (P3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from servicecore.instants import DAY, duration_text
from servicecore.messages import ENGLISH
from servicecore.sla.findings import Finding, Path
from servicecore.sla.rota import Rota
from servicecore.sla.years import END

WEEKS_AHEAD = 4


def findings_of_rotas(rotas: Mapping[str, Rota], at: int) -> Iterator[Finding]:
    """Time without anybody in the four weeks from `at` on, and members who are listed twice.

    A gap is a fault: whoever is told then is nobody. A member who is listed twice may be meant to
    have two turns, so that is a warning.

    >>> from servicecore.sla.layers import Layer
    >>> week = Layer("week", ("anna", "bob", "anna"), "1970-01-05 09:00", "1 week")
    >>> for finding in findings_of_rotas({"desk": Rota("desk", "UTC", [week])}, 0):
    ...     print(finding)
    fault: rotas.desk: nobody is on call from Thu 1 Jan 1970 00:00 to Mon 5 Jan 1970 09:00, 105h
    in 1 gap over 4 weeks
    warning: rotas.desk.layers[0].members: 'anna' is listed 2 times and has as many turns
    """
    for name, rota in rotas.items():
        path = ("rotas", name)
        yield from _of_gaps(rota, at, path)
        yield from _of_members(rota, path)


def _of_gaps(rota: Rota, at: int, path: Path) -> Iterator[Finding]:
    gaps = rota.gaps(at, min(at + WEEKS_AHEAD * 7 * DAY, END - 1))
    if gaps:
        total = duration_text(sum(gap.end - gap.start for gap in gaps))
        number = f"{len(gaps)} gap{'s' * (len(gaps) > 1)} over {WEEKS_AHEAD} weeks"
        since, until = (ENGLISH.when(edge) for edge in (gaps[0].start_at, gaps[0].end_at))
        first = f"nobody is on call from {since} to {until}"
        yield Finding("fault", path, f"{first}, {total} in {number}")


def _of_members(rota: Rota, path: Path) -> Iterator[Finding]:
    for position, layer in enumerate(rota.layers):
        for member in dict.fromkeys(layer.members):
            times = layer.members.count(member)
            if times > 1:
                place = (*path, "layers", position, "members")
                text = f"{member!r} is listed {times} times and has as many turns"
                yield Finding("warning", place, text)
