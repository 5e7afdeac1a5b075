"""What the API reads and writes about screens, their rotating codes, and checking oneself in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from service.models.attendance import RefusalReason, Verdict
from service.models.columns import Line, Shape
from service.models.screens import Audience

CODE_EXAMPLE = "mfrggzdfmztwq2lknnwg23tpob"


class ScreenCreate(Shape):
    """A new screen."""

    audience: Audience = Field(description="Who sees it: a code shown online makes nobody present in the hall")
    name: Line = Field(description="Where it stands", examples=["Layar aula"])


class ScreenRead(Shape):
    """A screen of a workshop, with the secret link that opens it."""

    id: UUID = Field(description="Id")
    workshop_id: UUID = Field(description="The workshop whose codes it shows")
    audience: Audience = Field(description="Who sees it")
    name: str = Field(description="Where it stands")
    link: str | None = Field(
        description="Opens the screen; whoever has it can show the codes. Null: its secret key was removed; add another"
    )
    created_at: datetime = Field(description="When it was added")


class SelfCheckinSettings(Shape):
    """Whether people may check themselves in by the code of a screen."""

    enabled: bool = Field(strict=True, description="Whether the codes of screens count")


class SelfCheckinSettingsRead(SelfCheckinSettings):
    """Whether people may check themselves in by the code of a screen."""

    version: int = Field(description="The workshop's version, for If-Match", examples=[3])


class ScreenCodeRead(Shape):
    """What a screen shows now. Without a code nothing can be scanned: switched off, or no half-day is open."""

    enabled: bool = Field(description="Whether the workshop takes codes")
    audience: Audience = Field(description="Who sees the screen")
    code: str | None = Field(description="The code on show", examples=[CODE_EXAMPLE])
    address: str | None = Field(
        description="What the QR code says; a phone's own camera opens it",
        examples=[f"https://bimtek.luwukab.go.id/hadir/{CODE_EXAMPLE}"],
    )
    short: str | None = Field(description="The same code, to be typed", examples=["7KQM-2XWD"])
    qr: str | None = Field(description="The address as a QR code, SVG in a data: address")
    shown_until: datetime | None = Field(description="When the next code takes its place; it counts for 60 s more")
    next_in: float = Field(description="Seconds until then, from 0 to 30", examples=[12.5])
    block: str | None = Field(description="Code of the half-day that is open", examples=["D1P"])
    label: str | None = Field(description="Its name for people", examples=["Hari I - pagi"])
    opens_at: datetime | None = Field(description="When the next half-day opens")
    came: int | None = Field(description="People in the hall in this half-day; only on a screen of the hall")


class SelfCheckinCreate(Shape):
    """A participant's own check-in."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] = Field(
        description="What the screen shows: the QR's address, its code, or the short code in any case",
        examples=["7KQM-2XWD"],
    )
    nonce: UUID = Field(description="Made by the sender, once per check-in; a repeat gets the first answer")


class OnlineCheckinRead(Shape):
    """The answer to a code that is shown online: from the first to the latest code of a half-day is online presence."""

    verdict: Verdict = Field(description="accepted, or refused as at the door", examples=["accepted"])
    reason: RefusalReason | None = Field(description="Why it was refused")
    nonce: UUID = Field(description="The request's nonce")
    block: str = Field(description="Block code", examples=["D1P"])
    joined_at: datetime | None = Field(description="The first code of this half-day; null when refused")
    left_at: datetime | None = Field(description="The latest one")
