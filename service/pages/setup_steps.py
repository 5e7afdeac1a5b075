"""The steps in which a workshop is prepared, each with its tick: what every page of preparation shows at its head."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import publication, questions
from service.domain.publication import Finding, Place, Severity
from service.i18n import gettext as _
from service.models.workshops import Modality, Workshop, WorkshopStatus

DETAILS, AGENDA = publication.PATHS[Place.DETAILS], publication.PATHS[Place.AGENDA]
QUESTIONS, LETTER = publication.PATHS[Place.QUESTIONS], publication.PATHS[Place.LETTER]
ROOM, PUBLICATION = publication.PATHS[Place.ROOM], publication.PATHS[Place.PUBLICATION]


@dataclass(frozen=True)
class Step:
    """One step. `state`: done, warning, blocking, or empty where nothing is needed; `note` says it in words."""

    code: str
    label: str
    href: str
    state: str
    note: str


async def steps_of(session: AsyncSession, actor: Actor, workshop: Workshop) -> list[Step]:
    """The steps of a workshop of the actor's as they stand now."""
    actor.require(Permission.WORKSHOPS_READ)
    return steps(workshop, await publication.readiness(session, workshop))


def steps(workshop: Workshop, found: Sequence[Finding]) -> list[Step]:
    """The steps in the order in which they are best taken."""
    labels = {
        Place.DETAILS: _("Data kegiatan"),
        Place.AGENDA: _("Agenda"),
        Place.QUESTIONS: _("Pertanyaan"),
        Place.LETTER: _("Surat undangan"),
        Place.ROOM: _("Ruang daring"),
        Place.PUBLICATION: _("Pengumuman"),
    }
    return [_step(workshop, place, label, found) for place, label in labels.items()]


def after(workshop: Workshop, place: Place, *, onward: bool) -> str:
    """Where saving a step leads: to the step that follows, or back to it, where it is said that it is saved."""
    if not onward:
        return f"{publication.path_of(place, workshop)}&done=saved"
    order = [*Place]
    return publication.path_of(order[order.index(place) + 1], workshop)


def _step(workshop: Workshop, place: Place, label: str, found: Sequence[Finding]) -> Step:
    mine = [one for one in found if one.place is place and one.severity is not Severity.NOTE]
    if mine:
        state = mine[0].severity.value
    elif _is_done(workshop, place):
        state = "done"
    else:
        state = ""
    note = _("belum diumumkan") if place is Place.PUBLICATION and not state else _notes()[state]
    return Step(place.value, label, publication.path_of(place, workshop), state, note)


def _notes() -> dict[str, str]:
    return {
        "": _("boleh dilewati"),
        "done": _("sudah siap"),
        "warning": _("perlu dilihat"),
        "blocking": _("belum lengkap"),
    }


def _is_done(workshop: Workshop, place: Place) -> bool:
    match place:
        case Place.QUESTIONS:
            return bool(questions.askable(workshop))
        case Place.LETTER:
            return bool(workshop.letter)
        case Place.ROOM:
            return workshop.modality is not Modality.OFFLINE
        case Place.PUBLICATION:
            return workshop.status is not WorkshopStatus.DRAFT
    return True
