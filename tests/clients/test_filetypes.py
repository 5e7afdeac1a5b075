"""What offices exchange is taken, what means harm is not, and neither takes longer than its size allows."""

import io
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from service.clients import archives
from service.clients.filetypes import Reason, UnknownType, detect
from tests.support.honest_files import honest, pdf
from tests.support.hostile_files import hostile
from tests.support.raw_zip import Member, plain, written


def verdict(name: str, content: bytes) -> str:
    """`taken`, or why not."""
    try:
        detect(name, io.BytesIO(content))
    except UnknownType as refused:
        return refused.reason.value
    return "taken"


def test_everything_that_means_harm_is_refused() -> None:
    verdicts = {what: verdict(name, content) for what, (name, content) in hostile()}
    assert [what for what, said in verdicts.items() if said == "taken"] == []
    assert len(verdicts) >= 180
    assert set(Counter(verdicts.values())) == {reason.value for reason in Reason}


def test_what_offices_send_is_taken() -> None:
    verdicts = {what: verdict(name, content) for what, (name, content) in honest()}
    assert {what: said for what, said in verdicts.items() if said != "taken"} == {}
    assert len(verdicts) >= 40


def test_the_refusal_names_the_entry_that_is_meant() -> None:
    with pytest.raises(UnknownType) as refused:
        detect("a.zip", io.BytesIO(plain({"baik.csv": "a;b\n", "data/buruk.xlsx": b"MZ"})))
    assert (refused.value.reason, refused.value.inside) == (Reason.MISMATCH, "data/buruk.xlsx")


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = 0
    inside = archives.pieces

    def counted(*args: object) -> object:
        nonlocal unpacked
        for piece in inside(*args):  # type: ignore[arg-type] # passed on as they come
            unpacked += len(piece)
            yield piece

    monkeypatch.setattr(archives, "pieces", counted)
    liar = written(Member(b"a.csv", bytes(5_000_000), size=1_000))
    assert [verdict("a.zip", one) for one in (written(Member(b"a.csv", bytes(21_000_000))), liar)] == ["inflated"] * 2
    assert unpacked == 0


def test_all_archives_of_one_upload_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = plain({"a.csv": b"a;b\n" * 1_000})
    outer = plain({f"{n}.zip": inner for n in range(20)})
    assert verdict("a.zip", outer) == "taken"
    monkeypatch.setattr(archives, "LARGEST_UNPACKED", 50_000)
    assert verdict("a.zip", outer) == "inflated"


def test_a_file_is_left_as_it_came(tmp_path: Path) -> None:
    file = io.BytesIO(plain({"a.pdf": pdf(), "b.csv": b"a;b\n" * 500_000}))
    file.seek(3)
    assert detect("a.zip", file, tmp_path) == "application/zip"
    assert (file.tell(), list(tmp_path.iterdir())) == (0, [])


SLOW: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "quotes that never close": ("a.geojson", lambda n: b'{"type":"Feature","a":"' + b'\\"' * (n // 2)),
    "a line of signs": ("a.csv", lambda n: b"=," * (n // 2)),
    "a line of bars": ("a.csv", lambda n: b"=a|b" * (n // 4)),
    "a line of calls": ("a.csv", lambda n: b"a|b!c(" * (n // 6)),
    "streams without end": ("a.pdf", lambda n: b"%PDF-1.7\n" + b"stream\nx\x9c" * (n // 9)),
    "names in disguise": ("a.pdf", lambda n: b"%PDF-1.7\n" + b"/#4a" * (n // 4)),
    "one name in disguise": ("a.pdf", lambda n: b"%PDF-1.7\n/" + b"#4a" * (n // 3)),
    "formulas that never end": ("a.xlsx", lambda n: _sheet(b"<f " * (n // 3) + b"f>")),
    "a formula of bars": ("a.xlsx", lambda n: _sheet(b"<f>" + b"a|" * (n // 2) + b"</f>")),
}


def _sheet(content: bytes) -> bytes:
    from tests.support.honest_files import office

    return office("xlsx", xl__worksheets__a_dot_xml=b"<s>" + content)


@pytest.mark.soak
@pytest.mark.parametrize("what", SLOW)
def test_time_grows_no_faster_than_the_file(what: str) -> None:
    name, made = SLOW[what]

    def seconds(size: int) -> float:
        content, times = made(size), []
        for _try in range(3):
            begun = time.process_time()
            verdict(name, content)
            times.append(time.process_time() - begun)
        return min(times)

    assert seconds(4_000_000) < 8 * max(seconds(1_000_000), 0.01)
