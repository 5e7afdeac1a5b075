"""The whole story of one commitment, and every verb of it as a form that names its consequence."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import (
    agenda,
    commitments,
    commitments_read,
    commitments_remarks,
    commitments_requests,
    data_items,
    submissions,
)
from service.errors import Forbidden, NotFound, Refusal
from service.i18n import gettext as _
from service.models.columns import Shape
from service.models.commitments import Commitment, CommitmentStatus, FulfilmentStatus, Submission
from service.models.commitments_shapes import (
    CommitmentRead,
    EvidenceType,
    ExtensionDecision,
    PledgeCreate,
    ReasonGiven,
    ReassignmentCreate,
    RemarkCreate,
    SubmissionLink,
    SubmissionRead,
)
from service.models.people import Organisation
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.commitments import names_of
from service.pages.forms import BadForm, Option, Typed
from service.pages.house import staff_page
from service.pages.menus import COMMITMENTS, REVIEW
from service.pages.portal_commitment import limits_of
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.COMMITMENTS_READ)]
Writer = Annotated[Actor, allow_first(Permission.COMMITMENTS_WRITE)]


async def _hand_in(session: AsyncSession, actor: Actor, commitment_id: UUID, data: SubmissionLink) -> Submission:
    return await submissions.submit(session, actor, commitment_id, data, url=data.url)


@dataclass(frozen=True)
class Verb:
    """What a form asks for: the permission it takes, the shape its fields make, and the domain's function."""

    permission: Permission
    shape: type[Shape]
    act: Callable[[AsyncSession, Actor, UUID, Any], Awaitable[object]]  # the last one is of the shape


_WRITE, _REVIEW = Permission.COMMITMENTS_WRITE, Permission.COMMITMENTS_REVIEW
VERBS: Mapping[str, Verb] = {
    "pledge": Verb(_WRITE, PledgeCreate, commitments.pledge),
    "decline": Verb(_WRITE, ReasonGiven, commitments.decline),
    "recall": Verb(_WRITE, ReasonGiven, commitments_requests.recall),
    "withdraw": Verb(_WRITE, ReasonGiven, commitments.withdraw),
    "reassign": Verb(_WRITE, ReassignmentCreate, commitments_requests.reassign),
    "submit": Verb(_WRITE, SubmissionLink, _hand_in),
    "extend": Verb(_REVIEW, ExtensionDecision, commitments.extend),
    "refuse": Verb(_REVIEW, ReasonGiven, commitments.refuse_extension),
    "remark": Verb(_WRITE, RemarkCreate, commitments_remarks.say),
}
"""By the word of the form's button; its fields are called `<word>-<name in the shape>`."""


