"""What the API reads and writes about the letters that invite organisations."""

from typing import Annotated

from pydantic import Field

from service.models.columns import Line, Prose, Shape

Copies = Annotated[list[Line], Field(max_length=20)]


class LetterInput(Shape):
    """The words of a workshop's letters; what is left out or null is said in the standard words."""

    nature: Line | None = Field(None, description="Sifat", examples=["Penting"])
    attachments: Line | None = Field(None, description="Lampiran", examples=["1 (satu) berkas"])
    subject: Line | None = Field(None, description="Hal", examples=["Undangan Bimbingan Teknis"])
    body: Prose | None = Field(None, description="What stands before day and place; an empty line parts paragraphs")
    closing: Prose | None = Field(None, description="What stands before the signature")
    copies: Copies = Field([], description="Tembusan, in order", examples=[["Bupati Luwu (sebagai laporan)"]])


class LetterWords(Shape):
    """The words that stand in the letters now."""

    nature: str = Field(description="Sifat", examples=["Penting"])
    attachments: str = Field(description="Lampiran; - when nothing is annexed", examples=["1 (satu) berkas"])
    subject: str = Field(description="Hal")
    body: str = Field(description="What stands before day and place")
    closing: str = Field(description="What stands before the signature")


class LetterRead(Shape):
    """The words of a workshop's letters: the own ones, and those that are used."""

    nature: str | None = Field(description="Sifat; null: the standard words")
    attachments: str | None = Field(description="Lampiran; null: the standard words")
    subject: str | None = Field(description="Hal; null: the standard words")
    body: str | None = Field(description="What stands before day and place; null: the standard words")
    closing: str | None = Field(description="What stands before the signature; null: the standard words")
    copies: list[str] = Field(description="Tembusan, in order")
    used: LetterWords = Field(description="What is printed, the standard words where there are no own ones")
    version: int = Field(description="The workshop's version, for If-Match")
