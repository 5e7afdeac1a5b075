"""Everything that can be done to a commitment, and the rules once more, as plain as possible."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain import commitments, submissions, submissions_review
from service.models.commitments import (
    CommitmentStatus as P,
    FulfilmentStatus as F,
    Submission,
)
from service.models.commitments_shapes import (
    ExtensionDecision,
    PledgeCreate,
    ReasonGiven,
    SubmissionFields,
)
from tests import factories
from tests.support.promises import DUE, Scene

Verb = Callable[[AsyncSession, Scene, UUID], Coroutine[Any, Any, object]]
REASON = ReasonGiven(reason="Bukan kewenangan kami.")


async def _latest(session: AsyncSession, commitment_id: UUID) -> UUID:
    query = select(Submission.id).where(Submission.commitment_id == commitment_id).order_by(col(Submission.id).desc())
    return (await session.exec(query)).first() or commitment_id


async def pledge(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await commitments.pledge(session, s.actor, one, PledgeCreate(signatory_office="Kepala Dinas"))


async def decline(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await commitments.decline(session, s.actor, one, REASON)


async def withdraw(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await commitments.withdraw(session, s.actor, one, REASON)


async def submit(session: AsyncSession, s: Scene, one: UUID) -> object:
    # Another one each time: the same again would be taken for a repeat.
    url = f"https://data.go.id/{factories.some_id()}"
    return await submissions.submit(session, s.actor, one, SubmissionFields(), url=url)


async def accept(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await submissions_review.accept(session, s.actor, await _latest(session, one))


async def send_back(session: AsyncSession, s: Scene, one: UUID) -> object:
    return await submissions_review.send_back(session, s.actor, await _latest(session, one), "Lengkapi satuan.")


async def extend(session: AsyncSession, s: Scene, one: UUID) -> object:
    row = await commitments.find(session, s.actor, one)
    until = (row.due_date or DUE) + timedelta(days=1)
    return await commitments.extend(session, s.actor, one, ExtensionDecision(until=until))


VERBS: dict[str, Verb] = {
    "pledge": pledge,
    "decline": decline,
    "withdraw": withdraw,
    "submit": submit,
    "accept": accept,
    "return": send_back,
    "extend": extend,
}
STANDING = {P.REQUESTED, P.COMMITTED}
PATHS: dict[tuple[P, F], list[str]] = {
    (P.REQUESTED, F.NOT_SUBMITTED): [],
    (P.REQUESTED, F.SUBMITTED): ["submit"],
    (P.REQUESTED, F.ACCEPTED): ["submit", "accept"],
    (P.REQUESTED, F.RETURNED): ["submit", "return"],
    (P.COMMITTED, F.NOT_SUBMITTED): ["pledge"],
    (P.COMMITTED, F.SUBMITTED): ["pledge", "submit"],
    (P.COMMITTED, F.ACCEPTED): ["pledge", "submit", "accept"],
    (P.COMMITTED, F.RETURNED): ["pledge", "submit", "return"],
    (P.DECLINED, F.NOT_SUBMITTED): ["decline"],
    (P.DECLINED, F.SUBMITTED): ["submit", "decline"],
    (P.DECLINED, F.ACCEPTED): ["submit", "accept", "decline"],
    (P.DECLINED, F.RETURNED): ["submit", "return", "decline"],
    (P.WITHDRAWN, F.NOT_SUBMITTED): ["pledge", "withdraw"],
    (P.WITHDRAWN, F.SUBMITTED): ["pledge", "submit", "withdraw"],
    (P.WITHDRAWN, F.ACCEPTED): ["pledge", "submit", "accept", "withdraw"],
    (P.WITHDRAWN, F.RETURNED): ["pledge", "submit", "return", "withdraw"],
}


def expected(promise: P, delivery: F, verb: str) -> tuple[P, F] | None:
    """The state after the verb, None when it is refused: the rules once more, as plain cases."""
    after: dict[str, tuple[bool, tuple[P, F]]] = {
        "pledge": (promise is P.REQUESTED, (P.COMMITTED, delivery)),
        "decline": (promise is P.REQUESTED, (P.DECLINED, delivery)),
        "withdraw": (promise is P.COMMITTED, (P.WITHDRAWN, delivery)),
        "submit": (promise in STANDING and delivery in {F.NOT_SUBMITTED, F.RETURNED}, (promise, F.SUBMITTED)),
        "accept": (delivery is F.SUBMITTED, (promise, F.ACCEPTED)),
        "return": (delivery in {F.SUBMITTED, F.ACCEPTED}, (promise, F.RETURNED)),
        "extend": (promise in STANDING and delivery is not F.ACCEPTED, (promise, delivery)),
    }
    allowed, state = after[verb]
    return state if allowed else None
