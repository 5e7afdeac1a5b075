"""A world to try things on: the Luwu workshop of July 2023, loaded through the domain functions, and served."""

import asyncio
import json
import secrets
import socket
import sys
from datetime import datetime
from pathlib import Path

from service import clock
from service.db import Database
from service.demo.colleagues import COLLEAGUES
from service.demo.loader import OWNER, Loaded, Loader
from service.demo.world import LUWU, World
from service.demo_folder import Folder
from service.migrate import migrate
from service.serve import StartRefused, run, sole_process
from service.settings import Settings

MORNING = datetime.fromisoformat("2023-07-03T08:30:00+08:00")
"""When the demo begins: day one, doors open, nobody scanned yet."""


def run_demo(data: Path, host: str, port: int, *, world: Path | None = None, print_json: bool = False) -> int:
    """Loads the world into an empty folder, or finds it there, then serves it; the exit code.

    Raises StartRefused, also for a file that is no world, OSError for one that cannot be read.
    """
    port = port or _free_port(host)
    configured = Settings()
    settings = configured.model_copy(
        update={
            "data_dir": data,
            "now": configured.now or MORNING,
            "base_url": f"http://{host}:{port}"
            if configured.base_url == Settings.model_fields["base_url"].default
            else configured.base_url,
        }
    )
    folder = Folder(data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.keys.exists():
        with sole_process(settings):
            try:
                asyncio.run(_load(settings, folder, world or LUWU))
            except (KeyError, json.JSONDecodeError) as wrong:
                raise StartRefused(f"{world} is not a world in the fixture's format: {wrong!r}") from wrong
    elif configured.now:
        sys.stderr.write(
            f"BIMTEK_NOW is ignored: {data} keeps its own clock. Delete it or name another folder to begin elsewhere.\n"
        )
    kept = json.loads(folder.keys.read_text(encoding="utf-8")) | {"base_url": settings.base_url}
    folder.keep(folder.keys, json.dumps(kept))
    folder.set_clock()

    def ready(_port: int) -> None:
        if print_json:
            sys.stdout.write(json.dumps(kept) + "\n")
        else:
            sys.stdout.write(_welcome(kept, folder))
        sys.stdout.flush()

    return run(settings, host, port, ready=ready)


async def _load(settings: Settings, folder: Folder, path: Path) -> None:
    assert settings.now
    loader = Loader(World.read(path), password=secrets.token_urlsafe(12))
    started = clock.real_now()
    database = Database(settings)
    try:
        await migrate(database)
        loaded = await loader.load(database, settings.now)
    finally:
        await database.close()
        clock.freeze(None)
    offset = (settings.now - started).total_seconds()
    folder.keep(folder.offset, json.dumps({"offset_seconds": offset}))
    people = [OWNER, *(email for email, _name, _role in COLLEAGUES)]
    folder.keep(folder.login, "".join(f"{email} {loaded.password}\n" for email in people))
    folder.keep(folder.keys, json.dumps(_keys(settings, loaded)))


def _keys(settings: Settings, loaded: Loaded) -> dict[str, object]:
    return {
        "base_url": settings.base_url,
        "organizer": loaded.organizer,
        "workshop_id": str(loaded.workshop_id),
        "api_key": loaded.api_key,
        "device_token": loaded.device_token,
        "participants": loaded.participants,
        "organisations": loaded.organisations,
    }


def _welcome(kept: dict[str, object], folder: Folder) -> str:
    base = kept["base_url"]
    login, *others = folder.login.read_text(encoding="utf-8").splitlines()
    participants, organisations = kept["participants"], kept["organisations"]
    assert isinstance(participants, dict)
    assert isinstance(organisations, dict)
    person = next(iter(participants.values()), "")
    agency = next(iter(organisations.values()), "")
    return f"""
Demo berjalan: {base}  (waktu acara {clock.now():%Y-%m-%d %H:%M} UTC)

  Halaman publik     {base}/
  Masuk panitia      {base}/sign-in      {login}
                     atau sebagai {", ".join(line.partition("@")[0] for line in others)}: lihat {folder.login}
  Surel yang keluar  {base}/demo/mail
  Halaman peserta    {base}/my/{person}
  Portal instansi    GET {base}/api/v1/portal  (Bearer {agency})
  Kegiatan           GET {base}/api/v1/workshops/{kept["workshop_id"]}
  Kunci API          {kept["api_key"]}
  Token gerbang      {kept["device_token"]}

Semua tautan tersimpan di {folder.keys}. Hentikan dengan Ctrl-C.
"""


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
