"""A line to a service that can be cut: in the middle of what is sent, or in the middle of the answer."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

PIECE = 65_536
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<!doctype"


class Line:
    """Carries connections to `target`. As long as `cut_after` is set, no upload of a form comes further than so many
    bytes; as long as `lose_answer` is, none is answered to the end. A browser tries some of it again by itself.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut_after: int | None = None
        self.lose_answer = False
        self.carried: list[int] = []
        """Bytes that went through, of each upload."""
        self._mute = False

    def serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _address = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _carry(self, near: socket.socket) -> None:
        far = socket.create_connection(self._target)
        back = threading.Thread(target=self._answer, args=(far, near), daemon=True)
        back.start()
        with suppress(OSError):
            while piece := near.recv(PIECE):
                if re.match(rb"POST .*multipart/form-data", piece, re.DOTALL):
                    if not self._upload(piece, near, far):
                        break
                else:
                    far.sendall(piece)
        for one in (far, near):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _upload(self, piece: bytes, near: socket.socket, far: socket.socket) -> bool:
        """Whether the connection goes on after it."""
        most, self._mute = self.cut_after, self.lose_answer
        length = int(re.search(rb"(?i)content-length: (\d+)", piece)[1])  # type: ignore[index] # browsers send it
        head = piece.index(b"\r\n\r\n") + 4
        sent = len(piece) - head
        self.carried.append(sent)
        far.sendall(piece)
        while sent < length:
            if most is not None and sent >= most:
                return False
            piece = near.recv(min(PIECE, length - sent))
            if not piece:
                return False
            far.sendall(piece)
            sent += len(piece)
            self.carried[-1] = sent
        return True

    def _answer(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while piece := far.recv(PIECE):
                if self._mute:
                    self._mute = False
                    near.sendall(BEGUN)
                    near.shutdown(socket.SHUT_RDWR)
                    return
                near.sendall(piece)


@contextmanager
def line_to(base_url: str) -> Iterator[Line]:
    """A line to the service at this address; the browser goes to `base_url` of it."""
    parts = urlsplit(base_url)
    line = Line((parts.hostname or "", parts.port or 0))
    threading.Thread(target=line.serve, daemon=True).start()
    try:
        yield line
    finally:
        line.close()
