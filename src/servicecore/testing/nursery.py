"""A nursery: a process that starts others quickly, for tests that kill them.

It imports what they need once, and forks them: each takes milliseconds instead of a second. It
runs in a process of its own, which has but one thread, so that a fork is safe there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import IO, cast

Said = Mapping[str, str | int]
Say = Callable[[str], None]
Child = Callable[[Said, Say], None]
"""What runs in a child: it is told what to do, and says what it has done."""

CALLS_FOR_THE_END = "now"
BROKE = "broke: "
MOST_SAID = 2000
"""The characters of a word: with this few a line is written whole, whoever else writes."""


def named(function: str) -> object:
    """What is called ``"package.module:name"``.

    >>> named("operator:neg")
    <built-in function neg>
    """
    module, _, name = function.partition(":")
    found: object = getattr(import_module(module), name)
    return found


def calls_of(action: Callable[[], object]) -> int:
    """How many calls the interpreter makes for an action, its own and those of C."""
    calls = 0

    def count(_frame: object, _event: str, _argument: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls


class Nursery:
    """The process, as whoever started it sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._to = cast("IO[str]", process.stdin)
        self._from = cast("IO[str]", process.stdout)

    def run(self, child: str, *each: Said) -> list[str]:
        """What children say that run at the same time, in the order in which they say it.

        Each is told something of its own. With ``"dies"`` it kills itself at the call of that
        number that its interpreter makes; with ``"killed"`` it is killed from outside at once after
        that, in the midst of whatever it does then. It is so in the end where it makes fewer.
        """
        self._to.write(json.dumps([child, *map(dict, each)]) + "\n")
        self._to.flush()
        said: list[str] = []
        broken: list[str] = []
        killed: set[int] = set()
        for line in self._from:
            pid, word = json.loads(line)
            if word is None:  # nothing of these is left to be heard by those who come next
                if broken:
                    raise ChildProcessError(broken[0])
                return said
            if word.startswith(BROKE):
                broken.append(word)
            elif word != CALLS_FOR_THE_END:
                said.append(word)
            elif pid not in killed:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        raise ChildProcessError("the nursery is gone: expected it to say when its children are")


@contextmanager
def nursery(*functions: str) -> Iterator[Nursery]:
    """A process that can run these functions in children; it ends with the ``with``."""
    with subprocess.Popen(  # noqa: S603  # our own interpreter, and a line of ours
        [sys.executable, "-c", f"from {__name__} import main; main()", *functions],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    ) as process:
        try:
            yield Nursery(process)
            process.communicate()
        finally:
            # Nothing of it stays behind, whatever went wrong.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    """Run children, as they are asked for, until nothing more comes."""
    for function in sys.argv[1:]:
        named(function)
    for line in sys.stdin:
        function, *children = json.loads(line)
        pids = [_fork(function, told) for told in children]
        for pid in pids:
            os.waitpid(pid, 0)
        _write(0, None)


def _fork(function: str, told: Said) -> int:
    pid = os.fork()
    if not pid:
        try:
            _live(cast("Child", named(function)), told)
        except BaseException:  # noqa: BLE001  # whatever it is, the parent is to know
            _say(f"{BROKE}{traceback.format_exc()}"[-MOST_SAID:])
        finally:
            os._exit(0)
    return pid


def _live(child: Child, told: Said) -> None:
    for how, end in (("dies", _die), ("killed", _call_for_the_end)):
        if how in told:
            _count_down(int(told[how]), end)
    child(told, _say)
    sys.setprofile(None)
    if "dies" in told:
        _die()
    if "killed" in told:
        _call_for_the_end()
        signal.pause()


def _count_down(left: int, end: Callable[[], None]) -> None:
    """Do something at the call of that number, and go on as before."""

    def count(_frame: object, _event: str, _argument: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            sys.setprofile(None)
            end()

    sys.setprofile(count)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _call_for_the_end() -> None:
    _say(CALLS_FOR_THE_END)


def _say(word: str) -> None:
    _write(os.getpid(), word)


def _write(pid: int, word: str | None) -> None:
    os.write(sys.stdout.fileno(), f"{json.dumps([pid, word])}\n".encode())
