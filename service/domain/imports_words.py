"""What offices write into the cells of their lists, read into our words."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from service.models.people import Employment
from service.models.registrations import ParticipantRole, RegistrationStatus
from service.models.workshops import Mode

_SPREADSHEETS_BEGIN = date(1899, 12, 30)
_NOTHING = frozenset({"n/a", "na", "nihil", "tidak ada", "belum ada", "kosong"})
_MARKS_ONLY = re.compile(r"[\s.…_?–—-]*")  # noqa: RUF001 - dashes as typed
_DITTO = {"sda", "idem", "ditto", '"', "''", "″", "〃", "”"}
_NAME_NIP = re.compile(r"[\s,;/(|-]+(?:NIP(?:PPK)?\b[\s.:]*|(?<=\n))((?:\d[ .]?){17}\d)[\s)]*$", re.IGNORECASE)
_KIND_OF_PHONE = re.compile(r"\(?\b(?:wa|hp|telp|tlp|kantor|pribadi)\b[.:]?\)?\s*:?", re.IGNORECASE)
_OFFLINE = {"luring", "offline", "onsite", "aula", "fisik", "tatap"}
_ONLINE = {"daring", "online", "zoom", "virtual", "gmeet", "vicon", "vidcon", "webinar"}
_MODE_MAY = set(
    (  # noqa: SIM905 - a list of forty words reads worse
        "on site muka langsung hadir secara via melalui meeting di ruang rapat dalam luar jaringan google meet peserta"
        " kehadiran lokasi tempat hall the in person"
    ).split()
)
_TICKS = {"v", "x", "√", "✓", "✔", "1", "ya", "yes", "true", "o", "●"}
_ROLES: Mapping[str, ParticipantRole] = {
    "peserta": ParticipantRole.PARTICIPANT,
    "narasumber": ParticipantRole.SPEAKER,
    "pemateri": ParticipantRole.SPEAKER,
    "pembicara": ParticipantRole.SPEAKER,
    "moderator": ParticipantRole.MODERATOR,
    "panitia": ParticipantRole.COMMITTEE,
    "organizing committee": ParticipantRole.COMMITTEE,
    "tamu": ParticipantRole.GUEST,
    "undangan": ParticipantRole.GUEST,
}
_STATUSES: Mapping[str, RegistrationStatus] = {
    "dibatalkan": RegistrationStatus.CANCELLED,
    "batal": RegistrationStatus.CANCELLED,
    "canceled": RegistrationStatus.CANCELLED,
    "ditolak": RegistrationStatus.REJECTED,
}
_LEVELS: Mapping[str, str] = {
    "kepala": "head",
    "sekretaris": "secretary",
    "kasubag": "subdivision_head",
    "kasubbag": "subdivision_head",
    "perwakilan": "representative",
    "staf": "staff",
    "pelaksana": "staff",
}
_ITEM_KINDS: Mapping[str, str] = {
    "data": "data",
    "dokumen": "data",
    "kebutuhan": "need",
    "need": "need",
    "program": "programme",
    "programme": "programme",
    "program unggulan": "programme",
    "bukti": "evidence",
    "bukti dukung": "evidence",
    "bukti pendukung": "evidence",
    "evidence": "evidence",
    "supporting evidence": "evidence",
    "tindak lanjut": "follow_up",
    "follow up": "follow_up",
}
_MONTHS: Mapping[str, int] = {
    "jan": 1, "feb": 2, "peb": 2, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "agu": 8, "agt": 8,
    "aug": 8, "ags": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "nop": 11, "des": 12, "dec": 12,
}  # fmt: skip


def meant(text: str) -> str | None:
    """A cell's text, None when it stands for nothing: "-", "n/a", "tidak ada"."""
    return None if text.casefold() in _NOTHING or _MARKS_ONLY.fullmatch(text) else text


def is_ditto(text: str) -> bool:
    """Whether a cell says that it is the same as the one above: "sda", "s.d.a.", "idem"."""
    return re.sub(r"[\s.]", "", text).casefold() in _DITTO


def name_and_nip(text: str) -> tuple[str, str | None]:
    """Name and NIP of a cell that holds both, as columns called "Nama / NIP" do."""
    found = _NAME_NIP.search(text)
    return (text[: found.start()], found[1]) if found else (text, None)


def phone_of(text: str) -> str:
    """A number without the word that says what kind it is: "0812... (WA)"."""
    return _KIND_OF_PHONE.sub(" ", text).strip()


