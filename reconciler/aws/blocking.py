"""A connection for a thread that waits for its reply: one read of one record has no use for an event loop."""

from __future__ import annotations

import select
import socket
import ssl
from typing import TYPE_CHECKING

from reconciler.aws.reply import Broken, Reading, Reply
from reconciler.aws.wire import Cut, connect_head, refused_by_proxy, untrusted_certificate

if TYPE_CHECKING:
    from reconciler.aws.route import Route
    from reconciler.aws.signing import Body

_PIECE = 64 * 1024


class Line:
    """One connection, for one request at a time."""

    def __init__(self, made: socket.socket) -> None:
        self.socket = made
        self._reading = Reading()

    @property
    def keeps_alive(self) -> bool:
        """Neither side has closed it yet, as far as anybody said."""
        return self._reading.keeps_alive

    @property
    def is_usable(self) -> bool:
        """It is open: a server that closed it in the meantime, or sent something, has left something to read."""
        if not self.keeps_alive:
            return False
        waiting = select.poll()
        waiting.register(self.socket, select.POLLIN)
        return not waiting.poll(0)

    def ask(self, head: str, body: Body, method: str, limit_s: float) -> Reply:
        """One request, and its reply; raises `Cut`."""
        reading, connected = self._reading, self.socket
        reading.begin(method)
        reading.keeps_alive, was_alive = False, reading.keeps_alive  # until the reply is whole
        data = head.encode("latin-1")
        try:
            connected.settimeout(limit_s)
            connected.sendall(b"".join((data, body)) if body else data)
            reading.keeps_alive = was_alive
            while True:
                piece = connected.recv(_PIECE)
                reply = reading.feed(piece) if piece else reading.end()
                if reply is not None:
                    return reply
                if not piece:
                    raise Broken("the server closed the connection")
        except TimeoutError:
            reading.keeps_alive = False
            raise Cut(f"there was no answer in {limit_s:g} seconds", may_have_worked=True) from None
        except (OSError, Broken) as broken:
            reading.keeps_alive = False
            raise Cut(f"the connection broke: {broken}", may_have_worked=True) from broken
        except BaseException:
            reading.keeps_alive = False
            raise

    def close(self) -> None:
        """Close it at once."""
        self.socket.close()


def open_line(route: Route) -> Line:
    """A connection along a route; raises `Cut`, and `AwsFailed` where trying again would not help."""
    first = route.proxy or route
    made: socket.socket | None = None
    try:
        made = socket.create_connection((first.host, first.port), timeout=route.connect_s)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if route.proxy and route.proxy.tls:
            made = route.proxy.tls.wrap_socket(made, server_hostname=first.host)
        if route.proxy and route.tls:
            reply = Line(made).ask(connect_head(route), b"", "HEAD", route.connect_s)
            if reply.status != 200:
                raise refused_by_proxy(route, reply)
        if route.tls:
            made = route.tls.wrap_socket(made, server_hostname=route.host)
        done, made = Line(made), None
    except TimeoutError:
        raise Cut(f"no connection in {route.connect_s:g} seconds", may_have_worked=False) from None
    except ssl.SSLCertVerificationError as untrusted:
        raise untrusted_certificate(route, untrusted) from untrusted
    except OSError as failed:
        raise Cut(f"no connection to {route.authority}: {failed}", may_have_worked=False) from failed
    except Cut as cut:
        raise Cut(str(cut), may_have_worked=False) from cut
    else:
        return done
    finally:
        if made is not None:
            made.close()
