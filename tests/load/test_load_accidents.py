"""What registry files may do by accident, and what a user is told then."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reconciler.errors import Invalid
from reconciler.load import RegistryPrinted, load


def faults_of(project, **words):
    with pytest.raises(Invalid) as refused:
        load(project.root, **words)
    return refused.value.faults


def the_fault(project, text, **words):
    """The only fault of a registry with this file and a good one."""
    project.write("registry/broken.py", text)
    project.group("registry/zebra.py")
    (fault,) = faults_of(project, **words)
    return fault


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("x = 1\nraise ValueError('too bad')", 2, "ValueError: too bad."),
        ("def f():\n    return 1 / 0\nf()", 2, "ZeroDivisionError"),
        ("import json\njson.loads('{')", 2, "JSONDecodeError"),
        ("x = 1\ny = (", 2, "This is not Python: '(' was never closed."),
        ("  x = 1", 1, "unexpected indent"),
        ("x = 1\0", 0, "null bytes"),
        (b"x = '\xff\xfe'", 1, "utf-8"),
        ("# coding: nonsense\n", 0, "unknown encoding"),
        ("\nimport pandaz", 2, "no module 'pandaz'. Install it where reconciler runs (python -m pip install pandaz)"),
        ("from registry.commn import TAGS", 1, "no module 'registry.commn'. There is no such file"),
        ("import reconciler.planner", 1, "Registry files import reconciler.spec, and nothing else"),
        ("from reconciler.spec import Onlin", 1, "Did you mean Online?"),
        ("from registry import nothing", 1, "cannot import name 'nothing'"),
        ("import sys\nsys.exit(3)", 2, "ends Python: SystemExit(3)"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
        ("def f(): f()\nf()", 1, "RecursionError"),
        ("import sys\ndel sys.modules[__name__]", 0, "KeyError"),
        ("import sys\nsys.modules.clear()", 0, "KeyError"),
        ("input('your name? ')", 1, "EOFError"),
        ("class Odd(Exception):\n    def __str__(self): raise OSError\nraise Odd", 3, "Odd"),
        ("from reconciler.spec import feature_group\n@feature_group\nclass A: pass", 2, "TypeError"),
        ("from reconciler.spec import feature_group\nfeature_group('a')", 2, "TypeError"),
    ],
    ids=str,
)
def test_a_file_that_cannot_be_imported_is_a_fault_with_its_line(project, text, line, says):
    fault = the_fault(project, text)

    assert (fault.file, fault.line) == ("registry/broken.py", line)
    assert says in str(fault)
    assert str(project.root) not in str(fault)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os._exit(0)", "exit code 0"),
        ("import os; os.abort()", "SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import os; os.closerange(0, 65536)", "exit code"),
        ("import os; print('last words', flush=True); os._exit(3)", "The last it printed: last words"),
    ],
    ids=str,
)
def test_a_file_that_ends_python_is_named(project, text, says):
    fault = the_fault(project, text)

    assert fault.file == "registry/broken.py"
    assert says in fault.reason


def test_what_was_found_before_python_ended_is_told_too(project):
    project.write("registry/a.py", "raise ValueError")
    project.write("registry/b.py", "import os; os._exit(3)")

    assert [fault.file for fault in faults_of(project)] == ["registry/a.py", "registry/b.py"]


@pytest.mark.parametrize(
    "text",
    [
        "import time; time.sleep(600)",
        "while True: pass",
        "while True: print('x' * 1000)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
        "import subprocess; subprocess.run(['sleep', '600'])",
        "import os, time; os.closerange(0, 65536); time.sleep(600)",
    ],
    ids=str,
)
def test_a_file_that_does_not_come_to_an_end_is_stopped_and_named(project, text):
    began = time.monotonic()
    fault = the_fault(project, text, timeout_s=1.5)

    assert time.monotonic() - began < 8
    assert fault.file == "registry/broken.py"
    assert fault.reason.startswith("Reading it took longer than 1.5 s")


def test_what_a_file_started_is_stopped_with_it(project):
    text = "import os, subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    fault = the_fault(project, text, timeout_s=1.5)
    pid = int(fault.reason.split()[-1])

    for _ in range(100):
        if not is_running(pid):
            break
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid):
    try:
        os.kill(pid, 0)
        # It may wait for its parent to look at it, which in a container nobody may do.
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return Path("/proc/self").exists() is False


@pytest.mark.parametrize(
    "text",
    [
        # A daemon in a session of its own keeps every descriptor open.
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(3)\n    os._exit(0)",
        # A copy of the reader runs on, and would read the rest of the registry too.
        "import os\nos.fork()",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
        "import sys\nfor name in list(sys.modules):\n    if name.startswith('reconciler'): del sys.modules[name]",
        "import sys\nsys.path.clear()",
        "import os\nos.chdir('/')",
        "import sys\nsys.stdout = sys.stderr = None",
        "import os\nos.close(0); os.close(1); os.close(2)",
        "import atexit, time\natexit.register(time.sleep, 600)",
        "import builtins\nbuiltins.print = None",
    ],
    ids=str,
)
def test_an_accident_in_one_file_does_not_keep_the_others_from_being_read(project, text):
    project.write("registry/broken.py", text)
    project.group("registry/zebra.py")
    began = time.monotonic()

    registry = load(project.root, timeout_s=20)

    assert list(registry.groups) == ["good"]
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("how", ["print('x' * 5_000_000)", "import os; os.write(2, b'x' * 5_000_000)"])
def test_a_file_that_prints_a_lot_does_not_block_and_is_told_of(project, how):
    project.write("registry/a.py", how)
    project.group("registry/b.py")

    with pytest.warns(RegistryPrinted, match="Registry files only declare") as told:
        registry = load(project.root)

    assert list(registry.groups) == ["good"]
    assert len(str(told[0].message)) < 20_000


def test_what_was_printed_comes_with_the_faults(project):
    project.write("registry/a.py", "print('half way')\nraise ValueError")

    with pytest.raises(Invalid) as refused:
        load(project.root)

    assert refused.value.__notes__ == ["The registry printed:\nhalf way"]


def test_a_file_that_writes_where_it_should_not_is_no_registry_without_faults(project):
    project.write(
        "registry/a.py",
        "import os\nfor n in range(3, 4096):\n    try: os.write(n, b'junk')\n    except OSError: pass\n"
        "raise ValueError",
    )

    assert "wrote to a descriptor that is not its own" in str(faults_of(project))


def test_a_registry_of_many_large_groups_arrives_whole(project):
    project.write(
        "registry/many.py",
        """
