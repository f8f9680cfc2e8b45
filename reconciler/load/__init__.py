"""Registry folder -> desired state, read by a child process without credentials.

Importing a registry file runs it. The child has a bare environment, no standard input and a session of its own, so
that an accident in a registry file stays an accident: see `reconciler.load.reading` for what a child can and cannot
do. `start` begins and returns at once; `Loading.result` has the registry, or raises every fault of it.
"""

from reconciler.load.reading import Loading, RegistryPrinted, load, start
from reconciler.load.specs import read_specs, write_specs

__all__ = ["Loading", "RegistryPrinted", "load", "read_specs", "start", "write_specs"]
