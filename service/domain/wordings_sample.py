"""Facts for a letter that is only looked at: a real workshop or an invented one, never a real person."""

from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, i18n
from service.auth import Actor, ActorKind
from service.db import settings_of
from service.domain import committee, wordings, workshops
from service.domain.agenda import load
from service.domain.letters_facts import Facts, Owed, Tally
from service.i18n import gettext as _
from service.models.messages import ABOUT_DATA, OPTIONAL_OCCASIONS, TO_STAFF, Occasion
from service.models.organizers import Organizer, Staff
from service.models.wordings_shapes import WordingDraft
from service.models.workshops import Modality, Workshop
from service.tokens import new_id

_ENDED = frozenset({Occasion.REJECTED, Occasion.CANCELLED, Occasion.SUBSTITUTED, Occasion.WORKSHOP_CANCELLED})
_ELSEWHERE = frozenset({Occasion.INVITATION, Occasion.INVITATION_WITHDRAWN, Occasion.HELD, Occasion.LINK_SHARED})
_OF_MANY = frozenset(
    {
        Occasion.COMMITMENTS_DUE,
        Occasion.COMMITMENTS_OVERDUE,
        Occasion.DATA_REQUESTED,
        Occasion.DUE_DATES_MOVED,
        Occasion.ESCALATION_LETTER,
    }
)


async def facts(session: AsyncSession, actor: Actor, draft: WordingDraft) -> Facts:
    """What the letter would say to an office that is invented. Raises NotFound for the workshop, InvalidInput."""
    house = await session.get_one(Organizer, actor.tenant)
    spoken = i18n.language()
    i18n.use(draft.language)
    try:
        made = await _person(session, actor, house, draft)
    finally:
        i18n.use(spoken)
    await _word(session, actor, made, draft)
    return made


async def addresses(session: AsyncSession, actor: Actor) -> list[str]:
    """Where a trial goes: to the member of staff who asks for it; of an API key, to the committee."""
    if actor.kind is ActorKind.STAFF and actor.id is not None:
        return [(await session.get_one(Staff, actor.id)).email]
    return await committee.addresses(session, await session.get_one(Organizer, actor.tenant))


async def _word(session: AsyncSession, actor: Actor, made: Facts, draft: WordingDraft) -> None:
    subject, text = draft.subject, draft.text
    kept = None if text is not None else await wordings.find(session, actor, draft.occasion, draft.language)
    if kept is not None:
        subject, text = subject or kept.subject, kept.text
    for pointer, words in (("/subject", subject), ("/text", text)):
        if words is not None:
            wordings.check(pointer, words, draft.occasion)
    made.own_subject, made.own_text = wordings.spoken(subject), wordings.spoken(text)


async def _person(session: AsyncSession, actor: Actor, house: Organizer, draft: WordingDraft) -> Facts:
    made = await _gathering(session, actor, house, draft.workshop)
    occasion, base = draft.occasion, settings_of(session).base_url.rstrip("/")
    made.occasion, made.language = occasion.value, draft.language
    made.recipient, made.organisation = _("Kepala Bidang Contoh"), _("Dinas Contoh")
    if occasion in TO_STAFF:
        return _account(made, occasion, base)
    if occasion in OPTIONAL_OCCASIONS:
        made.unsubscribe_url = f"{base}/unsubscribe/contoh"
    if occasion in ABOUT_DATA:
        return _promised(made, occasion, base)
    if occasion in _ELSEWHERE:
        return _elsewhere(made, occasion, base)
    made.number, made.status, made.mode = 27, "confirmed", "online" if made.modality == "online" else "offline"
    if occasion in _ENDED:
        made.reason = _("contoh alasan") if occasion is not Occasion.SUBSTITUTED else None
        return made
    made.my_url = f"{base}/my/contoh"
    if occasion in (Occasion.THANKS, Occasion.CERTIFICATE):
        made.certificate_url = made.my_url
    elif occasion not in (Occasion.WAITLISTED, Occasion.REQUESTED):
        made.calendar_url = f"{base}/calendar/my/contoh.ics"
        made.join_url = f"{base}/join/contoh" if made.modality != "offline" else None
        made.display_name = f"{made.number} {made.recipient} - {made.organisation}" if made.join_url else None
    if occasion is Occasion.CHANGED:
        made.what = ("time", "venue", "agenda")
    return made


