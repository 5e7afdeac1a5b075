"""The occasions of three other regencies, so that a demo shows more than one tenant and more than one kind."""

from datetime import datetime
from typing import cast

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


async def load(session: AsyncSession) -> None:
    """Makes the three houses and publishes their workshops; those that are over are completed."""
    actors: dict[str, Actor] = {}
    for slug, name, kemendagri, bps in _HOUSES:
        data = OrganizerCreate(slug=slug, name=name, kemendagri_code=kemendagri, bps_code=bps)
        house = await organizers.create_organizer(session, Actor(ActorKind.SYSTEM), data)
        actors[slug] = system(house.id)
    for occasion in _OCCASIONS:
        await _hold(session, actors[str(occasion["organizer"])], dict(occasion))


async def _hold(session: AsyncSession, actor: Actor, shape: dict[str, object]) -> None:
    del shape["organizer"]
    first, last = cast("tuple[str, str]", shape.pop("days"))
    start, end = f"{first}T08:30:00+08:00", f"{last}T15:30:00+08:00"
    block = {"code": "H1", "label": "Hari I", "hours": 4, "starts_at": start, "ends_at": f"{first}T12:00:00+08:00"}
    shape |= {"timezone": "Asia/Makassar", "starts_at": start, "ends_at": end, "blocks": [block]}
    workshop = await workshops.create(session, actor, WorkshopCreate.model_validate(shape))
    await workshops.publish(session, actor, workshop.id)
    if datetime.fromisoformat(end) < clock.now():
        await workshops.complete(session, actor, workshop.id)
