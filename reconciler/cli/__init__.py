"""The command line: arguments in, text and exit codes out; the only wiring.

Commands import what they need when they run, so that `reconciler --help` starts at once.
"""

from reconciler.cli.main import main

__all__ = ["main"]
