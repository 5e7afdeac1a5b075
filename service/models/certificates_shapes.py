"""What the API reads and writes about certificates."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from service.models.columns import Line, Prose, Shape

PATTERN = "{number}/SERTIFIKAT/{workshop}/{month_roman}/{year}"
"""How certificates are numbered unless the workshop says otherwise: no two of an organizer alike."""
MOST_AT_ONCE = 1000


class CertificateStatus(StrEnum):
    """Whether a certificate holds; `unknown` is said to strangers alone."""

    VALID = "valid"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class CertificateCorrection(StrEnum):
    """What of a certificate is no longer as the rows tell it.

    `wording`: words that are everybody's, such as the signatory or the materials. `not_earned`: too few hours now, or
    another role.
    """

    NAME = "name"
    POSITION = "position"
    ORGANISATION = "organisation"
    HOURS = "hours"
    TOTAL_HOURS = "total_hours"
    WORDING = "wording"
    NOT_EARNED = "not_earned"


class Signatory(Shape):
    """Whose signature there is room for. Nothing is signed by the service."""

    position: Line = Field(description="Who signs", examples=["Kepala Dinas Kominfo-SP"])
    name: Line | None = Field(None, description="The name below the signature, titles included; null: a blank line")
    rank: Line | None = Field(None, description="Rank (pangkat)", examples=["Pembina Utama Muda"])
    nip: Line | None = Field(None, description="NIP, as it stands on the paper")


class CertificateSettingsInput(Shape):
    """What a workshop's certificates say; what is left out or null is said in the standard words."""

    number_pattern: Line | None = Field(
        None,
        description=(
            "The number as text. {number} is needed and counts within the workshop, {workshop} is its slug in "
            "capitals, {year} and {month_roman} are those of the day of issue"
        ),
        examples=["{number}/BIMTEK-SC/KOMINFO-SP/{month_roman}/{year}"],
    )
    number_digits: int = Field(3, ge=1, le=6, description="{number} is padded with zeros to so many digits")
    title: Line | None = Field(None, description="The heading", examples=["Sertifikat"])
    body: Prose | None = Field(
        None, max_length=500, description="What stands below the workshop's title; each line by itself"
    )
    place: Line | None = Field(None, description="Where it is dated; null: as in letters", examples=["Belopa"])
    dated: Line | None = Field(
        None, description="The date on the paper, as text or as 2023-07-04; null: when issued", examples=["4 Juli 2023"]
    )
    signatory: Signatory | None = Field(None, description="Who signs; null: as in letters")


class CertificateWords(Shape):
    """What stands on the certificates now."""

    number_pattern: str = Field(description="How they are numbered")
    number_example: str = Field(
        description="The first number, were it issued now", examples=["001/SERTIFIKAT/BIMTEK-1/VII/2023"]
    )
    title: str = Field(description="The heading")
    body: str = Field(description="What stands below the workshop's title")
    place: str | None = Field(description="Where it is dated; null: a blank line")
    signatory: Signatory | None = Field(description="Who signs; null: blank lines")


class CertificateSettingsRead(Shape):
    """What a workshop's certificates say: the own words, and those that are used."""

    number_pattern: str | None = Field(description="The own pattern; null: the standard one")
    number_digits: int = Field(description="Digits to which {number} is padded")
    title: str | None = Field(description="The own heading; null: the standard one")
    body: str | None = Field(description="The own words; null: the standard ones")
    place: str | None = Field(description="Where it is dated; null: as in letters")
    dated: str | None = Field(description="The date on the paper; null: when issued")
    signatory: Signatory | None = Field(description="Who signs; null: as in letters")
    used: CertificateWords = Field(description="What is printed")
    version: int = Field(description="The workshop's version, for If-Match")


class CertificateIssue(Shape):
    """Whom to issue certificates to."""

    registration_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = Field(
        None,
        description=(
            "These people only; null: everybody. For people who are named, position, organisation and wording are "
            "corrected too, and one that was revoked by hand is issued anew"
        ),
    )
    notify: bool = Field(
        False, description="Writes to whoever holds a certificate that the person was not yet written to about"
    )
    dry_run: bool = Field(False, description="Only tells what would be done")


