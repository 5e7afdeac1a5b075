"""The seven questions about who was there. Days are keyed day1..dayN: local days on which the workshop has blocks.

Everybody with a fact counts, whatever became of the registration: who was replaced keeps what was attended. A scan
counts at once, also while its block still runs.
"""

from decimal import Decimal

from pydantic import JsonValue
from sqlalchemy import ColumnElement, String, and_, cast, func, not_, or_, select
from sqlmodel import col

from service.domain.reports.attended import attended_then, organisation_days, person_days
from service.domain.reports.earned import earning
from service.domain.reports.scope import OPD, Scope, any_of, count_of
from service.models.attendance import Presence, PresenceMatch
from service.models.invitations import Invitation, InvitationStatus
from service.models.people import Employment, Organisation
from service.models.registrations import Registration, RegistrationStatus

HEAD = "head"
PARTICIPANT_ID = func.coalesce(col(Registration.code), cast(col(Registration.number), String))
"""How an answer names a person: the customer's code, else the registration's number as text."""


async def no_shows(scope: Scope) -> JsonValue:
    """Organisations that were invited and have no registration; and those that have one and were never present.

    A registration counts from its making until its cancellation; rejected ones and walk-ins that replace nobody never
    do. Present is any representative in any block by the moment, walk-ins included.
    """
    at = scope.moment.at
    invited = select(col(Invitation.organisation_id)).where(
        col(Invitation.workshop_id) == scope.workshop.id,
        col(Invitation.created_at) <= at,
        col(Invitation.status) != InvitationStatus.WITHDRAWN,
    )
    registered = select(col(Registration.organisation_id)).where(
        col(Registration.workshop_id) == scope.workshop.id,
        col(Registration.organisation_id).is_not(None),
        col(Registration.status) != RegistrationStatus.REJECTED,
        col(Registration.created_at) <= at,
        or_(col(Registration.cancelled_at).is_(None), col(Registration.cancelled_at) > at),
        or_(not_(col(Registration.walk_in)), col(Registration.substitute_for_id).is_not(None)),
    )
    present = select((await organisation_days(scope)).c.organisation_id)
    organisation = col(Organisation.id)
    return {
        "invited_not_registered": await _codes(scope, and_(organisation.in_(invited), organisation.not_in(registered))),
        "registered_never_present": await _codes(
            scope, and_(organisation.in_(registered), organisation.not_in(present))
        ),
    }


async def single_day_organisations(scope: Scope) -> JsonValue:
    """OPDs present on one day of the workshop only, by day (`dayN_only`), and how many were present on every day.

    In a workshop of one day nobody missed another one: all its OPDs are present on every day, `day1_only` is empty.
    """
    days = await organisation_days(scope)
    query = select(col(Organisation.code), days.c.day).join(days, days.c.organisation_id == col(Organisation.id))
    present_on: dict[str, set[int]] = {}
    for code, day in await scope.rows(query.where(col(Organisation.org_class) == OPD)):
        present_on.setdefault(code, set()).add(day)
    last = len(await scope.days())
    answer: dict[str, JsonValue] = {"both_days_count": sum(len(present) == last for present in present_on.values())}
    for number in range(1, last + 1):
        only = {code for code, present in present_on.items() if present == {number} and last > 1}
        answer[f"day{number}_only"] = [*sorted(only)]
    return answer


async def no_continuity(scope: Scope) -> JsonValue:
    """OPDs present on every day of a workshop of several days, but nobody of theirs was there on every day."""
    last = len(await scope.days())
    if last < 2:
        return []
    people = await person_days(scope)
    faithful = (
        select(col(Registration.organisation_id))
        .join(people, people.c.registration_id == col(Registration.id))
        .where(col(Registration.organisation_id).is_not(None))
        .group_by(col(Registration.id), col(Registration.organisation_id))
        .having(func.count() == last)
    )
    days = await organisation_days(scope)
    every_day = select(days.c.organisation_id).group_by(days.c.organisation_id).having(func.count() == last)
    organisation = col(Organisation.id)
    return await _codes(
        scope,
        and_(organisation.in_(every_day), organisation.not_in(faithful), col(Organisation.org_class) == OPD),
    )


async def headcount(scope: Scope) -> JsonValue:
    """People of every role counted in at least one block of a day: in the hall only, online only, or both that day."""
    return {day: dict(counts) for day, counts in (await headcount_rows(scope)).items()}


async def headcount_rows(scope: Scope) -> dict[str, dict[str, int]]:
    """See `headcount`."""
    people = await person_days(scope)
    offline, online = people.c.offline == 1, people.c.online == 1
    query = select(
        people.c.day,
        count_of(and_(offline, not_(online))),
        count_of(and_(online, not_(offline))),
        count_of(and_(offline, online)),
        func.count(),
    ).group_by(people.c.day)
    found = {day: counts for day, *counts in await scope.rows(query)}
    names = ("offline_only", "online_only", "dual", "unique_present")
    return {
        f"day{day}": dict(zip(names, found.get(day, (0, 0, 0, 0)), strict=True))
        for day in range(1, len(await scope.days()) + 1)
    }


