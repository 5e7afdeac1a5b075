"""Packages of the other language that judge what the service writes: installed once from tests/js's lock file."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "js"
INSTALL_SECONDS = 120


class NpmMissing(RuntimeError):
    """No node or npm on this machine, or no way to fetch the packages."""


def node() -> str:
    """Where node is, with the packages in place; processes of one run wait for each other. Raises NpmMissing."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        raise NpmMissing("node and npm are needed (apt-get install nodejs npm)")
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _complete():
            ran = subprocess.run([npm, "ci"], cwd=FOLDER, capture_output=True, timeout=INSTALL_SECONDS, check=False)
            if ran.returncode != 0:
                raise NpmMissing(f"npm ci failed: {ran.stderr.decode()[-500:]}")
    return found


def package(name: str, file: str) -> Path:
    """A file of a package. Raises NpmMissing."""
    node()
    return FOLDER / "node_modules" / name / file


def _complete() -> bool:
    """Whether the folder holds what the lock names; it may stem from an older lock."""
    wanted = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    kept = FOLDER / "node_modules" / ".package-lock.json"
    there = json.loads(kept.read_text())["packages"] if kept.exists() else {}
    return all(there.get(name, {}).get("version") == entry["version"] for name, entry in wanted.items() if name)
