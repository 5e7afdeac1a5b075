"""The steward's desk: what waits for review, one delivery after the other, the oldest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from service import i18n
from service.auth import Actor, Permission
from service.domain import commitments_read, submissions, submissions_review
from service.domain.submissions_review import Filters, Key, Queued
from service.errors import InvalidInput, NotFound, Refusal
from service.i18n import gettext as _, marked
from service.models.columns import Code, Line
from service.models.commitments import FulfilmentStatus, Submission
from service.models.commitments_shapes import Metadata, SubmissionRead, SubmissionReturn
from service.models.organizers import Organizer
from service.models.workshops import Workshop
from service.pages import forms
from service.pages.choosing import choose
from service.pages.commitments import names_of
from service.pages.forms import BadForm, Typed
from service.pages.house import staff_page
from service.pages.menus import COMMITMENTS, REVIEW
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reviewer = Annotated[Actor, allow(Permission.COMMITMENTS_REVIEW)]
Judge = Annotated[Actor, allow_first(Permission.COMMITMENTS_REVIEW)]
SHOWN = 50


class Wanted(BaseModel):
    """What of the queue is looked at; what makes no sense is not looked at, since links are typed and cut."""

    workshop: str = Field("", max_length=40)
    organisation: str = Field("", max_length=64)
    dimension: str = Field("", max_length=300)

    @property
    def filters(self) -> Filters:
        """The domain's filters: only what waits."""
        try:
            kept = _Kept.model_validate({name: text for name, text in self if text})
        except ValidationError:
            kept = _Kept()
        return Filters(FulfilmentStatus.SUBMITTED, kept.organisation, kept.dimension, kept.workshop)

    @property
    def query(self) -> str:
        """The part of an address that keeps this, with its question mark."""
        kept = {name: text for name, text in self if text}
        return f"?{urlencode(kept)}" if kept else ""


class _Kept(BaseModel):
    workshop: UUID | None = None
    organisation: Code | None = None
    dimension: Line | None = None


Wish = Annotated[Wanted, Query()]


@dataclass(frozen=True)
class Desk:
    """One delivery under review. `parts`: it and the earlier parts that are judged with it; `before` and `after` are
    addresses of its neighbours in the queue.
    """

    delivery: SubmissionRead
    parts: Sequence[SubmissionRead]
    waits: bool
    correctable: bool
    before: str
    after: str


