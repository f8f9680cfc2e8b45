"""An environment on an embedded emulator, with the whole way from specs to an outcome, and hooks on its calls."""

from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Lock

from builders import NO_BRAKES, OWNER, ROLE, S3, a_registry, a_scope

from reconciler.apply import Patience, apply
from reconciler.aws import FeatureStore, session
from reconciler.config import Environment, Overrides
from reconciler.diff import align
from reconciler.emulator.settings import Settings
from reconciler.live import Reader, read_whole
from reconciler.placement import place
from reconciler.plan import make_plan
from reconciler.plan.plan import group_digest
from reconciler.state import Registry
from reconciler.state.model import PROTECTED_TAG, REGISTRY_TAG
from reconciler.state.words import create_request

WRITES = frozenset(
    {
        "CreateFeatureGroup",
        "UpdateFeatureGroup",
        "DeleteFeatureGroup",
        "UpdateFeatureMetadata",
        "AddTags",
        "DeleteTags",
    }
)
PATIENCE = Patience(operation_s=5, read_back_s=0.1, propagation_s=0.5, first_look_s=0.001, longest_look_s=0.01)


class Died(BaseException):
    """The process is gone: nothing in it may catch this."""


class World:
    """One embedded store. What the tests do to it goes through the product's own client."""

    def __init__(self, root, name="test", endpoint="embedded"):
        self.root = root
        self.environment = Environment(
            name, endpoint, region="us-east-1", defaults=Overrides(role_arn=ROLE, s3_uri=S3, protected=False)
        )
        self.store = FeatureStore(self.environment, root)
        if self.environment.is_embedded:
            self.emulator = session._opened[root / ".reconciler" / "emulator"]
            self._answer = self.emulator.answer

    def begin_anew(self):
        self.emulator.answer = self._answer
        self.emulator.settings = Settings()
        self.emulator.reset()
        self.emulator.calls.clear()

    # The product

    def read(self, registry, owner=OWNER):
        with closing(Reader(self.store)) as reader:
            return reader.read(registry, owner)

    def plan(self, *items, only=None, owner=OWNER, limits=NO_BRAKES):
        """The plan that brings this store to a registry, placed in this environment."""
        registry = items[0] if items and isinstance(items[0], Registry) else a_registry(*items)
        placed = place(registry, self.environment, owner)
        return make_plan(placed, self.read(placed, owner), a_scope(owner=owner, limits=limits), only)

    def carry_out(self, plan, tell=lambda _: None, *, owner=OWNER, patience=PATIENCE):
        return apply(plan, self.store, owner, patience, tell)

    def apply(self, *items, owner=OWNER):
        """Plan and apply a registry; it has to go through."""
        outcome = self.carry_out(self.plan(*items, owner=owner), owner=owner)

        assert outcome.is_complete, outcome
        return outcome

    def live(self, name):
        return read_whole(self.store, name)

    def disown(self, name):
        """Take our tags off, as if somebody had made the group by hand."""
        self.store.delete_tags(self.live(name).arn, [REGISTRY_TAG, PROTECTED_TAG])

    def make(self, group, **more):
        """Make a group by hand, as the product would, but owned by whom it says."""
        placed = place(a_registry(group), self.environment, "").groups[group.name].group
        self.store.create(create_request(replace(placed, owner=group.owner)) | more)

    def fault(self, kind, **more):
        return self.emulator.faults.add(kind, **more)

    # What was called

    @property
    def writes(self):
        """The calls that change something, in order."""
        return [call for call in self.emulator.calls if call[0] in WRITES]

    @contextmanager
    def after_writes(self, hear):
        """Tell of each call that changes something, after it took effect: its number, name and group."""
        lock, count = Lock(), 0

        def answer(method, url, headers, body):
            nonlocal count
            reply = self._answer(method, url, headers, body)
            operation = _operation(headers)
            if operation in WRITES:
                with lock:
                    count += 1
                    number = count
                hear(number, operation, _group(body))
            return reply

        self.emulator.answer = answer
        try:
            yield
        finally:
            self.emulator.answer = self._answer

    @contextmanager
    def dying_after(self, writes):
        """Everything ends as soon as so many writes took effect: no call after that arrives, and no reply to the last.

        Zero is death before the first.
        """
        seen, lock = 0, Lock()

        def answer(method, url, headers, body):
            nonlocal seen
            with lock:
                if seen >= writes and (_operation(headers) in WRITES or writes):
                    raise Died
                reply = self._answer(method, url, headers, body)
                seen += _operation(headers) in WRITES
                if seen >= writes and writes:
                    raise Died
            return reply

        self.emulator.answer = answer
        try:
            yield
        finally:
            self.emulator.answer = self._answer

    def digest_beside(self, spec):
        """The digest of the live side of a group, beside its spec."""
        live = self.live(spec.group.name)
        if live is None:
            return group_digest(None)
        return group_digest(align(spec, live)[1], is_failed=live.is_failed)


def _operation(headers):
    target = next(value for key, value in headers.items() if key.lower() == "x-amz-target")
    return (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]


def _group(body):
    import json

    asked = json.loads(body)
    return (asked.get("FeatureGroupName") or asked.get("ResourceArn", "")).rpartition("/")[2]
