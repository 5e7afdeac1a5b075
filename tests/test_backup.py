"""A backup taken under load restores completely and re-sends nothing."""

import asyncio
import contextlib
import io
import itertools
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pysqlite3
import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from service import backup, clock, move, outbox, restore, sealing
from service.backup import BackupFailed, Manifest
from service.clients import mail
from service.db import Database
from service.domain.verification import verify
from service.events import RegistrationConfirmed
from service.models.escalations import Escalation
from service.models.messages import Channel, Message, MessageStatus, Occasion
from service.models.organizers import Organizer
from service.models.outbox import Delivery, DeliveryStatus
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.settings import Settings
from service.worker import Worker
from tests import factories
from tests.conftest import SECRET
from tests.factories import at
from tests.subscribers.test_commitments import ask, world
from tests.support.crowd import Crowd, environment, make_stage
from tests.support.postgres import Postgres
from tests.support.server import Server

Place = Callable[..., Settings]
FILE = "ab/" + "0123456789abcdef" * 2
_numbers = itertools.count(1)


@pytest.fixture
def another_place(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """Makes settings of the same kind with nothing in their folder and their database."""
    made: list[str] = []
    cluster: Postgres | None = request.getfixturevalue("postgres") if settings.on_postgresql else None

    def make(key: str | None = SECRET) -> Settings:
        number = next(_numbers)
        url = None
        if cluster:
            made.append(f"restored_{os.getpid()}_{number}")
            url = SecretStr(cluster.create_database(made[-1]))
        return Settings(
            data_dir=tmp_path / f"place-{number}",
            database_url=url,
            secret_key=SecretStr(key) if key else None,
            worker=False,
        )

    yield make
    for name in made:
        assert cluster
        cluster.drop_database(name)


@pytest.fixture
async def archive(settings: Settings, database: Database, worker: Worker) -> Path:
    """Of a house with a delivered file and three registrations: one told, one about to be, one not even sealed."""
    async with database.write() as session:
        house = await factories.organizer(session, "luwu")
        gathering = await factories.workshop(session, house)
        people = [await factories.registration(session, gathering) for _person in range(3)]
    for person in people[:2]:
        await _confirmed(database, person)
        if person is people[0]:
            await worker.drain()
    async with database.write() as session:
        await sealing.seal(session)
        [claimed] = await outbox.claim(session, 1)
        assert claimed.status is DeliveryStatus.RUNNING
        session.add(_queued(house, gathering, people[1]))
    await _confirmed(database, people[2])
    kept = settings.data_dir / "files" / FILE
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"%PDF-1.7 komitmen")
    (kept.parent / "half.part").write_bytes(b"still arriving")
    return await asyncio.to_thread(backup.create, settings)


def _queued(house: Organizer, gathering: Workshop, person: Registration) -> Message:
    return Message(
        organizer_id=house.id,
        workshop_id=gathering.id,
        registration_id=person.id,
        occasion=Occasion.CONFIRMATION,
        occasion_key="confirmation:under-way",
        channel=Channel.MAIL,
        status=MessageStatus.QUEUED,
    )


async def _confirmed(database: Database, person: Registration) -> None:
    async with database.write() as session:
        event = RegistrationConfirmed(
            organizer_id=person.organizer_id, workshop_id=person.workshop_id, registration_id=person.id
        )
        await outbox.record(session, event)


async def test_everything_comes_back_and_nothing_is_sent_again(archive: Path, another_place: Place) -> None:
    place = another_place()
    restored = await asyncio.to_thread(restore.restore, place, archive)
    assert restored.manifest.counts["registrations"] == 3
    database = Database(place)
    await Worker(database).drain()
    async with database.read() as session:
        deliveries = (await session.exec(select(Delivery).where(Delivery.subscriber == "messages.registration"))).all()
        under_way = (await session.exec(select(Message).where(Message.status == MessageStatus.QUEUED))).all()
        assert (await verify(session)).findings == []
    await database.close()
    assert sorted(delivery.status for delivery in deliveries) == ["done", "parked", "parked"]
    assert {delivery.error for delivery in deliveries} == {None, restore.PARKED}
    assert [message.error for message in under_way] == [restore.PARKED]
    assert not mail.folder(place).exists()
    assert (place.data_dir / "files" / FILE).read_bytes() == b"%PDF-1.7 komitmen"
    assert [path.name for path in (place.data_dir / "files").rglob("*.part")] == []


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_fell_due_since_the_archive_was_made_waits_for_a_person(
    settings: Settings, database: Database, worker: Worker, another_place: Place
) -> None:
    scene = await world(database)
    await ask(database, scene)
    await worker.drain()
    archive = await asyncio.to_thread(backup.create, settings)
    clock.freeze(at("07-24 09:00"))
    place = another_place()
    await asyncio.to_thread(restore.restore, place, archive)
    restored = Database(place)
    for morning in ("07-24 09:05", "07-25 08:00", "07-26 08:00"):
        clock.freeze(at(morning))
        await Worker(restored).drain()
    async with restored.read() as session:
        assert len((await session.exec(select(Escalation))).all()) == 1
        parked = await session.exec(select(Delivery.subscriber).where(Delivery.error == restore.PARKED))
        assert "messages.escalation" in parked.all()
    await restored.close()
    assert not mail.folder(place).exists()


