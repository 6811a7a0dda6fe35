"""Where whoever measures a piece of work tells it to the trace of the request it is for, if there is one.

Promises: without a trace it costs a tenth of a microsecond; nothing of OpenTelemetry is imported here.
Never: measures anything itself; `watch/traces.py` makes the traces.
"""

from contextvars import Context, ContextVar
from typing import Literal, Protocol

Kind = Literal["pool", "query", "downstream"]


class Trace(Protocol):
    """What a request did, piece by piece."""

    @property
    def parent(self) -> str:
        """Return the value of the `traceparent` header (W3C Trace Context) for those who are asked on its behalf."""
        ...

    def add(self, kind: Kind, name: str, seconds: float) -> None:
        """Keep a piece of work that has just ended and took so long."""
        ...


CURRENT: ContextVar[Trace | None] = ContextVar("trace", default=None)


def tell(kind: Kind, name: str, seconds: float) -> None:
    """Tell the present trace of a piece of work that has just ended."""
    trace = CURRENT.get()
    if trace is not None:
        trace.add(kind, name, seconds)


def bare_context() -> Context:
    """Return a context with nothing of the caller's but the trace: for work that is done for several callers."""
    context, trace = Context(), CURRENT.get()
    if trace is not None:
        context.run(CURRENT.set, trace)
    return context
