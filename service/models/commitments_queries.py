"""What a list of commitments may be narrowed to."""

from uuid import UUID

from pydantic import BaseModel, Field

from service.models.columns import Code, Day, Line
from service.models.commitments import CommitmentStatus, FulfilmentStatus
from service.models.commitments_shapes import AsOf
from service.models.data_items import ItemKind

AS_OF = "State at this moment: an instant, or a date, which means the end of that day in the organizer's zone"


class PortalFilter(BaseModel):
    """Filters of an organisation's own list."""

    workshop: UUID | None = Field(None, description="Only this workshop (id)")
    dimension: Line | None = Field(None, description="Only this dimension (code)")
    item_kind: ItemKind | None = Field(None, description="Only items of this kind")
    data_item: Code | None = Field(None, description="Only this data item (code)")
    programme: Code | None = Field(None, description="Only items of this programme (code)")
    agreement: Code | None = Field(None, description="Only what had become part of this formal agreement (code)")
    commitment_status: CommitmentStatus | None = Field(None, description="Only this state of the promise")
    fulfilment_status: FulfilmentStatus | None = Field(None, description="Only this state of the delivery")
    owes: bool | None = Field(None, description="Only what is owed, or is not")
    overdue: bool | None = Field(None, description="Only what is overdue, or is not")
    extension_requested: bool | None = Field(None, description="Only where a later date is asked for, or is not")
    due_before: Day | None = Field(None, description="Only what is due before this day")
    due_after: Day | None = Field(None, description="Only what is due after this day")
    q: Line | None = Field(
        None, max_length=100, description="Part of the code, or of the data item's or organisation's name or code"
    )
    as_of: AsOf | None = Field(None, description=AS_OF)


class CommitmentFilter(PortalFilter):
    """Filters of the list."""

    organisation: Code | None = Field(None, description="Only this organisation (code)")
    waiting_on: Code | None = Field(
        None, description="Only what waits for this organisation or for the steward (code), as `waiting_on` says"
    )
