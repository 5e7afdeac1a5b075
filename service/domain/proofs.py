"""Proofs (evidence) of promises and signatures: typed papers, addresses and scans. They are only added, never changed.

Kept as JSON: type, reference, url, note, at (instant), by (the actor's label), and file (name, size, sha256,
media_type, path: its key in the store) or None.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from service.auth import Actor
from service.errors import InvalidInput
from service.i18n import gettext as _
from service.models.commitments_shapes import Evidence, EvidenceFields, EvidenceRead

Stored = dict[str, object]
MOST = 50
"""Proofs that one promise may have."""
_SAID = ("type", "reference", "url", "note")


def kept(actor: Actor, proof: Evidence | EvidenceFields, at: datetime, file: Stored | None = None) -> Stored:
    """A new proof as it is kept."""
    said = proof.model_dump(mode="json")
    return {name: said.get(name) for name in _SAID} | {
        "file": file,
        "at": at.isoformat(),
        "by": actor.label,
    }


def added(evidence: Sequence[Stored], new: Iterable[Stored]) -> list[Stored]:
    """The proofs with the new ones behind them, without those that are there already: what is sent twice counts once.

    Raises InvalidInput for too many.
    """
    whole = list(evidence)
    for proof in new:
        if all(_content(proof) != _content(one) for one in whole):
            whole.append(proof)
    if len(whole) > max(MOST, len(evidence)):
        raise InvalidInput.at("/evidence", _("Paling banyak {most} bukti untuk satu komitmen.").format(most=MOST))
    return whole


def shown(
    evidence: Sequence[Stored], path: str, *, first_at: datetime | None, at: datetime | None = None
) -> list[EvidenceRead]:
    """The proofs that had been given by `at` (None: all); `path` of their files, with `{n}` for the number.

    `first_at`: when the first was given, which the oldest do not say themselves.
    """
    return [
        _read(proof, n, path.format(n=n), given)
        for n, proof in enumerate(evidence, 1)
        if (given := given_at(proof) or first_at) is None or at is None or given <= at
    ]


def given_at(proof: Stored) -> datetime | None:
    """When a proof was given; the oldest do not say."""
    at = proof.get("at")
    return datetime.fromisoformat(at) if isinstance(at, str) else None


def file_of(evidence: Sequence[Stored], n: int) -> Mapping[str, object] | None:
    """The file of the proof of this number, from 1; None when there is none."""
    file = evidence[n - 1].get("file") if 1 <= n <= len(evidence) else None
    return file if isinstance(file, dict) else None


def _content(proof: Stored) -> tuple[object, ...]:
    file = proof.get("file")
    return (*(proof.get(name) for name in _SAID), file.get("sha256") if isinstance(file, dict) else None)


def _read(proof: Stored, n: int, path: str, given: datetime | None) -> EvidenceRead:
    file = proof.get("file")
    said = {name: proof.get(name) for name in _SAID}
    told = {name: file[name] for name in ("name", "size", "sha256", "media_type")} if isinstance(file, dict) else {}
    return EvidenceRead.model_validate(said | {"n": n, "at": given, "file": told | {"path": path} if told else None})
