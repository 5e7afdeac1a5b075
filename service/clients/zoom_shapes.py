"""What we read of Zoom's answers and webhooks, named as Zoom names it. Everything else is ignored."""

from pydantic import AwareDatetime, BaseModel, Field, SecretStr


class Token(BaseModel):
    """POST /oauth/token."""

    access_token: SecretStr
    expires_in: int


class Refusal(BaseModel):
    """The body of every error. Its message is not read: it may quote people's addresses."""

    code: int = 0


class Occurrence(BaseModel):
    """One day of a recurring meeting."""

    occurrence_id: str
    start_time: AwareDatetime
    status: str = "available"


class Meeting(BaseModel):
    """A meeting as it is made, read, or listed (its agenda cut to 250 characters, without passcode)."""

    id: int
    agenda: str = ""
    password: str | None = None
    occurrences: list[Occurrence] = []


class Paged(BaseModel):
    """What every list has."""

    next_page_token: str = ""


class Meetings(Paged):
    """GET /users/{id}/meetings."""

    meetings: list[Meeting] = []


class AddedRegistrant(BaseModel):
    """POST /meetings/{id}/registrants."""

    registrant_id: str
    join_url: str = Field(min_length=1)


class Registrant(BaseModel):
    """A line of GET /meetings/{id}/registrants."""

    id: str
    email: str
    join_url: str = ""


class Registrants(Paged):
    """GET /meetings/{id}/registrants."""

    registrants: list[Registrant] = []


class ReportedParticipant(BaseModel):
    """One connection of the report. `user_id` counts connections in one use of the meeting."""

    user_id: str = ""
    name: str = ""
    registrant_id: str = ""
    join_time: AwareDatetime | None = None
    leave_time: AwareDatetime | None = None
    status: str = "in_meeting"


class Report(Paged):
    """GET /report/meetings/{id}/participants."""

    participants: list[ReportedParticipant] = []


class HookParticipant(BaseModel):
    """Who came or went."""

    user_name: str = ""
    user_id: str | int = ""
    participant_uuid: str = ""
    registrant_id: str | None = None
    join_time: AwareDatetime | None = None
    leave_time: AwareDatetime | None = None


class HookObject(BaseModel):
    """The meeting a webhook tells of."""

    id: str | int
    uuid: str = Field(min_length=1)
    participant: HookParticipant | None = None


class HookPayload(BaseModel):
    """The payload of a meeting's webhook."""

    object: HookObject


class Hook(BaseModel):
    """A meeting's webhook; `event_ts` is milliseconds since 1970."""

    event: str
    event_ts: int = Field(ge=0, le=10**14)
    payload: HookPayload


class EventName(BaseModel):
    """Which webhook this is."""

    event: str


class ValidationPayload(BaseModel):
    """The token whose HMAC shows that we know the secret."""

    plain_token: str = Field(alias="plainToken", min_length=1)


class UrlValidation(BaseModel):
    """endpoint.url_validation."""

    payload: ValidationPayload
