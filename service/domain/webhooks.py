"""Webhooks: who is told of which events, the secrets that sign, and what failing does to them."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.auth import Actor
from service.db import settings_of
from service.domain import organizers
from service.errors import NotFound, TooManyWebhooks
from service.events import (
    AccountChanged,
    ApiKeyIssued,
    ApiKeyRevoked,
    PasswordResetRequested,
    StaffChanged,
    StaffInvited,
    WebhookChanged,
    WebhookDisabled,
    WebhookTested,
)
from service.i18n import gettext, marked as _
from service.models.organizers import Organizer
from service.models.outbox import Delivery, EventRow
from service.models.webhooks import Webhook, WebhookStatus
from service.models.webhooks_shapes import WebhookCreate, WebhookPatch
from service.tokens import Keyring

MOST = 20
OVERLAP = timedelta(hours=24)


GONE = _("Penerima menjawab 410: alamat ini tidak dipakai lagi.")
HOPELESS = _("Pengiriman gagal terus-menerus selama berhari-hari.")


async def page(session: AsyncSession, actor: Actor, after: UUID | None, limit: int) -> Sequence[Webhook]:
    """The organizer's webhooks, oldest first, those later than `after`."""
    query = select(Webhook).where(Webhook.organizer_id == actor.tenant).order_by(col(Webhook.id)).limit(limit)
    if after is not None:
        query = query.where(col(Webhook.id) > after)
    return (await session.exec(query)).all()


