"""Tables and the shapes the API reads and writes, one file per noun. Importing this package registers every table."""

from service.models import (  # the order is that of the foreign keys, for readers
    attendance,
    certificates,
    commitments,
    data_items,
    devices,
    idempotency,
    invitations,
    messages,
    organizers,
    outbox,
    people,
    registrations,
    rooms,
    screens,
    webhooks,
    workshops,
)

__all__ = [
    "attendance",
    "certificates",
    "commitments",
    "data_items",
    "devices",
    "idempotency",
    "invitations",
    "messages",
    "organizers",
    "outbox",
    "people",
    "registrations",
    "rooms",
    "screens",
    "webhooks",
    "workshops",
]