def mode_of(text: str) -> Mode | None:
    """The mode a cell names; None for none, both or something else."""
    words = set(re.findall(r"[a-z]+", text.casefold()))
    inside = "dalam" in words and "jaringan" in words
    outside = "luar" in words and "jaringan" in words
    offline = bool(words & _OFFLINE) or outside or words == {"langsung"} or {"on", "site"} <= words
    offline = offline or words == {"in", "person"}
    online = bool(words & _ONLINE) or inside or {"google", "meet"} <= words
    if offline == online or words - _OFFLINE - _ONLINE - _MODE_MAY:
        return None
    return Mode.OFFLINE if offline else Mode.ONLINE


def is_tick(text: str) -> bool:
    """Whether a cell is ticked."""
    return text.strip("()[] ").casefold() in _TICKS


def role_of(text: str) -> ParticipantRole | None:
    """The role a cell names."""
    word = text.casefold()
    return _ROLES.get(word) or next((role for role in ParticipantRole if role.value == word), None)


def employment_of(text: str) -> Employment | None:
    """The employment status a cell names."""
    words = set(re.findall(r"[a-z0-9]+", text.casefold()))
    if words & {"pppk", "p3k"}:
        return Employment.PPPK
    if words & {"non", "honorer", "thl", "kontrak", "swasta", "nonasn"}:
        return Employment.NON_ASN
    return Employment.PNS if words & {"pns", "asn", "cpns"} else None


def level_of(text: str) -> str:
    """Level of a position: our word for the usual Indonesian ones, else the text as a short key."""
    word = text.strip().casefold()
    return _LEVELS.get(word, re.sub(r"[^a-z0-9._-]+", "_", word).strip("_.-"))


def status_of(text: str) -> RegistrationStatus | None:
    """The status a cell names; only what is over matters to an import."""
    word = text.casefold()
    return _STATUSES.get(word) or next((one for one in RegistrationStatus if one.value == word), None)


def nip_digits(text: str) -> str:
    """A NIP without the spaces, points and apostrophes that people put into it."""
    return re.sub(r"[\s.'-]", "", text)


def is_masked(text: str) -> bool:
    """A NIP as our own exports show it to those who may not see it."""
    return "•" in text


def first_of(text: str) -> tuple[str, bool]:
    """The first of several addresses or numbers in one cell, and whether there were more."""
    parts = all_of(text)
    return parts[0], len(parts) > 1


def all_of(text: str) -> list[str]:
    """The addresses or numbers in one cell; at least one."""
    parts = [part.strip(" ':") for part in re.split(r"[;,/\n]|\s+(?:dan|atau|or|and)\s+", text)]
    return [part for part in parts if part] or [text.strip()]


def item_kind_of(text: str) -> str | None:
    """What sort of data item a cell names."""
    word = " ".join(re.findall(r"[a-z]+", text.casefold()))
    return _ITEM_KINDS.get(word)


def yes_or_no(text: str) -> bool | None:
    """What a cell answers; None for what is neither."""
    word = text.casefold().strip("()[]. ")
    if is_tick(text) or word in {"ada", "benar"}:
        return True
    return False if word in {"tidak", "no", "false", "0", "bukan", "n"} else None


def book_of(text: str) -> int | None:
    """The book of the masterplan that a cell names: "2", "Buku II"."""
    word = re.sub(r"\b(?:buku|book)\b", "", text.casefold()).strip(" .")
    return {"1": 1, "2": 2, "3": 3, "i": 1, "ii": 2, "iii": 3}.get(word)


def day_of(text: str) -> date | None:
    """A day as people write it: 2023-07-21, 21/7/2023, 21/7/23, 21 Juli 2023, Jumat, 21 Juli 2023; or the number of a
    day in a spreadsheet, 45128.
    """
    plain = text.casefold().strip()
    if found := re.fullmatch(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})", plain):
        year, month, day = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})", plain):
        day, month, year = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(?:[^\W\d]+'?[^\W\d]*,?\s+)?(\d{1,2})\s+([a-z]+)\.?,?\s+(\d{4})", plain):
        day, month, year = int(found[1]), _month_of(found[2]), int(found[3])
    elif re.fullmatch(r"[3-6]\d{4}", plain):
        return _SPREADSHEETS_BEGIN + timedelta(days=int(plain))
    else:
        return None
    try:
        return date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return None


def days_of(text: str) -> int | None:
    """A number of working days: "5", "-3", "H+5", "H-3", "5 hari kerja"."""
    word = re.sub(r"hari|kerja|working|days?|^\s*[hd](?=\s*[+-])", "", text.casefold())
    word = word.replace("−", "-").replace(" ", "")  # noqa: RUF001 - a minus as typed
    return int(word) if re.fullmatch(r"[+-]?\d{1,3}", word) else None


def _month_of(word: str) -> int:
    """The number of a month by its name or the beginning of it, in Indonesian or English; 0 for none."""
    return _MONTHS.get(word[:3], 0) if len(word) > 2 else 0
