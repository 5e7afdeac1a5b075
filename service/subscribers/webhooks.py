"""Tells webhooks of events: CloudEvents 1.0 (structured JSON), signed as Standard Webhooks says, ids only."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from service import __version__, clock, tokens
from service.clients import webhooks as client
from service.clients.webhooks import Reply, Unreached
from service.domain import webhooks
from service.domain.webhooks import Post
from service.events import WebhookTested
from service.models.webhooks import Webhook, WebhookStatus
from service.outbox import Answer, Failed, Later, Park, Reaction, subscribe
from service.settings import Settings

GAPS = [timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)]
HOPELESS_AFTER = timedelta(days=5)
# All gaps together are longer: a receiver that takes other events meanwhile is not hopeless because of one it refuses.
HOPELESS_AFTER_LAST = timedelta(days=3)
PATIENCE = timedelta(hours=24)
"""How long after it was due a delivery still waits as its receiver asks, without counting attempts."""
LONGEST_WAIT = 3600
EXCERPT = 500
SHORTEST_WAIT = timedelta(seconds=client.SECONDS)
SOONEST = 5
"""Seconds; a receiver that asks for less would be asked without pause."""

_running: Counter[UUID] = Counter()


@subscribe("webhooks.send", targets=webhooks.targets, gaps=GAPS)
async def send(reaction: Reaction) -> Answer | None:
    """One attempt to tell one webhook of one event."""
    async with reaction.database.read() as session:
        post = await webhooks.read(session, reaction.event_id, UUID(reaction.target))
    if post is None:
        return None
    trial = isinstance(reaction.event, WebhookTested)
    if post.webhook.status is WebhookStatus.DISABLED and not trial:
        raise Park("the webhook is disabled")
    with _turn(reaction, post.webhook):
        began = time.monotonic()
        try:
            reply = await _post(reaction.settings, post)
        except Unreached as reason:
            raise _failure(reaction, post, str(reason), Answer(None, _ms(began))) from None
    return _judge(reaction, post, reply, Answer(reply.status, _ms(began), _printable(reply.body)))


def envelope(post: Post, base_url: str) -> bytes:
    """The event as CloudEvents 1.0 in JSON; `sequence` and `actor` are those of the change feed."""
    event = post.event
    attributes = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"{base_url.rstrip('/')}/api/v1/organizers/{post.slug}",
        "type": event.type,
        "time": event.happened_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": event.sequence,
        "actor": event.actor,
        "data": event.data,
    }
    return json.dumps(attributes, separators=(",", ":")).encode()


async def _post(settings: Settings, post: Post) -> Reply:
    try:
        keys = webhooks.signing_keys(settings.keyring, post.webhook)
    except KeyError:
        raise Park("the key of its secret is no longer configured: rotate the secret") from None
    body, message_id = envelope(post, settings.base_url), str(post.event.id)
    timestamp = int(clock.real_now().timestamp())
    headers = {
        "Content-Type": "application/cloudevents+json",
        "User-Agent": f"Bimtek/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": client.signatures(keys, message_id, timestamp, body),
    }
    return await client.post(post.webhook.url, body, headers, settings.webhook_networks)


def _judge(reaction: Reaction, post: Post, reply: Reply, answer: Answer) -> Answer:
    """What the answer means. Raises Park, Later, Failed."""
    webhook = post.webhook
    trial = isinstance(reaction.event, WebhookTested)
    if 200 <= reply.status < 300:
        mend = partial(webhooks.recovered, webhook_id=webhook.id)
        return replace(answer, after=mend) if webhook.failing_since else answer
    if reply.status == 410 and not trial:
        disable = partial(webhooks.disable, webhook_id=webhook.id, url=webhook.url, reason=webhooks.GONE)
        raise Park("HTTP 410", replace(answer, after=disable))
    wait = reply.retry_after if reply.status in {429, 503} else None
    if wait and wait <= LONGEST_WAIT and not trial and _age(reaction) < PATIENCE:
        raise Later(timedelta(seconds=max(wait, SOONEST)), answer)
    raise _failure(reaction, post, f"HTTP {reply.status}", answer)


def _failure(reaction: Reaction, post: Post, reason: str, answer: Answer) -> Failed | Park:
    """A failed attempt, and what it does to the webhook. A trial is tried once and does nothing to it."""
    if isinstance(reaction.event, WebhookTested):
        return Park(reason, answer)
    webhook = post.webhook
    since = webhook.failing_since
    failing_for = clock.real_now() - since if since else timedelta()
    last = reaction.attempt > len(GAPS)
    if failing_for > (HOPELESS_AFTER_LAST if last else HOPELESS_AFTER):
        disable = partial(webhooks.disable, webhook_id=webhook.id, url=webhook.url, reason=webhooks.HOPELESS)
        return Park(reason, replace(answer, after=disable))
    # Nobody comes back to clear what the last attempt would leave.
    if since is None and not last:
        answer = replace(answer, after=partial(webhooks.failing, webhook_id=webhook.id, url=webhook.url))
    return Failed(reason, answer)


@contextmanager
def _turn(reaction: Reaction, webhook: Webhook) -> Iterator[None]:
    """Raises Later while a receiver that fails is being tried already, by this process."""
    if webhook.failing_since and _running[webhook.id]:
        # The longer it has waited the longer it waits on: thousands would have the worker do nothing else.
        raise Later(min(max(SHORTEST_WAIT, _age(reaction) / 4), timedelta(seconds=LONGEST_WAIT)))
    _running[webhook.id] += 1
    try:
        yield
    finally:
        _running[webhook.id] -= 1
        if not _running[webhook.id]:
            del _running[webhook.id]


def _age(reaction: Reaction) -> timedelta:
    return clock.real_now() - tokens.made_at(reaction.delivery_id)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _printable(body: bytes) -> str:
    text = body[: EXCERPT * 4].decode("utf-8", "replace")
    return "".join(mark if mark.isprintable() else " " for mark in text)[:EXCERPT]
