"""The fifteen answers by plain loops over plain lists: slow, obvious, and sharing no line with the service."""

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.report_world import Block, Online, Person, Promise, World

Answer = Any  # JSON


class BruteForce:
    """Answers about `world` as of a local day's end or an instant."""

    def __init__(self, world: World, as_of: date | datetime) -> None:
        self.world = world
        self.zone = ZoneInfo(world.zone)
        if isinstance(as_of, datetime):
            self.at = as_of
        else:
            self.at = datetime.combine(as_of, time(23, 59, 59, 999999), self.zone)
        self.day = self.at.astimezone(self.zone).date()
        self.people = {person.number: person for person in world.people}
        self.classes = {org.code: org.org_class for org in world.orgs}
        dates = sorted({block.items[0][0].astimezone(self.zone).date() for block in world.blocks})
        self.days = list(range(1, len(dates) + 1))
        self.day_of = {
            block.code: dates.index(block.items[0][0].astimezone(self.zone).date()) + 1 for block in world.blocks
        }
        starts = [start for start, status in world.next_starts if status != "cancelled"]
        self.bound = min(starts).astimezone(self.zone).date() if starts else None
        self.counted: dict[tuple[int, str], int] = {}
        self.promises = [promise for promise in world.promises if promise.requested_at <= self.at]

    def answers(self) -> dict[str, Answer]:
        return {
            "owing-attendees": self.owing_attendees(),
            "no-shows": self.no_shows(),
            "single-day-organisations": self.single_day_organisations(),
            "no-continuity": self.no_continuity(),
            "readiness": self.readiness(),
            "uncommitted-items": self.uncommitted_items(),
            "outside-stakeholders": self.outside_stakeholders(),
            "most-overdue": self.most_overdue(),
            "returned-items": self.returned_items(),
            "headcount": self.headcount(),
            "online-shortfalls": self.online_shortfalls(),
            "certificate-eligibility": self.certificate_eligibility(),
            "heads-and-substitutes": self.heads_and_substitutes(),
            "missing-evidence": self.missing_evidence(),
            "incomplete-metadata": self.incomplete_metadata(),
        }

    # Attendance

    def in_hall(self, person: int, block: Block) -> bool:
        return any(
            scan.person == person
            and scan.block == block.code
            and scan.direction == "in"
            and scan.verdict != "refused"
            and not scan.annulled
            and scan.at <= self.at
            for scan in self.world.scans
        )

    def minutes(self, person: int, block: Block) -> int:
        """Minute by minute: was the person connected all through it?"""
        key = person, block.code
        if key not in self.counted:
            self.counted[key] = self.count_minutes(person, block)
        return self.counted[key]

    def count_minutes(self, person: int, block: Block) -> int:
        mine = [online for online in self.world.online if person in online.people]
        return sum(
            any(self.connected(online, start + timedelta(minutes=n)) for online in mine)
            for start, end in block.items
            for n in range(int((end - start) / timedelta(minutes=1)))
        )

    def connected(self, online: Online, minute: datetime) -> bool:
        return online.joined_at <= minute and minute + timedelta(minutes=1) <= min(online.left_at, self.at)

    def required(self, block: Block) -> Fraction:
        return Fraction(str(self.world.online_threshold)) * block.hours * 45

    def on_screen(self, person: int, block: Block) -> bool:
        minutes = self.minutes(person, block)
        return minutes > 0 and minutes >= self.required(block)

    @cached_property
    def modes(self) -> dict[tuple[int, int], set[str]]:
        """(person, day) -> in which ways the person counted on that day."""
        found: dict[tuple[int, int], set[str]] = defaultdict(set)
        for person in self.people:
            for block in self.world.blocks:
                if self.in_hall(person, block):
                    found[person, self.day_of[block.code]].add("offline")
                if self.on_screen(person, block):
                    found[person, self.day_of[block.code]].add("online")
        return found

    def present_on(self, org: str) -> dict[int, set[int]]:
        """day -> numbers of the organisation's people who counted."""
        found: dict[int, set[int]] = defaultdict(set)
        for person, day in self.modes:
            if self.people[person].org == org:
                found[day].add(person)
        return found

    def opds(self) -> list[str]:
        return sorted(code for code, org_class in self.classes.items() if org_class == "opd")

    @staticmethod
    def name(person: Person) -> str:
        return person.code or str(person.number)

    def registered(self, org: str) -> bool:
        return any(
            person.org == org
            and not person.rejected
            and person.created_at <= self.at
            and not (person.cancelled_at and person.cancelled_at <= self.at)
            and (person.substitute_for is not None or not person.walk_in)
            for person in self.people.values()
        )

    def no_shows(self) -> Answer:
        invited = [org.code for org in self.world.orgs if org.invited_at and org.invited_at <= self.at]
        codes = sorted(self.classes)
        return {
            "invited_not_registered": sorted(code for code in invited if not self.registered(code)),
            "registered_never_present": [c for c in codes if self.registered(c) and not self.present_on(c)],
        }

    def single_day_organisations(self) -> Answer:
        days = {code: set(self.present_on(code)) for code in self.opds()}
        several = len(self.days) > 1
        answer: Answer = {
            f"day{day}_only": [code for code in days if several and days[code] == {day}] for day in self.days
        }
        answer["both_days_count"] = sum(1 for code in days if days[code] and len(days[code]) == len(self.days))
        return answer

    def no_continuity(self) -> Answer:
        if len(self.days) < 2:
            return []
        found = []
        for code in self.opds():
            days = self.present_on(code)
            if len(days) == len(self.days) and not set.intersection(*days.values()):
                found.append(code)
        return found

    def headcount(self) -> Answer:
        answer = {}
        modes = self.modes
        for day in self.days:
            today = [ways for (_person, when), ways in modes.items() if when == day]
            answer[f"day{day}"] = {
                "offline_only": today.count({"offline"}),
                "online_only": today.count({"online"}),
                "dual": today.count({"offline", "online"}),
                "unique_present": len(today),
            }
        return answer

    def online_shortfalls(self) -> Answer:
        below = []
        for person in sorted(self.people.values(), key=self.name):
            for block in sorted(self.world.blocks, key=lambda block: block.items[0][0]):
                minutes = self.minutes(person.number, block)
                over = block.items[-1][1] <= self.at
                if over and 0 < minutes < self.required(block):
                    required = float(self.required(block))
                    below.append(
                        {
                            "participant_id": self.name(person),
                            "block": block.code,
                            "minutes": minutes,
                            "required": required,
                        }
                    )
        strangers = [online for online in self.world.online if not online.people and online.joined_at <= self.at]
        strangers.sort(key=lambda online: (online.joined_at, online.name))
        return {"below_threshold": below, "unmatched": list(dict.fromkeys(online.name for online in strangers))}

    def certificate_eligibility(self) -> Answer:
        total = sum(block.hours for block in self.world.blocks)
        enough = Fraction(str(self.world.certificate_threshold)) * total
        eligible: Counter[str] = Counter()
        lacking = []
        for person in self.people.values():
            attended = [
                b.hours for b in self.world.blocks if self.in_hall(person.number, b) or self.on_screen(person.number, b)
            ]
            if person.role != "participant" or not attended:
                continue
            if sum(attended) > 0 and sum(attended) >= enough:
                eligible[person.employment or "unknown"] += 1
            else:
                lacking.append(self.name(person))
        known = {kind: eligible[kind] for kind in ("pns", "pppk", "non_asn")}
        return {
            "total_jp": total,
            "min_jp": round(float(enough), 2),
            "eligible": sum(eligible.values()),
            "by_employment": known | ({"unknown": eligible["unknown"]} if eligible["unknown"] else {}),
            "present_but_not_eligible": sorted(lacking),
        }

    def heads_and_substitutes(self) -> Answer:
        answer: Answer = {}
        for day in self.days:
            there = {code: self.present_on(code).get(day, set()) for code in self.opds()}
            people = {code: [self.people[number] for number in there[code]] for code in there if there[code]}
            answer[f"head_present_day{day}"] = [c for c in people if any(p.level == "head" for p in people[c])]
            answer[f"opd_present_day{day}"] = len(people)
            if day > 1:
                answer[f"only_substitute_day{day}"] = [
                    code for code in people if all(person.substitute_for is not None for person in people[code])
                ]
        return answer

    # Commitments

    def value(self, promise: Promise, axis: str, first: str | None) -> str | None:
        """Replays the history up to the moment."""
        value = first
        for change in promise.changes:
            if change.axis == axis and change.at <= self.at:
                value = change.after
        return value

    def status(self, promise: Promise) -> str | None:
        return self.value(promise, "commitment", "requested")

    def fulfilment(self, promise: Promise) -> str | None:
        """None when the commitment was declined or withdrawn."""
        if self.status(promise) not in ("requested", "committed"):
            return None
        return self.value(promise, "fulfilment", "not_submitted")

    def due(self, promise: Promise) -> date | None:
        text = self.value(promise, "due_date", promise.due.isoformat() if promise.due else None)
        return date.fromisoformat(text) if text else None

    def owes(self, promise: Promise) -> bool:
        return self.fulfilment(promise) in ("not_submitted", "returned")

    def proven(self, promise: Promise) -> bool:
        return promise.proven_at is not None and promise.proven_at <= self.at

    def overdue(self, promise: Promise) -> bool:
        due = self.due(promise)
        return self.owes(promise) and due is not None and due < self.day

    def asked(self, promise: Promise) -> bool:
        """Whether a later date is asked for that nothing has answered or overtaken."""
        until: str | None = None
        for change in promise.changes:
            if change.at > self.at:
                break
            answered = change.after in ("accepted", "declined", "withdrawn")
            if change.axis == "due_date":
                answered = change.by == "staff" or (until is not None and change.after >= until)
            if change.axis == "extension":
                until = None if change.after == "refused" else change.after
            elif answered:
                until = None
        return until is not None

    def waiting_on(self, promise: Promise) -> str | None:
        delivery = self.fulfilment(promise)
        if delivery is None or delivery == "accepted":
            return None
        return self.world.steward if delivery == "submitted" or self.asked(promise) else promise.org

    def before_next(self, promise: Promise) -> bool:
        due = self.due(promise)
        return self.bound is None or (due is not None and due < self.bound)

    def dimension(self, promise: Promise) -> str:
        return self.world.items[promise.item] or "other"

    def owing_attendees(self) -> Answer:
        answer: Answer = {}
        for promise in sorted(self.promises, key=lambda promise: promise.item):
            if self.classes[promise.org] != "opd" or not self.owes(promise) or not self.before_next(promise):
                continue
            if not self.days or set(self.present_on(promise.org)) != set(self.days):
                continue
            items = answer.setdefault(self.dimension(promise), {}).setdefault(promise.org, [])
            if promise.item not in items:
                items.append(promise.item)
        return answer

    def order(self) -> list[str]:
        asked = {self.dimension(promise) for promise in self.promises}
        return self.world.dimensions + sorted(asked - set(self.world.dimensions))

    def readiness(self) -> Answer:
        answer = {}
        for dimension in self.order():
            mine = [promise for promise in self.promises if self.dimension(promise) == dimension]
            items = {promise.item for promise in mine}
            committed = {promise.item for promise in mine if self.status(promise) == "committed"}
            accepted = {promise.item for promise in mine if self.fulfilment(promise) == "accepted"}
            answer[dimension] = {
                "items": len(items),
                "committed": len(committed),
                "accepted": len(accepted),
                "awaiting_review": len({p.item for p in mine if self.fulfilment(p) == "submitted"}),
                "overdue": len({p.item for p in mine if self.overdue(p)}),
                "gap": len(items - committed),
                "readiness_pct": round(100 * len(accepted) / len(items), 1) if items else 0.0,
            }
        return answer

    def uncommitted_items(self) -> Answer:
        found = []
        for item in sorted(self.world.items):
            mine = [promise for promise in self.promises if promise.item == item]
            if any(self.before_next(p) for p in mine) and not any(self.status(p) == "committed" for p in mine):
                found.append(item)
        return found

    def outside_stakeholders(self) -> Answer:
        answer: Answer = {}
        for code in sorted(self.classes):
            mine = [promise for promise in self.promises if promise.org == code]
            if mine and self.classes[code] != "opd":
                answer[code] = {
                    "requested": len(mine),
                    "committed": sum(self.status(promise) == "committed" for promise in mine),
                    "accepted": sum(self.fulfilment(promise) == "accepted" for promise in mine),
                }
        return answer

    def days_late(self, promise: Promise) -> int:
        due = self.due(promise)
        assert due is not None
        late = [due + timedelta(days=n) for n in range(1, (self.day - due).days + 1)]
        return sum(day.weekday() < 5 and day not in self.world.holidays for day in late)

    def most_overdue(self) -> Answer:
        rows = []
        for code in self.classes:
            late = [promise for promise in self.promises if promise.org == code and self.overdue(promise)]
            if late:
                items = len({promise.item for promise in late})
                rows.append((-items, -max(self.days_late(promise) for promise in late), code))
        return [
            {"org_id": code, "overdue_items": -items, "max_working_days_overdue": -days}
            for items, days, code in sorted(rows)
        ]

    def returned_items(self) -> Answer:
        rows = []
        for promise in self.promises:
            times = sum(
                change.axis == "fulfilment" and change.after == "returned" and change.at <= self.at
                for change in promise.changes
            )
            if times:
                waiting = {"returned": promise.org, "submitted": self.world.steward}.get(self.fulfilment(promise) or "")
                rows.append((self.order().index(self.dimension(promise)), promise.code, promise.org, times, waiting))
        return [
            {"commitment_id": code, "org_id": org, "return_count": times, "waiting_on": waiting}
            for _order, code, org, times, waiting in sorted(rows)
        ]

    def missing_evidence(self) -> Answer:
        return sorted(p.code for p in self.promises if self.status(p) == "committed" and not self.proven(p))

    def incomplete_metadata(self) -> Answer:
        found = []
        for promise in self.promises:
            handed_in = [complete for at, complete in promise.submissions if at <= self.at]
            if self.fulfilment(promise) in ("submitted", "accepted") and handed_in and not handed_in[-1]:
                found.append(promise.code)
        return sorted(found)
