"""Uses of join links: a link that works from many places at once was passed on, and the committee should know.

No address is kept. A place is a keyed hash of the visitor's network and kind of device, and is forgotten after a day.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock, outbox
from service.domain import registrations
from service.events import LinkShared
from service.models.registrations import Registration
from service.models.rooms import JoinUse
from service.tokens import Keyring

WINDOW = timedelta(minutes=15)
MANY = 3
"""So many places within `WINDOW` are too many for one person. Wi-Fi and mobile data are two."""
QUIET = timedelta(days=1)
"""How long the committee is not told of the same link again, and how long a use is kept."""
_IPV4_BITS, _IPV6_BITS = 24, 48
# Apps carry a browser of their own, so the browser's name would make two devices of one telephone.
_DEVICES = ("Android", "iPhone", "iPad", "Windows", "CrOS", "Macintosh", "Linux")


def place_of(keyring: Keyring, address: str, agent: str) -> str:
    """Where a visitor is, told apart but not told: the same network and kind of device always make the same text."""
    device = next((name for name in _DEVICES if name in agent), "")
    return keyring.mac("join-place", f"{_network(address)} {device}".encode()).hex()[:32]


async def record(session: AsyncSession, registration: Registration, place: str) -> None:
    """Keeps that the link led inside, and marks the registration when it does so from too many places at once.

    Records LinkShared, at most once within `QUIET`.
    """
    # Without the row's lock, three who come at once would each see one place: nobody would be flagged, or two would.
    row = await registrations.lock(session, registration.id)
    now = clock.now()
    session.add(JoinUse(registration_id=row.id, place=place, at=now))
    await session.flush()
    if row.link_shared_at is not None and row.link_shared_at > now - QUIET:
        return
    places = select(func.count(col(JoinUse.place).distinct()))
    recent = places.where(JoinUse.registration_id == row.id, col(JoinUse.at) > now - WINDOW)
    count = (await session.exec(recent)).one()
    if count < MANY:
        return
    row.link_shared_at = now
    session.add(row)
    await session.flush()
    shared = LinkShared(
        organizer_id=row.organizer_id, workshop_id=row.workshop_id, registration_id=row.id, places=count
    )
    await outbox.record(session, shared)


async def forget(session: AsyncSession, registration: Registration) -> None:
    """Drops the uses of a link that is dead: the new one starts with none."""
    await session.exec(delete(JoinUse).where(col(JoinUse.registration_id) == registration.id))


async def forget_old(session: AsyncSession) -> int:
    """Deletes uses that are older than a day. Returns how many."""
    gone = await session.exec(delete(JoinUse).where(col(JoinUse.at) < clock.now() - QUIET))
    return gone.rowcount


def _network(address: str) -> str:
    """The /24 of an IPv4 or the /48 of an IPv6 address; what is no address stands for itself."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    bits = _IPV6_BITS if isinstance(ip, IPv6Address) else _IPV4_BITS
    return str(ip_network(f"{ip}/{bits}", strict=False))