@router.get(COMMITMENTS + "/{commitment_id}", operation_id="page_commitment_story")
async def show_story(
    commitment_id: UUID, session: Session, actor: Reader, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Promise, proofs, deliveries, remarks and history of one commitment. Looking changes nothing."""
    return await story_page(session, actor, commitment_id, done=done)


@router.post(COMMITMENTS + "/{commitment_id}", operation_id="page_act_on_commitment")
async def act(commitment_id: UUID, request: Request, actor: Writer) -> Response:
    """What the button `do` says. A refusal shows the page again, in a transaction that has seen none of it."""
    typed = await forms.typed(request)
    word = typed.get("do", "")
    values = {name.removeprefix(f"{word}-"): text for name, text in typed.items() if name.startswith(f"{word}-")}
    if word == "submit":
        values |= {"complete": "false" if values.pop("partial", "") else "true"}
    database = database_of(request)
    try:
        async with database.write() as session:
            await commitments.find(session, actor, commitment_id)
            verb = _verb(actor, word)
            await verb.act(session, actor, commitment_id, forms.read(verb.shape, values, _advice()))
    except (NotFound, Forbidden, BadForm):
        raise
    except Refusal as refused:
        errors = [
            FormError(f"{word}-{error.field}" if error.field else "", error.message)
            for error in forms.errors_of(refused)
        ]
        async with database.read() as session:
            return await story_page(session, actor, commitment_id, typed=typed, errors=errors, status=refused.status)
    return RedirectResponse(f"{COMMITMENTS}/{commitment_id}?done={word}", status_code=303)


def _verb(actor: Actor, word: str) -> Verb:
    """What the form asks for. Raises BadForm, Forbidden."""
    verb = VERBS.get(word)
    if verb is None:
        raise BadForm
    actor.require(verb.permission)
    return verb


async def story_page(
    session: AsyncSession,
    actor: Actor,
    commitment_id: UUID,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    """The page, with what was typed and what was wrong with it. Raises NotFound."""
    read = await commitments_read.one(
        session, actor, commitment_id, await commitments_read.moment(session, actor, None)
    )
    item = await data_items.find(session, actor, read.data_item)
    names = await names_of(session, actor, ())
    successor = await _successor(session, commitment_id)
    others = [Option(code, name) for code, name in names.organisations.items() if code != read.organisation]
    pledged_at = await session.get(Workshop, read.pledged_workshop) if read.pledged_workshop else None
    return await staff_page(
        session,
        actor,
        "commitment_story.html",
        COMMITMENTS,
        status=status,
        commitment=read,
        item=item,
        dimension=names.dimensions.get(item.dimension or "", item.dimension),
        organisation=names.organisations.get(read.organisation, read.organisation),
        gathering=await session.get_one(Workshop, read.workshop),
        pledged_at=pledged_at,
        waiting=_waiting(read),
        talk=await commitments_remarks.latest(session, actor, commitment_id),
        former=f"{COMMITMENTS}/{read.reassigned_from}" if read.reassigned_from else "",
        successor=successor,
        offers=offers(actor, read, reassigned=successor is not None),
        others=others,
        agenda=await _agenda(session, read.workshop),
        proofs=list(EvidenceType),
        action=f"{COMMITMENTS}/{read.id}",
        review=REVIEW,
        limits=limits_of(session),
        may_review=actor.may(_REVIEW),
        may_write=actor.may(_WRITE),
        typed=typed or {},
        errors=errors,
        done=done,
    )


def offers(actor: Actor, read: CommitmentRead, *, reassigned: bool) -> set[str]:
    """The verbs that a person may use on a commitment as it stands."""
    standing = read.commitment_status in commitments.STANDING
    accepted = read.fulfilment_status is FulfilmentStatus.ACCEPTED
    apt = {
        "pledge": read.commitment_status is CommitmentStatus.REQUESTED,
        "decline": read.commitment_status is CommitmentStatus.REQUESTED,
        "recall": read.commitment_status is CommitmentStatus.REQUESTED and not accepted,
        "withdraw": read.commitment_status is CommitmentStatus.COMMITTED,
        "reassign": not standing and not reassigned,
        "submit": read.owes,
        "extend": standing and not accepted,
        "refuse": read.requested_until is not None,
        "remark": True,
    }
    return {word for word, fits in apt.items() if fits and actor.may(_WRITE) and actor.may(VERBS[word].permission)}


def _waiting(read: CommitmentRead) -> SubmissionRead | None:
    """The delivery that waits for the steward."""
    waits = read.submissions and read.fulfilment_status is FulfilmentStatus.SUBMITTED
    return read.submissions[-1] if waits else None


async def _successor(session: AsyncSession, commitment_id: UUID) -> tuple[str, str] | None:
    """Who was asked instead: the name, and where that commitment's page is."""
    query = (
        select(Commitment.id, Organisation.name)
        .join(Organisation, col(Organisation.id) == col(Commitment.organisation_id))
        .where(Commitment.reassigned_from_id == commitment_id)
    )
    found = (await session.exec(query)).first()
    return (found[1], f"{COMMITMENTS}/{found[0]}") if found else None


async def _agenda(session: AsyncSession, workshop_id: UUID) -> list[Option]:
    return [Option(str(row.id), row.title) for row in await agenda.sittings(session, workshop_id)]


def _advice() -> dict[str, str]:
    return {
        "signatory_office": _("Tuliskan jabatan yang menyatakan komitmen, misalnya Kepala Dinas."),
        "reason": _("Tuliskan alasan secara singkat."),
        "url": _("Isi dengan alamat web lengkap, misalnya https://data.contoh.go.id/set/12."),
        "until": _("Pilih tanggal tenggat yang baru."),
        "organisation": _("Pilih perangkat daerah dari daftar."),
        "text": _("Tuliskan pertanyaan atau catatan."),
    }
