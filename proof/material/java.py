"""The Java that Spark needs, and why it cannot be tried without."""

import os
import re
import shutil
import subprocess
from pathlib import Path

NEEDED = 17


def missing():
    """Why Spark cannot run here; nothing where it can."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")
    if java is None:
        return f"SPARK WAS NOT TRIED: there is no Java here, and it needs Java {NEEDED}"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None or int(found[1]) < NEEDED:
        return f"SPARK WAS NOT TRIED: it needs Java {NEEDED}, and here is {found[1] if found else 'an unknown one'}"
    return ""
