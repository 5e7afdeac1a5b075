"""How the document tells of refusals and failures (RFC 9457)."""

from typing import Any

Schema = dict[str, Any]  # JSON Schema has no narrower type


def _said(kind: str | list[str], description: str, **more: object) -> Schema:
    return {"type": kind, "description": description, **more}


_COUNTS: Schema = {"additionalProperties": {"type": "integer"}}
MEMBERS: dict[str, Schema] = {
    "block": _said("string", "Code of the half-day at which somebody was"),
    "challenge": _said("string", "What the second step of signing in begins with"),
    "contacts": _said("integer", "How many there would be"),
    "content_types": _said("array", "What is read here", items={"type": "string"}),
    "counts": _said("object", "How many rows of an import got each verdict", **_COUNTS),
    "ends_at": _said("string", "End of the workshop", format="date-time"),
    "first_day": _said("string", "First day of the workshop", format="date"),
    "invitation_id": _said("string", "The invitation that there is already", format="uuid"),
    "last_day": _said("string", "Last day of the workshop", format="date"),
    "max_bytes": _said("integer", "How large it may be at most"),
    "max_columns": _said("integer", "How many columns a table may have at most"),
    "max_rows": _said("integer", "How many rows a table may have at most"),
    "missing": _said("array", "Names of the fields that are needed", items={"type": "string"}),
    "mode": _said("string", "In which mode: offline or online"),
    "most": _said("integer", "How many there may be at most"),
    "opens_at": _said(["string", "null"], "From when on it is possible; null: not any more", format="date-time"),
    "parts": _said("object", "How often each part (code) is used", **_COUNTS),
    "quota": _said("integer", "How many seats there are for the organisation"),
    "row": _said("integer", "Number of the row, counted as in the file"),
    "rows": _said("array", "Faulty rows of an import, with their errors", items={"type": "object"}),
    "state": _said("string", "State of what is acted on"),
    "uses": _said("object", "How often it is used, by noun", **_COUNTS),
    "workshop": _said("string", "Title of the workshop"),
}
"""What single refusals tell besides, by name; each of them says more in its `detail`."""
PROBLEM: Schema = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457)",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:bimtek:problem:<code>"},
        "title": {"type": "string", "description": "What is the matter, in the caller's language"},
        "status": {"type": "integer", "description": "HTTP status"},
        "detail": {"type": "string", "description": "What to do next"},
        "instance": {"type": "string", "description": "urn:uuid: of this request, as in X-Request-ID"},
        "code": {"type": "string", "description": "Stable word for programs"},
        "errors": {
            "type": "array",
            "description": "For 422: each wrong field, never its value",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or query/<name>"},
                    "message": {"type": "string", "description": "What to do"},
                },
            },
        },
        **MEMBERS,
    },
    "example": {
        "type": "urn:bimtek:problem:not_found",
        "title": "Tidak ditemukan",
        "status": 404,
        "detail": "Periksa alamatnya; data mungkin sudah dihapus atau bukan milik Anda.",
        "instance": "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        "code": "not_found",
    },
}
_TOLD = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
REFUSALS: dict[str, Schema] = {
    "4XX": {
        "description": "Refused: 400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 428 or 429",
        "content": _TOLD,
    },
    "5XX": {"description": "Failed: 500, 503 (with Retry-After) or 507", "content": _TOLD},
}
"""For the answers of every operation."""
