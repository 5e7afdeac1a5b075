"""What the API reads and writes about an organizer's own words."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from service.models.columns import Line, Prose, Shape
from service.models.messages import Occasion

Language = Literal["id", "en"]
Words = Annotated[Prose, StringConstraints(min_length=1, max_length=4000)]
_TEXT = "Paragraphs, parted by blank lines; names in braces stand for facts: {nama}, {kegiatan}, {waktu}, {tempat}, \
{instansi}, {nomor}, {penyelenggara}, {tenggat}"
_EXAMPLE = "Kehadiran Bapak/Ibu {nama} dari {instansi} kami nantikan.\n\nMohon membawa surat tugas."


class WordingInput(Shape):
    """The organizer's own words for an occasion; facts, links and closing stay as they are."""

    subject: Line | None = Field(
        None, description="Subject; null keeps ours. The same names in braces", examples=["Undangan hadir: {kegiatan}"]
    )
    text: Words = Field(description=_TEXT, examples=[_EXAMPLE])


class WordingRead(Shape):
    """The organizer's own words for an occasion in one language."""

    occasion: Occasion = Field(description="What the message is about", examples=["reminder_day"])
    occasion_name: str = Field(description="The same in words", examples=["Menjelang kegiatan"])
    language: Language = Field(description="In which language", examples=["id"])
    subject: str | None = Field(description="Subject; null means ours")
    text: str = Field(description=_TEXT, examples=[_EXAMPLE])
    version: int = Field(description="Version, for If-Match", examples=[1])
    updated_at: datetime = Field(description="When it was last changed")


class WordingDraft(Shape):
    """What is to be looked at: words that need not be kept yet. Without a text the kept ones, else ours."""

    occasion: Occasion = Field(description="What the message is about", examples=["reminder_day"])
    language: Language = Field(description="In which language", examples=["id"])
    subject: Line | None = Field(None, description="Subject; null means ours, or the kept one when `text` is null")
    text: Words | None = Field(None, description=_TEXT, examples=[_EXAMPLE])
    workshop: UUID | None = Field(None, description="Workshop whose facts are shown; null: an invented one")


class LetterPreview(Shape):
    """A letter as it would be written to somebody, with an invented person."""

    subject: str = Field(description="Subject", examples=["Menjelang kegiatan: Bimtek Smart City"])
    text: str = Field(description="Plain text, as mail and WhatsApp show it")
    html: str = Field(description="The same as a document (HTML); show it in a sandboxed frame")


class LetterTest(Shape):
    """What became of a trial."""

    subject: str = Field(description="Subject of the mail that was sent", examples=["[UJI] Menjelang kegiatan"])
    recipients: int = Field(description="To how many addresses it went", examples=[1])
