"""Scans as they are stored, and corrections of attendance: who, when and why."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, TypeAdapter

from service.auth import Actor, Permission
from service.domain import attendance_history, checkin_reads, workshops
from service.domain.attendance_history import Wanted
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.attendance_history_shapes import Correction, CorrectionRead, ScanRead
from service.models.columns import Code, Instant
from service.routers.access import Page, Paging, Session, allow, cursor, keyset_id, page_of
from service.routers.route import ApiRoute

router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["attendance"])
_INSTANT = TypeAdapter(Instant)


class HistoryQuery(Paging):
    """What part of the history is wanted."""

    registration: UUID | None = Field(None, description="Only what is about this registration")
    kind: list[Correction] = Field([], description="Only these kinds; may be repeated", examples=[["annulled"]])

    @property
    def wanted(self) -> Wanted:
        return Wanted(frozenset(self.kind), self.registration)

    @property
    def key(self) -> attendance_history.Key | None:
        """Where the page begins. Raises InvalidInput."""
        key = self.after(3)
        try:
            return (_INSTANT.validate_python(key[0]), keyset_id(key[1]), Correction(key[2]).value) if key else None
        except ValueError:
            raise _no_cursor() from None


class ScansQuery(Paging):
    """What part of the scans is wanted."""

    registration: UUID | None = Field(None, description="Only the scans of this registration")
    block: Code | None = Field(None, description="Block code", examples=["D1P"])

    @property
    def key(self) -> checkin_reads.Key | None:
        """Where the page begins. Raises InvalidInput."""
        key = self.after(2)
        try:
            return (_INSTANT.validate_python(key[0]), keyset_id(key[1])) if key else None
        except ValueError:
            raise _no_cursor() from None


def _no_cursor() -> InvalidInput:
    return InvalidInput.at("query/cursor", _("Gunakan nilai next dari jawaban sebelumnya."))


@router.get("/workshops/{workshop_id}/attendance/history", operation_id="list_corrections")
async def list_corrections(
    workshop_id: UUID,
    query: Annotated[HistoryQuery, Query()],
    session: Session,
    actor: Annotated[Actor, allow(Permission.ATTENDANCE_READ)],
) -> Page[CorrectionRead]:
    """Undone scans, exceptions, scans by hand, walk-ins, late uploads, matched connections: the newest first."""
    workshop = await workshops.find(session, actor, workshop_id)
    found = await attendance_history.page(session, workshop, query.wanted, query.key, query.limit + 1)
    page, more = page_of(found, query.limit)
    return Page(items=[read for _key, read in page], next=cursor(*page[-1][0]) if more else None)


@router.get("/workshops/{workshop_id}/checkins", operation_id="list_checkins")
async def list_checkins(
    workshop_id: UUID,
    query: Annotated[ScansQuery, Query()],
    session: Session,
    actor: Annotated[Actor, allow(Permission.ATTENDANCE_READ)],
) -> Page[ScanRead]:
    """Every stored scan, refused and undone ones too: those received last first."""
    workshop = await workshops.find(session, actor, workshop_id)
    wanted = checkin_reads.Filters(query.registration, query.block)
    found = await checkin_reads.page(session, workshop, wanted, query.key, query.limit + 1)
    page, more = page_of(found, query.limit)
    return Page(items=[read for _key, read in page], next=cursor(*page[-1][0]) if more else None)
