"""Which column of an office's list means what: proposed from its heads, then from what stands below them."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.domain.identity import canonical_email, normalise_phone
from service.domain.imports_words import is_tick, mode_of, nip_digits
from service.models.workshops import Mode

Noun = Literal["registrations", "organisations", "data_items"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILLER = _words(
    "dan atau aktif peserta participant lengkap gelar beserta dengan tanpa wajib diisi anda bapak ibu sdr pegawai yang"
    " dapat dihubungi bisa contoh calon the your of and full in for mohon isi harap utusan delegasi"
)
_ORGANISATION = "instansi opd skpd organisasi lembaga kantor unit satker organisation organization institution agency"
_OFFICE = f"{_ORGANISATION} perangkat dinas asal nama name kerja daerah satuan pengirim badan badan/dinas bagian"


@dataclass(frozen=True)
class _Rule:
    """A head means `field` when it has a word of each group in `needs` and no other than those and `may`."""

    field: str
    needs: tuple[frozenset[str], ...]
    may: frozenset[str]

    def fits(self, words: frozenset[str]) -> bool:
        known = self.may.union(*self.needs)
        return all(words & group for group in self.needs) and words <= known


def _rule(field: str, *needs: str, may: str = "") -> _Rule:
    return _Rule(field, tuple(_words(group) for group in needs), _words(may))


_PERSON = (
    _rule("number", "pendaftaran registrasi registration", may="nomor no number"),
    _rule("organisation", "kode code", _ORGANISATION, may="perangkat daerah"),
    _rule("organisation", "kode", "perangkat", may="daerah"),
    _rule("name", "nama name", may="pejabat orang nip"),
    _rule("name", "peserta participant"),
    _rule("nip", "nip nippppk nipppk", may="nik nrp nippk no nomor baru lama niy nidn"),
    _rule("position_level", "level tingkat eselon", may="jabatan position of"),
    _rule("rank", "pangkat golongan gol rank grade", may="ruang gol golongan dalam terakhir"),
    _rule("represents", "mewakili represents representing diwakili", may="pejabat siapa"),
    _rule("position", "jabatan position", may="title dalam dinas nama job saat ini instansi"),
    _rule("email", "email surel mail", may="e mail alamat address address kantor"),
    _rule("phone", "hp wa whatsapp telepon telp tlp tlpn handphone ponsel phone mobile kontak contact hape telpon",
          may="no nomor number kantor seluler pribadi person contact"),
    _rule("employment", "kepegawaian employment asn", may="status pns pppk non jenis pegawai"),
    _rule("status", "status", may="pendaftaran registrasi registration"),
    _rule("mode",
          "moda mode kehadiran keikutsertaan partisipasi luring daring online offline attendance attending hadir",
          may="cara via rencana bentuk jenis registered secara metode melalui mengikuti"),
    _rule("role", "peran role sebagai", may="dalam kegiatan"),
    _rule("channel", "saluran channel", may="pesan message"),
    _rule("language", "bahasa language", may="pesan message"),
    _rule("code", "kode code id", may="panitia own key unik"),
    _rule("organisation_name", f"{_ORGANISATION} asal dinas", may=_OFFICE),
    _rule("organisation_name", "perangkat", "daerah", may=_OFFICE),
)  # fmt: skip
_AGENCY = (
    _rule("code", "kode code singkatan akronim", may=f"{_OFFICE} own key"),
    _rule("org_class", "kelas class klasifikasi", may=_OFFICE),
    _rule("kind", "jenis kind tipe kelompok", may=_OFFICE),
    _rule("contact_email", "email surel mail", may=f"e alamat address kontak contact resmi narahubung {_OFFICE}"),
    _rule("contact_phone", "hp wa whatsapp telepon telp tlp handphone ponsel phone mobile telpon",
          may=f"no nomor number kontak contact narahubung {_OFFICE}"),
    _rule("contact_position", "jabatan position", may="kontak contact narahubung"),
    _rule("contact_name", "kontak contact narahubung pic penghubung", may="nama name person"),
    _rule("name", f"nama name {_ORGANISATION} perangkat", may=_OFFICE),
)  # fmt: skip
_CATALOGUE = (
    _rule("contains_personal_data", "pribadi personal", may="data memuat mengandung berisi contains"),
    _rule("due_days", "hari days",
          may="kerja working kegiatan workshop dari from sebelum sesudah setelah jumlah tenggat"),
    _rule("due_stage", "tahap tahapan stage", may="program programme tenggat due kegiatan"),
    _rule("due_date", "tenggat batas due deadline tanggal",
          may="waktu tanggal akhir penyerahan penyampaian pengumpulan batas data date submission"),
    _rule("requested_from", f"{_ORGANISATION} perangkat produsen penanggung pj sumber pengampu source owner",
          may=f"{_OFFICE} jawab kode code data penyedia pemilik organisasi"),
    _rule("sub_dimension", "sub subdimensi subdimension", may="dimensi dimension"),
    _rule("dimension", "dimensi dimension pilar", may="smart city kota cerdas"),
    _rule("programme", "program programme", may="kode code nama"),
    _rule("masterplan_book", "buku book", may="masterplan"),
    _rule("access_class", "akses access sifat klasifikasi", may="hak kelas class data tingkat level kategori"),
    _rule("data_kind", "bentuk format tipe", may="data berkas file jenis dokumen"),
    _rule("item_kind", "jenis kind kategori", may="butir permintaan data item kebutuhan"),
    _rule("code", "kode code id", may="nomor no data butir item kebutuhan own key"),
    _rule("description", "keterangan deskripsi description penjelasan catatan rincian", may="data butir tambahan"),
    _rule("name", "nama name uraian data butir item kebutuhan judul",
          may="nama data butir item kebutuhan dibutuhkan diminta dokumen jenis"),
)  # fmt: skip
_EVERYWHERE = _words("name email phone nip position rank organisation_name mode")
RULES: Mapping[Noun, Sequence[_Rule]] = {
    "registrations": _PERSON,
    "organisations": _AGENCY,
    "data_items": _CATALOGUE,
}
_APART = re.compile(r"\b[a-z](?:(?: |\. ?)[a-z]\b)+", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:kontak|contact) (\d{1,2}) ?(.*)")
_NUMBERED_PARTS = {
    "nama": "name", "name": "name", "jabatan": "position", "position": "position", "surel": "email", "e mail": "email",
    "email": "email", "telepon": "phone", "phone": "phone", "telephone": "phone",
}  # fmt: skip


def fields_of(noun: Noun) -> frozenset[str]:
    """Every field that a column of such a list can hold."""
    return frozenset(rule.field for rule in RULES[noun])


def words_of(text: str) -> list[str]:
    """A head's words: case, accents, punctuation and line breaks do not count, nor does what stands in brackets."""
    plain = unspaced(unicodedata.normalize("NFKD", re.sub(r"\([^)]*\)|\*", " ", text)).casefold())
    return re.findall(r"[a-z0-9]+", plain.replace("e-mail", "email"))


