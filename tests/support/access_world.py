"""A house with one row of every noun, and the callers who have no business in it."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import auth, clock, tokens
from service.auth import GRANTABLE
from service.db import settings_of
from service.domain.certificates_wording import wording
from service.models.accounts import StaffInvitation
from service.models.agreements import Agreement
from service.models.attendance import Checkin, Direction, Method, Presence, Verdict
from service.models.certificates import Certificate
from service.models.commitments import Commitment, Submission
from service.models.dashboard_links import DashboardLink
from service.models.data_items import DataItem
from service.models.escalations import Escalation, EscalationLevel
from service.models.invitations import Invitation
from service.models.materials import Material
from service.models.messages import Channel, Message, MessageStatus
from service.models.minutes import Readers
from service.models.organizers import ApiKey, Membership, Organizer, Programme, Role, Staff
from service.models.outbox import Delivery, EventRow
from service.models.portal_links import PortalLink
from service.models.registrations import Registration
from service.models.rooms import Provider, Room
from service.models.screens import Audience, Screen
from service.models.webhooks import Webhook
from service.models.workshops import Workshop
from service.tokens import Purpose
from tests import factories

CANARY = "Kenari-7f3a"
NEUTRAL = {
    "name": "headcount",
    "n": "0",
    "number": "1",
    "lang": "id",
    "occasion": "confirmation",
    "integration": "smtp",
    "code": "mfrggzdfmztwq2lknnwg23tpob",
    "language": "id",
    "part": "house",
}
"""Path parameters that name no row."""

Headers = dict[str, str]


@dataclass
class World:
    """`ids`: what stands for a path parameter, by `<segment before it>/<parameter>` or by the parameter alone."""

    ids: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Headers] = field(default_factory=dict)
    foreign_key: Headers = field(default_factory=dict)
    other_device: Headers = field(default_factory=dict)
    viewer: Headers = field(default_factory=dict)
    owner: Headers = field(default_factory=dict)
    links: dict[str, Headers] = field(default_factory=dict)

    def fill(self, path: str) -> tuple[str, bool]:
        """The path with our ids in it, and whether it names a row of ours.

        Raises LookupError, saying what to add, for a parameter that no row stands for.
        """
        ours = False
        segments = path.split("/")
        for position, segment in enumerate(segments):
            names = re.findall(r"{(\w+)(?::\w+)?}", segment)
            for name in names:
                value = self.ids.get(f"{segments[position - 1]}/{name}") or self.ids.get(name)
                ours = ours or value is not None
                value = value or NEUTRAL.get(name)
                if value is None:
                    raise LookupError(f"{path}: add a row for {{{name}}} to tests/support/access_world.py")
                segments[position] = re.sub(rf"{{{name}(:\w+)?}}", value, segments[position])
        return "/".join(segments), ours


async def build(session: AsyncSession) -> World:
    """Everything, in one transaction."""
    house = await factories.organizer(session)
    house.name = CANARY
    theirs = await factories.organizer(session)
    gathering = await factories.workshop(session, house, title=CANARY)
    neighbour = await factories.workshop(session, house)
    person = await factories.registration(session, gathering, name=CANARY)
    world = World()
    await _rows(session, world, house, gathering, person)
    world.foreign_key = await factories.api_key(session, theirs)
    _row, world.other_device = await factories.device(session, neighbour)
    viewer = await factories.staff(session, house, Role.VIEWER)
    world.viewer = await cookie_of(session, viewer, house)
    world.owner = await cookie_of(session, await factories.staff(session, house), house)
    agency = await factories.organisation(session, house)
    world.links = {
        "participant": factories.bearer(factories.participant_token(session, person)),
        "agency": factories.bearer(factories.portal_token(session, agency)),
    }
    await _refused(session, world, house, gathering)
    return world


async def cookie_of(session: AsyncSession, person: Staff, house: Organizer) -> Headers:
    """The headers of a signed-in browser that sends its CSRF token."""
    cookie, row = await auth.open_session(session, person, house.id)
    return {"Cookie": f"bimtek={cookie}", "X-CSRF-Token": row.csrf}


async def _refused(session: AsyncSession, world: World, house: Organizer, gathering: Workshop) -> None:
    """Credentials that opened something once."""
    former = await factories.staff(session, house, Role.OWNER)
    world.refused["former member"] = await cookie_of(session, former, house)
    (await session.exec(select(Membership).where(Membership.staff_id == former.id))).one().disabled_at = clock.now()
    gone, headers = await factories.device(session, gathering)
    gone.revoked_at = clock.now()
    world.refused["revoked device"] = headers
    past = clock.real_now() - timedelta(seconds=1)
    for name, revoked_at, expires_at in (("revoked key", past, None), ("expired key", None, past)):
        token = tokens.random_token(auth.API_KEY_PREFIX)
        row = ApiKey(
            organizer_id=house.id,
            name=name,
            token_hash=tokens.fingerprint(token),
            permissions=sorted(GRANTABLE),
            revoked_at=revoked_at,
            expires_at=expires_at,
        )
        session.add(row)
        world.refused[name] = factories.bearer(token)
    closed = await factories.registration(session, gathering)
    world.refused["revoked participant"] = factories.bearer(factories.participant_token(session, closed))
    closed.link_version += 1
    agency = await factories.organisation(session, house)
    world.refused["revoked agency"] = factories.bearer(factories.portal_token(session, agency))
    agency.link_version += 1
    contact = PortalLink(organizer_id=house.id, organisation_id=agency.id, label="Kasubag", key_id=agency.key_id)
    await _add(session, contact)
    keyring = settings_of(session).keyring
    token = keyring.issue(Purpose.PORTAL_CONTACT, contact.id, contact.link_version, contact.key_id)
    world.refused["revoked contact"] = factories.bearer(token)
    contact.revoked_at = clock.now()
    world.refused["nonsense"] = factories.bearer("bmk_" + "x" * 43)
    world.refused["another scheme"] = {"Authorization": "Basic YTpi"}
    world.refused["nobody"] = {}
    await session.flush()


async def _rows(
    session: AsyncSession, world: World, house: Organizer, gathering: Workshop, person: Registration
) -> None:
    key_id = settings_of(session).keyring.current_id
    agency = await factories.organisation(session, house, name=CANARY)
    device, _headers = await factories.device(session, gathering)
    member = await factories.staff(session, house, Role.ORGANIZER, name=CANARY)
    api_key = ApiKey(organizer_id=house.id, name=CANARY, token_hash=tokens.fingerprint("kept"))
    programme = Programme(organizer_id=house.id, code="program-kenari", name=CANARY)
    item = DataItem(organizer_id=house.id, code="data-kenari", name=CANARY)
    room = Room(organizer_id=house.id, workshop_id=gathering.id, provider=Provider.STATIC, url="https://x.invalid/j/1")
    event = EventRow(organizer_id=house.id, type="workshop.created", data={"workshop_id": str(gathering.id)})
    webhook = Webhook(organizer_id=house.id, url="https://x.invalid/h", description=CANARY, key_id=key_id)
    await _add(session, api_key, programme, item, room, event, webhook)
    screen = Screen(organizer_id=house.id, workshop_id=gathering.id, audience=Audience.HALL, name=CANARY, key_id=key_id)
    await _add(session, screen)
    invitation = Invitation(
        organizer_id=house.id, workshop_id=gathering.id, organisation_id=agency.id, key_id=key_id, link_version=2
    )
    commitment = Commitment(
        organizer_id=house.id,
        workshop_id=gathering.id,
        data_item_id=item.id,
        organisation_id=agency.id,
        code="kenari-1",
    )
    checkin = Checkin(
        organizer_id=house.id,
        workshop_id=gathering.id,
        registration_id=person.id,
        direction=Direction.IN,
        method=Method.MANUAL,
        nonce=factories.some_id(),
        claimed_at=clock.now(),
        happened_at=clock.now(),
        verdict=Verdict.ACCEPTED,
    )
    presence = Presence(
        organizer_id=house.id,
        workshop_id=gathering.id,
        external_id="r-1",
        display_name=CANARY,
        joined_at=clock.now(),
        left_at=clock.now(),
    )
    message = Message(
        organizer_id=house.id,
        registration_id=person.id,
        occasion="confirmation",
        occasion_key=f"confirmation:{person.id}",
        channel=Channel.MAIL,
        status=MessageStatus.SENT,
    )
    delivery = Delivery(organizer_id=house.id, event_id=event.id, subscriber="messages.confirmation")
    certificate = Certificate(
        organizer_id=house.id,
        workshop_id=gathering.id,
        registration_id=person.id,
        sequence=1,
        number=CANARY,
        hours=14,
        total_hours=14,
        holder={"name": CANARY},
        wording=await wording(session, gathering),
        key_id=key_id,
        issued_by="system",
    )
    await _add(session, invitation, commitment, checkin, presence, message, delivery, certificate)
    material = Material(
        organizer_id=house.id, workshop_id=gathering.id, title=CANARY, audience=Readers.COMMITTEE, by="system"
    )
    await _add(session, material)
    agreement = Agreement(organizer_id=house.id, workshop_id=gathering.id, code="kb-kenari", title=CANARY)
    await _add(session, agreement)
    escalation = Escalation(
        organizer_id=house.id,
        workshop_id=gathering.id,
        organisation_id=agency.id,
        level=EscalationLevel.LETTER,
        due_date=date(2023, 7, 14),
    )
    submission = Submission(organizer_id=house.id, commitment_id=commitment.id, submitted_by="system")
    await _add(session, escalation, submission)
    keyring = settings_of(session).keyring
    dead_invitation = keyring.issue(Purpose.INVITATION, invitation.id, 1, key_id)
    dead_link = keyring.issue(Purpose.PARTICIPANT, person.id, person.link_version + 1, key_id)
    contact = PortalLink(organizer_id=house.id, organisation_id=agency.id, label=CANARY, key_id=key_id)
    await _add(session, contact)
    wall = DashboardLink(organizer_id=house.id, name=CANARY, key_id=key_id)
    await _add(session, wall)
    asked = StaffInvitation(
        organizer_id=house.id,
        email="kenari@demo.invalid",
        email_key="kenari@demo.invalid",
        name=CANARY,
        role=Role.VIEWER,
        key_id=key_id,
        expires_at=clock.real_now() + timedelta(days=7),
    )
    await _add(session, asked)
    member.reset_key_id, member.reset_expires_at = key_id, clock.real_now() + timedelta(hours=1)
    _cookie, browser = await auth.open_session(session, member, house.id)
    dead_portal = keyring.issue(Purpose.PORTAL, agency.id, agency.link_version + 1, key_id)
    world.ids |= {
        "workshop_id": str(gathering.id),
        "registration_id": str(person.id),
        "delegate_id": str(person.id),
        "staff_id": str(member.id),
        "api_key_id": str(api_key.id),
        "device_id": str(device.id),
        "room_id": str(room.id),
        "screen_id": str(screen.id),
        "screens/token": keyring.issue(Purpose.SCREEN, screen.id, 2, key_id),
        "screen/token": keyring.issue(Purpose.SCREEN, screen.id, 2, key_id),
        "checkin_id": str(checkin.id),
        "presence_id": str(presence.id),
        "certificate_id": str(certificate.id),
        "certificates/code": keyring.issue(Purpose.CERTIFICATE, certificate.id, 2, key_id),
        "message_id": str(message.id),
        "delivery_id": str(delivery.id),
        "webhook_id": str(webhook.id),
        "commitment_id": str(commitment.id),
        "submission_id": str(submission.id),
        "escalation_id": str(escalation.id),
        "agreement_id": str(agreement.id),
        "material_id": str(material.id),
        "commitment-sheets/organisation": agency.code,
        "signatures/organisation": agency.code,
        "invitation_id": str(invitation.id),
        "portal_link_id": str(contact.id),
        "dashboard_link_id": str(wall.id),
        "dashboard/token": keyring.issue(Purpose.DASHBOARD, wall.id, 2, key_id),
        "programme": programme.code,
        "organisations/code": agency.code,
        "portals/code": agency.code,
        "data-items/code": item.code,
        "organizers/slug": house.slug,
        "organizer": house.slug,
        "roll-up/slug": house.slug,
        "calendar/slug": house.slug,
        "invitations/token": dead_invitation,
        "portal/token": dead_portal,
        "staff_invitation_id": str(asked.id),
        "session_id": str(browser.id),
        "staff-invitations/token": keyring.issue(Purpose.STAFF_INVITATION, asked.id, 2, key_id),
        "invitation-staff/token": keyring.issue(Purpose.STAFF_INVITATION, asked.id, 2, key_id),
        "reset/token": keyring.issue(Purpose.RESET, member.id, 7, key_id),
        "password-resets/token": keyring.issue(Purpose.RESET, member.id, 7, key_id),
        "token": dead_link,
    }


async def _add(session: AsyncSession, *rows: SQLModel) -> None:
    session.add_all(rows)
    await session.flush()
