"""What was asked of agencies at the other four occasions, and what became of it.

The occasions and what they asked for are public; the single items, offices and days are made up to show them at work.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.demo.occasions import Held
from service.demo.promised import by_code
from service.demo.story import Calendar, Moment
from service.domain import (
    agreements,
    commitments,
    commitments_requests,
    data_items,
    organisations,
    programmes,
    submissions,
    submissions_review,
)
from service.models.agreements_shapes import AgreementCreate, SignatureCreate
from service.models.commitments import Commitment, Submission
from service.models.commitments_shapes import (
    CommitmentCreate,
    ExtensionDecision,
    Metadata,
    PledgeCreate,
    ReasonGiven,
    SubmissionFields,
)
from service.models.data_items import ItemKind
from service.models.data_items_shapes import DataItemCreate
from service.models.people_shapes import OrganisationCreate
from service.models.programmes_shapes import ProgrammeCreate

DIMENSIONS = {
    "governance": "Tata Kelola Cerdas (Smart Governance)",
    "branding": "Citra Cerdas (Smart Branding)",
    "economy": "Ekonomi Cerdas (Smart Economy)",
    "living": "Kehidupan Cerdas (Smart Living)",
    "society": "Masyarakat Cerdas (Smart Society)",
    "environment": "Lingkungan Cerdas (Smart Environment)",
}
OFFICES = {
    "diskominfo": "Dinas Komunikasi dan Informatika",
    "bappeda": "Badan Perencanaan Pembangunan Daerah",
    "disdukcapil": "Dinas Kependudukan dan Pencatatan Sipil",
    "dpmptsp": "Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu",
    "dinkes": "Dinas Kesehatan",
    "disdik": "Dinas Pendidikan",
    "dishub": "Dinas Perhubungan",
    "dispar": "Dinas Pariwisata",
    "disdag": "Dinas Perdagangan",
    "dlh": "Dinas Lingkungan Hidup",
    "dinsos": "Dinas Sosial",
    "bpbd": "Badan Penanggulangan Bencana Daerah",
}
_COMPLETE = Metadata(
    concept="Menurut produsen data",
    definition="Menurut produsen data",
    classification="Menurut dimensi",
    measure="Jumlah",
    unit="Dokumen",
)

Step = tuple[str, str, str]
"""A day, what happened (pledge, decline, submit, return, accept, extend), and the words or the date that go with it."""


@dataclass(frozen=True)
class Asked:
    """One item, asked of one office, and what followed."""

    code: str
    name: str
    office: str
    dimension: str
    due: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Occasion:
    """What a workshop asked for. `agreement`: a text to be studied there, and when which offices signed it."""

    slug: str
    kind: ItemKind
    asked_on: str
    items: tuple[Asked, ...]
    agreement: tuple[str, str, str, tuple[str, ...]] | None = None


def _kept(pledged: str, handed_in: str, accepted: str) -> tuple[Step, ...]:
    return (pledged, "pledge", ""), (handed_in, "submit", ""), (accepted, "accept", "")


FINDINGS = Occasion(
    "evaluasi-2020",
    ItemKind.FOLLOW_UP,
    "2020-03-13",
    (
        Asked(
            "TL-2018-01",
            "Temuan 2018: aplikasi layanan belum saling terhubung",
            "diskominfo",
            "governance",
            "2020-09-30",
            _kept("2020-03-13", "2020-09-14", "2020-09-21"),
        ),
        Asked(
            "TL-2018-02",
            "Temuan 2018: data penduduk miskin belum satu rujukan",
            "dinsos",
            "society",
            "2020-09-30",
            (
                ("2020-03-13", "pledge", ""),
                ("2020-08-24", "submit", ""),
                ("2020-08-31", "return", "Sebutkan rujukan data dan tanggal pemutakhirannya."),
                ("2020-10-12", "submit", ""),
                ("2020-10-19", "accept", ""),
            ),
        ),
        Asked(
            "TL-2019-01",
            "Temuan 2019: titik kumpul sampah belum terpetakan",
            "dlh",
            "environment",
            "2020-12-18",
            (
                ("2020-03-16", "pledge", ""),
                ("2020-11-23", "extend", "2021-03-31"),
                ("2021-03-22", "submit", ""),
                ("2021-03-29", "accept", ""),
            ),
        ),
        Asked(
            "TL-2019-02",
            "Temuan 2019: promosi wisata belum memakai satu merek daerah",
            "dispar",
            "branding",
            "2020-12-18",
            (("2020-03-16", "decline", "Merek daerah ditetapkan oleh perangkat daerah lain."),),
        ),
        Asked(
            "TL-2019-03",
            "Temuan 2019: perizinan usaha mikro belum daring",
            "dpmptsp",
            "economy",
            "2020-12-18",
            _kept("2020-03-13", "2020-12-14", "2020-12-21"),
        ),
        Asked(
            "TL-2019-04",
            "Temuan 2019: waktu tanggap darurat belum dicatat",
            "bpbd",
            "living",
            "2021-04-30",
            (("2020-03-17", "pledge", ""),),
        ),
    ),
)
PRESENTATIONS = Occasion(
    "rakor-2021",
    ItemKind.PROGRAMME,
    "2021-05-20",
    tuple(
        Asked(f"PAPARAN-{number:02}", f"Paparan program unggulan: {title}", office, dimension, "2021-06-04", steps)
        for number, (office, dimension, title, steps) in enumerate(
            (
                ("diskominfo", "governance", "pusat kendali layanan", _kept("2021-05-20", "2021-05-31", "2021-06-02")),
                ("dispar", "branding", "kalender wisata", _kept("2021-05-20", "2021-06-02", "2021-06-03")),
                ("disdag", "economy", "pasar daring", (("2021-05-21", "pledge", ""), ("2021-06-07", "submit", ""))),
                ("dinkes", "living", "rujukan cepat", _kept("2021-05-20", "2021-06-03", "2021-06-04")),
                ("disdik", "society", "sekolah terhubung", (("2021-05-24", "pledge", ""),)),
                ("dlh", "environment", "bank sampah", _kept("2021-05-21", "2021-06-02", "2021-06-04")),
            ),
            1,
        )
    ),
)
NEEDS = Occasion(
    "kebutuhan-masterplan-2022",
    ItemKind.NEED,
    "2022-01-18",
    tuple(
        Asked(
            f"KEBUTUHAN-{office.upper()}",
            f"Kebutuhan {name} untuk masterplan Smart City",
            office,
            list(DIMENSIONS)[number % len(DIMENSIONS)],
            "2022-01-31",
            _kept("2022-01-18", f"2022-01-{20 + number}", "2022-02-02") if number % 4 else (),
        )
        for number, (office, name) in enumerate(OFFICES.items())
    ),
    ("KB-2022", "Naskah kesepakatan Gerakan Menuju 100 Smart City", "2022-01-31", ("bappeda", "disdik", "dishub")),
)
EVIDENCE = Occasion(
    "rapat-persiapan-evaluasi-2020",
    ItemKind.EVIDENCE,
    "2020-11-18",
    tuple(
        Asked(f"BUKTI-{dimension.upper()}-{kind}", f"{words} dimensi {label}", office, dimension, "2020-11-24", steps)
        for (dimension, label), office in zip(
            DIMENSIONS.items(), ("diskominfo", "dispar", "disdag", "dinkes", "disdik", "dlh"), strict=True
        )
        for kind, words, steps in (
            ("DATA", "Data dan fakta", _kept("2020-11-18", "2020-11-23", "2020-11-25")),
            (
                "FOTO",
                "Bukti pelaksanaan",
                (
                    ("2020-11-18", "pledge", ""),
                    ("2020-11-23", "submit", ""),
                    ("2020-11-24", "return", "Sertakan tanggal dan tempat pada setiap foto."),
                    *((("2020-11-25", "submit", ""), ("2020-11-26", "accept", "")) if dimension != "living" else ()),
                ),
            ),
        )
    ),
)
OCCASIONS = (FINDINGS, PRESENTATIONS, NEEDS, EVIDENCE)


async def prepare(session: AsyncSession, held: Mapping[str, Held]) -> None:
    """The programme and the offices of each house that was asked for something."""
    houses = {held[one.slug].actor.tenant: held[one.slug].actor for one in OCCASIONS}
    for actor in houses.values():
        shape = {"code": "smart-city", "name": "Gerakan Menuju 100 Smart City"}
        named = [{"code": code, "label": label} for code, label in DIMENSIONS.items()]
        await programmes.create(session, actor, ProgrammeCreate.model_validate(shape | {"dimensions": named}))
        for code, name in OFFICES.items():
            await organisations.add(session, actor, OrganisationCreate(code=code, name=name, org_class="opd"))


def moments(held: Mapping[str, Held]) -> Iterator[Moment]:
    """Every request, answer and delivery of the four occasions."""
    calendar = Calendar("Asia/Makassar")
    for occasion in OCCASIONS:
        yield _request(held[occasion.slug], occasion, calendar.day(occasion.asked_on, 9 * 60))
        for number, asked in enumerate(occasion.items):
            for order, step in enumerate(asked.steps):
                at = calendar.day(step[0], 10 * 60 + 10 * order + number)
                yield _step(held[occasion.slug].actor, asked, step, at)
        if occasion.agreement:
            yield from _agreed(held[occasion.slug], occasion.agreement, calendar)


def _request(held: Held, occasion: Occasion, at: datetime) -> Moment:
    async def request(session: AsyncSession) -> None:
        for asked in occasion.items:
            item = {"code": asked.code, "name": asked.name, "item_kind": occasion.kind, "dimension": asked.dimension}
            shape = item | {"requested_from": asked.office, "due_date": asked.due}
            await data_items.add(session, held.actor, DataItemCreate.model_validate(shape))
        wanted = [
            CommitmentCreate(data_item=asked.code, organisation=asked.office, workshop=held.workshop_id)
            for asked in occasion.items
        ]
        await commitments_requests.request_all(session, held.actor, wanted)

    return Moment(at, request)


def _step(actor: Actor, asked: Asked, step: Step, at: datetime) -> Moment:
    _day, deed, words = step

    async def act(session: AsyncSession) -> None:
        row = await by_code(session, actor, f"{asked.code}-{asked.office}")
        match deed:
            case "pledge":
                office = PledgeCreate(signatory_office=f"Kepala {OFFICES[asked.office]}")
                await commitments.pledge(session, actor, row.id, office)
            case "decline":
                await commitments.decline(session, actor, row.id, ReasonGiven(reason=words))
            case "extend":
                await commitments.extend(session, actor, row.id, ExtensionDecision.model_validate({"until": words}))
            case "submit":
                url = f"https://data.demo.invalid/{asked.code.lower()}"
                data = SubmissionFields(metadata=_COMPLETE)
                await submissions.submit(session, actor, row.id, data, url=url)
            case "return" | "accept":
                latest = await _latest(session, row)
                if deed == "accept":
                    await submissions_review.accept(session, actor, latest)
                else:
                    await submissions_review.send_back(session, actor, latest, words)

    return Moment(at, act)


async def _latest(session: AsyncSession, row: Commitment) -> UUID:
    query = select(Submission.id).where(Submission.commitment_id == row.id)
    newest = query.order_by(col(Submission.submitted_at).desc(), col(Submission.id).desc())
    return (await session.exec(newest.limit(1))).one()


def _agreed(held: Held, agreement: tuple[str, str, str, Iterable[str]], calendar: Calendar) -> Iterator[Moment]:
    code, title, day, signed_by = agreement

    async def write(session: AsyncSession) -> None:
        text = "Naskah ini dipelajari bersama sebelum ditandatangani. Keikutsertaan bersifat sukarela."
        shape = {"workshop": held.workshop_id, "code": code, "title": title, "signed_on": day, "text": text}
        row = await agreements.add(session, held.actor, AgreementCreate.model_validate(shape))
        for office in signed_by:
            data = SignatureCreate(organisation=office, signatory_office=f"Kepala {OFFICES[office]}")
            await agreements.sign(session, held.actor, row.id, data)

    yield Moment(calendar.day(day, 14 * 60), write)
