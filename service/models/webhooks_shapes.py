"""What the API reads and writes about webhooks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from service.events import REGISTRY
from service.i18n import marked as _
from service.models.columns import Fault, Line, Shape
from service.models.webhooks import WebhookStatus

_NOUNS = {kind.rpartition(".")[0] for kind in REGISTRY}


def _known(name: str) -> str:
    noun, _dot, deed = name.rpartition(".")
    if name not in REGISTRY and not (deed == "*" and noun in _NOUNS):
        raise Fault(_("Jenis peristiwa ini tidak dikenal; lihat openapi/asyncapi.json."))
    return name


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


Url = Annotated[str, Field(min_length=1, max_length=2000)]
Types = Annotated[list[Annotated[str, AfterValidator(_known)]], Field(max_length=200), AfterValidator(_once)]


class WebhookCreate(Shape):
    """An address that wants to be told of events."""

    url: Url = Field(
        description="https, without user, password or fragment; it must not lead into a private network",
        examples=["https://dashboard.luwukab.go.id/hooks/bimtek"],
    )
    description: Line | None = Field(None, description="What it is for", examples=["Dasbor kehadiran"])
    types: Types = Field(
        [],
        description="Only these types; `registration.*` means all of that noun, no entry all types but those about the"
        " accounts of staff and API keys",
    )


class WebhookPatch(Shape):
    """A JSON merge patch of a webhook."""

    url: Url = Field("", description="https, without user, password or fragment")
    description: Line | None = Field(None, description="What it is for")
    types: Types = Field([], description="Only these types; no entry means all but those about accounts and API keys")
    status: WebhookStatus = Field(WebhookStatus.ACTIVE, description="`active` delivers again from now on")


class WebhookRead(Shape):
    """An address that is told of events."""

    id: UUID = Field(description="Id")
    url: str = Field(description="Where events are sent", examples=["https://dashboard.luwukab.go.id/hooks/bimtek"])
    description: str | None = Field(description="What it is for", examples=["Dasbor kehadiran"])
    types: list[str] = Field(
        description="Only these types; no entry means all but those about accounts and API keys",
        examples=[["registration.*"]],
    )
    status: WebhookStatus = Field(description="Whether events are delivered")
    disabled_reason: str | None = Field(description="Why the service stopped delivering, for people")
    failing_since: datetime | None = Field(description="First failure since the last success; null while it works")
    former_until: datetime | None = Field(description="Until then the secret before the last rotation signs too")
    version: int = Field(description="Counts changes; part of the ETag")
    created_at: datetime = Field(description="When it was added")
    updated_at: datetime = Field(description="Last change")


class WebhookSecret(WebhookRead):
    """A webhook and its secret, which is shown this once."""

    secret: str = Field(
        description="`whsec_` and 32 bytes in base64; they sign as Standard Webhooks says",
        examples=["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="],
    )
