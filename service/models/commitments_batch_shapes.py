"""What the API reads and writes about asking many organisations at once."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from service.models.columns import Code, Day, Line, Shape

MOST = 10_000
"""How many commitments one request makes at most."""


class BatchCreate(Shape):
    """Which data items, times which organisations; exactly one of the three ways to name organisations."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workshop": "0190c3f2-7a51-7b21-9f0e-3d1f5c2b8a10",
                    "programme": "smart-city",
                    "dimension": "governance",
                    "org_class": "opd",
                    "due_date": "2023-07-21",
                    "dry_run": True,
                },
            ]
        }
    )

    workshop: UUID = Field(description="The workshop at which it is asked for")
    data_items: list[Code] | None = Field(
        None, min_length=1, max_length=MOST, description="Codes of data items, such as DI-G01"
    )
    programme: Code | None = Field(None, description="Those of this programme", examples=["smart-city"])
    dimension: Line | None = Field(None, description="Those of this dimension (code)", examples=["governance"])
    organisations: list[Code] | None = Field(
        None, min_length=1, max_length=MOST, description="Codes of organisations, such as dishub"
    )
    org_class: Code | None = Field(None, description="All organisations of this class", examples=["opd"])
    requested_from: bool = Field(
        False, strict=True, description="Each data item from the organisation that is expected to have it"
    )
    due_date: Day | None = Field(None, description="Last day on which delivery is in time; else each item's own")
    dry_run: bool = Field(False, strict=True, description="Say what would be asked for and write nothing")


SkippedReason = Literal["already_requested", "no_organisation"]


class BatchSkipped(Shape):
    """A request that was not made."""

    data_item: str = Field(description="Code of the data item", examples=["DI-G01"])
    organisation: str | None = Field(description="Code of the organisation; null: none is expected to have it")
    reason: SkippedReason = Field(description="already_requested, or no_organisation is named in the catalogue")


class BatchOrganisation(Shape):
    """What one organisation was asked for."""

    organisation: str = Field(description="Code of the organisation", examples=["dishub"])
    requested: int = Field(description="How many data items")


class BatchRead(Shape):
    """What was asked of whom."""

    dry_run: bool = Field(description="Nothing was written")
    requested: int = Field(description="How many commitments were made")
    past_due: int = Field(description="How many of them are due on a day that has passed: they are late at once")
    organisations: list[BatchOrganisation] = Field(description="Organisations that were asked, by code")
    skipped: list[BatchSkipped] = Field(description="What stands already, or has nobody to ask")
