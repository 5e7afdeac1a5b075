"""The cluster does what the tests that lean on it believe."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Cluster, PostgresMissing, StopMode, find_binaries, session_postgres
from tests.support.processes import Process, free_port, without_settings
from tests.support.server import Server, ServerFailedError

try:
    find_binaries()
except PostgresMissing:
    pytestmark = pytest.mark.skipif(not os.environ.get("CI"), reason="PostgreSQL is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as running:
        yield running


def test_a_database_copies_its_template_and_can_be_dropped_while_in_use(cluster: Cluster) -> None:
    cluster.create_database("pattern")
    cluster.execute("CREATE TABLE seats AS SELECT 50 AS count", "pattern")
    cluster.create_database('copy "one"', template="pattern")
    assert [tuple(row) for row in cluster.execute("SELECT count FROM seats", 'copy "one"')] == [(50,)]
    cluster.drop_database('copy "one"')
    cluster.drop_database("pattern")
    names = cluster.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
    assert [row[0] for row in names] == ["postgres"]


@pytest.mark.parametrize("mode", list(StopMode))
def test_committed_rows_survive_every_kind_of_restart_on_the_same_port(cluster: Cluster, mode: StopMode) -> None:
    database = f"kept_{mode.name.lower()}"
    cluster.create_database(database)
    cluster.execute("CREATE TABLE seats AS SELECT 50 AS count", database)
    before = cluster.url(database)
    cluster.restart(mode)
    assert cluster.url(database) == before
    assert cluster.execute("SELECT count FROM seats", database)[0][0] == 50


def test_a_commit_is_acknowledged_only_after_it_is_written(cluster: Cluster) -> None:
    settings = {
        name: cluster.execute(f"SHOW {name}")[0][0] for name in ("synchronous_commit", "fsync", "max_connections")
    }
    assert settings == {"synchronous_commit": "on", "fsync": "off", "max_connections": "400"}


def test_a_cluster_for_crashes_writes_to_the_disk() -> None:
    with Cluster(fsync=True, settings={"max_connections": "20"}) as durable:
        settings = [durable.execute(f"SHOW {name}")[0][0] for name in ("fsync", "full_page_writes", "max_connections")]
    assert settings == ["on", "on", "20"]


def test_nothing_is_left_of_a_cluster_afterwards() -> None:
    with Cluster() as cluster:
        pid, folder = cluster.pid, cluster.folder
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nothing_is_left_of_a_cluster_whose_owner_was_killed() -> None:
    owner = (
        "from tests.support.postgres import Cluster; c = Cluster().start(); print(c.pid, c.folder, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", owner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        pid, folder = process.stdout.readline().split()
        process.kill()
    wait = f"n=0; while [ -e {folder} ] && [ $((n += 1)) -lt 200 ]; do sleep 0.1; done"
    subprocess.run(["/bin/sh", "-c", wait], check=True)
    assert not _runs(int(pid))
    assert not Path(folder).exists()


def test_the_session_has_one_cluster() -> None:
    assert session_postgres().port == session_postgres().port


def test_a_server_is_ready_when_it_answers_and_gone_when_it_is_left(tmp_path: Path) -> None:
    port = free_port()
    argv = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with Server({}, tmp_path / "log", port=port, argv=argv, ready_path="/pyproject.toml") as server:
        pid = server.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "raise SystemExit('no database')"]
    with pytest.raises(ServerFailedError, match="no database"), Server({}, tmp_path / "log", argv=argv):
        pass


def test_terminating_answers_with_the_exit_code_and_takes_the_group_along(tmp_path: Path) -> None:
    script = "trap 'exit 3' TERM; sleep 60 & echo $! > child; while :; do sleep 0.05; done"
    with Process(["/bin/sh", "-c", script], {}, tmp_path / "log", cwd=tmp_path) as process:
        while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
            os.sched_yield()
        assert process.terminate() == 3
    _until_gone(int((tmp_path / "child").read_text()))


def test_killing_is_sigkill(tmp_path: Path) -> None:
    with Process(["sleep", "60"], {}, tmp_path / "log") as process:
        process.kill()
        assert process.exit_code == -signal.SIGKILL


def test_a_process_sees_only_the_settings_it_is_given() -> None:
    assert without_settings({"BIMTEK_SECRET_KEY": "mine", "PATH": "/bin"}) == {"PATH": "/bin"}


def _until_gone(pid: int) -> None:
    """A kill is only asked for: whom it met may still be on the way. Fails after ten seconds."""
    deadline = time.monotonic() + 10
    while _runs(pid):
        assert time.monotonic() < deadline
        os.sched_yield()


def _runs(pid: int) -> bool:
    """Whether it executes anything: what was killed may wait as a zombie for its adopter."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
