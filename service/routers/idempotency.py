"""Idempotency-Key: the first answer is kept in the transaction of its effect, and replayed.

The route claims (caller, key) before the domain runs: a unique row, so a concurrent repeat waits for the first one's
commit. The answer is added to that row just before the commit. A business 409 has no effect whose transaction it could
share, so the error handler keeps it in a transaction of its own.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken
from fastapi import Request, Response
from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, ActorKind
from service.db import Database, is_postgresql, run_sql, settings_of
from service.errors import IdempotencyKeyReused, InProgress, InvalidInput, Refusal
from service.i18n import gettext as _
from service.models.idempotency import IdempotencyRecord
from service.settings import Settings
from service.tokens import new_id

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_KEPT_HEADERS = ("content-type", "etag", "location")


class Replay(Exception):
    """Raised when the answer is known already; rolls the request's transaction back."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass
class Attempt:
    """One request with a key, on its way through."""

    key: str
    route: str
    fingerprint: str
    caller: str = ""
    session: AsyncSession | None = field(default=None, repr=False)
    conflict: Refusal | None = None

    @classmethod
    def of(cls, request: Request, route: str, body: bytes) -> "Attempt":
        """The attempt a request makes. Raises InvalidInput for an unusable key."""
        key = request.headers[HEADER]
        if not 1 <= len(key) <= 255 or not key.isprintable():
            raise InvalidInput.at("header/Idempotency-Key", _("Gunakan 1 sampai 255 karakter yang dapat dicetak."))
        seen = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
        return cls(key=key, route=route, fingerprint=hashlib.sha256(seen).hexdigest())

    async def claim(self, session: AsyncSession, actor: Actor) -> None:
        """Takes the key in this transaction.

        Raises Replay with the kept answer, IdempotencyKeyReused for another body, InProgress when the first request
        does not end within 5 s.
        """
        self.caller = f"{actor.kind}:{self.route}" if actor.kind is ActorKind.ANONYMOUS else _name(actor)
        self.session = session
        await self._take(session)

    async def _take(self, session: AsyncSession) -> None:
        insert = postgresql.insert if is_postgresql(session) else sqlite.insert
        statement = (
            insert(IdempotencyRecord)
            .values(
                id=new_id(),
                caller=self.caller,
                key=self.key,
                fingerprint=self.fingerprint,
                created_at=clock.real_now(),
            )
            .on_conflict_do_nothing(index_elements=["caller", "key"])
        )
        if is_postgresql(session):
            # The insert waits for a concurrent first request's commit, but not for ever.
            await run_sql(session, "SET LOCAL lock_timeout = '5s'")
        try:
            claimed = (await session.exec(statement.returning(col(IdempotencyRecord.id)))).first()
        except DBAPIError as failure:
            if "lock timeout" in str(failure.orig):
                raise InProgress(retry_after=2) from failure
            raise
        if is_postgresql(session):
            await run_sql(session, "SET LOCAL lock_timeout = '0'")
        if claimed is None:
            await self._replay(session)

    async def _replay(self, session: AsyncSession) -> None:
        mine = (col(IdempotencyRecord.caller) == self.caller, col(IdempotencyRecord.key) == self.key)
        kept = (await session.exec(select(IdempotencyRecord).where(*mine))).first()
        if kept is None or kept.answer is None:
            raise InProgress(retry_after=2)
        if kept.created_at < clock.real_now() - KEPT:
            await session.exec(delete(IdempotencyRecord).where(*mine))
            await self._take(session)
            return
        if kept.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        raise Replay(_unpack(settings_of(session), kept.answer))

    async def answered(self, response: Response) -> None:
        """Keeps a 2xx beside its effect; the transaction commits afterwards."""
        if self.session is None or not 200 <= response.status_code < 300:
            return
        packed = _pack(settings_of(self.session), response)
        statement = (
            update(IdempotencyRecord)
            .where(col(IdempotencyRecord.caller) == self.caller, col(IdempotencyRecord.key) == self.key)
            .values(answer=packed)
        )
        await self.session.exec(statement)

    def refused(self, refusal: Refusal) -> None:
        """Remembers a business 409 for the error handler, which keeps it with `keep_conflict`."""
        if refusal.status == 409 and not isinstance(refusal, InProgress):
            self.conflict = refusal

    async def keep_conflict(self, database: Database, response: Response) -> None:
        """Keeps the answer to a refused request in its own transaction; whoever came first wins."""
        async with database.write() as session:
            insert = postgresql.insert if is_postgresql(session) else sqlite.insert
            await session.exec(
                insert(IdempotencyRecord)
                .values(
                    id=new_id(),
                    caller=self.caller,
                    key=self.key,
                    fingerprint=self.fingerprint,
                    answer=_pack(database.settings, response),
                    created_at=clock.real_now(),
                )
                .on_conflict_do_nothing(index_elements=["caller", "key"])
            )


def _name(actor: Actor) -> str:
    """Who calls: staff work for one organizer after the other, and are another caller in each; nobody else moves."""
    return f"{actor.label}@{actor.organizer_id}" if actor.kind is ActorKind.STAFF else actor.label


async def forget_old(session: AsyncSession) -> None:
    """Drops answers older than 24 h."""
    old = col(IdempotencyRecord.created_at) < clock.real_now() - KEPT
    await session.exec(delete(IdempotencyRecord).where(old))


def _box(settings: Settings) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.keyring.mac("idempotency", b"answers")))


def _pack(settings: Settings, response: Response) -> bytes:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    content = {"status": response.status_code, "headers": headers, "body": bytes(response.body).decode()}
    return _box(settings).encrypt(json.dumps(content).encode())


def _unpack(settings: Settings, packed: bytes) -> Response:
    try:
        content = json.loads(_box(settings).decrypt(packed))
    except InvalidToken:
        # The secret key was changed since: the answer is gone, its effect is not.
        raise InProgress(retry_after=60) from None
    headers = content["headers"] | {"Idempotency-Replayed": "true"}
    return Response(content["body"], status_code=content["status"], headers=headers)
