"""Without pyarrow and pyiceberg, groups are made and rows are taken; who reads is told what to install."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from offline_help import REGION, Offline

from reconciler.emulator.embedded import open_emulator

CHILD = """
import json, sys
for name in sys.argv[3:]:
    sys.modules[name] = None
from reconciler.emulator.embedded import open_emulator
from reconciler.emulator.errors import AwsError

def call(service, operation, body):
    signed = f"AWS4-HMAC-SHA256 Credential=A/20260101/{sys.argv[2]}/{service}/aws4_request"
    headers = {"X-Amz-Target": f"{service}.{operation}", "Authorization": signed}
    return emulator.answer("POST", "http://localhost/", headers, json.dumps(body).encode())

with open_emulator(sys.argv[1]) as emulator:
    from offline_help_bare import group, put
    for name, table_format in (("weather", "Glue"), ("plane", "Iceberg")):
        assert call("SageMaker", "CreateFeatureGroup", group(name, table_format)).status == 200
        assert put(emulator, name, sys.argv[2]).status == 200
    try:
        emulator.flush()
        print("flushed")
    except AwsError as error:
        print(error.code, error.status, error.message)
    assert not any(sys.modules.get(name) for name in sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("missing", "said", "written"),
    [
        (["pyarrow", "pyiceberg"], "needs pyarrow: pip install 'reconciler[emulator]'", 0),
        (["pyiceberg"], "needs pyiceberg: pip install 'reconciler[emulator]'", 1),
    ],
)
def test_rows_are_taken_and_kept_without_the_libraries(tmp_path, missing, said, written):
    result = subprocess.run(
        [sys.executable, "-c", CHILD, tmp_path, REGION, *missing],
        env={"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parents[3]}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("NotImplemented 501 ")
    assert said in result.stdout
    with open_emulator(tmp_path) as emulator:
        offline = Offline(emulator)
        assert len(offline.files()) == written
        assert offline.flush() == 2 - written
        assert [row["id"] for row in offline.rows()] == ["a", "a"]
        assert json.dumps(offline.group("plane").doc["OfflineStoreStatus"]) == '{"Status": "Active"}'
