"""What the API reads and writes about accounts: invitations, second factors, sessions, forgotten passwords."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from service.models.columns import Line, Shape
from service.models.organizers import Role
from service.models.organizers_shapes import Email, MemberRole, Password

SecondCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=6, max_length=80)]


class StaffInvitationCreate(Shape):
    """Somebody who is asked to work for the organizer."""

    email: Email = Field(description="Where the invitation goes, later the address to sign in with")
    name: Line = Field(description="Name or office, as others see it", examples=["Kepala Bidang Aptika"])
    role: MemberRole = Field(description="What the person will do", examples=["organizer"])
    workshops: list[UUID] = Field([], max_length=200, description="Workshops that a door role may check in")


class StaffInvitationChange(Shape):
    """What an invitation that was not answered yet says instead."""

    name: Line = Field(description="Name or office, as others see it", examples=["Kepala Bidang Aptika"])
    role: MemberRole = Field(description="What the person will do", examples=["organizer"])
    workshops: list[UUID] = Field([], max_length=200, description="Workshops that a door role may check in")


class StaffInvitationRead(Shape):
    """An invitation that was not accepted yet. Its link goes by mail, where there is a mail server."""

    id: UUID = Field(description="Id")
    email: str = Field(description="Where it went")
    name: str = Field(description="Name or office")
    role: Role = Field(description="What the person will do")
    workshops: list[UUID] = Field(description="Workshops that a door role may check in")
    invited_by: UUID | None = Field(description="Member of staff who asked; null when an API key did")
    created_at: datetime = Field(description="First sent")
    expires_at: datetime = Field(description="End of the link")
    expired: bool = Field(description="Whether the link has ended; it can be sent again")
    link: str | None = Field(
        description="Address that accepts it, to be handed over; null where a mail server is set, once it has ended, "
        "and for callers who could not give that role. Whoever has it becomes that member"
    )


class PasswordLink(Shape):
    """A link that sets another password."""

    link: str = Field(description="Address to be handed over: whoever has it gets into the account")
    expires_at: datetime = Field(description="End of the link, which is good once")


class InvitationOffer(Shape):
    """What the bearer of an invitation's link is offered."""

    organizer: str = Field(description="Name of the organizer", examples=["Dinas Kominfo-SP Kabupaten Luwu"])
    email: str = Field(description="Address to sign in with")
    name: str = Field(description="Name or office, as the organizer wrote it")
    role: Role = Field(description="What the person will do")
    expires_at: datetime = Field(description="End of the link")


class Acceptance(Shape):
    """The answer to an invitation."""

    password: Password = Field(
        description="That of the account if the address has one, else a new one of at least 12 characters"
    )
    name: Line | None = Field(None, description="Another spelling of the name; for a new account")


class PasswordProof(Shape):
    """The caller's password, asked for again."""

    current_password: Password = Field(description="The caller's password")


class SecondFactorCode(Shape):
    """A code of the authenticator app."""

    code: SecondCode = Field(description="Six figures", examples=["123456"])


class SecondFactorProof(PasswordProof):
    """What turns the second factor off, or renews its recovery codes."""

    code: SecondCode = Field(description="Six figures of the app, or a recovery code", examples=["123456"])


class SecondFactorSetup(Shape):
    """What the authenticator app is told; shown this once, and of no effect until its first code is sent."""

    secret: str = Field(description="The secret in base32, to be typed where no QR code can be scanned")
    uri: str = Field(description="What the QR code holds", examples=["otpauth://totp/Bimtek:a%40b.id?secret=..."])


class RecoveryCodes(Shape):
    """Codes that stand in for the second factor, each once."""

    codes: list[str] = Field(
        description="Shown this once; the former ones are dead", examples=[["k7mn-x2ab-9qrs-hj4d-w3te-6vyc-p8uf"]]
    )


class SignedIn(Shape):
    """One of the caller's signed-in browsers."""

    id: UUID = Field(description="Id")
    browser: str = Field(
        description="What it is, in a few words; empty when it did not say", examples=["Firefox, Linux"]
    )
    current: bool = Field(description="Whether this request came from it")
    created_at: datetime = Field(description="Signed in at")
    seen_at: datetime | None = Field(description="Used last, to a few minutes")
    expires_at: datetime = Field(description="End of the session")


class ResetRequest(Shape):
    """Somebody forgot a password."""

    email: Annotated[str, StringConstraints(max_length=254)] = Field(
        description="Address of the account", examples=["aptika@luwukab.go.id"]
    )


class NewPassword(Shape):
    """The password to be set."""

    password: Password = Field(description="The new one, at least 12 characters")
