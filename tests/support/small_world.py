"""Another world in the fixture's format: one day in Jayapura, two organisations, three people, four promises.

P1 (09.00-10.30, 2 JP): the head in the hall, the bank online for 80 of 90 minutes
P2 (13.00-13.45, 1 JP): the head in the hall, the bank online for 30 of 45 minutes, a walk-in
"""

from typing import Any

World = dict[str, Any]  # a JSON document


def small_world() -> World:
    return {
        "event": {
            "id": "jayapura-rakor-2024",
            "facts": [
                {"field": "title", "value": "Rapat Koordinasi Data Tahap I"},
                {"field": "regency", "value": "Kabupaten Jayapura"},
                {"field": "host_org", "value": "kominfo-jpr"},
                {"field": "venue", "value": "Aula Sentani"},
                {"field": "place_district", "value": "Distrik Sentani, a remark"},
                {"field": "modality", "value": "hybrid"},
                {"field": "timezone", "value": "Asia/Jayapura"},
                {"field": "hall_capacity", "value": 1},
            ],
        },
        "rules": {"online_block_threshold": 0.75, "certificate_min_jp_ratio": 0.8},
        "dimensions": [
            {"id": name, "label_id": name.title(), "sub": [], "coordinator": "kominfo-jpr"}
            for name in ("governance", "economy")
        ],
        "organisations": [
            {"id": "kominfo-jpr", "name": "Dinas Kominfo", "org_class": "opd", "kind": "dinas"},
            {"id": "bank-papua", "name": "Bank Papua", "org_class": "eksternal", "kind": "bank"},
        ],
        "schedule": {
            "blocks": [_block("P1", "Pagi", 2), _block("P2", "Siang", 1)],
            "sessions": [_session("P1", "09:00", "10:30", 2), _session("P2", "13:00", "13:45", 1)],
        },
        "participants": [
            _person("H-1", "kominfo-jpr", "Kepala Dinas Kominfo", "kepala", "pns", "offline"),
            _person("B-1", "bank-papua", "Kepala Cabang Bank Papua", "perwakilan", "non_asn", "online"),
            _person("W-1", "kominfo-jpr", "Pranata Komputer", "staf", "pppk", None),
        ],
        "attendance": [
            {"participant_id": "H-1", "block": "P1", "mode": "offline", "minutes": None},
            {"participant_id": "H-1", "block": "P2", "mode": "offline", "minutes": None},
            {"participant_id": "B-1", "block": "P1", "mode": "online", "minutes": 80},
            {"participant_id": "B-1", "block": "P2", "mode": "online", "minutes": 30},
            {"participant_id": "W-1", "block": "P2", "mode": "offline", "minutes": None},
        ],
        "unmatched_zoom": [
            {"display_name": "iPhone", "block": "P1", "minutes": 20},
            {"display_name": "iPhone", "block": "P1", "minutes": 40},
        ],
        "data_items": [
            _item("X1", "governance", "kominfo-jpr", "2024-02-05"),
            _item("X2", "economy", "bank-papua", "2024-02-06"),
            _item("X3", "economy", "bank-papua", "2024-02-06"),
        ],
        "commitments": [
            _promise("K1", "X1", "kominfo-jpr", "committed", "returned", committed_at="2024-02-02", returned=1),
            _promise("K2", "X2", "bank-papua", "declined", "not_applicable", reassigned_to="kominfo-jpr"),
            _promise("K3", "X2", "kominfo-jpr", "requested", "not_submitted"),
            _promise("K4", "X3", "bank-papua", "withdrawn", "not_applicable", committed_at="2024-02-02"),
        ],
        "test_vectors": {"holidays_2024": [{"date": "2024-02-09", "kind": "cuti_bersama"}]},
    }


def _block(code: str, label: str, jp: int) -> World:
    return {"id": code, "date": "2024-02-01", "label": label, "jp": jp, "jp_minutes": jp * 45}


def _session(block: str, start: str, end: str, jp: int) -> World:
    day = "2024-02-01T{}:00+09:00"
    return {
        "block": block,
        "start": day.format(start),
        "end": day.format(end),
        "title": f"Sesi {block}",
        "jp": jp,
        "by": "kominfo-jpr",
    }


def _person(code: str, org: str, office: str, rank: str, employment: str, mode: str | None) -> World:
    return {
        "id": code,
        "org_id": org,
        "office": office,
        "rank": rank,
        "employment": employment,
        "registered": mode is not None,
        "registered_mode": mode,
        "walk_in": mode is None,
        "substitute_for": None,
        "event_role": "peserta",
    }


def _item(code: str, dimension: str, org: str, due: str) -> World:
    return {
        "id": code,
        "name": f"Data {code}",
        "dimension": dimension,
        "sub_dimension": None,
        "data_kind": "tabel",
        "masterplan_book": 1,
        "access_class": "terbuka",
        "contains_personal_data": False,
        "requested_from": org,
        "due_date": due,
    }


def _promise(
    code: str,
    item: str,
    org: str,
    status: str,
    fulfilment: str,
    *,
    committed_at: str | None = None,
    returned: int = 0,
    reassigned_to: str | None = None,
) -> World:
    return {
        "id": code,
        "item_id": item,
        "org_id": org,
        "requested_at": "2024-02-01",
        "commitment_status": status,
        "committed_at": committed_at,
        "signatory_office": None,
        "evidence_ref": None,
        "fulfilment_status": fulfilment,
        "submitted_at": "2024-02-05" if returned else None,
        "accepted_at": None,
        "return_count": returned,
        "metadata_complete": False if returned else None,
        "decline_reason": "rahasia_bank" if status == "declined" else None,
        "reassigned_to": reassigned_to,
    }
