"""An organizer's own words: kept with care, looked at and tried without reaching anybody else."""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlmodel import select

from service.auth import Permission
from service.clients import mail as mail_client
from service.db import Database
from service.domain import letters
from service.models.messages import TO_STAFF, Channel, Message, MessageStatus, Occasion
from service.models.organizers import Organizer, Role
from service.models.outbox import EventRow
from service.models.workshops import Workshop
from service.settings import Settings
from tests import factories
from tests.support.access_world import cookie_of
from tests.support.smtp import SmtpSink

URL = "/api/v1/message-wordings"
OURS = {"text": "Salam, {nama}.\n\nMohon membawa surat tugas ke {tempat}."}


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    made = SmtpSink()
    await made.start()
    yield made
    await made.stop()


class House:
    """An organizer with a workshop, and a key of it."""

    def __init__(self, client: AsyncClient, row: Organizer, gathering: Workshop, key: dict[str, str]) -> None:
        self.client, self.row, self.gathering, self.key = client, row, gathering, key

    async def put(self, body: object, where: str = "reminder_day/id", **headers: str) -> Response:
        return await self.client.put(f"{URL}/{where}", json=body, headers=self.key | headers)

    async def look(self, **draft: object) -> Response:
        body = {"occasion": "reminder_day", "language": "id"} | draft
        return await self.client.post(f"{URL}/preview", json=body, headers=self.key)

    async def listed(self) -> list[dict[str, Any]]:
        answer = await self.client.get(URL, headers=self.key)
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture
async def house(database: Database, client: AsyncClient) -> House:
    async with database.write() as session:
        row = await factories.organizer(session, committee_emails=["panitia@luwukab.go.id"])
        gathering = await factories.workshop(session, row, venue_name="Aula Bappelitbangda")
        return House(client, row, gathering, await factories.api_key(session, row))


def version(number: object) -> dict[str, str]:
    return {"If-Match": f'"{number}"'}


async def test_words_are_kept_replaced_with_their_version_and_taken_back(house: House, database: Database) -> None:
    made = await house.put(OURS)
    assert made.status_code == 200, made.text
    assert (
        made.json() | {"updated_at": ""}
        == {
            "occasion": "reminder_day",
            "occasion_name": "Menjelang kegiatan",
            "language": "id",
            "subject": None,
            "version": 1,
            "updated_at": "",
        }
        | OURS
    )
    assert made.headers["etag"].startswith('"1-')
    assert (await house.put(OURS)).status_code == 428
    again = await house.put(OURS | {"subject": "Hadir: {kegiatan}"}, **version(1))
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert (await house.put(OURS, **version(1))).status_code == 412
    assert (await house.put(OURS, "reminder_day/en", **version(1))).status_code == 412
    assert [one["subject"] for one in await house.listed()] == ["Hadir: {kegiatan}"]
    assert (await house.client.delete(f"{URL}/reminder_day/id", headers=house.key)).status_code == 204
    assert (await house.client.delete(f"{URL}/reminder_day/id", headers=house.key)).status_code == 404
    assert await house.listed() == []
    async with database.read() as session:
        told = list(await session.exec(select(EventRow).where(EventRow.type == "wording.changed")))
    assert [list(event.data) for event in told] == [["wording_id"]] * 3


async def test_wordings_are_paged_and_another_house_has_its_own(house: House, database: Database) -> None:
    for where in ("thanks/id", "confirmation/en", "confirmation/id"):
        await house.put(OURS, where)
    async with database.write() as session:
        theirs = await factories.api_key(session, await factories.organizer(session))
    seen, cursor = [], None
    for _ in range(3):
        params = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await house.client.get(URL, params=params, headers=house.key)).json()
        seen += [(one["occasion"], one["language"]) for one in page["items"]]
        cursor = page["next"]
    assert (seen, cursor) == ([("confirmation", "en"), ("confirmation", "id"), ("thanks", "id")], None)
    assert (await house.client.get(URL, headers=theirs)).json()["items"] == []
    assert (await house.client.delete(f"{URL}/thanks/id", headers=theirs)).status_code == 404


NAMED = {
    "{nama.__class__}": "{nama.__class__}",
    "{{7*7}}": "{7*7}",
    "{nama!r}": "{nama!r}",
    "{nama:>99}": "{nama:>99}",
    "{0}": "{0}",
    "{}": "{}",
    "{ nama }": "{ nama }",
    "{nama": "{",
    "nama}": "}",
    "{nama}}": "}",
}


async def test_what_stands_for_nothing_is_refused_by_name(house: House) -> None:
    for text, named in NAMED.items():
        for body, pointer in (({"text": text}, "/text"), ({"text": "Salam", "subject": text}, "/subject")):
            refused = await house.put(body)
            [error] = refused.json()["errors"]
            assert (refused.status_code, error["pointer"]) == (422, pointer), text
            assert named in error["message"]
            looked = await house.look(**body)
            assert looked.status_code == 422
        assert await house.listed() == []
    for where, text in {
        "reminder_day/id": "{tenggat}",
        "review_waiting/id": "{instansi}",
        "held/en": "{nomor}",
    }.items():
        [error] = (await house.put({"text": text}, where)).json()["errors"]
        assert (error["pointer"], text in error["message"].partition(".")[0]) == ("/text", True), where
    assert await house.listed() == []


