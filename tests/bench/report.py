"""One measured row, and the table of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from tests.bench.load import Load
from tests.bench.peers import best

NOT_MEASURED = "–"
_TITLES = [
    "row",
    "req/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "app CPU ms",
    "db CPU ms",
    "outbox CPU ms",
    "errors",
    "of bare",
    "best peer",
]


@dataclass(frozen=True)
class Result:
    """CPU in milliseconds per request; None where there is no such process."""

    name: str
    requests: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    application_ms: float | None
    database_ms: float | None
    outbox_ms: float | None
    errors: int
    first_problem: str

    @classmethod
    def of(cls, name: str, load: Load, cpu_seconds: Mapping[str, float], each: int = 1) -> "Result":
        """From a load and the CPU seconds of the trees `application`, `database`, `outbox`; `each`: see `Row`."""
        count = len(load.latencies) * each
        per_request = {tree: seconds * 1000 / max(1, count) for tree, seconds in cpu_seconds.items()}
        return cls(
            name=name,
            requests=count,
            per_second=load.rate * each,
            p50_ms=load.percentile(0.5),
            p95_ms=load.percentile(0.95),
            p99_ms=load.percentile(0.99),
            application_ms=per_request.get("application"),
            database_ms=per_request.get("database"),
            outbox_ms=per_request.get("outbox"),
            errors=load.errors,
            first_problem=load.first_problem,
        )

    @property
    def cpu_ms(self) -> float:
        """Application and database together, as the peers' figures are."""
        return (self.application_ms or 0) + (self.database_ms or 0)


@dataclass(frozen=True)
class Section:
    """All rows of one database, each next to the bare route of the same run."""

    title: str
    bare: Result
    results: Sequence[Result]

    def markdown(self) -> str:
        rows = [_TITLES, ["---", *["---:"] * 9, "---"]]
        rows += [self._cells(result) for result in [self.bare, *self.results]]
        lines = [f"| {' | '.join(cells)} |" for cells in rows]
        problems = [f"- {result.name}: {result.first_problem}" for result in self.results if result.errors]
        return "\n".join([f"### {self.title}", "", *lines, "", *problems])

    def as_json(self) -> dict[str, object]:
        return {"title": self.title, "rows": [self._row(result) for result in [self.bare, *self.results]]}

    def _row(self, result: Result) -> dict[str, object]:
        peer = best(result.name)
        return asdict(result) | {"of_bare": result.per_second / self.bare.per_second, "peer": peer and asdict(peer)}

    def _cells(self, result: Result) -> list[str]:
        cpu = (result.application_ms, result.database_ms, result.outbox_ms)
        return [
            result.name,
            f"{result.per_second:,.0f}",
            f"{result.p50_ms:.1f}",
            f"{result.p95_ms:.1f}",
            f"{result.p99_ms:.1f}",
            *(NOT_MEASURED if value is None else f"{value:.2f}" for value in cpu),
            str(result.errors),
            f"{result.per_second / self.bare.per_second:.0%}",
            _against_peer(result),
        ]


def _against_peer(result: Result) -> str:
    peer = best(result.name)
    if peer is None:
        return ""
    if result.errors:
        return "not comparable: errors"
    faster = result.per_second / peer.per_second
    cheaper = peer.cpu_ms / result.cpu_ms if result.cpu_ms else 0.0
    return f"{peer.peer} ({peer.work}) {peer.per_second:g}/s, {peer.cpu_ms:g} ms: {faster:.1f}x, CPU 1/{cheaper:.0f}"
