"""A plan of a workshop, and an organizer who works through the API."""

from typing import Any

from httpx import AsyncClient, Response

from service.models.organizers import Organizer

LIST = "/api/v1/workshops"
PLAN: dict[str, Any] = {
    "title": "Bimtek Penyusunan Masterplan Smart City",
    "kinds": ["bimtek", "evaluation"],
    "modality": "hybrid",
    "starts_at": "2023-07-03T08:00:00+08:00",
    "ends_at": "2023-07-03T16:00:00+08:00",
    "venue": {"name": "Aula Bappelitbangda", "latitude": -3.39, "longitude": 120.37},
    "capacity": {"offline": {"limit": 80}},
    "registration": {"closes_at": "2023-07-03T12:00:00+08:00", "waiting_list": False},
    "questions": [{"code": "diet", "label": "Pantangan makanan?"}],
    "blocks": [{"code": "D1P", "label": "Hari I (pagi)", "hours": 3}],
    "agenda": [
        {
            "title": "Arah kebijakan",
            "starts_at": "2023-07-03T09:15:00+08:00",
            "ends_at": "2023-07-03T10:00:00+08:00",
            "block": "D1P",
            "speakers": ["Tenaga ahli"],
            "hours": 1,
        },
        {
            "title": "Registrasi",
            "starts_at": "2023-07-03T08:00:00+08:00",
            "ends_at": "2023-07-03T08:30:00+08:00",
        },
        {
            "title": "Kelembagaan",
            "starts_at": "2023-07-03T10:15:00+08:00",
            "ends_at": "2023-07-03T11:45:00+08:00",
            "block": "D1P",
            "hours": 2,
        },
    ],
}


class House:
    """An organizer, a key of it, and a client that uses the key."""

    def __init__(self, client: AsyncClient, row: Organizer, key: dict[str, str]) -> None:
        self.client, self.row, self.key = client, row, key

    async def create(self, **values: object) -> dict[str, Any]:
        answer = await self.client.post(LIST, json=PLAN | values, headers=self.key)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def act(self, workshop: dict[str, Any], action: str, **body: object) -> Response:
        url = f"{LIST}/{workshop['id']}/{action}"
        return await self.client.post(url, headers=self.key, json=body or None)

    async def edit(
        self, workshop: dict[str, Any], body: object, *, part: str = "", version: object = None, method: str = ""
    ) -> Response:
        headers = self.key | {"If-Match": f'"{version or workshop["version"]}-0.0-open"'}
        url = f"{LIST}/{workshop['id']}{part}"
        return await self.client.request(method or ("PUT" if part else "PATCH"), url, json=body, headers=headers)


async def read(client: AsyncClient, url: str, **kwargs: Any) -> dict[str, Any]:
    answer = await client.get(url, **kwargs)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
