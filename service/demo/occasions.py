"""The occasions of three other regencies, so that a demo shows more than one tenant and more than one kind."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from service import clock
from service.auth import Actor, ActorKind, system
from service.domain import organizers, workshops
from service.models.organizers_shapes import OrganizerCreate
from service.models.workshops_shapes import WorkshopCreate

_HOUSES = [
    ("luwu-timur", "Dinas Komunikasi dan Informatika Kabupaten Luwu Timur", "73.24", "7325"),
    ("luwu-utara", "Dinas Komunikasi dan Informatika Kabupaten Luwu Utara", "73.22", "7322"),
    ("banjar", "Dinas Komunikasi, Informatika, Statistik dan Persandian Kabupaten Banjar", "63.03", "6303"),
]
_OCCASIONS: list[dict[str, object]] = [
    {
        "organizer": "luwu-timur",
        "slug": "evaluasi-2020",
        "kinds": ["evaluation", "field_review"],
        "stage": "evaluasi",
        "title": "Evaluasi dan Tinjauan Lapangan Smart City",
        "description": "Temuan evaluasi 2018-2019 ditindaklanjuti sebelum evaluasi berikutnya.",
        "modality": "offline",
        "days": ("2020-03-13", "2020-03-13"),
        "venue": {"name": "Aula Sasana Praja"},
    },
    {
        "organizer": "luwu-timur",
        "slug": "rakor-2021",
        "kinds": ["coordination_meeting", "preparation_meeting"],
        "stage": "persiapan_tinjauan",
        "title": "Rapat Koordinasi Persiapan Tinjauan Lapangan Daring",
        "description": "Setiap Perangkat Daerah menyiapkan paparan program unggulan.",
        "modality": "offline",
        "days": ("2021-05-20", "2021-05-20"),
        "venue": {"name": "Media Center"},
        "basis_letter": "Surat kementerian tentang tinjauan lapangan",
        "follows": "evaluasi-2020",
    },
    {
        "organizer": "luwu-utara",
        "slug": "kebutuhan-masterplan-2022",
        "kinds": ["coordination_meeting"],
        "stage": "persiapan",
        "title": "Penyampaian Kebutuhan Perangkat Daerah untuk Masterplan",
        "description": "Setelah surat penetapan, setiap Perangkat Daerah menyampaikan kebutuhannya.",
        "modality": "offline",
        "days": ("2022-01-18", "2022-01-18"),
        "venue": {"name": "Kantor Dinas Kominfo"},
        "basis_letter": "Surat penetapan peserta Gerakan Menuju 100 Smart City",
    },
    {
        "organizer": "banjar",
        "slug": "rapat-persiapan-evaluasi-2020",
        "kinds": ["preparation_meeting", "evaluation"],
        "stage": "evaluasi",
        "title": "Rapat Persiapan Evaluasi Smart City",
        "description": "Perangkat Daerah menunjukkan data, fakta dan bukti komitmen per dimensi pada evaluasi daring.",
        "modality": "hybrid",
        "days": ("2020-11-18", "2020-11-26"),
        "venue": {"name": "Aula Barakat, Martapura"},
    },
]


@dataclass(frozen=True)
class Held:
    """One of the workshops, and who acts for its house."""

    actor: Actor
    workshop_id: UUID


async def load(session: AsyncSession) -> dict[str, Held]:
    """Makes the three houses and publishes their workshops, by slug; those that are over are completed."""
    actors: dict[str, Actor] = {}
    held: dict[str, Held] = {}
    for slug, name, kemendagri, bps in _HOUSES:
        data = OrganizerCreate(slug=slug, name=name, kemendagri_code=kemendagri, bps_code=bps)
        house = await organizers.create_organizer(session, Actor(ActorKind.SYSTEM), data)
        actors[slug] = system(house.id)
    for occasion in _OCCASIONS:
        actor = actors[str(occasion["organizer"])]
        former = held.get(str(occasion.get("follows")))
        held[str(occasion["slug"])] = Held(actor, await _hold(session, actor, dict(occasion), former))
    return held


async def _hold(session: AsyncSession, actor: Actor, shape: dict[str, object], former: Held | None) -> UUID:
    del shape["organizer"]
    if former is not None:
        shape["follows"] = former.workshop_id
    first, last = cast("tuple[str, str]", shape.pop("days"))
    start, end = f"{first}T08:30:00+08:00", f"{last}T15:30:00+08:00"
    block = {"code": "H1", "label": "Hari I", "hours": 4, "starts_at": start, "ends_at": f"{first}T12:00:00+08:00"}
    shape |= {"timezone": "Asia/Makassar", "starts_at": start, "ends_at": end, "blocks": [block]}
    workshop = await workshops.create(session, actor, WorkshopCreate.model_validate(shape))
    await workshops.publish(session, actor, workshop.id)
    if datetime.fromisoformat(end) < clock.now():
        await workshops.complete(session, actor, workshop.id)
    return workshop.id
