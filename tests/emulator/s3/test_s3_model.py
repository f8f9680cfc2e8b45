"""Any sequence of operations against a dictionary, with keys that are hard on file systems."""

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote_plus, urlencode
from xml.etree import ElementTree as ET

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from s3_help import BUCKET, expected, md5

from reconciler.emulator.calls import Site
from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.s3 import objects

KEYS = st.one_of(
    st.sampled_from(["a", "a/b", "a/b/c", "a/", "a//b", "/a", "../a", ".", "a/..", "b", "b/c", "\0", "é/ü", "x" * 300]),
    st.text(st.sampled_from("ab/.\0é\U0001f600"), min_size=1, max_size=6),
)
CONTENT = st.binary(max_size=20)


def is_plain(folder, key):
    """Whether a file lies exactly where its key says."""
    return os.path.normpath(key) == key and key[0] != "/" and (folder / key).is_file()


class Model(RuleBasedStateMachine):
    """The bucket as a dictionary."""

    @initialize()
    def begin(self):
        self.directory = tempfile.mkdtemp(prefix="s3-model-")
        self.emulator = open_emulator(self.directory)
        self.site = Site(self.emulator.store, "us-east-1", self.emulator.settings)
        self.ask("PUT", "")
        self.model = {}
        self.folder = Path(self.directory) / "s3" / BUCKET

    def teardown(self):
        if hasattr(self, "emulator"):
            self.emulator.close()
            shutil.rmtree(self.directory)

    def ask(self, method, key, body=b"", query="", **headers):
        path = "".join(f"%{byte:02x}" for byte in key.encode())
        given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.emulator.answer(method, f"/{BUCKET}/{path}{query}", given, body)

    @rule(key=KEYS, content=CONTENT, note=st.sampled_from("xyz"))
    def put(self, key, content, note):
        assert self.ask("PUT", key, content, x_amz_meta_note=note).status == 200
        self.model[key] = (content, note)

    @rule(key=KEYS)
    def put_if_it_is_not_there(self, key):
        answer = self.ask("PUT", key, b"new", If_None_Match="*")

        assert answer.status == (412 if key in self.model else 200)
        self.model.setdefault(key, (b"new", None))

    @rule(key=KEYS)
    def delete(self, key):
        assert self.ask("DELETE", key).status == 204
        self.model.pop(key, None)

    @rule(source=KEYS, key=KEYS)
    def copy(self, source, key):
        named = BUCKET + "/" + "".join(f"%{byte:02x}" for byte in source.encode())
        answer = self.ask("PUT", key, x_amz_copy_source=named)
        if source not in self.model:
            assert answer.status == 404
        elif source == key:
            assert answer.status == 400
        else:
            assert answer.status == 200
            self.model[key] = self.model[source]

    @rule(key=KEYS, content=CONTENT)
    def put_a_file_by_hand(self, key, content):
        """As far as a file can have this name, and there is room for it."""
        if any(part in {"", ".", ".."} or "\0" in part or len(part) > 80 for part in key.split("/")):
            return
        path = self.folder / key
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.model[key] = (content, None)

    @rule()
    def open_it_anew(self):
        self.emulator.close()
        self.emulator = open_emulator(self.directory)
        self.site = Site(self.emulator.store, "us-east-1", self.emulator.settings)

    @rule(key=KEYS)
    def read(self, key):
        answer = self.ask("GET", key)

        if key in self.model:
            content, note = self.model[key]
            found = (answer.status, answer.body, answer.headers["ETag"], answer.headers.get("x-amz-meta-note"))
            assert found == (200, content, f'"{md5(content)}"', note)
        else:
            assert answer.status == 404

    @rule(prefix=KEYS, delimiter=st.sampled_from(["", "/", "b", "//"]), after=KEYS, most=st.integers(1, 3))
    def list_in_pages(self, prefix, delimiter, after, most):
        prefix, objects_, prefixes, token = prefix[:2], [], [], None
        asked = {"list-type": "2", "prefix": prefix, "delimiter": delimiter, "start-after": after, "max-keys": most}
        while True:
            more = {"continuation-token": token} if token else {}
            answer = self.ask("GET", "", query=f"?encoding-type=url&{urlencode({**asked, **more})}")
            page = ET.fromstring(re.sub(rb' xmlns="[^"]*"', b"", answer.body))
            objects_ += [unquote_plus(found.text) for found in page.iterfind("Contents/Key")]
            prefixes += [unquote_plus(found.text) for found in page.iterfind("CommonPrefixes/Prefix")]
            token = page.findtext("NextContinuationToken")
            if token is None:
                break

        assert (objects_, prefixes) == expected(self.model, prefix, delimiter, after)

    @invariant()
    def everything_is_listed_in_order(self):
        if hasattr(self, "model"):
            found = [(entry.key, entry.size) for entry in objects.entries(self.site.store, BUCKET)]

            assert [key for key, _ in found] == expected(self.model)[0]
            assert dict(found) == {key: len(content) for key, (content, _) in self.model.items()}

    @invariant()
    def nothing_is_left_over(self):
        if hasattr(self, "model"):
            files = sum(path.is_file() for path in Path(self.directory).glob("s3*/**/*"))
            with self.site.store.reading() as db:
                odd = [key for (key,) in db.execute("SELECT key FROM odd")]
            # A file put in the place of an odd object hides it, until the next put or deletion of its key.
            hidden = [key for key in odd if "\0" not in key and len(key) < 256 and is_plain(self.folder, key)]

            assert files == len(self.model) + len(hidden)


Model.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestModel = Model.TestCase
