"""Spellings that mean one person, and the vectors of the domain page."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from service.domain.identity import canonical_email, canonical_name, mask_nip, normalise_phone, read_nip, stored_email


@pytest.mark.parametrize(
    "typed",
    [
        "andi.kominfo@luwukab.go.id",
        "  ANDI.Kominfo@LuwuKab.go.id ",
        "andi.kominfo@luwukab.go.id.",
        "andı.komınfo@luwukab.go.ıd",
        "ANDİ.KOMİNFO@LUWUKAB.GO.İD",
        "andi.kominfo@luwukab.go.id...",
        "andi.kominfo.@luwukab.go.id",
    ],
)
def test_spellings_of_one_address_are_one_identity(typed: str) -> None:
    assert canonical_email(typed) == "andi.kominfo@luwukab.go.id"


def test_composed_and_decomposed_letters_are_one_identity() -> None:
    composed = "andré@luwukab.go.id"
    assert canonical_email(unicodedata.normalize("NFD", composed)) == canonical_email(composed)


@pytest.mark.parametrize("typed", ["", "andi", "@luwukab.go.id", "a@b@c", "a b@luwukab.go.id", "andi@"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        canonical_email(typed)


def test_mail_goes_to_the_address_as_typed() -> None:
    assert stored_email(" Andi.Kominfo@luwukab.go.id. ") == "Andi.Kominfo@luwukab.go.id"


@given(st.emails())
def test_canonical_form_is_stable(address: str) -> None:
    try:
        once = canonical_email(address)
    except ValueError:
        return
    assert canonical_email(once) == once


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("0812-0000-0001", "+6281200000001"),
        ("62 812 0000 0001", "+6281200000001"),
        ("+62812 00000001", "+6281200000001"),
        ("81200000001", "+6281200000001"),
        ("(0471) 300001", "+62471300001"),
    ],
)
def test_phone_numbers_become_e164(typed: str, e164: str) -> None:
    assert normalise_phone(typed) == e164


@pytest.mark.parametrize("typed", ["6281200000001@wa", "kantor", "", "12", "+"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not a telephone number"):
        normalise_phone(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Drs. H. Sulaiman, MM", "DRS H SULAIMAN MM"), ("dr. April", "Dr April."), ("Kepala  Bıdang", "kepala bidang")],
)
def test_punctuation_case_and_spaces_make_no_other_person(one: str, other: str) -> None:
    assert canonical_name(one) == canonical_name(other)


def test_different_names_stay_different() -> None:
    assert canonical_name("Kepala Bidang Aptika") != canonical_name("Kepala Bidang IKP")


@pytest.mark.parametrize(
    ("raw", "valid", "kind", "warnings"),
    [
        ("19660801 198803 1 001", True, "PNS", ()),
        ("198609262015051001", True, "PNS", ()),
        ("19861326 201505 1 001", False, "PNS", ("birth",)),
        ("19860926 201513 1 001", False, "PNS", ("appointment",)),
        ("19860926 201505 3 001", False, "PNS", ("sex",)),
        ("19860926 199905 1 001", True, "PNS", ("age",)),
        ("199001012022212999", True, "PPPK", ()),
        ("131263190", False, None, ("length",)),
    ],
)
def test_a_nip_is_read_with_warnings_never_refused(
    raw: str, valid: bool, kind: str | None, warnings: tuple[str, ...]
) -> None:
    nip = read_nip(raw)
    assert (nip.valid, nip.kind, nip.warnings) == (valid, kind, warnings)


def test_a_masked_nip_shows_its_last_four_digits_only() -> None:
    assert mask_nip("196608011988031001") == "••••••••••••••1001"
