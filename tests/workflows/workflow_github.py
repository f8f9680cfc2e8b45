"""As much of GitHub's REST API as a comment needs: list with pages, create, update; on this machine, for one test."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BOT = "github-actions[bot]"
LONGEST = 65_536


def token_for(permissions):
    """What a job's token may do can be read off it here."""
    return "token " + " ".join(f"{name}={access}" for name, access in sorted(permissions.items()))


class Comments:
    """The comments of one pull request, and what was asked about them."""

    def __init__(self, repository, number):
        self.repository, self.number = repository, number
        self.all = []
        self.asked = []
        self.url = ""

    def say(self, who, body):
        self.all.append({"id": 1000 + len(self.all), "body": body, "user": {"login": who}})
        return self.all[-1]

    @property
    def ours(self):
        return [comment["body"] for comment in self.all if comment["user"]["login"] == BOT]

    def answer(self, method, target, token, document):
        self.asked.append((method, target))
        if token is None or "pull-requests=write" not in token:
            return 403, {"message": "Resource not accessible by integration"}
        if document is not None and not 0 < len(document["body"]) <= LONGEST:
            return 422, {"message": "Body is too long"}
        parts, issues = urlsplit(target), re.escape(f"/repos/{self.repository}/issues")
        if re.fullmatch(f"{issues}/{self.number}/comments", parts.path):
            return self._listed(parse_qs(parts.query)) if method == "GET" else (201, self.say(BOT, document["body"]))
        found = re.fullmatch(rf"{issues}/comments/(\d+)", parts.path)
        comment = next((c for c in self.all if found and c["id"] == int(found[1])), None)
        if method != "PATCH" or comment is None:
            return 404, {"message": "Not Found"}
        comment["body"] = document["body"]
        return 200, comment

    def _listed(self, asked):
        per_page, page = (int(asked.get(word, [default])[0]) for word, default in (("per_page", 30), ("page", 1)))
        per_page = min(per_page, 100)
        return 200, self.all[(page - 1) * per_page : page * per_page]


@contextmanager
def serving(comments):
    """The API on 127.0.0.1, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self):
            size = int(self.headers.get("Content-Length") or 0)
            document = json.loads(self.rfile.read(size)) if size else None
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, reply = comments.answer(self.command, self.path, token, document)
            body = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    for verb in ("GET", "POST", "PATCH"):
        setattr(Handler, f"do_{verb}", Handler._do)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    comments.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield comments
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
