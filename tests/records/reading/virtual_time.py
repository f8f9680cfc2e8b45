"""An event loop whose sleeps take no time: its clock moves on whenever nothing is left to do."""

import asyncio
import selectors


class _Skipping(selectors.DefaultSelector):
    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        found = super().select(0)
        if not found and timeout:
            self.now += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self):
        return self._skipping.now


def run(work):
    """Run a coroutine to its end; time is what its sleeps add up to."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


def now():
    """Seconds since the loop began."""
    return asyncio.get_running_loop().time()
