"""What comparable software did on a 2-core machine (November 2026, PostgreSQL 15, two workers, 8 clients).

CPU milliseconds per request are summed over application, workers and database.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    peer: str
    work: str
    per_second: float
    cpu_ms: float


# Ranges are given by their better end.
PEERS: dict[str, list[Figure]] = {
    "check-in": [Figure("pretix", "check-in of another ticket", 28.5, 56)],
    "check-in again": [Figure("pretix", "the same ticket again", 40.7, 44)],
    "registration": [Figure("pretix", "order by API", 9.9, 145), Figure("Indico", "registration", 55, 34)],
    "public list": [Figure("pretix", "list of events as JSON", 69, 26)],
    "workshop detail": [
        Figure("pretix", "public page of one event", 32, 53),
        Figure("Indico", "public page of one event", 48, 42),
        Figure("pretalx", "public page of one event", 73, 26),
    ],
    "participant feed": [
        Figure("pretix", ".ics of one event", 107, 11),
        Figure("Indico", ".ics of one event", 168, 12),
    ],
    "attendance summary of 5,000": [Figure("pretix", "check-in status of 5,000", 22, 81)],
    "attendance summary of 50,000": [Figure("pretix", "check-in status of 50,000", 8.6, 160)],
}


def best(row: str) -> Figure | None:
    """The fastest peer at the same work, if one was measured."""
    return max(PEERS.get(row, []), key=lambda figure: figure.per_second, default=None)
