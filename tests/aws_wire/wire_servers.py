"""Servers that do one thing, and proxies, and certificates: all on this machine, each in a thread."""

import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Last(bytes):
    """What is said before the connection is closed."""


def descriptors():
    """What this process has open."""
    return set(Path("/proc/self/fd").iterdir())


def read_request(connection):
    """The head and body of one request; None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head.decode(), body


class Server:
    """Answers each request with what `answer(head, body)` says: bytes, or None to close without a word."""

    def __init__(self, answer, tls=None):
        self._answer, self._tls = answer, tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.heads, self.bodies, self.connections = [], [], 0
        self._open, self._threads, self._lock = [], [], threading.Lock()
        self._start(self._accept)

    @property
    def url(self):
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection):
        try:
            with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as spoken:
                with self._lock:
                    self._open.append(spoken)
                self.speak(spoken)
        except OSError:
            pass
        finally:
            connection.close()

    def speak(self, connection):
        """Requests and answers, until either side has enough."""
        while (asked := read_request(connection)) is not None:
            self.heads.append(asked[0])
            self.bodies.append(asked[1])
            said = self._answer(*asked)
            if said is None:
                return
            connection.sendall(said)
            if isinstance(said, Last) or b"Connection: close" in said:
                return

    def hang_up(self):
        """Close every connection that is open."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            self._open.clear()

    def close(self):
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(10)


class Proxy(Server):
    """A proxy that asks for a password: CONNECT, and plain requests by their whole address."""

    def __init__(self, to, password="Basic dXNlcjpwQHNz", tls=None):
        self._to, self._password = to, password
        super().__init__(None, tls)

    def speak(self, connection):
        while (asked := read_request(connection)) is not None:
            head, body = asked
            self.heads.append(head)
            if f"Proxy-Authorization: {self._password}" not in head:
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self._to)) as onward:
                if head.startswith("CONNECT"):
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    self._relay(connection, onward)
                    return
                onward.sendall(head.encode() + b"\r\n\r\n" + body)
                connection.sendall(onward.recv(65536))

    def _relay(self, here, there):
        back = threading.Thread(target=_pump, args=(there, here), daemon=True)
        back.start()
        _pump(here, there)
        back.join(10)


def _pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass
    finally:
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def serving(answer=lambda head, body: OK, tls=None):
    server = Server(answer, tls)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def proxying(to, **more):
    proxy = Proxy(to, **more)
    try:
        yield proxy
    finally:
        proxy.close()


def certificates(folder, host="127.0.0.1"):
    """A certificate authority's file, and a server's TLS context that it vouches for."""
    authority, authority_key = _certificate("authority", None, None)
    own, own_key = _certificate(host, authority, authority_key)
    bundle, chain = folder / "ca.pem", folder / "server.pem"
    bundle.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    private = own_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + own.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return bundle, context


def _certificate(name, issuer, issuer_key):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer:
        try:
            named = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            named = x509.DNSName(name)
        builder = builder.add_extension(x509.SubjectAlternativeName([named]), critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256()), key
