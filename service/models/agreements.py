"""Formal agreements (*Komitmen Bersama*): the second layer above the working commitments."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, json_column
from service.tokens import new_id


class Agreement(SQLModel, table=True):
    """One agreement, prepared for a workshop at which it is signed. `number` is the paper's, never parsed."""

    __tablename__ = "agreements"
    __table_args__ = (UniqueConstraint("organizer_id", "code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    workshop_id: UUID = Field(foreign_key="workshops.id", index=True)
    code: str
    title: str
    number: str | None = None
    signed_on: date | None = None
    text: str = ""
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class AgreementSignature(SQLModel, table=True):
    """An organisation's signature, by an office. `evidence` as of a commitment."""

    __tablename__ = "agreement_signatures"
    __table_args__ = (UniqueConstraint("agreement_id", "organisation_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    agreement_id: UUID = Field(foreign_key="agreements.id")
    organisation_id: UUID = Field(foreign_key="organisations.id")
    signatory_office: str
    evidence: list[dict[str, object]] = Field(default_factory=list, sa_column=json_column())
    by: str
    signed_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
