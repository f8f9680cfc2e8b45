"""What an interrupt does to a run that has threads."""

import os
import signal
import threading

import pytest

from reconciler.apply.waiting import Interrupted, Patience, Watch, stopped_by_interrupt


def test_the_first_interrupt_stops_the_watch_and_the_second_is_one():
    watch, stopped = Watch(Patience()), []

    def interrupted_twice():
        with stopped_by_interrupt(watch):
            os.kill(os.getpid(), signal.SIGINT)
            stopped.append(watch.is_stopped)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupted_twice()

    assert stopped == [True]
    with pytest.raises(Interrupted):
        watch.pause(60, "weather")


def test_interrupts_are_as_they_were_afterwards():
    before = signal.getsignal(signal.SIGINT)

    with stopped_by_interrupt(Watch(Patience())):
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_leaves_them_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def run():
        with stopped_by_interrupt(Watch(Patience())):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert seen == [before]