async def test_a_parked_delivery_can_be_sent_after_all(archive: Path, another_place: Place) -> None:
    place = another_place()
    await asyncio.to_thread(restore.restore, place, archive)
    database = Database(place)
    async with database.write() as session:
        for delivery in await session.exec(select(Delivery).where(Delivery.error == restore.PARKED)):
            await outbox.replay(session, delivery)
    await Worker(database).drain()
    await database.close()
    assert len(list(mail.folder(place).glob("*.eml"))) == 2


async def test_a_backup_under_load_holds_what_was_acknowledged_before_it(
    settings: Settings, tmp_path: Path, another_place: Place
) -> None:
    stage = await make_stage(settings)
    with Server(environment(settings), tmp_path / "log") as server:
        crowd = Crowd(server.base_url, stage)
        async with asyncio.TaskGroup() as group:
            with crowd.working(group):
                await crowd.more(5)
                before = dict(crowd.registered)
                archive = await asyncio.to_thread(backup.create, settings, tmp_path)
                await crowd.more(1)
    place = another_place()
    restored = await asyncio.to_thread(restore.restore, place, archive)
    database = Database(place)
    async with database.read() as session:
        kept = dict((await session.exec(select(Registration.email, col(Registration.number)))).all())
        assert (await verify(session)).findings == []
    await database.close()
    assert before.items() <= kept.items() <= crowd.registered.items()
    assert len(kept) == restored.manifest.counts["registrations"]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _holds(path: Path, secret: str) -> bool:
    return secret.encode() in path.read_bytes()


async def test_only_its_owner_can_read_it_and_the_key_is_not_in_it(archive: Path) -> None:
    assert _mode(archive) == 0o600
    assert not _holds(archive, SECRET)
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


async def test_the_key_comes_along_when_asked_for(settings: Settings, archive: Path, another_place: Place) -> None:
    with_key = await asyncio.to_thread(backup.create, settings, archive.parent, with_key=True)
    place = another_place(key=None)
    await asyncio.to_thread(restore.restore, place, with_key)
    assert place.keyring.current_id == settings.keyring.current_id
    assert _mode(place.data_dir / "secret.key") == 0o600
    assert _holds(with_key, SECRET)


@pytest.mark.parametrize("key", [None, "another-key-" * 4])
async def test_without_the_key_nothing_is_restored_unless_that_is_meant(
    archive: Path, another_place: Place, key: str | None
) -> None:
    place = another_place(key)
    with pytest.raises(BackupFailed, match="key"):
        await asyncio.to_thread(restore.restore, place, archive)
    restored = await asyncio.to_thread(restore.restore, place, archive, new_key=True)
    assert restored.manifest.counts["registrations"] == 3


async def test_a_place_that_holds_something_is_left_alone(settings: Settings, archive: Path) -> None:
    (settings.data_dir / "files" / FILE).unlink()
    (settings.data_dir / "files" / FILE).parent.joinpath("half.part").unlink()
    (settings.data_dir / "files" / "ab").rmdir()
    with pytest.raises(BackupFailed, match="empty"):
        await asyncio.to_thread(restore.restore, settings, archive)


async def test_files_that_are_there_already_are_left_alone(archive: Path, another_place: Place) -> None:
    place = another_place()
    (place.data_dir / "files" / "cd").mkdir(parents=True)
    with pytest.raises(BackupFailed, match="not empty"):
        await asyncio.to_thread(restore.restore, place, archive)


