"""Starting the child, and listening to it.

What the child cannot do by accident: see credentials in its environment or home folder, read what is typed, keep us
waiting for ever, mix what it prints into what it says, or leave processes of its session behind. It is no boundary
against an attacker: files on disk and the parent's environment are in its reach.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from reconciler.contract import Contract
from reconciler.errors import Fault, Invalid, Usage
from reconciler.load.specs import SIZE_LIMIT, checked
from reconciler.state import Registry
from reconciler.state.codec import registry_from_json

if TYPE_CHECKING:
    from subprocess import Popen

PRINTED_LIMIT = 16_384
SEED = "0"
"""Of the child's hashes: a registry that makes features out of a set is the same text on every run."""
_POLL_S = 0.05
_NEEDED = ("reconciler", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection")
"""Packages that the words of specs import, beside Python's own: a registry folder must not stand in for one."""
_CHILD = """import sys
package = sys.argv[1]
if package not in sys.path: sys.path.append(package)
from reconciler.load.child import main
main(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])"""


class RegistryPrinted(UserWarning):
    """Registry files printed something, or declare groups elsewhere; neither is what they are for."""


def load(root: Path, folder: str | Path = "registry", *, timeout_s: float = 60) -> Registry:
    """Read a registry folder. Raises `Invalid` with every fault, `Usage` if there is no such folder."""
    return start(root, folder, timeout_s=timeout_s).result()


def start(root: Path, folder: str | Path = "registry", *, timeout_s: float = 60, rows_of: str = "") -> Loading:
    """Begin to read a registry folder beside other work.

    `rows_of` names a group whose contract is wanted too (`Loading.contracts`), or a dataset, and the contracts of all
    its groups are; `*` means every group's.
    """
    import subprocess  # noqa: PLC0415  (the child imports this package too, and starts nothing)

    root = Path(os.path.abspath(root))  # noqa: PTH100  (not resolve(): tracebacks name files as they were given)
    inside = _inside(root, folder)
    reader, writer = os.pipe()
    printer, output = os.pipe()
    _widen(reader)
    package = str(Path(__file__).parents[2])
    try:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter, no shell)
            [sys.executable, "-s", "-P", "-c", _CHILD, package, str(root), inside, str(writer), rows_of],
            cwd=root,
            env=_bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[writer],
            start_new_session=True,
        )
    except BaseException:
        os.close(reader)
        os.close(printer)
        raise
    finally:
        os.close(writer)
        os.close(output)
    return Loading(process, reader, printer, inside, timeout_s, rows_of)


class Loading:
    """A registry being read. `result` waits for it; `close` gives it up."""

    def __init__(
        self, process: Popen[bytes], reader: int, printer: int, folder: str, timeout_s: float, rows_of: str = ""
    ) -> None:
        self._process, self._reader, self._printer, self._folder = process, reader, printer, folder
        self._timeout_s, self._rows_of = timeout_s, rows_of
        self._said = bytearray()
        self._printed = bytearray()
        self._too_much = False
        self._in_time = False
        self._registry: Registry | None = None
        self._contracts: dict[str, Contract] = {}

    def contracts(self) -> dict[str, Contract]:
        """What the rows of the groups that were asked for have to be; raises as `result` does."""
        self.result()
        return self._contracts

    def result(self) -> Registry:
        """The registry; raises `Invalid` with every fault of its files and of what they mean."""
        if self._reader >= 0:
            try:
                self._in_time = self._listen()
            finally:
                self.close()
        if self._registry is None:
            self._registry = self._judge(in_time=self._in_time)
        return self._registry

    def close(self) -> None:
        """End the child and whatever it started in its session."""
        if self._reader < 0:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._printer)
        os.close(self._reader)
        self._reader = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # Who failed elsewhere and never asked for the result leaves no child behind.
        self.close()

    def _listen(self) -> bool:
        """Read until the child has ended; False when its time was up before."""
        # Counted from here: until somebody listened, the child may have had to wait for us.
        deadline = time.monotonic() + self._timeout_s
        sinks = {self._reader: self._hear, self._printer: self._keep}
        poller = select.poll()
        for descriptor in sinks:
            os.set_blocking(descriptor, False)
            poller.register(descriptor, select.POLLIN)
        with _Ending(self._process, poller) as ending:
            while not self._too_much:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                for descriptor, _ in poller.poll(min(left, _POLL_S) * 1000):
                    if descriptor in sinks and not _drain(descriptor, sinks[descriptor]):
                        poller.unregister(descriptor)
                        del sinks[descriptor]
                if ending.has_come():
                    for descriptor, sink in sinks.items():
                        _drain(descriptor, sink)
                    break
        return True

    def _hear(self, data: bytes) -> None:
        self._said += data
        self._too_much = len(self._said) > SIZE_LIMIT

    def _keep(self, data: bytes) -> None:
        # The end of it says most; there may be no end of it.
        self._printed += data
        del self._printed[:-PRINTED_LIMIT]

    def _judge(self, *, in_time: bool) -> Registry:
        said = _Said(self._said)
        printed = self._printed.decode(errors="replace").strip()
        try:
            if said.registry is None:
                raise Invalid([*said.faults, self._what_ended_it(said, printed, in_time=in_time)])
            registry = checked(registry_from_json(said.registry), said.faults)
            self._contracts = {contract.group: contract for contract in map(Contract.from_json, said.contracts)}
            if faults := list(_without_rows(registry, self._rows_of, self._contracts)):
                raise Invalid(faults)
        except Invalid as invalid:
            if printed:
                invalid.add_note(f"The registry printed:\n{printed}")
            raise
        for stranger in said.strangers:
            text = f"{stranger} is declared outside of {self._folder}/ and is no part of the registry."
            warnings.warn(text, RegistryPrinted, stacklevel=3)
        if printed:
            text = f"Registry files only declare; one of {self._folder}/ printed:\n{printed}"
            warnings.warn(text, RegistryPrinted, stacklevel=3)
        return registry

    def _what_ended_it(self, said: _Said, printed: str, *, in_time: bool) -> Fault:
        last = printed.splitlines()[-1][:200] if printed else ""
        reason, fix = (
            f"Python ended while this was read: {_ending(self._process.returncode)}.",
            "Registry files only declare.",
        )
        if not in_time:
            reason = f"Reading it took longer than {self._timeout_s:g} s and was stopped."
        elif self._too_much:
            reason = f"The registry has more than {SIZE_LIMIT // 2**20} MB to say."
        elif said.garbled:
            reason = "A registry file wrote to a descriptor that is not its own."
        if last:
            reason += f" The last it printed: {last}"
        return Fault(said.reading or self._folder, 0, "", "", "", reason, fix)