async def find(session: AsyncSession, actor: Actor, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """The actor's own webhook. Raises NotFound."""
    query = select(Webhook).where(Webhook.id == webhook_id, Webhook.organizer_id == actor.tenant)
    row = (await session.exec(query.with_for_update() if lock else query)).first()
    if row is None:
        raise NotFound
    return row


async def create(session: AsyncSession, actor: Actor, data: WebhookCreate) -> Webhook:
    """A new webhook; it is told of what happens from now on. Raises TooManyWebhooks."""
    # The organizer's row makes two that come at once count one another.
    house = await organizers.own(session, actor, lock=True)
    counted = select(func.count()).select_from(Webhook).where(Webhook.organizer_id == house.id)
    if (await session.exec(counted)).one() >= MOST:
        raise TooManyWebhooks
    key_id = settings_of(session).keyring.current_id
    row = Webhook(organizer_id=house.id, key_id=key_id, **data.model_dump())
    session.add(row)
    await _record_change(session, actor, row)
    return row


async def change(session: AsyncSession, actor: Actor, row: Webhook, data: WebhookPatch) -> Webhook:
    """Changes what the patch names. Another address or a new beginning forgets former failures."""
    changes = data.model_dump(include=data.model_fields_set)
    if changes.get("url", row.url) != row.url or changes.get("status", row.status) is not row.status:
        row.failing_since, row.disabled_reason = None, None
    row.sqlmodel_update(changes)
    await _changed(session, actor, row)
    return row


async def rotate(session: AsyncSession, actor: Actor, webhook_id: UUID) -> Webhook:
    """A new secret; the one before signs too for OVERLAP. Raises NotFound."""
    row = await find(session, actor, webhook_id, lock=True)
    row.secret_version += 1
    row.former_key_id, row.key_id = row.key_id, settings_of(session).keyring.current_id
    row.former_until = clock.real_now() + OVERLAP
    await _changed(session, actor, row)
    return row


async def remove(session: AsyncSession, actor: Actor, webhook_id: UUID) -> None:
    """Removes it with its deliveries, those under way included. The event log stays. Raises NotFound."""
    row = await find(session, actor, webhook_id, lock=True)
    await session.exec(delete(Delivery).where(col(Delivery.target) == str(row.id)))
    await session.delete(row)
    await _record_change(session, actor, row)


async def test(session: AsyncSession, actor: Actor, webhook_id: UUID) -> Webhook:
    """Sends it one event of its own, tried once, also while it is disabled. Raises NotFound."""
    row = await find(session, actor, webhook_id)
    await outbox.record(session, WebhookTested(organizer_id=row.organizer_id, webhook_id=row.id), actor.label)
    return row


def secret(keyring: Keyring, row: Webhook) -> str:
    """What its receiver verifies signatures with. Raises KeyError when its key is no longer configured."""
    return "whsec_" + b64encode(_key(keyring, row.id, row.secret_version, row.key_id)).decode("ascii")


def signing_keys(keyring: Keyring, row: Webhook) -> list[bytes]:
    """The current secret, and the one before while it still signs. Raises KeyError like `secret`."""
    keys = [_key(keyring, row.id, row.secret_version, row.key_id)]
    former = row.former_key_id
    if former and keyring.knows(former) and row.former_until and clock.real_now() < row.former_until:
        keys.append(_key(keyring, row.id, row.secret_version - 1, former))
    return keys


def _key(keyring: Keyring, webhook_id: UUID, version: int, key_id: str) -> bytes:
    return keyring.mac("webhook-secret", f"{webhook_id}:{version}".encode(), key_id)


def spoken_reason(row: Webhook) -> str | None:
    """Why the service disabled it, in the language spoken now."""
    return None if row.disabled_reason is None else gettext(row.disabled_reason)


# Sending


async def targets(session: AsyncSession, rows: Sequence[EventRow]) -> dict[UUID, list[str]]:
    """For events, by id, the webhooks to tell. A trial goes to its own webhook, whatever that wants."""
    query = select(Webhook.id, Webhook.organizer_id, Webhook.types).where(
        col(Webhook.organizer_id).in_({row.organizer_id for row in rows}), Webhook.status == WebhookStatus.ACTIVE
    )
    active = (await session.exec(query)).all()
    told: dict[UUID, list[str]] = {}
    for row in rows:
        if row.type == WebhookTested.type:
            told[row.id] = [str(row.data["webhook_id"])]
        else:
            told[row.id] = [str(one) for one, house, types in active if house == row.organizer_id and wants(types, row)]
    return told


OF_ACCOUNTS = frozenset(
    one.type
    for one in (StaffChanged, StaffInvited, AccountChanged, PasswordResetRequested, ApiKeyIssued, ApiKeyRevoked)
)
"""What concerns the accounts of staff and the keys: told only where it was asked for."""


def wants(types: Sequence[str], row: EventRow) -> bool:
    """Whether a webhook with these types is told of the event; without any, of all but those `OF_ACCOUNTS`."""
    if not types:
        return row.type not in OF_ACCOUNTS
    return row.type in types or row.type.rpartition(".")[0] + ".*" in types


@dataclass(frozen=True)
class Post:
    """What is to be told, to whom; `slug` is the organizer's."""

    webhook: Webhook
    event: EventRow
    slug: str


async def read(session: AsyncSession, event_id: UUID, webhook_id: UUID) -> Post | None:
    """Everything that a delivery needs; None when the webhook was removed."""
    query = (
        select(Webhook, EventRow, Organizer.slug)
        .join(EventRow, col(EventRow.organizer_id) == col(Webhook.organizer_id))
        .join(Organizer, col(Organizer.id) == col(Webhook.organizer_id))
        .where(Webhook.id == webhook_id, EventRow.id == event_id)
    )
    found = (await session.exec(query)).first()
    return Post(*found) if found else None


async def recovered(session: AsyncSession, webhook_id: UUID) -> None:
    """It took an event."""
    failing = update(Webhook).where(col(Webhook.id) == webhook_id, col(Webhook.failing_since).is_not(None))
    await session.exec(failing.values(failing_since=None))


async def failing(session: AsyncSession, webhook_id: UUID, url: str) -> None:
    """It did not take an event at `url`; the first time counts, and nothing once it has another address."""
    working = update(Webhook).where(
        col(Webhook.id) == webhook_id, col(Webhook.url) == url, col(Webhook.failing_since).is_(None)
    )
    await session.exec(working.values(failing_since=clock.real_now()))


async def disable(session: AsyncSession, webhook_id: UUID, url: str, reason: str) -> None:
    """Delivers no more until its owner says so. `reason`: GONE or HOPELESS, said of `url`.

    Changes nothing when it is disabled already, or has got another address meanwhile.
    """
    row = await session.get(Webhook, webhook_id, with_for_update=True, populate_existing=True)
    if row is None or row.status is WebhookStatus.DISABLED or row.url != url:
        return
    row.status, row.disabled_reason = WebhookStatus.DISABLED, reason
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await outbox.record(session, WebhookDisabled(organizer_id=row.organizer_id, webhook_id=row.id))


async def _changed(session: AsyncSession, actor: Actor, row: Webhook) -> None:
    row.version += 1
    row.updated_at = clock.now()
    session.add(row)
    await _record_change(session, actor, row)


async def _record_change(session: AsyncSession, actor: Actor, row: Webhook) -> None:
    await outbox.record(session, WebhookChanged(organizer_id=row.organizer_id, webhook_id=row.id), actor.label)
