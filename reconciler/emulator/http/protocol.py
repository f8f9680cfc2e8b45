"""uvicorn's protocol on httptools, with what an emulator needs besides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reconciler.emulator.http.application import TRANSPORT

if TYPE_CHECKING:
    from typing import Any

_MOST_HEAD = 64 * 1024
"""Bytes of request line and headers; far more than any client of AWS sends."""
_TOO_LARGE = "The request's headers are too large."
_LINGER_S = 2.0
_ANSWER = (
    b"HTTP/1.1 %s\r\ncontent-type: application/x-amz-json-1.1\r\nx-amzn-errortype: %s\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s"
)


class Protocol(HttpToolsProtocol):
    """Lets the application at the transport: a dropped connection is a fault one can ask for."""

    _head = -1
    """Bytes received of a head that is not complete; -1 between heads."""
    _is_refused = False

    def data_received(self, data: bytes) -> None:
        """Refuse a head without an end: it would fill the memory."""
        if self._is_refused:
            return
        super().data_received(data)
        if self._head >= 0:
            self._head += len(data)
            if self._head > _MOST_HEAD:
                self._refuse(b"431 Request Header Fields Too Large", "RequestHeaderSectionTooLarge", _TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]

    def on_headers_complete(self) -> None:
        self._head = -1
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so as AWS would, as far as there is a way for all of its services."""
        del msg
        self._refuse(b"400 Bad Request", "BadRequest", "The request is no valid HTTP.")

    def _refuse(self, status: bytes, code: str, message: str) -> None:
        """Say so, and listen on for a moment: to close on somebody who is sending would cost them the reply."""
        self._head, self._is_refused = -1, True
        if self.transport.is_closing():
            return
        app: Any = self.app
        app.note_refused(int(status[:3]), code)
        body = json.dumps({"__type": code, "message": message}).encode()
        self.transport.write(_ANSWER % (status, code.encode(), len(body), body))
        self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.abort)