class CertificateOutcome(Shape):
    """What became of it, in people."""

    issued: int = Field(description="Got a certificate and had no valid one", examples=[66])
    corrected: int = Field(description="Got a new one in place of one that was wrong, which is revoked", examples=[2])
    revoked: int = Field(description="Lost theirs: it is no longer earned", examples=[1])
    unchanged: int = Field(description="Hold one that is right", examples=[0])
    not_earned: int = Field(
        description="Of everybody: were there as participants, for too few hours; of those named: get none",
        examples=[9],
    )
    withheld: int = Field(
        description="Earned one that was revoked by hand; to be issued anew by name only", examples=[0]
    )
    dry_run: bool = Field(description="Whether nothing was done")


class RevocationReason(Shape):
    """Why a certificate no longer holds; strangers are not told."""

    reason: Line = Field(description="Why", examples=["Diterbitkan atas nama yang keliru"])


class CertificateRead(Shape):
    """A certificate, for the committee."""

    id: UUID = Field(description="Id")
    registration_id: UUID = Field(description="Whose it is")
    sequence: int = Field(description="Counts within the workshop, without gaps", examples=[12])
    number: str = Field(description="The number on the paper", examples=["012/SERTIFIKAT/BIMTEK-1/VII/2023"])
    status: CertificateStatus = Field(description="valid or revoked", examples=["valid"])
    name: str = Field(description="The name on the paper", examples=["Kepala Bidang Aptika"])
    position: str | None = Field(description="The position on the paper")
    organisation: str | None = Field(description="The organisation on the paper")
    hours: int = Field(description="Hours (JP) attended", examples=[12])
    total_hours: int = Field(description="Hours (JP) of the workshop", examples=[14])
    outdated: bool = Field(description="A valid one that issuing again would correct or revoke")
    corrections: list[CertificateCorrection] = Field(description="What is not as printed any more", examples=[["name"]])
    link: str = Field(description="Where anybody can check it, as in the QR code")
    replaces_id: UUID | None = Field(description="The revoked one in whose place it is")
    issued_at: datetime = Field(description="When it was issued")
    issued_by: str = Field(description="By whom", examples=["staff:0190..."])
    revoked_at: datetime | None = Field(description="Since when it no longer holds")
    revoked_by: str | None = Field(description="By whom")
    revocation_reason: str | None = Field(description="Why")


class CertificateCheckRead(Shape):
    """What strangers are told of the code on a certificate. All but `status` is null when it is unknown."""

    status: CertificateStatus = Field(description="valid, revoked or unknown", examples=["valid"])
    number: str | None = Field(description="The number on the paper", examples=["012/SERTIFIKAT/BIMTEK-1/VII/2023"])
    initials: str | None = Field(description="Initials of its holder", examples=["K. B. A."])
    workshop: str | None = Field(description="The workshop's title")
    organizer: str | None = Field(description="Who issued it")
    starts_on: date | None = Field(description="The workshop's first day")
    ends_on: date | None = Field(description="The workshop's last day")
    hours: int | None = Field(description="Hours (JP) attended", examples=[12])
    total_hours: int | None = Field(description="Hours (JP) of the workshop", examples=[14])
    issued_on: date | None = Field(description="When it was issued")
    revoked_on: date | None = Field(description="Since when it no longer holds")
    replaced: bool | None = Field(description="Whether a newer one holds in its place")


class OwnCertificate(Shape):
    """A certificate, as its holder is told of it."""

    number: str = Field(description="The number on the paper")
    name: str | None = Field(description="The name on the paper")
    position: str | None = Field(description="The position on the paper")
    organisation: str | None = Field(description="The organisation on the paper")
    hours: int = Field(description="Hours (JP) attended")
    total_hours: int = Field(description="Hours (JP) of the workshop")
    issued_at: datetime = Field(description="When it was issued")
    revoked_at: datetime | None = Field(description="Since when it no longer holds")
    revocation_reason: str | None = Field(description="Why")
