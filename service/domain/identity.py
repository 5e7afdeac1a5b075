"""When two spellings mean the same person: canonical e-mail, phone and name; and what a NIP says of itself.

The canonical forms are for comparison only. Mail goes to the address as it was stored, names are shown as typed.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

# Turkish and Azeri keyboards type the dotless i; for comparison it is an i.
_DOTLESS = str.maketrans({"ı": "i", "İ": "i"})  # noqa: RUF001 - the letters are meant
_COMBINING_DOT = "\u0307"

# The demo's people live under demo.invalid (RFC 2606), where no mail can ever go.
SPECIAL_USE_DOMAIN_NAMES.remove("invalid")


def canonical_email(text: str) -> str:
    """The form under which an address is compared: NFC, case folded, dotless i as i, trailing dots dropped.

    Raises ValueError when it is no e-mail address.
    """
    local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    folded = f"{local.rstrip('.')}{at}{domain.rstrip('.')}".translate(_DOTLESS).casefold().replace(_COMBINING_DOT, "")
    try:
        found = validate_email(folded, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        raise ValueError("not an e-mail address") from None
    return unicodedata.normalize("NFC", found.normalized.casefold())


def stored_email(text: str) -> str:
    """The address to which mail goes: as typed, without spaces around it and dots behind it.

    Raises ValueError when it is no e-mail address.
    """
    canonical_email(text)
    return unicodedata.normalize("NFC", text.strip()).rstrip(".")


def normalise_phone(text: str) -> str:
    """A number in E.164; without a country code it is Indonesian ("0812...", "812...", "62812...").

    Raises ValueError when it is no telephone number.
    """
    typed = text.strip()
    if not re.fullmatch(r"\+?[\d\s().-]+", typed):
        raise ValueError("not a telephone number")
    digits = re.sub(r"\D", "", typed)
    candidate = f"+{digits}" if typed.startswith("+") or digits.startswith("62") else digits
    try:
        number = phonenumbers.parse(candidate, "ID")
    except phonenumbers.NumberParseException:
        raise ValueError("not a telephone number") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("not a telephone number")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def canonical_name(text: str) -> str:
    """The form under which names are compared: NFKC, case folded, dotless i as i, no punctuation, single spaces."""
    plain = unicodedata.normalize("NFKC", text).translate(_DOTLESS).casefold().replace(_COMBINING_DOT, "")
    words = re.sub(r"[^\w\s]|_", " ", plain).split()
    return " ".join(words) or plain.strip()


@dataclass(frozen=True)
class Nip:
    """What the 18 digits of a civil servant's number say. No check digit exists; doubts are warnings, not refusals."""

    digits: str
    birth: date | None
    appointed: str | None
    sex: str | None
    kind: str | None
    warnings: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether every part could be read."""
        return self.birth is not None and self.appointed is not None and self.sex is not None


def read_nip(text: str) -> Nip:
    """Reads a NIP: birth date, first appointment (month), sex, serial. 13th and 14th digit 21 mark a PPPK."""
    digits = re.sub(r"[\s.-]", "", text)
    if not re.fullmatch(r"\d{18}", digits):
        return Nip(digits, None, None, None, None, ("length",))
    birth = _date(digits[:8])
    year, month = int(digits[8:12]), int(digits[12:14])
    pppk = month == 21
    appointed = f"{year:04}-{month:02}" if 1 <= month <= 12 else f"{year:04}" if pppk else None
    sex = {"1": "L", "2": "P"}.get(digits[14])
    warnings = [name for name, part in (("birth", birth), ("appointment", appointed), ("sex", sex)) if part is None]
    if birth and appointed and year - birth.year < 16:
        warnings.append("age")
    return Nip(digits, birth, appointed, sex, "PPPK" if pppk else "PNS", tuple(warnings))


def nip_key(text: str | None) -> str | None:
    """The digits of a NIP by which two people are one; None for what is not well-formed and may be anybody's."""
    nip = read_nip(text) if text else None
    return nip.digits if nip and nip.valid else None


def mask_nip(nip: str | None) -> str | None:
    """Only the last four digits: the others reveal birth date and sex."""
    return None if nip is None else "•" * max(0, len(nip) - 4) + nip[-4:]


def mask_phone(phone: str | None) -> str | None:
    """Only the last four digits: enough to know one's own number by, not enough to be called."""
    return None if phone is None else "•" * max(0, len(phone) - 4) + phone[-4:]


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def untitled_name(text: str) -> str:
    """A name as `canonical_name` compares it, without the titles before and behind it: "Dr. H. X, S.Kom." is "x".

    For hints only: titles cannot be told from names for certain, so two people may come out as one.
    """
    name, *behind = unicodedata.normalize("NFKC", text).split(",")
    kept = [part for part in behind if not all("." in word or _is_title(word) for word in part.split())]
    words = [word for word in " ".join([name, *kept]).split() if "." not in word or not _is_title(word)]
    left = canonical_name(" ".join(words)).split()
    while len(left) > 1 and left[0] in _BEFORE:
        left.pop(0)
    while len(left) > 1 and left[-1] in _BEHIND:
        left.pop()
    return " ".join(left) or canonical_name(text)


_BEFORE = frozenset(
    "dr drs dra drg ir prof h hj haji hajjah bapak ibu pak bu sdr sdri apt ns kh".split()  # noqa: SIM905 - reads better
)
_BEHIND = frozenset(
    (  # noqa: SIM905 - as above
        "sh se sos ssos skom spd sip skm sp si sik stp sth ssi sag sked shut spt st sstp mm mt mh msi mkom mpd map mkes"
        " msc ma mba phd amd amk amdkom apt ners ns kep gr akp"
    ).split()
)


def _is_title(word: str) -> bool:
    """Whether a word is one that stands behind a name, with or without its points: "S.Kom.", "MM"."""
    return word.replace(".", "").casefold() in _BEHIND
