"""The registrations of a workshop as a list: who, where, in what way, what was answered, who was there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, Permission
from service.db import is_postgresql
from service.domain import organisations, questions as asking, workshops
from service.domain.exports import BATCH, Batch, Cell, Row, Title
from service.domain.identity import mask_nip
from service.domain.imports_columns import field_of
from service.domain.registrations_shapes import attendance_marks, matching
from service.i18n import gettext as _
from service.models.attendance import AttendanceMode, AttendanceState
from service.models.invitations import Invitation
from service.models.people import Employment
from service.models.questions import Question
from service.models.registrations import ParticipantRole, Registration, RegistrationStatus
from service.models.registrations_shapes import AttendanceMark, RegistrationFilter
from service.models.workshops import AttendanceBlock, Mode, Workshop


@dataclass(frozen=True)
class _Beside:
    """What is known of a registration besides its own row."""

    office: tuple[str, str]
    letter: str
    replaced: int | None
    marks: Sequence[AttendanceMark]


Reading = Callable[[Registration, _Beside], Cell]


@dataclass(frozen=True)
class Registrations:
    """The registrations of a workshop that match a filter, with the columns that the caller may see."""

    workshop: Workshop
    wanted: RegistrationFilter
    columns: Sequence[tuple[str, Reading]]

    @classmethod
    async def of(
        cls, session: AsyncSession, actor: Actor, workshop_id: UUID, wanted: RegistrationFilter, *, nip: bool
    ) -> "Registrations":
        """What the caller may see. Raises NotFound, Forbidden for NIPs without contacts:read."""
        workshop = await workshops.find(session, actor, workshop_id)
        if nip:
            actor.require(Permission.CONTACTS_READ)
        personal = actor.may(Permission.CONTACTS_READ)
        columns = [*_person(nip=nip), *(_contact() if personal else []), *_history(workshop)]
        blocks = select(AttendanceBlock).where(AttendanceBlock.workshop_id == workshop.id)
        columns += [_presence(block) for block in await session.exec(blocks.order_by(col(AttendanceBlock.position)))]
        if personal:
            seen, replaced = await _codes(session, workshop.id), await asking.replaced(session, workshop)
            columns += _answers(workshop, seen, replaced)
        return cls(workshop, wanted, columns)

    @property
    def title(self) -> Title:
        """What the file is called."""
        return Title(_("Daftar peserta"), self.workshop.slug, self.workshop.timezone)

    def heads(self) -> Row:
        """The first row."""
        return [head for head, _reading in self.columns]

    async def batch(self, session: AsyncSession, _actor: Actor, after: str | None) -> Batch:
        """The rows after that number."""
        query = matching(self.workshop.id, self.wanted)
        if after is not None:
            query = query.where(Registration.number > int(after))
        rows = (await session.exec(query.order_by(col(Registration.number)).limit(BATCH))).all()
        offices = await organisations.names(session, [row.organisation_id for row in rows])
        marks = await attendance_marks(session, rows)
        letters = await _letters(session, {row.invitation_id for row in rows} - {None})
        replaced = await _numbers(session, {row.substitute_for_id for row in rows} - {None})
        cells = []
        for row in rows:
            beside = _Beside(
                offices.get(row.organisation_id, ("", row.organisation_name or "")),
                letters.get(row.invitation_id, ""),
                replaced.get(row.substitute_for_id),
                marks[row.id],
            )
            cells.append([reading(row, beside) for _head, reading in self.columns])
        return Batch(cells, str(rows[-1].number) if len(rows) == BATCH else None)


def _person(*, nip: bool) -> list[tuple[str, Reading]]:
    statuses, modes, roles, employments = _statuses(), _modes(), _roles(), _employments()
    return [
        (_("Nomor pendaftaran"), lambda row, _b: row.number),
        (_("Kode"), lambda row, _b: row.code or ""),
        (_("Status"), lambda row, _b: statuses[row.status]),
        (_("Cara hadir"), lambda row, _b: modes[row.mode]),
        (_("Peran"), lambda row, _b: roles[row.role]),
        (_("Nama"), lambda row, _b: row.name),
        (_("NIP"), lambda row, _b: (row.nip if nip else mask_nip(row.nip)) or ""),
        (_("Jabatan"), lambda row, _b: row.position or ""),
        (_("Tingkat jabatan"), lambda row, _b: row.position_level or ""),
        (_("Pangkat/Golongan"), lambda row, _b: row.rank or ""),
        (_("Status kepegawaian"), lambda row, _b: employments[row.employment] if row.employment else ""),
        (_("Kode instansi"), lambda _r, beside: beside.office[0]),
        (_("Instansi"), lambda _r, beside: beside.office[1]),
        (_("Mewakili"), lambda row, _b: row.represents or ""),
    ]


def _contact() -> list[tuple[str, Reading]]:
    return [
        (_("Surel"), lambda row, _b: row.email or ""),
        (_("Telepon"), lambda row, _b: row.phone or ""),
        (_("Saluran pesan"), lambda row, _b: row.channel or ""),
        (_("Bahasa"), lambda row, _b: row.language or ""),
    ]


def _history(workshop: Workshop) -> list[tuple[str, Reading]]:
    yes, zone = _("Ya"), clock.zone(workshop.timezone)
    return [
        (_("Hadir tanpa mendaftar"), lambda row, _b: yes if row.walk_in else ""),
        (_("Menggantikan nomor"), lambda _r, beside: beside.replaced or ""),
        (_("Surat undangan"), lambda _r, beside: beside.letter),
        (_("Waktu mendaftar"), lambda row, _b: row.created_at.astimezone(zone).isoformat(" ", "minutes")),
        (
            _("Waktu dikonfirmasi"),
            lambda row, _b: row.confirmed_at.astimezone(zone).isoformat(" ", "minutes") if row.confirmed_at else "",
        ),
    ]


def _presence(block: AttendanceBlock) -> tuple[str, Reading]:
    said = {
        AttendanceMode.OFFLINE: _("hadir di lokasi"),
        AttendanceMode.ONLINE: _("hadir daring, {minutes} menit"),
        AttendanceMode.DUAL: _("hadir di lokasi dan daring, {minutes} menit"),
    }
    absent, code = _("tidak hadir"), block.code

    def reading(_row: Registration, beside: _Beside) -> str:
        mark = next((one for one in beside.marks if one.block == code), None)
        if mark is None or mark.state is AttendanceState.PENDING:
            return ""
        return said[mark.mode].format(minutes=mark.minutes) if mark.mode else absent

    return _("Kehadiran {block}").format(block=block.label), reading


def _answers(workshop: Workshop, seen: set[str], replaced: Sequence[Question]) -> list[tuple[str, Reading]]:
    """A column per question; one that is called like another column has its code behind its label.

    What was answered to a question before its code was used for another one has a column of its own.
    """
    asked: list[tuple[str, str, Question | None]] = [(*one, None) for one in asking.columns(workshop, seen)]
    asked += [(one.code, one.label, one) for one in replaced]
    labels = [label for _code, label, _earlier in asked]
    definitions = asking.parsed([*workshop.questions, *workshop.former_questions])
    columns: list[tuple[str, Reading]] = []
    for code, label, earlier in asked:
        clear = labels.count(label) == 1 and field_of(label, "registrations") is None
        known = [one for one in definitions if one.code == code]
        shown = [earlier] if earlier else [None, *(one for one in known if one not in replaced)]
        columns.append((label if clear else f"{label} [{code}]", _answer(code, known, shown)))
    return columns


def _answer(code: str, definitions: Sequence[Question], shown: Sequence[Question | None]) -> Reading:
    """Reads the answers to the questions `shown`; None: those that fit none of the definitions."""

    def reading(row: Registration, _beside: _Beside) -> Cell:
        answer = row.answers.get(code)
        question = next((one for one in definitions if asking.fits(one, answer)), None)
        if question not in shown:
            return ""
        if isinstance(answer, int | float) and not isinstance(answer, bool):
            return answer
        if isinstance(answer, list) and question and not any(";" in str(one) for one in answer):
            return "; ".join(str(one) for one in answer)
        if isinstance(answer, bool | list) or question is None:
            return asking.spoken(question, answer) if not isinstance(answer, list) else "\n".join(map(str, answer))
        # A date as 2023-07-03, which sorts and can be read back.
        return str(answer)

    return reading


async def _codes(session: AsyncSession, workshop_id: UUID) -> set[str]:
    """The codes under which there are answers."""
    answers, here = col(Registration.answers), Registration.workshop_id == workshop_id
    if is_postgresql(session):
        return set(await session.exec(select(func.jsonb_object_keys(answers)).where(here).distinct()))
    each = func.json_each(answers).table_valued("key")
    return set(
        await session.exec(select(each.c.key).select_from(Registration).join(each, true()).where(here).distinct())
    )


async def _letters(session: AsyncSession, ids: set[UUID | None]) -> dict[UUID | None, str]:
    if not ids:
        return {}
    query = select(Invitation.id, Invitation.letter_number).where(col(Invitation.id).in_(ids))
    return {found: number or "" for found, number in await session.exec(query)}


async def _numbers(session: AsyncSession, ids: set[UUID | None]) -> dict[UUID | None, int]:
    if not ids:
        return {}
    query = select(Registration.id, Registration.number).where(col(Registration.id).in_(ids))
    return dict((await session.exec(query)).all())


def _statuses() -> dict[RegistrationStatus, str]:
    return {
        RegistrationStatus.PENDING: _("Menunggu persetujuan"),
        RegistrationStatus.CONFIRMED: _("Terkonfirmasi"),
        RegistrationStatus.WAITLISTED: _("Daftar tunggu"),
        RegistrationStatus.CANCELLED: _("Dibatalkan"),
        RegistrationStatus.REJECTED: _("Ditolak"),
    }


def _modes() -> dict[Mode, str]:
    return {Mode.OFFLINE: _("Luring"), Mode.ONLINE: _("Daring")}


def _roles() -> dict[ParticipantRole, str]:
    return {
        ParticipantRole.PARTICIPANT: _("Peserta"),
        ParticipantRole.SPEAKER: _("Narasumber"),
        ParticipantRole.MODERATOR: _("Moderator"),
        ParticipantRole.COMMITTEE: _("Panitia"),
        ParticipantRole.GUEST: _("Tamu"),
    }


def _employments() -> dict[Employment, str]:
    return {Employment.PNS: _("PNS"), Employment.PPPK: _("PPPK"), Employment.NON_ASN: _("Non-ASN")}
