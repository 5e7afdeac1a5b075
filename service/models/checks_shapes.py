"""What is read of integrations and their trials."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.models.checks import Integration
from service.models.columns import Shape

State = Literal["set", "default", "missing"]


class SettingRead(Shape):
    """One setting of the installation; its value is never shown."""

    name: str = Field(description="Environment variable", examples=["BIMTEK_SMTP_HOST"])
    state: State = Field(description="Whether it is `set`, has its `default`, or is `missing`", examples=["set"])
    needed: bool = Field(description="Whether the integration does nothing without it")


class TrialRead(Shape):
    """The latest trial of an integration."""

    running: bool = Field(description="Whether it still runs; ask again in a few seconds")
    started_at: datetime = Field(description="When it began")
    finished_at: datetime | None = Field(description="When it ended; null when it runs, or its process was stopped")
    ok: bool | None = Field(description="Whether nothing is wrong; null before it has ended")
    code: str | None = Field(
        description="`ok`, or the first thing that is wrong as a stable word; null before it has ended",
        examples=["sign_in_refused"],
    )
    steps: list[str] = Field(description="What succeeded, in order", examples=[["reached", "encrypted"]])
    details: list[str] = Field(
        description="Numbers of the other side, or names of scopes and templates", examples=[["535"]]
    )


class IntegrationRead(Shape):
    """An outside service, what is set for it, and how its latest trial went."""

    name: Integration = Field(description="Which service", examples=["smtp"])
    configured: bool = Field(description="Whether everything that it needs is set")
    settings: list[SettingRead] = Field(description="Settings of the installation that it reads")
    trial: TrialRead | None = Field(description="The latest trial by this organizer; null before the first")


class IntegrationList(Shape):
    """All of them."""

    items: list[IntegrationRead] = Field(description="Mail server, Zoom, WhatsApp")
    next: None = Field(description="Always null: there are no more")


class TrialCreate(Shape):
    """How to try it out."""

    mail_me: bool = Field(False, description="For `smtp`: also send a mail to the address of whoever is signed in")
