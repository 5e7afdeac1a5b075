"""A real SMTP server on loopback that keeps what it gets, or answers, hangs and hangs up as the test says."""

import asyncio
import ssl
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

Mode = Literal["accept", "refuse", "hang"]


class SmtpSink:
    """Runs on the test's own loop between `start()` and `stop()`.

    `mode`: `accept` mail, `refuse` connections (closed as soon as they are made), or `hang` without a greeting.
    `tls` is offered by STARTTLS, or spoken from the start with `tls_first`; with `password` only those who sign in are
    served; `refused_sender` answers every MAIL FROM.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.seen: list[str] = []
        self.mode: Mode = "accept"
        self.connections = 0
        self.refused: dict[str, str] = {}
        self.tls: ssl.SSLContext | None = None
        self.tls_first = False
        self.password: str | None = None
        self.refused_sender = ""
        self._answers: dict[str, list[str]] = {}
        self._server: asyncio.Server | None = None
        self._hanging: list[asyncio.BaseTransport] = []
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        first = self.tls if self.tls_first else None
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=first)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        for transport in self._hanging:
            transport.close()
        self._hanging.clear()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._server = None

    def answer(self, stage: str, *answers: str) -> None:
        """The next answers at `recipient` or `data`; "250 OK" once they are used up."""
        self._answers[stage] = list(answers)

    def copies(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(str(message["Message-ID"]) for message in self.messages)

    def _protocol(self) -> asyncio.BaseProtocol:
        self.connections += 1
        if self.mode == "accept":
            protocol: asyncio.BaseProtocol = SMTP(
                self,
                hostname="localhost",
                tls_context=None if self.tls_first else self.tls,
                authenticator=self._authenticate if self.password else None,
                auth_require_tls=self.password is None,
            )
            return protocol
        return _Closing() if self.mode == "refuse" else _Silent(self._hanging)

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password.decode() == self.password
        return AuthResult(success=right, handled=False)

    def _next(self, stage: str) -> str:
        answers = self._answers.get(stage, [])
        return answers.pop(0) if answers else "250 OK"

    async def handle_MAIL(  # noqa: N802 - aiosmtpd names its hooks after commands
        self, _server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.password and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.refused_sender:
            return self.refused_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self.refused.get(address) or self._next("recipient")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        message: EmailMessage = message_from_bytes(envelope.content, EmailMessage, policy=policy.default)
        self.seen.append(str(message["Message-ID"]))
        answer = self._next("data")
        if answer.startswith("250"):
            self.messages.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        return answer


class _Closing(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class _Silent(asyncio.Protocol):
    def __init__(self, hanging: list[asyncio.BaseTransport]) -> None:
        self.hanging = hanging

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.hanging.append(transport)
