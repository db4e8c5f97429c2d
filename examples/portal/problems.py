"""Problems: errors as answers over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError, TimeoutError

from servicecore.errors import (
    CommandMismatch,
    InvalidValue,
    ServiceCoreError,
    StoreBusy,
    StoreConflict,
    StoreFailed,
    TransitionRefused,
    UnknownName,
    UnknownRequest,
)

STATUSES: Mapping[type[Exception], int] = {
    TransitionRefused: 409,
    CommandMismatch: 409,
    StoreConflict: 409,
    UnknownRequest: 404,
    InvalidValue: 422,
    UnknownName: 422,
    StoreBusy: 503,
    StoreFailed: 500,
    OperationalError: 503,  # of our own statements; servicecore says StoreBusy
    TimeoutError: 503,
}
"""What a client can do something about. Everything else is a fault of ours: a 500."""

TRY_AGAIN = (StoreConflict, StoreBusy, OperationalError, TimeoutError)
"""What may succeed if the client sends it again, with the same key."""


def answer_problems(app: FastAPI) -> None:
    """Let these errors be answered."""
    for kind in STATUSES:
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(RequestValidationError, _answer_form)


def _answer_form(_: Request, problem: Exception) -> JSONResponse:
    """What is wrong with a form, without what was sent: not all of it can be sent back."""
    faults = problem.errors() if isinstance(problem, RequestValidationError) else ()
    reasons = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults]
    content = {"error": "InvalidValue", "message": "; ".join(reasons), "reasons": reasons}
    return JSONResponse({**content, "try_again": False}, 422)


def _answer(_: Request, problem: Exception) -> JSONResponse:
    status = next(STATUSES[kind] for kind in type(problem).__mro__ if kind in STATUSES)
    known = isinstance(problem, ServiceCoreError)
    again = isinstance(problem, TRY_AGAIN)
    content = {
        "error": type(problem).__name__ if known else "StoreBusy",
        "message": str(problem) if known else "the database cannot be reached just now",
        "reasons": list(getattr(problem, "reasons", ())),
        "try_again": again,
    }
    return JSONResponse(content, status, {"Retry-After": "1"} if again else None)
