"""What this machine can do without the service: a bare route, and single-row inserts."""

import re
import subprocess
import sys
import tempfile
from itertools import repeat
from pathlib import Path

from fastapi import FastAPI

from tests.bench.load import Load, drive, request, warm_up
from tests.bench.meter import Meter
from tests.bench.report import Result
from tests.support.postgres import Cluster
from tests.support.processes import free_port
from tests.support.server import Server

BARE_ROUTE = "bare route"
BARE_INSERT = "pgbench insert"

app = FastAPI()


@app.get("/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}


async def measure_route(folder: Path, *, workers: int, clients: int, seconds: float) -> Result:
    """The cheapest answer of the same framework under the same server."""
    port = free_port()
    argv = [sys.executable, "-m", "uvicorn", "tests.bench.bare:app", "--port", str(port), "--workers", str(workers)]
    argv += ["--no-access-log", "--log-level", "warning"]
    with Server({}, folder / f"bare-{workers}.log", port=port, argv=argv, ready_path="/ready") as server:
        await warm_up(port, repeat(request("GET", "/ready")), clients=clients, count=500)
        meter = Meter({"application": server.pid})
        requests = repeat(request("GET", "/ready"))
        load = await drive(port, requests, lambda answer: answer.status == 200, clients=clients, seconds=seconds)
        return Result.of(BARE_ROUTE, load, meter.read())


def measure_insert(cluster: Cluster, *, clients: int, seconds: float) -> Result:
    """pgbench: one row, one transaction, one round trip."""
    cluster.create_database("bare")
    cluster.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, note text NOT NULL)", "bare")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "insert.sql")
        script.write_text("INSERT INTO bare (note) VALUES ('one row, one transaction');\n")
        argv = [str(cluster.binaries / "pgbench"), "-n", "-M", "prepared", "-f", str(script), "-l"]
        argv += ["-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))]
        argv += ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres", "bare"]
        meter = Meter({"database": cluster.pid})
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True, timeout=seconds + 30)
        cpu = meter.read()
        latencies = [
            int(line.split()[2]) / 1e6
            for log in Path(folder).glob("pgbench_log.*")
            for line in log.read_text().splitlines()
        ]
    cluster.drop_database("bare")
    per_second = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    assert per_second, done.stdout
    return Result.of(BARE_INSERT, Load(len(latencies) / float(per_second[1]), latencies), cpu)