async def online_shortfalls(scope: Scope) -> JsonValue:
    """Who was online in a block, but for less than the threshold; and the display names that match no registration.

    `minutes` are whole minutes inside the block's agenda items, `required` the organizer's threshold x the block's
    hours x 45. A block is judged once it has ended. Names in the order in which they were first seen, each once.
    """
    then = await attended_then(scope)
    threshold = Decimal(str(scope.organizer.online_threshold))
    blocks = {block.id: block for day in await scope.days() for block in day if block.ends_at <= scope.moment.at}
    query = (
        select(PARTICIPANT_ID, then.c.block_id, then.c.minutes)
        .select_from(then)
        .join(Registration, col(Registration.id) == then.c.registration_id)
        .where(then.c.minutes > 0, then.c.online == 0, then.c.block_id.in_(blocks))
    )
    rows = [(person, blocks[block], minutes) for person, block, minutes in await scope.rows(query)]
    below = sorted(rows, key=lambda row: (row[0], row[1].starts_at))
    return {
        "below_threshold": [
            {
                "participant_id": person,
                "block": block.code,
                "minutes": minutes,
                "required": float(threshold * block.minutes),
            }
            for person, block, minutes in below
        ],
        "unmatched": await _unmatched(scope),
    }


async def _unmatched(scope: Scope) -> JsonValue:
    matched = select(col(PresenceMatch.presence_id)).where(col(PresenceMatch.presence_id) == col(Presence.id)).exists()
    first = func.min(col(Presence.joined_at))
    query = (
        select(col(Presence.display_name), first)
        .where(
            col(Presence.workshop_id) == scope.workshop.id, col(Presence.joined_at) <= scope.moment.at, not_(matched)
        )
        .group_by(col(Presence.display_name))
    )
    return [name for name, _seen in sorted(await scope.rows(query), key=lambda row: (row[1], row[0]))]


async def certificate_eligibility(scope: Scope) -> JsonValue:
    """Of the people with the role participant: how many attended enough hours (JP) for a certificate, by employment
    (`unknown` when somebody eligible has none on record), and the ids of those who were there but not enough.

    Enough is hours >= `min_jp` = the organizer's threshold x the workshop's hours, and at least one; shown with at most
    two decimals.
    """
    earned = await earning(scope)
    hours = earned.attended.c.hours
    mine = col(Registration.id) == earned.attended.c.registration_id
    counted = (
        select(col(Registration.employment), func.count())
        .join(earned.attended, mine)
        .where(hours >= earned.least)
        .group_by(col(Registration.employment))
    )
    found: dict[Employment | None, int] = {row[0]: row[1] for row in await scope.rows(counted)}
    lacking = select(PARTICIPANT_ID.label("person")).join(earned.attended, mine).where(hours < earned.least)
    by_employment: dict[str, JsonValue] = {kind.value: found.get(kind, 0) for kind in Employment}
    return {
        "total_jp": earned.total,
        "min_jp": float(round(earned.enough, 2)),
        "eligible": sum(found.values()),
        "by_employment": by_employment | ({"unknown": found[None]} if None in found else {}),
        "present_but_not_eligible": sorted(row.person for row in await scope.rows(lacking)),
    }


async def heads_and_substitutes(scope: Scope) -> JsonValue:
    """By day: the OPDs whose head (`position_level: head`) was there in person, and how many OPDs were there. From the
    second day on: the OPDs of which everybody there was a substitute for somebody registered before.
    """
    people = await person_days(scope)
    query = (
        select(
            people.c.day,
            col(Organisation.code),
            any_of(col(Registration.position_level) == HEAD),
            any_of(col(Registration.substitute_for_id).is_(None)),
        )
        .select_from(people)
        .join(Registration, col(Registration.id) == people.c.registration_id)
        .join(Organisation, col(Organisation.id) == col(Registration.organisation_id))
        .where(col(Organisation.org_class) == OPD)
        .group_by(people.c.day, col(Organisation.code))
    )
    rows = sorted(await scope.rows(query))
    days = range(1, len(await scope.days()) + 1)
    heads: dict[str, JsonValue] = {
        f"head_present_day{number}": [code for day, code, head, _own in rows if day == number and head]
        for number in days
    }
    counts: dict[str, JsonValue] = {
        f"opd_present_day{number}": sum(row[0] == number for row in rows) for number in days
    }
    substitutes: dict[str, JsonValue] = {
        f"only_substitute_day{number}": [code for day, code, _head, own in rows if day == number and not own]
        for number in days[1:]
    }
    return heads | counts | substitutes


async def _codes(scope: Scope, condition: ColumnElement[bool]) -> JsonValue:
    query = select(col(Organisation.code)).where(col(Organisation.organizer_id) == scope.organizer.id, condition)
    return sorted(row.code for row in await scope.rows(query))