def _without_rows(registry: Registry, name: str, contracts: Mapping[str, Contract]) -> Iterator[Fault]:
    """A retired group has no contract, and a dataset of it cannot be made any more: the plan says so, and we do."""
    if name in registry.groups or name not in registry.datasets:
        return
    dataset = registry.datasets[name]
    for asked in (asked for asked in dataset.features if asked.group not in contracts):
        shown, line = f"{asked.group}.{asked.feature}", dataset.source.line_of(asked.output)
        reason, fix = f"The group {asked.group} is retired.", "Take its features out of the dataset."
        yield Fault(dataset.source.file, line, name, asked.output, shown, reason, fix)


class _Said:
    """What the child said before it ended, which may be in the middle of a line."""

    def __init__(self, data: bytes | bytearray) -> None:
        self.reading = ""
        self.faults: list[Fault] = []
        self.strangers: list[str] = []
        self.registry: object = None
        self.contracts: list[dict[str, Any]] = []
        self.garbled = False
        for line in data.split(b"\n")[:-1]:
            try:
                message: dict[str, Any] = json.loads(line)
                self.reading = message.get("reading", self.reading)
                self.faults += [Fault(*fault) for fault in message.get("faults", ())]
                self.strangers += message.get("strangers", ())
                self.registry = message.get("registry", self.registry)
                self.contracts += message.get("contracts", ())
            except (ValueError, TypeError, AttributeError):
                # A registry file wrote to our descriptor: faults may be lost, so nothing here is to be relied on.
                self.registry, self.garbled = None, True
                break


class _Ending:
    """Tells when a process has ended; where the system can wake us for it, at once."""

    def __init__(self, process: Popen[bytes], poller: select.poll) -> None:
        self._process, self._descriptor = process, -1
        if hasattr(os, "pidfd_open"):
            try:
                self._descriptor = os.pidfd_open(process.pid)
            except OSError:
                return
            poller.register(self._descriptor, select.POLLIN)

    def has_come(self) -> bool:
        """The process has ended; whatever it said is in its pipes."""
        return self._process.poll() is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _drain(descriptor: int, sink: Any) -> bool:
    """Take what is there now; False when there will be nothing more."""
    for _ in range(64):  # a flood of output must not keep us from looking at the clock
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return True
        if not data:
            return False
        sink(data)
    return True


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"
    return f"exit code {code}"


def _bare_environment() -> dict[str, str]:
    kept = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    return {**environment, "PYTHONHASHSEED": SEED, "PYTHONUTF8": "1", "HOME": os.devnull}


def _widen(descriptor: int) -> None:
    """Room for a whole registry in the pipe, so that the child need not wait until somebody asks for the result."""
    import fcntl  # noqa: PLC0415  (as in start)

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # less room then; nothing is lost
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 1 << 20)


def _inside(root: Path, folder: str | Path) -> str:
    """The folder relative to the project; raises `Usage` where there is none."""
    path = Path(os.path.abspath(root / folder))  # noqa: PTH100  (as in start)
    if path == root or root not in path.parents:
        raise Usage(f"The registry folder {folder} is not inside of the project: name a folder of it.")
    if not path.is_dir():
        what = "is no folder" if path.exists() else "does not exist"
        raise Usage(f"The registry folder {folder} {what}. {_suggestion(root, path)}")
    package = path.relative_to(root).parts[0]
    if package in sys.stdlib_module_names or package in _NEEDED:
        raise Usage(
            f"There is a package {package!r} that reading needs: give the registry folder {folder} another name."
        )
    return path.relative_to(root).as_posix()


def _suggestion(root: Path, path: Path) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  (only who makes a mistake waits for it)

    parent = path.parent if path.parent.is_dir() else root
    folders = sorted(p.name for p in parent.iterdir() if p.is_dir() and p.name[0] != ".")
    close = get_close_matches(path.name, folders, 1)
    meant = (parent / close[0]).relative_to(root).as_posix() if close else ""
    return f"Did you mean {meant}?" if meant else "`reconciler init` makes one."