def _account(made: Facts, occasion: Occasion, base: str) -> Facts:
    """Occasions that are about an account of staff."""
    if occasion is Occasion.ACCOUNT_CHANGED:
        made.staff_url, made.what = f"{base}/staff/account", ("password",)
        return made
    made.deadline = clock.now() + timedelta(hours=1)
    made.account_url = f"{base}/reset/contoh"
    if occasion is Occasion.STAFF_INVITATION:
        made.account_url, made.what = f"{base}/invitation-staff/contoh", ("organizer",)
    return made


def _elsewhere(made: Facts, occasion: Occasion, base: str) -> Facts:
    """Occasions that are about no seat of the reader."""
    if occasion is Occasion.LINK_SHARED:
        made.person, made.recipient, made.places, made.number = made.recipient, made.organizer, 4, 27
    elif occasion is Occasion.HELD:
        made.confirm_url, made.deadline = f"{base}/confirm/contoh", clock.now() + timedelta(days=2)
    elif occasion is Occasion.INVITATION:
        made.recipient = made.organisation or made.recipient
        made.invitation_url, made.letter_number = f"{base}/invitations/contoh", "005/123/CONTOH/2023"
        made.deadline = made.starts_at - timedelta(days=3)
    elif occasion is Occasion.INVITATION_WITHDRAWN:
        made.recipient, made.letter_number = made.organisation or made.recipient, "005/123/CONTOH/2023"
        made.reason = _("contoh alasan")
    return made


def _promised(made: Facts, occasion: Occasion, base: str) -> Facts:
    """Occasions that are about promised data: those the committee reads, and those of an organisation."""
    name, due = _("Contoh butir data"), clock.local_date(made.ends_at, made.timezone) + timedelta(days=14)
    late = 7 if occasion in (Occasion.COMMITMENTS_OVERDUE, Occasion.ESCALATION_LETTER) else 0
    if occasion in (Occasion.REVIEW_WAITING, Occasion.ESCALATION_LIST):
        made.recipient, made.tallies = made.organizer, [Tally(made.organisation or "", 3, due, 12)]
        made.staff_url = f"{base}/staff"
        return made
    if occasion is Occasion.EXTENSION_ASKED:
        made.recipient, made.staff_url = made.organizer, f"{base}/staff"
    else:
        made.recipient, made.portal_url = made.organisation or made.recipient, f"{base}/portal/contoh"
    if occasion in _OF_MANY:
        made.owed = [Owed(name, due, late)]
        return made
    made.item, made.until = name, due
    if occasion in (Occasion.EXTENSION_ASKED, Occasion.EXTENSION_DECIDED, Occasion.SUBMISSION_RETURNED):
        made.reason = _("contoh alasan")
    made.remark = _("contoh catatan") if occasion is Occasion.REMARK else None
    return made


async def _gathering(session: AsyncSession, actor: Actor, house: Organizer, workshop_id: UUID | None) -> Facts:
    workshop = _invented(house) if workshop_id is None else await workshops.find(session, actor, workshop_id)
    blocks = (await load(session, workshop)).blocks if workshop_id is not None else []
    return Facts(
        message_id=new_id(),
        occasion="",
        language="",
        recipient="",
        organizer=house.name,
        title=workshop.title,
        starts_at=workshop.starts_at,
        ends_at=workshop.ends_at,
        timezone=workshop.timezone,
        modality=workshop.modality.value,
        venue=workshop.venue_name,
        schedule=[(block.label, block.starts_at, block.ends_at) for block in blocks],
    )


def _invented(house: Organizer) -> Workshop:
    """A morning in two weeks; never stored."""
    today = clock.start_of_day(clock.local_date(clock.now(), house.timezone), house.timezone)
    begin = today + timedelta(days=14, hours=8, minutes=30)
    return Workshop(
        organizer_id=house.id,
        slug="contoh",
        title=_("Contoh kegiatan"),
        modality=Modality.HYBRID,
        timezone=house.timezone,
        starts_at=begin,
        ends_at=begin + timedelta(hours=3),
        venue_name=_("Aula Contoh"),
    )
