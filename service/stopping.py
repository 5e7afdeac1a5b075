"""Whether this process was asked to end.

The server waits for open connections before it tells the application, so an endless answer (server-sent events) has to
look here by itself, at least once a second.
"""

_requested = False


def request() -> None:
    """From now on streams end. Safe in a signal handler."""
    global _requested  # noqa: PLW0603 - a process ends once
    _requested = True


def requested() -> bool:
    """Whether the end was asked for."""
    return _requested
