"""Files that nothing names go after a day; what something names stays, whatever names it."""

import io
import os

from sqlalchemy import JSON
from sqlmodel import SQLModel

from service import clock
from service.clients.files import Store
from service.db import Database
from service.doctor import Level, examine
from service.domain import orphans
from service.models.commitments import Submission
from service.settings import Settings
from service.worker import Worker
from tests.support.promises import scene

NAME_NONE = {
    "agenda_items": {"speakers"},
    "annulments": {"answer"},
    "api_keys": {"permissions"},
    "certificates": {"holder", "wording"},
    "checkins": {"answer"},
    "checks": {"result"},
    "events": {"data"},
    "held_registrations": {"data"},
    "memberships": {"workshops"},
    "messages": {"occasion_key"},
    "organisations": {"contacts"},
    "organizers": {"committee_emails", "embed_origins", "escalation", "letterhead", "public_progress"},
    "programmes": {"aliases", "dimensions", "stages"},
    "registrations": {"answers", "contact_key", "name_key"},
    "staff": {"email_key", "totp_key"},
    "staff_invitations": {"email_key", "workshops"},
    "submissions": {"details", "remarks"},
    "unsubscriptions": {"contact_key"},
    "webhooks": {"types"},
    "workshops": {"aims", "certificate", "former_questions", "kinds", "letter", "questions", "reminders"},
}


def _kept(store: Store, days: int = 2) -> str:
    """A file that lies there for some days."""
    key = store.save(io.BytesIO(b"isi")).key
    _age(store, key, days)
    return key


def _age(store: Store, name: str, days: int) -> None:
    then = clock.real_now().timestamp() - days * 86_400
    os.utime(store.folder / name, (then, then))


async def test_only_what_nothing_names_is_swept_and_only_after_a_day(
    database: Database, worker: Worker, settings: Settings
) -> None:
    store = Store(settings.data_dir / "files")
    delivered, proof, logo, orphan = (_kept(store) for _n in range(4))
    fresh = store.save(io.BytesIO(b"isi")).key
    unfinished = f"{orphan}.part"
    (store.folder / unfinished).write_bytes(b"x")
    _age(store, unfinished, 2)
    (store.folder / "00").mkdir(exist_ok=True)
    (store.folder / "00" / "baca.txt").write_bytes(b"somebody's")
    _age(store, "00/baca.txt", 9)
    async with database.write() as session:
        s = await scene(session)
        row = await s.ask(session)
        file = {"name": "a.pdf", "size": 3, "sha256": "0" * 64, "media_type": "application/pdf"}
        values = {"organizer_id": s.house.id, "commitment_id": row.id, "submitted_by": "system"}
        session.add_all(Submission(**values) for _n in range(orphans._AT_ONCE))  # type: ignore[arg-type] # ids and text
        session.add(Submission(files=[file | {"path": delivered}], **values))  # type: ignore[arg-type] # the same
        row.evidence = [{"type": "letter", "file": file | {"path": proof}}]
        s.house.logo_key = logo
        session.add_all([row, s.house])
    await worker.tidy()
    left = {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*") if path.is_file()}
    assert left == {delivered, proof, logo, fresh, "00/baca.txt"}
    later = _kept(store)
    await worker.tidy()
    assert store.missing([later]) == []
    await Worker(database).tidy()
    assert store.missing([later, delivered]) == [later]


async def test_a_database_that_names_hardly_anything_costs_no_files(
    database: Database, worker: Worker, settings: Settings
) -> None:
    store = Store(settings.data_dir / "files")
    keys = [_kept(store) for _n in range(orphans.ALWAYS + 1)]
    await worker.tidy()
    assert store.missing(keys) == []
    [check] = [one for one in await examine(settings) if one.subject == "files"]
    assert (check.level, check.found) == (Level.WARN, "21 belong to nothing, 0 to something")
    store.delete(keys[0])
    await Worker(database).tidy()
    assert store.missing(keys) == keys


async def test_the_doctor_names_a_file_that_was_lost(database: Database, settings: Settings) -> None:
    store = Store(settings.data_dir / "files")
    async with database.write() as session:
        s = await scene(session)
        s.house.logo_key = _kept(store)
        session.add(s.house)
    [sound] = [one for one in await examine(settings) if one.subject == "files"]
    store.delete(s.house.logo_key)
    [lost] = [one for one in await examine(settings) if one.subject == "files"]
    assert ((sound.level, sound.found), lost.level) == ((Level.OK, "1 delivered, 0 to be swept"), Level.FAIL)
    assert s.house.logo_key in lost.advice


def test_every_column_that_may_name_a_file_is_looked_at() -> None:
    """A new JSON column fails here until somebody has said whether it names files: then it belongs into NAMING."""
    columns = (column for table in SQLModel.metadata.sorted_tables for column in table.columns)
    may = {str(column) for column in columns if isinstance(column.type, JSON) or column.name.endswith("_key")}
    named = {"submissions.files", "commitments.evidence", "agreement_signatures.evidence"}
    named |= {"organizers.logo_key", "materials.file"}
    assert may - named == {f"{table}.{name}" for table, names in NAME_NONE.items() for name in names}
    assert len(orphans.NAMING) == len(named & may)
