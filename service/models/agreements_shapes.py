"""What the API reads and writes about formal agreements (*Komitmen Bersama*)."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from service.models.columns import Code, Day, Line, Prose, Shape
from service.models.commitments_shapes import Evidence, EvidenceFields, EvidenceRead, EvidenceType


class AgreementCreate(Shape):
    """A formal agreement, prepared for the workshop at which it is to be signed."""

    workshop: UUID = Field(description="The workshop at which it is signed")
    code: Code = Field(description="Own key", examples=["KB-2023"])
    title: Line = Field(description="Title", examples=["Komitmen Bersama Penyediaan Data Smart City"])
    number: Line | None = Field(None, description="Number of the paper, never parsed")
    signed_on: Day | None = Field(None, description="Day on which it was signed, once it was", examples=["2023-11-14"])
    text: Prose = Field("", description="What is agreed; an empty line separates paragraphs")


class AgreementPatch(Shape):
    """Changes; only what is given changes."""

    title: Line = Field("", description="Title")
    number: Line | None = Field(None, description="Number of the paper; null removes it")
    signed_on: Day | None = Field(None, description="Day on which it was signed; null removes it")
    text: Prose = Field("", description="What is agreed")


class SignatureCreate(Shape):
    """An organisation signs. Its promises become part of the agreement."""

    organisation: Code = Field(description="Code of the organisation", examples=["dishub"])
    signatory_office: Line = Field(description="Office that signed", examples=["Kepala Dinas Perhubungan"])
    evidence: list[Evidence] = Field([], max_length=20, description="Optional proofs")


class SignatureFields(EvidenceFields):
    """The same with the signed paper as a file."""

    organisation: Code = Field(description="Code of the organisation", examples=["dishub"])
    signatory_office: Line = Field(description="Office that signed", examples=["Kepala Dinas Perhubungan"])
    type: EvidenceType = Field(EvidenceType.SIGNED_SHEET, description="What the file is")


class SignatureRead(Shape):
    """An organisation's signature."""

    organisation: str = Field(description="Code of the organisation")
    organisation_name: str = Field(description="Its name")
    signatory_office: str = Field(description="Office that signed")
    evidence: list[EvidenceRead] = Field(description="Proofs, oldest first")
    signed_at: datetime = Field(description="When it was recorded")
    commitments: list[str] = Field(description="Codes of its commitments that are part of the agreement")


class AgreementRead(Shape):
    """A formal agreement and who has signed it."""

    id: UUID = Field(description="Id")
    code: str = Field(description="Own key")
    workshop: UUID = Field(description="The workshop at which it is signed")
    title: str = Field(description="Title")
    number: str | None = Field(description="Number of the paper")
    signed_on: date | None = Field(description="Day on which it was signed")
    text: str = Field(description="What is agreed")
    signatures: list[SignatureRead] = Field(description="Who has signed, by code of the organisation")
    version: int = Field(description="Counts every change")
    created_at: datetime = Field(description="When it was written down")
    updated_at: datetime = Field(description="When it was last changed")
