"""Certificates as PDF: a page for the wall and one with the materials, each with the code that checks it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import typst

from service.clients.files import Store
from service.documents import letterhead, pdf, qr


class Paper(Protocol):
    """See domain.certificates_paper.Paper."""

    @property
    def title(self) -> str: ...
    @property
    def certificates(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def logo_key(self) -> str | None: ...
    @property
    def made_at(self) -> datetime: ...


def render(paper: Paper, store: Store) -> bytes:
    """The certificates one after the other. Blocks, about 10 ms each: call it in a thread.

    One that cannot be set at all is left out rather than all of them, and named on a page of its own at the end.
    """
    logo = letterhead.logo(store, paper.logo_key)
    common: dict[str, object] = {"title": paper.title, "logo": logo, "missing": []}
    try:
        return _set(common, paper.certificates, paper.made_at)
    except typst.TypstError:
        if len(paper.certificates) == 1:
            raise
    sound = [one for one in paper.certificates if _can_be_set(common, one, paper.made_at)]
    missing = [one["number"] for one in paper.certificates if one not in sound]
    return _set(common | {"missing": missing}, sound, paper.made_at)


def _set(common: Mapping[str, object], certificates: Sequence[Mapping[str, object]], made_at: datetime) -> bytes:
    coded = [{**one, "qr": qr.svg(str(one["link"])).decode()} for one in certificates]
    return pdf.render("certificate.typ", {**common, "certificates": coded}, made_at)


def _can_be_set(common: Mapping[str, object], certificate: Mapping[str, object], made_at: datetime) -> bool:
    try:
        _set(common, [certificate], made_at)
    except typst.TypstError:
        return False
    return True
