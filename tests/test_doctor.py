"""The doctor sees what is wrong, says what to do, and finds nothing where all is well."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from service import backup, clock, doctor, outbox
from service.db import Database
from service.doctor import Check, Level, examine
from service.events import WorkshopPublished
from service.models.outbox import Delivery, DeliveryStatus, EventRow
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.support.processes import free_port
from tests.support.smtp import SmtpSink


@pytest.fixture
async def sound(settings: Settings, database: Database, worker: Worker) -> AsyncIterator[Settings]:
    """An installation to which there is nothing to say."""
    async with database.write() as session:
        house = await factories.organizer(session)
        await outbox.record(session, WorkshopPublished(organizer_id=house.id, workshop_id=factories.some_id()))
    await worker.drain()
    await asyncio.to_thread(backup.create, settings)
    sink = SmtpSink()
    await sink.start()
    yield settings.model_copy(
        update={
            "base_url": "https://bimtek.luwukab.go.id",
            "trusted_proxies": ["127.0.0.1"],
            "smtp_host": "127.0.0.1",
            "smtp_port": sink.port,
            "smtp_security": "none",
            "mail_from": "bimtek@luwukab.go.id",
        }
    )
    await sink.stop()


async def found(settings: Settings, subject: str, **changes: object) -> Check:
    """What the doctor says about one subject: the worst of it."""
    checks = [check for check in await examine(settings.model_copy(update=changes)) if check.subject == subject]
    return max(checks, key=lambda check: list(Level).index(check.level))


async def test_a_sound_installation_is_found_sound(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # The cluster of the tests may lose data in a power cut, and the machine's disk may be fuller than one likes.
    wrong = [check for check in await examine(sound) if check.level is not Level.OK]
    assert [check.subject for check in wrong if "fsync" not in check.found and "full_page" not in check.found] in (
        [],
        ["disk"],
    )


@pytest.mark.parametrize(
    ("changes", "subject", "level"),
    [
        ({"base_url": "http://bimtek.luwukab.go.id"}, "address", Level.FAIL),
        ({"base_url": "http://127.0.0.1:8000"}, "address", Level.WARN),
        ({"trusted_proxies": []}, "proxy", Level.WARN),
        ({"smtp_host": None}, "mail", Level.WARN),
        ({"mail_from": "bimtek@localhost"}, "mail", Level.FAIL),
        ({"now": clock.real_now()}, "clock", Level.WARN),
        ({"backup_dir": Path("/nowhere")}, "backup", Level.WARN),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_a_setting_that_is_not_right_is_named(
    sound: Settings, changes: dict[str, object], subject: str, level: Level
) -> None:
    check = await found(sound, subject, **changes)
    assert check.level is level
    assert check.advice


async def test_a_mail_server_that_does_not_answer_is_named(sound: Settings) -> None:
    check = await found(sound, "mail", smtp_port=free_port())
    assert (check.level, "does not answer" in check.found) == (Level.FAIL, True)


async def test_a_key_that_others_can_read_is_named(sound: Settings) -> None:
    kept = sound.data_dir / "secret.key"
    kept.write_text("k" * 48)
    kept.chmod(0o640)
    assert (await found(sound, "secret key")).level is Level.FAIL
    kept.chmod(0o600)
    assert (await found(sound, "secret key")).level is Level.OK


async def test_a_short_key_is_named(sound: Settings) -> None:
    short = sound.model_copy(update={"secret_key": SecretStr("short")})
    short.__dict__.pop("keyring", None)
    assert (await found(short, "secret key")).level is Level.FAIL


async def test_an_old_backup_is_named(sound: Settings) -> None:
    archive = backup.latest(sound)
    assert archive
    two_days_ago = clock.real_now().timestamp() - 2 * 86400
    os.utime(archive, (two_days_ago, two_days_ago))
    assert "48 hours" in (await found(sound, "backup")).found


@pytest.mark.parametrize(
    ("status", "level"), [(DeliveryStatus.PARKED, Level.WARN), (DeliveryStatus.PENDING, Level.FAIL)]
)
async def test_deliveries_that_wait_are_named(
    sound: Settings, database: Database, status: DeliveryStatus, level: Level
) -> None:
    async with database.write() as session:
        house = await factories.organizer(session)
        event = EventRow(organizer_id=house.id, type="workshop.published")
        session.add(event)
        await session.flush()
        due = clock.real_now() - timedelta(minutes=6)
        session.add(Delivery(organizer_id=house.id, event_id=event.id, subscriber="x", status=status, due_at=due))
    assert (await found(sound, "deliveries")).level is level


async def test_missing_migrations_are_named(sound: Settings, database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert (await found(sound, "migrations")).level is Level.FAIL


async def test_a_library_below_its_floor_is_named(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor.FLOORS, "h11", "99.1")
    check = await found(sound, "libraries")
    assert (check.level, "h11" in check.found) == (Level.FAIL, True)


async def test_a_database_that_is_not_there_is_named(sound: Settings, tmp_path: Path) -> None:
    url = SecretStr(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing") if sound.on_postgresql else None
    empty = tmp_path / "empty"
    empty.mkdir()
    assert (await found(sound, "database", data_dir=empty, database_url=url)).level is Level.FAIL
    assert list(empty.iterdir()) == []