def _rewritten(archive: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    copy = archive.with_name("rewritten.tar")
    with tarfile.open(archive) as old, tarfile.open(copy, "w") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            assert content
            name, raw = change(member.name, content.read())
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            new.addfile(info, io.BytesIO(raw))
    return copy


def _damaged(name: str, raw: bytes) -> tuple[str, bytes]:
    return name, raw.replace(b"komitmen", b"KOMITMEN") if name.startswith("files/") else raw


def _missing(name: str, raw: bytes) -> tuple[str, bytes]:
    return ("elsewhere" if name.startswith("files/") else name), raw


def _escaping(name: str, raw: bytes) -> tuple[str, bytes]:
    raw = raw.replace(f"files/{FILE}".encode(), b"../../escaped") if name == backup.MANIFEST else raw
    return ("../../escaped" if name.startswith("files/") else name), raw


def _newer(name: str, raw: bytes) -> tuple[str, bytes]:
    if name != backup.MANIFEST:
        return name, raw
    manifest = Manifest.model_validate_json(raw)
    return name, manifest.model_copy(update={"revision": "9999"}).model_dump_json().encode()


def _of_the_other_kind(name: str, raw: bytes) -> tuple[str, bytes]:
    if name != backup.MANIFEST:
        return name, raw
    manifest = Manifest.model_validate_json(raw)
    other = "sqlite" if manifest.database == "postgresql" else "postgresql"
    return name, manifest.model_copy(update={"database": other}).model_dump_json().encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_damaged, "SHA-256"),
        (_missing, "not a complete archive"),
        (_escaping, "does not belong"),
        (_newer, "install that version"),
        (_of_the_other_kind, "BIMTEK_DATABASE_URL says"),
    ],
)
async def test_an_archive_that_is_not_right_changes_nothing(
    archive: Path, another_place: Place, change: Callable[[str, bytes], tuple[str, bytes]], said: str
) -> None:
    place = another_place()
    with pytest.raises(BackupFailed, match=said):
        await asyncio.to_thread(restore.restore, place, _rewritten(archive, change))
    assert list(place.data_dir.iterdir()) == []
    assert (await asyncio.to_thread(restore.restore, place, archive)).manifest.counts["registrations"] == 3


def _halve(archive: Path) -> None:
    raw = archive.read_bytes()
    archive.write_bytes(raw[: len(raw) // 2])


async def test_half_an_archive_is_refused(archive: Path, another_place: Place) -> None:
    _halve(archive)
    with pytest.raises(BackupFailed):
        await asyncio.to_thread(restore.restore, another_place(), archive)


async def test_a_file_that_is_swept_meanwhile_is_left_out(
    settings: Settings, archive: Path, another_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = settings.data_dir / "files" / FILE[:2] / ("0" * 32)
    orphan.write_bytes(b"nobody's")
    listed = backup._files

    def swept(settings: Settings) -> list[tuple[str, Path]]:
        found = list(listed(settings))
        orphan.unlink()
        return found

    monkeypatch.setattr(backup, "_files", swept)
    place = another_place()
    await asyncio.to_thread(restore.restore, place, await asyncio.to_thread(backup.create, settings))
    assert [path.relative_to(place.data_dir / "files").as_posix() for path in place.data_dir.glob("files/*/*")] == [
        FILE
    ]


async def test_an_archive_is_not_written_over(settings: Settings, archive: Path) -> None:
    with pytest.raises(BackupFailed, match="exists"):
        await asyncio.to_thread(backup.create, settings, archive)


async def test_only_the_youngest_archives_are_kept(settings: Settings, archive: Path) -> None:
    second = await asyncio.to_thread(backup.create, settings)
    assert backup.latest(settings) == second
    assert backup.prune(settings, 1) == [archive]
    assert backup.latest(settings) == second


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_an_office_moves_from_sqlite_to_postgresql_with_everything(
    settings: Settings, archive: Path, postgres: Postgres
) -> None:
    name = f"moved_{os.getpid()}"
    target = settings.model_copy(update={"database_url": SecretStr(postgres.create_database(name))})
    expected = (await asyncio.to_thread(_manifest, archive)).counts
    assert await move.move(settings, target) == sum(expected.values())
    database = Database(target)
    async with database.read() as session:
        assert (await verify(session)).findings == []
        people = (await session.exec(select(Registration))).all()
    assert len({factories.ticket(session, person) for person in people}) == 3
    await Worker(database).drain()
    await database.close()
    with pytest.raises(BackupFailed, match="empty"):
        await move.move(settings, target)
    with pytest.raises(BackupFailed, match="from SQLite"):
        await move.move(target, target)
    postgres.drop_database(name)


def _manifest(archive: Path) -> Manifest:
    with tarfile.open(archive) as opened:
        listing = opened.extractfile(backup.MANIFEST)
        assert listing
        return Manifest.model_validate_json(listing.read())


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_was_erased_before_it_is_not_in_a_backup(settings: Settings, database: Database) -> None:
    secret = "kenari@luwukab.go.id"
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        await factories.registration(session, gathering, email=secret)
    with contextlib.closing(pysqlite3.connect(str(settings.sqlite_path))) as older:
        # As a version did that left what was deleted in the file.
        older.execute("PRAGMA secure_delete=OFF")
        older.execute("DELETE FROM registrations")
        older.commit()
        older.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert _holds(settings.sqlite_path, secret)
    assert not _holds(await asyncio.to_thread(backup.create, settings), secret)
