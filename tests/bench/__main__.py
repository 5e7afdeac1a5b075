"""`python -m tests.bench [--quick] [--only NAME] [--database sqlite|postgresql] [--json FILE]`."""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import pysqlite3

from tests.bench import console, promises
from tests.bench.fill import Size
from tests.bench.messages import NAME as MESSAGES
from tests.bench.report import Section
from tests.bench.rows import rows
from tests.bench.run import Plan, on_postgresql, on_sqlite

LIMIT_SECONDS = 1200
QUICK = Size(registrations=1_000, summary=5_000, commitments=2_000)
_SECTIONS = {"postgresql": on_postgresql, "sqlite": on_sqlite}


def main(arguments: Sequence[str] | None = None) -> int:
    """1 when any answer was not the expected one."""
    options = _options(arguments)
    # An exception, so that every process and folder is given back on the way out.
    signal.signal(signal.SIGALRM, _stop)
    signal.signal(signal.SIGTERM, _stop)
    signal.alarm(LIMIT_SECONDS)
    size = QUICK if options.quick else Size()
    all_rows = [*rows(size), *console.rows(size.registrations)]
    chosen = [row for row in all_rows if options.only in row.name]
    messages = (500 if options.quick else 2_000) if options.only in MESSAGES else 0
    many = promises.size(quick=options.quick)
    promised = [row.name for row in promises.rows(many)]
    if not chosen and not messages and not any(options.only in name for name in promised):
        sys.exit("no such row; there are: " + ", ".join([*(row.name for row in all_rows), MESSAGES, *promised]))
    sections: list[Section] = []
    _say(_machine())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        wanted = many if any(options.only in name for name in promised) else None
        seconds = 2.0 if options.quick else 8.0
        plan = Plan(chosen, size, seconds, options.clients, Path(folder), messages, wanted, options.only)
        for name, measure in _SECTIONS.items():
            if options.database in (None, name):
                sections.append(measure(plan))
                _say(f"\n{sections[-1].markdown()}")
    if options.json:
        report = {"machine": _machine(), "sections": [section.as_json() for section in sections]}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return int(any(result.errors for section in sections for result in section.results))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Speed and CPU cost of the service.")
    parser.add_argument("--quick", action="store_true", help="two seconds a row, a fifth or less of the data")
    parser.add_argument("--only", default="", metavar="NAME", help="rows whose name contains NAME")
    parser.add_argument("--database", choices=sorted(_SECTIONS), help="only this one")
    parser.add_argument("--clients", type=int, default=8, help="connections at a time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(arguments)


def _machine() -> str:
    return (
        f"{os.cpu_count()} CPUs shared with the load generator, Python {platform.python_version()}, "
        f"SQLite {pysqlite3.sqlite_version}. CPU in milliseconds per request; the outbox until it is drained."
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(f"stopped by signal {number}")


if __name__ == "__main__":
    sys.exit(main())
