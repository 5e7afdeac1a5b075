"""An organizer's own words for its messages: kept, looked at, tried on oneself."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response

from service import i18n
from service.auth import Actor, Permission
from service.clients import mail
from service.db import Database
from service.documents.mail import compose, occasion_name
from service.domain import limits, wordings, wordings_sample
from service.domain.letters_facts import Facts
from service.errors import MailNotTaken, MailServerAway, NobodyToWriteTo, Stale
from service.i18n import gettext as _
from service.models.messages import MessageWording, Occasion
from service.models.wordings_shapes import (
    Language,
    LetterPreview,
    LetterTest,
    WordingDraft,
    WordingInput,
    WordingRead,
)
from service.routers.access import (
    Page,
    PageQuery,
    Session,
    allow,
    allow_first,
    check_version,
    cursor,
    database_of,
    page_of,
    respond,
)
from service.routers.route import ApiRoute
from service.settings import Settings
from service.subscribers.mailing import mail_of

TRIALS_AN_HOUR = 20
PATIENCE_SECONDS = 15
RETRY_SECONDS = 60
router = APIRouter(prefix="/api/v1", route_class=ApiRoute, tags=["messages"])
Writer = Annotated[Actor, allow(Permission.MESSAGES_WRITE)]


@router.get("/message-wordings", operation_id="list_message_wordings")
async def list_message_wordings(
    session: Session, actor: Annotated[Actor, allow(Permission.MESSAGES_READ)], paging: PageQuery
) -> Page[WordingRead]:
    """The organizer's own words, by occasion and language. Where there are none, ours are sent."""
    key = paging.after(2)
    rows = await wordings.listed(session, actor, (key[0], key[1]) if key else None, paging.limit + 1)
    page, more = page_of(rows, paging.limit)
    following = cursor(page[-1].occasion, page[-1].language) if more else None
    return Page(items=[_read(row) for row in page], next=following)


@router.put(
    "/message-wordings/{occasion}/{language}",
    operation_id="replace_message_wording",
    response_model=WordingRead,
    openapi_extra={"x-if-match": "sometimes"},
)
async def replace_message_wording(
    occasion: Occasion, language: Language, data: WordingInput, request: Request, session: Session, actor: Writer
) -> Response:
    """Puts the organizer's words in place of ours. Replacing kept ones takes If-Match with their version; the first
    ones need none. An unknown name in braces, or a brace without its partner, is refused by name.
    """
    row = await wordings.find(session, actor, occasion, language, lock=True)
    if row is not None:
        check_version(request, row.version)
    elif request.headers.get("if-match", "*").strip() != "*":
        raise Stale
    row = await wordings.write(session, actor, row, occasion, language, data.subject, data.text)
    return respond(request, _read(row), row.version)


@router.delete("/message-wordings/{occasion}/{language}", operation_id="delete_message_wording", status_code=204)
async def delete_message_wording(occasion: Occasion, language: Language, session: Session, actor: Writer) -> None:
    """Our words are sent again."""
    await wordings.remove(session, actor, occasion, language)


@router.post("/message-wordings/preview", operation_id="preview_message_wording")
async def preview_message_wording(data: WordingDraft, session: Session, actor: Writer) -> LetterPreview:
    """The letter as it would be written, to an office that is invented. Keeps and sends nothing."""
    letter = compose(await wordings_sample.facts(session, actor, data))
    return LetterPreview(subject=letter.subject, text=letter.text, html=letter.html)


@router.post("/message-wordings/test", operation_id="test_message_wording", openapi_extra={"x-idempotency": False})
async def test_message_wording(
    data: WordingDraft, request: Request, actor: Annotated[Actor, allow_first(Permission.MESSAGES_WRITE)]
) -> LetterTest:
    """Sends the preview to the caller's own address, an API key's to the committee, and to nobody else.

    The answer comes when the mail server has taken it; nothing is kept and nothing is tried again.
    """
    return await send_trial(database_of(request), actor, data)


async def send_trial(database: Database, actor: Actor, data: WordingDraft) -> LetterTest:
    """Sends the preview to the caller. Raises NobodyToWriteTo, MailNotTaken, MailServerAway, TooManyRequests."""
    await limits.hit(database, f"wording-test:{actor.label}", TRIALS_AN_HOUR, timedelta(hours=1))
    async with database.read() as session:
        facts = await wordings_sample.facts(session, actor, data)
        facts.to = await wordings_sample.addresses(session, actor)
    if not facts.to:
        raise NobodyToWriteTo
    trial = _trial(facts, database.settings)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await mail.send(database.settings, trial)
    except mail.MailRefused:
        raise MailNotTaken from None
    except (mail.MailUnavailable, TimeoutError):
        raise MailServerAway(retry_after=RETRY_SECONDS) from None
    return LetterTest(subject=trial.subject, recipients=len(trial.to))


def _trial(facts: Facts, settings: Settings) -> mail.Mail:
    """Marked as a trial; its links lead nowhere, so no mail program is told to unsubscribe by them."""
    spoken = i18n.language()
    try:
        letter = mail_of(facts, settings)
        mark = _("[UJI]")
        return replace(letter, subject=f"{mark} {letter.subject}", unsubscribe=None)
    finally:
        i18n.use(spoken)


def _read(row: MessageWording) -> WordingRead:
    return WordingRead.model_validate(
        row.model_dump(include={"occasion", "language", "subject", "text", "version", "updated_at"})
        | {"occasion_name": occasion_name(row.occasion)}
    )
