"""The AsyncAPI 3.0 document of the domain events, generated from service.events."""

from dataclasses import fields
from inspect import cleandoc

from service import __version__
from service.events import REGISTRY, Event

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
STREAM = "events"


def document() -> dict[str, Json]:
    """The document as a JSON object: every event type, on the change feed and on NATS JetStream."""
    kinds = sorted(REGISTRY)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bimtek domain events",
            "version": __version__,
            "description": (
                "What happened, as it was recorded: ids only, never personal data, never links. Events arrive at least "
                "once; `id` stays the same, and `sequence` counts an organizer's events without gaps. Webhooks get the "
                "same event as CloudEvents 1.0, see `messageTraits.webhook`."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {kind: _channel(kind) for kind in kinds},
        "operations": {f"send.{kind}": _operation(kind) for kind in kinds},
        "components": {
            "messages": {kind: _message(REGISTRY[kind]) for kind in kinds},
            "schemas": {kind: _payload(REGISTRY[kind]) for kind in kinds},
            "messageTraits": {"webhook": _webhook()},
        },
    }


def _webhook() -> Json:
    names = {
        "webhook-id": "Id of the event; the same on every attempt",
        "webhook-timestamp": "Seconds since 1970 of this attempt; refuse what is older than five minutes",
        "webhook-signature": "One `v1,<base64 HMAC-SHA256 of id.timestamp.body>` per secret, parted by spaces",
    }
    headers: dict[str, Json] = {name: {"type": "string", "description": text} for name, text in names.items()}
    required: list[Json] = list(headers)
    return {
        "title": "The event as a webhook gets it",
        "description": (
            "POST to the webhook's address, signed as Standard Webhooks says. `id`, `type`, `sequence`, `actor` and "
            "`data` as in the payload, `time` is its `happened_at`, `source` the organizer's address; `hash` is left "
            "out. `specversion` is `1.0`."
        ),
        "contentType": "application/cloudevents+json",
        "headers": {"type": "object", "required": required, "properties": headers},
    }


def _channel(kind: str) -> Json:
    return {
        "address": f"{STREAM}.{{organizer}}.{kind}",
        "description": f"{kind} of one organizer; the same event stands in GET /api/v1/events and its stream.",
        "parameters": {"organizer": {"description": "Id of the organizer"}},
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
    }


def _operation(kind: str) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{kind}"},
        "messages": [{"$ref": f"#/channels/{kind}/messages/{kind}"}],
    }


def _message(cls: type[Event]) -> Json:
    own = cls.__dict__.get("__doc__") or ""
    # A dataclass without a docstring gets its own signature as one.
    said = "" if own.startswith(f"{cls.__name__}(") else cleandoc(own)
    return {
        "name": cls.type,
        "title": cls.__name__,
        "summary": said.split("\n")[0] or cls.type.replace(".", " ").replace("_", " "),
        "x-personal-data": {"trace": cls.person.value, "erasure": cls.person.erased},
        "payload": {"$ref": f"#/components/schemas/{cls.type}"},
    }


def _payload(cls: type[Event]) -> Json:
    own: dict[str, Json] = {
        field.name: _schema(str(field.type)) for field in fields(cls) if field.name != "organizer_id"
    }
    names: list[Json] = list(own)
    return {
        "type": "object",
        "required": ["id", "type", "sequence", "happened_at", "actor", "data"],
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "Id of the event"},
            "type": {"const": cls.type},
            "sequence": {"type": "integer", "minimum": 1, "description": "Place in the organizer's log"},
            "happened_at": {"type": "string", "format": "date-time"},
            "actor": {"type": "string", "description": "Who did it, as `kind:id`"},
            "hash": {"type": "string", "description": "SHA-256 over the previous event's hash and this event"},
            "data": {"type": "object", "required": names, "properties": own},
        },
    }


def _schema(annotation: str) -> Json:
    kinds: list[Json] = ["integer" if "int" in annotation else "string"]
    if "None" in annotation:
        kinds.append("null")
    shape: dict[str, Json] = {"type": kinds if len(kinds) > 1 else kinds[0]}
    if "UUID" in annotation:
        shape["format"] = "uuid"
    return shape
