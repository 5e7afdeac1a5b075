"""What the API tells of an agenda's conflicts."""

from uuid import UUID

from pydantic import Field

from service.models.columns import Shape


class ConflictRead(Shape):
    """Something in a workshop's agenda that does not fit together."""

    code: str = Field(description="What it is, in a word that stays", examples=["overlap"])
    severity: str = Field(
        description="error: it cannot take place as it is written; warning: probably not what was meant",
        examples=["error"],
    )
    message: str = Field(description="The same for people", examples=['"Ishoma" dan "Diskusi" bertabrakan waktunya.'])
    items: list[UUID] = Field(description="Ids of the agenda entries that it is about")
    blocks: list[str] = Field(description="Codes of the blocks that it is about", examples=[["D1P"]])


class ConflictList(Shape):
    """All conflicts of a workshop's agenda, the gravest first."""

    items: list[ConflictRead] = Field(description="The conflicts; an empty list: everything fits together")
    next: None = Field(description="null: the list is complete")
