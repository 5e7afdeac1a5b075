"""Which letter puts something into whose calendar, which takes it out, and which can be unsubscribed."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from icalendar import Calendar, Event

from service import outbox
from service.auth import system
from service.clients import mail as mail_client
from service.db import Database
from service.domain import invitations, inviting, registrations, registrations_edit, substitutes, workshops
from service.events import RegistrationConfirmed
from service.models.invitations_shapes import DelegateCreate, InvitationCreate
from service.models.messages import OPTIONAL_OCCASIONS, Occasion
from service.models.organizers import Organizer
from service.models.registrations import Registration, RegistrationStatus
from service.models.registrations_shapes import RegistrationPatch, SubstituteCreate
from service.models.workshops import Mode
from service.settings import Settings
from service.subscribers.mailing import mail_of
from service.worker import Worker
from tests import factories
from tests.nasty.written import ADDRESS, SETTINGS, facts_with

INVITING = {"confirmation", "promoted", "substitute", "switched", "representing", "links_renewed", "changed"}
CANCELLING = {"cancelled", "substituted", "workshop_cancelled"}
ABOUT_ONE_PERSON = sorted(
    {*Occasion} - {Occasion.HELD, Occasion.INVITATION, Occasion.COMMITMENTS_DUE, Occasion.LINK_SHARED}
)


def method_of(sent: mail_client.Mail) -> str | None:
    return None if sent.invitation is None else sent.invitation.content_type.partition("method=")[2]


def event_of(sent: mail_client.Mail) -> Event:
    assert sent.invitation is not None
    found: Event = Calendar.from_ical(sent.invitation.content).events[0]
    return found


@pytest.mark.parametrize("occasion", ABOUT_ONE_PERSON)
def test_some_occasions_invite_and_some_cancel(occasion: Occasion) -> None:
    expected = "REQUEST" if occasion in INVITING else "CANCEL" if occasion in CANCELLING else None
    sent = mail_of(replace(facts_with("Kepala Bidang"), occasion=occasion), SETTINGS)
    assert method_of(sent) == expected
    assert not sent.attachments


@pytest.mark.parametrize("occasion", [Occasion.CONFIRMATION, Occasion.CANCELLED])
def test_a_rehearsal_and_what_goes_to_others_touch_no_calendar(occasion: Occasion) -> None:
    facts = replace(facts_with("Kepala Bidang"), occasion=occasion)
    assert mail_of(replace(facts, rehearsal=True), SETTINGS).invitation is None
    assert mail_of(replace(facts, to=["panitia@contoh.go.id"]), SETTINGS).invitation is None
    assert mail_of(replace(facts, to=[ADDRESS, "panitia@contoh.go.id"]), SETTINGS).invitation is None


@pytest.mark.parametrize("status", [RegistrationStatus.PENDING, RegistrationStatus.WAITLISTED])
@pytest.mark.parametrize("occasion", [Occasion.SUBSTITUTE, Occasion.CHANGED, Occasion.WORKSHOP_CANCELLED])
def test_who_was_never_confirmed_has_nothing_in_the_calendar(status: RegistrationStatus, occasion: Occasion) -> None:
    facts = replace(facts_with("Kepala Bidang"), occasion=occasion, status=status.value)
    assert facts.registration is not None
    facts.registration.status, facts.registration.confirmed_at = status, None
    assert mail_of(facts, SETTINGS).invitation is None


def test_online_the_stable_link_is_the_place_and_in_the_hall_the_hall_is() -> None:
    online, hall = (
        event_of(mail_of(facts_with("Aula Rujab Bupati", mode=mode), SETTINGS)) for mode in (Mode.ONLINE, Mode.OFFLINE)
    )
    link = "https://bimtek.contoh.go.id/join/t"
    assert (str(online["CONFERENCE"]), str(online["URL"]), online["LOCATION"]) == (link, link, f"Daring, {link}")
    assert "CONFERENCE" not in hall
    assert (hall["LOCATION"], str(hall["URL"])) == (
        "Aula Rujab Bupati, Aula Rujab Bupati",
        "https://bimtek.contoh.go.id/my/t",
    )
    assert "/join/" not in str(hall.to_ical())


def test_the_description_names_every_half_day_for_readers_that_show_the_first_alone() -> None:
    lines = str(event_of(mail_of(facts_with("Sesi"), SETTINGS))["DESCRIPTION"]).split("\n")
    assert lines[1] == "Sesi: Senin, 3 Juli 2023, pukul 13.00 WITA - 16.00 WITA"
    assert lines[:4] == [line for line in lines if line.startswith("Sesi: ")]


@pytest.mark.parametrize("occasion", ABOUT_ONE_PERSON)
def test_only_what_is_not_essential_can_be_unsubscribed(occasion: Occasion) -> None:
    url = "https://bimtek.contoh.go.id/unsubscribe/t"
    sent = mail_of(replace(facts_with("Kepala Bidang"), occasion=occasion, unsubscribe_url=url), SETTINGS)
    assert sent.unsubscribe == (url if occasion in OPTIONAL_OCCASIONS else None)


def told(settings: Settings, address: str) -> list[tuple[str, Event]]:
    """Method and event of each invitation mailed to an address, by when its message was made."""
    found = []
    for path in sorted(mail_client.folder(settings).glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)
        for part in message.walk():
            if part.get_content_type() == "text/calendar" and message["To"] == address:
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                found.append((str(part.get_param("method")), Calendar.from_ical(content).events[0]))
    return found


def sequence(event: Event) -> int:
    return int(str(event["SEQUENCE"]))


async def test_one_event_grows_from_confirmation_over_a_switch_to_cancellation(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await registered(database, worker)
    async with database.write() as session:
        await registrations.switch_mode(session, system(row.organizer_id), row.id, Mode.ONLINE)
    await worker.drain()
    async with database.write() as session:
        await registrations.cancel(session, system(row.organizer_id), row.id, "Berhalangan")
    await worker.drain()
    found = told(settings, "peserta@contoh.go.id")
    assert [method for method, _event in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {str(event["UID"]) for _method, event in found} == {str(row.id)}
    assert [sequence(event) for _method, event in found] == [0, 1, 2]


async def test_a_substitution_takes_the_event_from_one_calendar_and_puts_another_into_the_other(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await registered(database, worker)
    data = SubstituteCreate(name="Kepala Seksi", email="pengganti@contoh.go.id")
    async with database.write() as session:
        _old, new = await substitutes.substitute(session, system(row.organizer_id), row.id, data)
        new_id: UUID = new.id
    await worker.drain()
    [_first, (method, gone)] = told(settings, "peserta@contoh.go.id")
    assert (method, str(gone["UID"]), gone["STATUS"]) == ("CANCEL", str(row.id), "CANCELLED")
    [(method, event)] = told(settings, "pengganti@contoh.go.id")
    assert (method, str(event["UID"])) == ("REQUEST", str(new_id))


async def test_a_new_address_is_told_under_a_higher_sequence(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await registered(database, worker)
    async with database.write() as session:
        data = RegistrationPatch(email="baru@contoh.go.id")
        await registrations_edit.change(session, system(row.organizer_id), row, data)
    await worker.drain()
    [(method, event)] = told(settings, "baru@contoh.go.id")
    assert (method, str(event["UID"]), sequence(event)) == ("REQUEST", str(row.id), 1)


async def test_whom_somebody_represents_is_told_once_with_the_entry_and_nothing_else_is(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await registered(database, worker)
    for changes in ({"rank": "IVa"}, {"represents": "Bupati Luwu", "rank": "IVb"}, {"represents": None}):
        async with database.write() as session:
            patch = RegistrationPatch.model_validate(changes)
            await registrations_edit.change(session, system(row.organizer_id), row, patch)
        await worker.drain()
    _first, represents, alone = told(settings, "peserta@contoh.go.id")
    assert [(method, sequence(event)) for method, event in (represents, alone)] == [("REQUEST", 1), ("REQUEST", 2)]
    assert str(represents[1]["DESCRIPTION"]).startswith("Hadir mewakili: Bupati Luwu\n")
    assert "mewakili" not in str(alone[1]["DESCRIPTION"])


async def test_a_delegate_who_moves_and_represents_somebody_gets_one_message(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await registered(database, worker)
    async with database.write() as session:
        house = await session.get_one(Organizer, row.organizer_id)
        agency = await factories.organisation(session, house)
        data = InvitationCreate(organisation=agency.code)
        invitation = await inviting.invite(session, system(house.id), row.workshop_id, data)
        values = {"name": row.name, "email": row.email}
        await invitations.name_delegates(session, invitation, [DelegateCreate(mode=Mode.OFFLINE, **values)])
        moved = DelegateCreate(id=row.id, mode=Mode.ONLINE, represents="Bupati Luwu", **values)
        await invitations.name_delegates(session, invitation, [moved])
    await worker.drain()
    [_first, (method, event)] = told(settings, "peserta@contoh.go.id")
    assert (method, "Bupati Luwu" in str(event["DESCRIPTION"])) == ("REQUEST", True)


async def test_a_workshop_called_off_leaves_the_calendar(
    database: Database, worker: Worker, settings: Settings
) -> None:
    row = await registered(database, worker)
    async with database.write() as session:
        await workshops.cancel(session, system(row.organizer_id), row.workshop_id, "Banjir")
    await worker.drain()
    [(_, before), (method, after)] = told(settings, "peserta@contoh.go.id")
    assert (method, sequence(after) > sequence(before)) == ("CANCEL", True)


async def registered(database: Database, worker: Worker) -> Registration:
    """Somebody in the hall who was told so."""
    async with database.write() as session:
        gathering = await factories.workshop(session, await factories.organizer(session))
        row = await factories.registration(
            session, gathering, name="Kepala Bidang", email="peserta@contoh.go.id", mode=Mode.OFFLINE
        )
        ids = {"workshop_id": row.workshop_id, "registration_id": row.id}
        await outbox.record(session, RegistrationConfirmed(organizer_id=row.organizer_id, **ids))
    await worker.drain()
    return row
