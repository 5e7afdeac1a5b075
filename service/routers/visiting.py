"""Where a request comes from, as far as the service remembers it."""

from fastapi import Request

from service.domain import join_uses
from service.routers.access import database_of


def place_of(request: Request) -> str:
    """The visitor's network and kind of device as a keyed hash. Behind a trusted proxy the forwarded address counts."""
    address = request.client.host if request.client else ""
    return join_uses.place_of(database_of(request).settings.keyring, address, request.headers.get("user-agent", ""))
