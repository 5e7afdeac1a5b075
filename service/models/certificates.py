"""Certificates of attendance: what was certified, when, and whether it still holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, json_column
from service.tokens import new_id


class Certificate(SQLModel, table=True):
    """What somebody was certified, as it stood then: hours (JP), in `holder` name, position and organisation, in
    `wording` all other words of the paper (see domain.certificates_wording); whatever the workshop says later.

    A correction revokes it and issues another with a number of its own, which points back by `replaces_id`; so a
    person has at most one that holds. `sequence` counts within the workshop, `number` is what the paper says.
    `revoked_by_hand`: somebody decided so, and issuing to everybody does not bring it back.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        UniqueConstraint("workshop_id", "sequence"),
        Index(
            "ix_certificates_valid",
            "registration_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id")
    registration_id: UUID = Field(foreign_key="registrations.id", index=True)
    sequence: int
    number: str
    hours: int
    total_hours: int
    holder: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    wording: dict[str, object] = Field(default_factory=dict, sa_column=json_column())
    replaces_id: UUID | None = Field(default=None, foreign_key="certificates.id")
    link_version: int = 1
    key_id: str
    issued_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    issued_by: str
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str | None = None
    revocation_reason: str | None = None
    revoked_by_hand: bool = False
