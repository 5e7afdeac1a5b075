"""The house as drawn: imports point one way, one place commits, one clock, one door to the network, small files."""

import ast
import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from packaging.version import Version

from service.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SERVICE = ROOT / "service"

LAYERS = [
    {"cli", "cli_database", "cli_devices", "cli_staff", "app", "worker", "serve", "demo"},
    {
        "routers",
        "pages",
        "subscribers",
        "problems",
        "middleware",
        "openapi",
        "asyncapi",
        "backup",
        "restore",
        "doctor",
        "migrate",
        "move",
    },
    {"domain"},
    {"outbox", "sealing", "auth"},
    {"models"},
    {
        "events",
        "tokens",
        "errors",
        "clock",
        "db",
        "settings",
        "sqlite",
        "i18n",
        "logs",
        "metrics",
        "stopping",
        "demo_folder",
    },
]
"""Upper layers import lower ones, and modules of their own layer; never the other way round."""
EDGES = {"clients", "documents"}
"""Used by cli, routers, pages and subscribers; they know no tables, and domain does not know them."""
EDGE_USERS = LAYERS[0] | LAYERS[1]
EDGE_NEEDS = {"i18n", "clock", "settings", "errors", "tokens", "logs"} | EDGES


def part_of(path: Path) -> str:
    """The first name below the package: `service/routers/my.py` -> routers."""
    return path.relative_to(SERVICE).parts[0].removesuffix(".py")


def level(part: str) -> int:
    for index, layer in enumerate(LAYERS):
        if part in layer:
            return index
    pytest.fail(f"service/{part} stands in no layer: add it to LAYERS")


def imports(path: Path) -> Iterator[str]:
    """The parts of the service that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "service":
                yield from (alias.name for alias in node.names if not alias.name.startswith("__"))
            elif node.module.startswith("service."):
                yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("service."))


def sources() -> list[Path]:
    return [path for path in sorted(SERVICE.rglob("*.py")) if path.name != "__init__.py" or path.parent != SERVICE]


def of_every_file(paths: list[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """A rule that all of them keep, as one test: thousands of tests take longer to tell of than to run."""

    def as_one(rule: Callable[[Path], None]) -> Callable[[], None]:
        def keeps() -> None:
            broken = []
            for path in paths:
                try:
                    rule(path)
                except (AssertionError, pytest.fail.Exception) as found:
                    broken.append(f"{path.relative_to(ROOT)}: {found}")
            assert broken == []

        return keeps

    return as_one


@of_every_file(sources())
def test_imports_point_one_way(path: Path) -> None:
    mine = part_of(path)
    for part in imports(path):
        if part == mine:
            continue
        if mine in EDGES:
            assert part in EDGE_NEEDS, f"{mine} must not know {part}"
        elif part in EDGES:
            assert mine in EDGE_USERS, f"{mine} must not touch {part}"
        else:
            assert level(part) >= level(mine), f"{mine} must not import {part}: the arrow runs back"


@of_every_file(sources())
def test_only_db_commits_and_rolls_back(path: Path) -> None:
    if path.name == "db.py":
        return
    found = re.findall(r"\.(?:commit|rollback)\(", path.read_text(encoding="utf-8"))
    assert not found


@of_every_file(sources())
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if path.name == "clock.py":
        return
    found = re.findall(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|datetime\.today\(", path.read_text("utf-8"))
    assert not found


@of_every_file(sources())
def test_only_clients_touch_the_network(path: Path) -> None:
    # serve and demo listen, doctor asks whether others listen.
    if part_of(path) in {"clients", "serve", "doctor", "demo"}:
        return
    found = re.findall(
        r"^\s*(?:import|from) (?:httpx|aiosmtplib|smtplib|socket|urllib\.request)\b",
        path.read_text("utf-8"),
        re.MULTILINE,
    )
    assert not found


@of_every_file([*sources(), *sorted((ROOT / "tests").rglob("*.py"))])
def test_no_file_has_more_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_every_setting_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [f"BIMTEK_{name.upper()}" for name in Settings.model_fields if f"`BIMTEK_{name.upper()}`" not in readme]
    assert missing == []


@pytest.mark.parametrize(
    ("package", "floor"),
    [
        ("starlette", "1.3.1"),
        ("python-multipart", "0.0.30"),
        ("h11", "0.16"),
        ("httptools", "0.8"),
        ("jinja2", "3.1.6"),
        ("icalendar", "7.3.0"),
        ("aiosmtplib", "5.1.3"),
    ],
)
def test_no_dependency_is_older_than_its_known_hole(package: str, floor: str) -> None:
    assert Version(version(package)) >= Version(floor)


def test_every_text_for_people_has_its_english() -> None:
    with (SERVICE / "locales/en/LC_MESSAGES/bimtek.po").open("rb") as file:
        english = read_po(file)
    known = {str(message.id) for message in english if message.id and message.string and not message.fuzzy}
    methods = [("**.py", "python"), ("pages/templates/**.html", "jinja2"), ("documents/**.html", "jinja2")]
    asked = {str(found[2]) for found in extract_from_dir(str(SERVICE), methods, keywords={"_": None, "gettext": None})}
    assert sorted(asked - known) == []


def test_locks_name_no_index() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8")