@pytest.mark.parametrize("where", ["nothing/id", "thanks/fr"])
async def test_only_known_occasions_and_languages_have_words(house: House, where: str) -> None:
    assert (await house.put(OURS, where)).status_code == 422


async def test_a_preview_shows_the_workshop_an_invented_office_and_keeps_nothing(house: House) -> None:
    shown = (await house.look(workshop=str(house.gathering.id), **OURS)).json()
    assert shown["subject"] == f"Menjelang kegiatan: {house.gathering.title}"
    assert "Salam, Kepala Bidang Contoh.\n\nMohon membawa surat tugas ke Aula Bappelitbangda." in shown["text"]
    assert "Hari I - pagi: Senin, 3 Juli 2023" in shown["text"]
    assert "Salam, Kepala Bidang Contoh." in shown["html"]
    assert await house.listed() == []


async def test_markup_in_own_words_is_shown_as_text(house: House) -> None:
    shown = (await house.look(text="<script>alert(1)</script> %s %(nama)s {% 7 %}".replace("{% 7 %}", ""))).json()
    assert "<script>" not in shown["html"]
    assert "&lt;script&gt;" in shown["html"]
    assert "%s %(nama)s" in shown["text"]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_every_occasion_can_be_looked_at_in_both_languages(house: House) -> None:
    for occasion in sorted(Occasion):
        texts = []
        for language in ("id", "en"):
            for workshop in (None, str(house.gathering.id)):
                shown = await house.look(occasion=occasion, language=language, workshop=workshop)
                assert shown.status_code == 200, shown.text
                texts.append(shown.json()["text"])
        # What is said about an account is about no workshop.
        assert len(set(texts)) == (2 if occasion in TO_STAFF else 4), occasion


async def test_kept_words_are_shown_and_sent(house: House, database: Database) -> None:
    await house.put(OURS | {"subject": "Hadir: {kegiatan}"})
    assert (await house.look()).json()["subject"] == "Hadir: Contoh kegiatan"
    async with database.write() as session:
        row = await factories.registration(session, house.gathering, name="Kepala Bidang Aptika")
        message = Message(
            organizer_id=row.organizer_id,
            workshop_id=row.workshop_id,
            registration_id=row.id,
            occasion="reminder_day",
            occasion_key="k",
            channel=Channel.MAIL,
            status=MessageStatus.QUEUED,
        )
        facts = await letters.facts(session, message)
    assert facts
    assert facts.own_text == ["Salam, ", "nama", ".\n\nMohon membawa surat tugas ke ", "tempat", "."]


async def test_another_houses_workshop_is_not_shown(house: House, database: Database) -> None:
    async with database.write() as session:
        theirs = await factories.workshop(session, await factories.organizer(session))
    assert (await house.look(workshop=str(theirs.id))).status_code == 404


def kept(settings: Settings) -> list[EmailMessage]:
    folder = mail_client.folder(settings)
    found = sorted(folder.glob("*.eml")) if folder.exists() else []
    return [message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default) for path in found]


async def test_a_trial_goes_to_the_one_who_asks_and_to_nobody_else(
    house: House, database: Database, settings: Settings
) -> None:
    async with database.write() as session:
        member = await factories.staff(session, house.row, Role.ORGANIZER)
        await factories.registration(session, house.gathering)
        cookie = await cookie_of(session, member, house.row)
    draft = {"occasion": "reminder_day", "language": "en", "workshop": str(house.gathering.id)} | OURS
    answer = await house.client.post(f"{URL}/test", json=draft, headers=cookie)
    assert answer.json() == {"subject": f"[TEST] Before the workshop: {house.gathering.title}", "recipients": 1}
    by_key = await house.client.post(f"{URL}/test", json=draft, headers=house.key)
    assert by_key.status_code == 200
    first, second = kept(settings)
    assert {str(first["To"]), str(second["To"])} == {member.email, "panitia@luwukab.go.id"}
    assert first["Subject"] == answer.json()["subject"]
    assert first["List-Unsubscribe"] is None
    async with database.read() as session:
        assert list(await session.exec(select(Message))) == []


async def test_a_trial_says_when_the_mail_server_is_away_or_refuses(
    house: House, settings: Settings, sink: SmtpSink
) -> None:
    settings.smtp_host, settings.smtp_port, settings.smtp_security = "127.0.0.1", sink.port, "none"
    draft = {"occasion": "thanks", "language": "id"}
    sink.answer("data", "550 no", "451 later")
    codes = []
    for _ in range(2):
        answer = await house.client.post(f"{URL}/test", json=draft, headers=house.key)
        codes.append((answer.status_code, answer.json()["code"]))
    assert codes == [(409, "mail_not_taken"), (503, "mail_server_away")]


async def test_trials_are_limited(house: House, database: Database, settings: Settings) -> None:
    draft = {"occasion": "thanks", "language": "id"}
    codes = [(await house.client.post(f"{URL}/test", json=draft, headers=house.key)).status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]
    assert len(kept(settings)) == 20
    assert database


async def test_who_only_reads_messages_changes_no_words(house: House, database: Database) -> None:
    async with database.write() as session:
        reader = await factories.api_key(session, house.row, Permission.MESSAGES_READ)
    assert (await house.client.put(f"{URL}/thanks/id", json=OURS, headers=reader)).status_code == 403
    assert (await house.client.post(f"{URL}/test", json={}, headers=reader)).status_code in (403, 422)
    assert (await house.client.get(URL, headers=reader)).status_code == 200
