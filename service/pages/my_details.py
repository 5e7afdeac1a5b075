"""What a participant's page shows of the person: what is known, what was answered, what is still asked."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import questions, registrations_form
from service.domain.identity import mask_nip, mask_phone
from service.i18n import gettext as _
from service.models.questions import Question
from service.models.registrations import Registration
from service.models.workshops import Workshop
from service.pages.participants import person_of


@dataclass(frozen=True)
class Detail:
    """One line: what it is, and what it says; empty where nothing is known."""

    label: str
    text: str


async def details(session: AsyncSession, row: Registration) -> list[Detail]:
    """What is known about the person; NIP and phone are masked, since links are passed on."""
    person = await person_of(session, row)
    known = [
        (_("Nama lengkap beserta gelar"), row.name),
        (_("Jabatan"), row.position),
        (_("Instansi"), person.organisation),
        (_("Pangkat/golongan"), row.rank),
        (_("NIP"), mask_nip(row.nip)),
        (_("Hadir mewakili"), row.represents),
        (_("Surel"), row.email),
        (_("Nomor WhatsApp"), mask_phone(row.phone)),
    ]
    return [Detail(label, text) for label, text in known if text]


def asked(row: Registration, workshop: Workshop) -> list[Question]:
    """What somebody who attends like this person is asked."""
    return questions.asked(workshop.questions, row.mode, row.role)


def missing(row: Registration, workshop: Workshop) -> list[Question]:
    """What has to be answered and is not: after a switch, or because it was asked later."""
    return registrations_form.missing(workshop.questions, row.answers, row.mode, row.role)


def spoken(row: Registration, workshop: Workshop) -> list[Detail]:
    """The answers as people read them; a question that is still open says nothing, a former one stands if answered."""
    open_ones = {question.code for question in asked(row, workshop)}
    shown = [
        (label, row.answers.get(code), code)
        for code, label in questions.columns(workshop, row.answers)
        if code in open_ones or row.answers.get(code) is not None
    ]
    return [Detail(label, _text(workshop, code, answer)) for label, answer, code in shown]


def _text(workshop: Workshop, code: str, answer: object) -> str:
    return questions.spoken(questions.definition(workshop, code, answer), answer)