@router.get(REVIEW, operation_id="page_review_queue")
async def show_queue(
    session: Session, actor: Reviewer, wanted: Wish, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What waits for review, the oldest first."""
    filters = wanted.filters
    rows = await submissions_review.page(session, actor, filters, None, SHOWN)
    choices, _nearest = await choose(session, actor, None)
    return await staff_page(
        session,
        actor,
        "review_queue.html",
        COMMITMENTS,
        entries=[(one, address(one.row.id, wanted)) for one in rows],
        waiting=await submissions_review.count(session, actor, filters),
        names=await names_of(session, actor, ()),
        workshops=choices,
        wanted=wanted,
        done=done,
        carried=wanted.query.removeprefix("?") + "&" if wanted.query else "",
    )


@router.get(REVIEW + "/{submission_id}", operation_id="page_review")
async def show_delivery(
    submission_id: UUID,
    session: Session,
    actor: Reviewer,
    wanted: Wish,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One delivery: what is in it, what it is described as, and the verdict."""
    return await _page(session, actor, submission_id, wanted, done=done)


@router.post(REVIEW + "/{submission_id}", operation_id="page_judge")
async def judge(submission_id: UUID, request: Request, actor: Judge, wanted: Wish) -> Response:
    """Accepts or returns, as the button `do` says, and goes on to the next in the queue."""
    typed = await forms.typed(request)
    database = database_of(request)
    try:
        async with database.write() as session:
            row = await _judged(session, actor, submission_id, typed)
            beyond = await _beyond(session, actor, row, wanted, backwards=False)
    except (NotFound, BadForm):
        raise
    except Refusal as refused:
        errors = [_at_field(error) for error in forms.errors_of(refused)]
        async with database.read() as session:
            return await _page(session, actor, submission_id, wanted, typed=typed, errors=errors, status=refused.status)
    onward = address(beyond[0].row.id, wanted) if beyond else REVIEW + wanted.query
    done = "accepted" if row.status is FulfilmentStatus.ACCEPTED else "returned"
    return RedirectResponse(f"{onward}{'&' if '?' in onward else '?'}done={done}", status_code=303)


async def _judged(session: AsyncSession, actor: Actor, submission_id: UUID, typed: Typed) -> Submission:
    await submissions.find(session, actor, submission_id)
    remarks = {name.removeprefix("remark-"): text for name, text in typed.items() if name.startswith("remark-")}
    if typed.get("do") == "accept":
        if remarks:
            raise InvalidInput.at(
                "/", _("Catatan pada bagian hanya dikirim bersama pengembalian. Kosongkan, atau kembalikan penyerahan.")
            )
        return await submissions_review.accept(session, actor, submission_id)
    if typed.get("do") == "return":
        values: Mapping[str, object] = {"reason": typed.get("reason", ""), "remarks": remarks}
        data = forms.read(SubmissionReturn, values, {"reason": _("Tuliskan apa yang perlu diperbaiki.")})
        return await submissions_review.send_back(session, actor, submission_id, data.reason, data.remarks)
    raise BadForm


async def _page(
    session: AsyncSession,
    actor: Actor,
    submission_id: UUID,
    wanted: Wanted,
    *,
    typed: Typed | None = None,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
) -> Response:
    row = await submissions.find(session, actor, submission_id)
    when = await commitments_read.moment(session, actor, None)
    read = await commitments_read.one(session, actor, row.commitment_id, when)
    desk = await _desk(session, actor, row, read.submissions, wanted)
    names = await names_of(session, actor, {read.data_item})
    return await staff_page(
        session,
        actor,
        "review.html",
        COMMITMENTS,
        status=status,
        commitment=read,
        item=names.items[read.data_item],
        organisation=names.organisations[read.organisation],
        gathering=await session.get_one(Workshop, read.workshop),
        desk=desk,
        fields=list(Metadata.model_fields),
        waiting=await submissions_review.count(session, actor, wanted.filters),
        action=address(submission_id, wanted),
        queue=REVIEW + wanted.query,
        story=f"{COMMITMENTS}/{read.id}",
        rest=await _asking_for_the_rest(session, actor),
        typed=typed or {},
        errors=errors,
        done=done,
        carried=wanted.query.removeprefix("?") + "&" if wanted.query else "",
    )


async def _desk(
    session: AsyncSession,
    actor: Actor,
    row: Submission,
    delivered: Sequence[SubmissionRead],
    wanted: Wanted,
) -> Desk:
    delivery = next(one for one in delivered if one.id == row.id)
    latest = delivered[-1].id == row.id
    before = await _beyond(session, actor, row, wanted, backwards=True)
    after = await _beyond(session, actor, row, wanted, backwards=False)
    return Desk(
        delivery=delivery,
        parts=[one for one in delivered if (one.status, one.reviewed_at) == (delivery.status, delivery.reviewed_at)],
        waits=latest and row.status is FulfilmentStatus.SUBMITTED,
        correctable=latest and row.status is FulfilmentStatus.ACCEPTED,
        before=address(before[0].row.id, wanted) if before else "",
        after=address(after[0].row.id, wanted) if after else "",
    )


async def _beyond(
    session: AsyncSession, actor: Actor, row: Submission, wanted: Wanted, *, backwards: bool
) -> list[Queued]:
    """The delivery next to this one in the queue, if there is one."""
    key: Key = row.submitted_at, row.id
    return await submissions_review.page(session, actor, wanted.filters, key, 1, backwards=backwards)


def address(submission_id: UUID, wanted: Wanted) -> str:
    """Where a delivery is reviewed, within the same part of the queue."""
    return f"{REVIEW}/{submission_id}{wanted.query}"


async def _asking_for_the_rest(session: AsyncSession, actor: Actor) -> str:
    """The agency reads it: in the organizer's language, whatever the steward's is."""
    house = await session.get_one(Organizer, actor.tenant)
    return i18n.catalogue(house.language).gettext(marked("Mohon lengkapi bagian yang belum diserahkan."))


def _at_field(error: FormError) -> FormError:
    """A remark's refusal at its own field: `remarks/unit` is typed in `remark-unit`."""
    return FormError(error.field.replace("remarks/", "remark-", 1), error.message)
