"""Taking over what another programme asks for: of one's own house, or of an organizer that shares it."""

from collections.abc import Collection

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor
from service.domain import commitments, data_items
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.data_items import DataItem
from service.models.organizers import Programme
from service.models.programmes_shapes import CopiesRead, SkippedItem

LONGEST_CODE = 64
_COPIED = (
    "name",
    "item_kind",
    "sub_dimension",
    "data_kind",
    "masterplan_book",
    "due_days",
    "access_class",
    "contains_personal_data",
    "description",
)


async def copy(
    session: AsyncSession,
    actor: Actor,
    source: Programme,
    target: Programme,
    codes: Collection[str] | None,
    ending: str,
) -> CopiesRead:
    """Copies the items of a programme, or those of these codes, under their codes with `ending` behind them.

    What stands already is left out and named. Days that have passed are not copied. Of another organizer's items
    neither the organisation nor the day is copied: both are that house's own.
    """
    query = select(DataItem).where(DataItem.programme_id == source.id).order_by(DataItem.code)
    found = [item for item in await session.exec(query) if codes is None or item.code in codes]
    named = {item.id: f"{item.code}{ending}" for item in found}
    too_long = next((code for code in named.values() if len(code) > LONGEST_CODE), None)
    if too_long is not None:
        raise InvalidInput.at("/ending", _("Kode {code} menjadi terlalu panjang.").format(code=too_long))
    # The lock on the programme keeps two copies at once from taking the same codes.
    await session.exec(select(Programme.id).where(Programme.id == target.id).with_for_update(key_share=True))
    standing = select(DataItem.code).where(
        DataItem.organizer_id == actor.tenant, col(DataItem.code).in_(named.values())
    )
    taken = set(await session.exec(standing)) if named else set()
    today = await commitments.today(session, actor)
    dimensions = {str(entry["code"]) for entry in target.dimensions}
    stages = {str(entry["code"]) for entry in target.stages}
    own = source.organizer_id == actor.tenant
    made = []
    for item in found:
        if named[item.id] in taken:
            continue
        columns = {name: getattr(item, name) for name in _COPIED}
        columns |= {"code": named[item.id], "programme_id": target.id}
        columns["dimension"] = item.dimension if item.dimension in dimensions else None
        columns["due_stage"] = item.due_stage if item.due_stage in stages else None
        if own:
            columns["requested_from_id"] = item.requested_from_id
            columns["due_date"] = item.due_date if item.due_date and item.due_date >= today else None
        made.append(columns)
    rows = await data_items.add_all(session, actor, made)
    unknown = sorted(set(codes or ()) - {item.code for item in found})
    return CopiesRead(
        programme=target.code,
        copied=[row.code for row in rows],
        skipped=[
            *(SkippedItem(code=code, reason="code_taken") for code in sorted(taken)),
            *(SkippedItem(code=code, reason="unknown") for code in unknown),
        ],
    )
