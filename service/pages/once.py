"""Forms whose answer shows a secret work once: the answer loaded again, or the form sent again, makes no second one.

The form carries a value that says when it was shown. It is claimed in the transaction of what the form makes, in the
table that also keeps the API's Idempotency-Keys; the answer is not kept, so that no secret is.
"""

from uuid import UUID

from fastapi.responses import RedirectResponse
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, tokens
from service.auth import Actor
from service.db import is_postgresql
from service.models.idempotency import IdempotencyRecord
from service.pages.forms import Typed
from service.routers.idempotency import KEPT

FIELD = "once"
SENT = "sent"
"""What is `done` on the page to which a repeated form leads."""


class SentBefore(Exception):
    """Raised when the form has done its work; rolls the request's transaction back and leads to `place`."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.answer = RedirectResponse(place, status_code=303)


def value() -> str:
    """What a form shown now carries."""
    return str(tokens.new_id())


async def claim(session: AsyncSession, actor: Actor, typed: Typed, place: str) -> None:
    """Makes the form's value used; the last thing that a form does, after whatever may be refused.

    Of two at once the second waits for the first. Raises SentBefore, which leads to `place`, for a value that was used,
    and for one so old that it may be forgotten, or none.
    """
    key = _fresh(typed.get(FIELD, ""))
    if key is None or not await _take(session, actor, key):
        raise SentBefore(place)


def _fresh(text: str) -> str | None:
    try:
        shown = UUID(text)
        age = clock.real_now() - tokens.made_at(shown)
    except ValueError:
        return None
    # None from the future either: it would be fresh for longer than it is remembered.
    return str(shown) if abs(age) < KEPT else None


async def _take(session: AsyncSession, actor: Actor, key: str) -> bool:
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    values = {"id": tokens.new_id(), "caller": f"form:{actor.label}", "key": key, "fingerprint": ""}
    statement = (
        insert(IdempotencyRecord)
        .values(**values, created_at=clock.real_now())
        .on_conflict_do_nothing(index_elements=["caller", "key"])
    )
    return (await session.exec(statement.returning(col(IdempotencyRecord.id)))).first() is not None