def unspaced(text: str) -> str:
    """A head whose letters stand apart, with its words written as usual: "N A M A", "N.I.P."."""
    return _APART.sub(lambda found: re.sub(r"[ .]", "", found[0]), text)


def field_of(head: str, noun: Noun) -> str | None:
    """What a head means, None for one that says nothing to us."""
    words = words_of(head) or words_of(head.replace("(", " ").replace(")", " "))
    if noun == "organisations" and (found := _NUMBERED.fullmatch(" ".join(words))):
        part = _NUMBERED_PARTS.get(found[2])
        return f"contact_{part}.{int(found[1])}" if part else None
    telling = frozenset(words) - _FILLER or frozenset(words)
    return next((rule.field for rule in RULES[noun] if rule.fits(telling)), None)


def meaning(head: str, noun: Noun, labels: Mapping[str, str]) -> str | None:
    """What a head means; a question that is called like a part of every list gives way to that part."""
    found, asked = field_of(head, noun), labels.get(" ".join(words_of(head)))
    return found if found in _EVERYWHERE or asked is None else asked


def looks_like_head(cells: Sequence[str], noun: Noun, labels: Mapping[str, str]) -> int:
    """How many different fields a row of heads names."""
    named = {cell: meaning(cell, noun, labels) for cell in cells if 0 < len(cell) <= 300}
    # Two columns to tick, "Luring" and "Daring", say more than one called "Kehadiran".
    found = {f"mode.{mode_of(cell)}" if field == "mode" else field for cell, field in named.items()}
    return len(found - {None})


def propose(
    heads: Sequence[str], rows: Sequence[Sequence[str]], noun: Noun, labels: Mapping[str, str]
) -> list[str | None]:
    """The field of each column; `labels`: fields of the questions by the words of their labels.

    A field goes to the first column that names it; a column whose head says nothing is judged by its content.
    """
    fields: list[str | None] = []
    modes = {mode_of(head) for head in heads if meaning(head, noun, labels) == "mode"}
    for place, head in enumerate(heads):
        column = [row[place] for row in rows if place < len(row) and row[place]]
        found = meaning(head, noun, labels)
        if found in ("phone", "contact_name", "contact_phone") and _mostly(column, _is_email):
            found = "email" if noun == "registrations" else "contact_email"
        # Where one column says "Luring" and another one "Daring", there is something to tick.
        if found == "mode" and (ticked := mode_of(head)) and (modes >= set(Mode) or _mostly(column, is_tick)):
            found = f"mode.{ticked}"
        fields.append(found if found not in fields else None)
    guessed = _BY_CONTENT[noun]
    for place, head in enumerate(heads):
        if fields[place] is None and (not head or noun == "registrations"):
            column = [row[place] for row in rows if place < len(row) and row[place]]
            found = next((name for name, fits in guessed if name not in fields and _mostly(column, fits)), None)
            fields[place] = found
    return fields


def is_numbering(head: str) -> bool:
    """The column that only counts: "No", "No. Urut", "#"."""
    words = set(words_of(head))
    return head.strip() == "#" or (bool(words) and words <= {"no", "nomor", "urut", "nr"})


def _is_email(text: str) -> bool:
    try:
        canonical_email(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    digits = re.sub(r"[\s().'-]", "", text)
    if not re.fullmatch(r"(?:\+62|62|0)?8\d{7,11}", digits):
        return False
    try:
        normalise_phone(digits)
    except ValueError:
        return False
    return True


def _is_nip(text: str) -> bool:
    return len(nip_digits(text)) == 18 and nip_digits(text).isdigit()


def _is_mode(text: str) -> bool:
    return mode_of(text) is not None


def _mostly(column: Sequence[str], fits: Callable[[str], bool]) -> bool:
    """Whether nearly all that is filled in fits."""
    sample = column[:200]
    return bool(sample) and sum(map(fits, sample)) >= 0.8 * len(sample)


_BY_CONTENT: Mapping[Noun, Sequence[tuple[str, Callable[[str], bool]]]] = {
    "registrations": (("email", _is_email), ("nip", _is_nip), ("phone", _is_phone), ("mode", _is_mode)),
    "organisations": (("contact_email", _is_email), ("contact_phone", _is_phone)),
    "data_items": (),
}
