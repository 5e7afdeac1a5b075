"""Names that senders give to files: kept readable, made harmless."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

LONGEST = 150
_FORBIDDEN = re.compile(r'[<>:"/\\|?*;]')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_name(name: str) -> str:
    """The last part of a path, without control, direction and reserved characters; never empty, never hidden."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(char for char in last if unicodedata.category(char) not in _INVISIBLE)
    cleaned = _FORBIDDEN.sub("_", visible).strip().strip(".").strip()
    path = PurePosixPath(cleaned or "berkas")
    ending = path.suffix[:20]
    return path.name.removesuffix(path.suffix)[: LONGEST - len(ending)].rstrip(" .") + ending


def attachment(name: str) -> str:
    """Content-Disposition for a download (RFC 6266), with an ASCII fallback beside the real name (RFC 8187)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    fallback = re.sub(r'["\\%]', "_", plain).strip() or "berkas"
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(name, safe='')}"
