"""One call of a trial over HTTP: its answer, or why there is none."""

import socket
from collections.abc import Mapping
from enum import StrEnum

import httpx
from pydantic import JsonValue

from service.clients.trials import Wrong

STEP_SECONDS = 15


class Caller:
    """Calls that raise Wrong with `away` when nobody is reached, `silent` when no answer comes in time."""

    def __init__(self, client: httpx.AsyncClient, *, name_unknown: StrEnum, away: StrEnum, silent: StrEnum) -> None:
        self._client = client
        self._name_unknown, self._away, self._silent = name_unknown, away, silent

    async def call(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonValue = None,
        token: str = "",
        basic: tuple[str, str] | None = None,
    ) -> httpx.Response:
        """One call, redirects not followed."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        auth = httpx.BasicAuth(*basic) if basic else None
        try:
            request = self._client.build_request(method, url, params=query, json=body, headers=headers)
            return await self._client.send(request, auth=auth, follow_redirects=False)
        except httpx.InvalidURL:
            raise Wrong(self._name_unknown) from None
        except httpx.ConnectTimeout:
            raise Wrong(self._away) from None
        except httpx.TimeoutException:
            raise Wrong(self._silent) from None
        except httpx.RequestError as lost:
            raise Wrong(self._name_unknown if _is_about_a_name(lost) else self._away) from None


def _is_about_a_name(lost: BaseException) -> bool:
    """Whether the first cause is a name that leads nowhere; httpx wraps it twice."""
    cause: BaseException | None = lost
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def body_of(answer: httpx.Response) -> dict[str, JsonValue]:
    """The JSON object of an answer, an empty one when there is none."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
