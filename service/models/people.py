"""Organisations: agencies (OPD) and outside bodies, with the contacts who speak for them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from service.clock import now
from service.models.columns import UtcDateTime, json_column
from service.tokens import new_id


class Employment(StrEnum):
    """Employment status of a participant."""

    PNS = "pns"
    PPPK = "pppk"
    NON_ASN = "non_asn"


class Organisation(SQLModel, table=True):
    """An agency or outside body. `contacts`: [{name, position, email, phone}]; `link_version` + 1 closes its portal."""

    __tablename__ = "organisations"
    __table_args__ = (UniqueConstraint("organizer_id", "code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    code: str
    name: str
    org_class: str = "opd"
    kind: str | None = None
    contacts: list[dict[str, str | None]] = Field(default_factory=list, sa_column=json_column())
    link_version: int = 1
    key_id: str
    version: int = 1
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class OrganisationAlias(SQLModel, table=True):
    """An organisation that was merged into another one: `id` is the one it had, with which its links were signed."""

    __tablename__ = "organisation_aliases"
    __table_args__ = (UniqueConstraint("organizer_id", "code"),)

    id: UUID = Field(primary_key=True)
    organizer_id: UUID = Field(foreign_key="organizers.id")
    organisation_id: UUID = Field(foreign_key="organisations.id", index=True)
    code: str
    name: str
    link_version: int
    key_id: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