from datetime import datetime
from reconciler.spec import Feature, GroupSpec
FEATURES = [Feature("id", str), Feature("at", datetime)] + [Feature(f"f{n}", float) for n in range(500)]
GROUPS = [GroupSpec(name=f"g{n}", record_id="id", event_time="at", features=FEATURES) for n in range(100)]
""",
    )

    assert sum(len(desired.group.features) for desired in load(project.root).groups.values()) == 50_200


def test_a_file_that_others_import_is_at_fault_once(project):
    project.group("registry/common.py", "Common")
    with (project.root / "registry" / "common.py").open("a") as file:
        file.write("raise ValueError('here')\n")
    for name in ("a", "b", "z"):
        project.write(f"registry/{name}.py", "from registry.common import Common")

    assert [(fault.file, fault.line) for fault in faults_of(project)] == [("registry/common.py", 9)]


def test_every_broken_file_is_a_fault(project):
    for name in "abc":
        project.write(f"registry/{name}.py", "raise ValueError")

    assert [fault.file for fault in faults_of(project)] == ["registry/a.py", "registry/b.py", "registry/c.py"]


def test_a_file_that_cannot_be_opened_is_a_fault(project):
    (project.root / "registry" / "broken.py").symlink_to("nowhere.py")

    (fault,) = faults_of(project)
    assert fault.file == "registry/broken.py"


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_a_fault(project):
    project.write("registry/broken.py", "").chmod(0)

    (fault,) = faults_of(project)
    assert "cannot be read" in fault.reason


def test_a_name_that_python_cannot_import_is_a_fault(project):
    project.write("registry/weather.v2.py", "")

    (fault,) = faults_of(project)
    assert (fault.file, fault.fix[:9]) == ("registry/weather.v2.py", "Rename it")


def test_a_link_back_to_the_registry_is_followed_once(project):
    project.group("registry/a.py")
    (project.root / "registry" / "sub").symlink_to(project.root / "registry")

    assert list(load(project.root).groups) == ["good"]
