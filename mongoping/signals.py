"""Handle SIGINT, SIGTERM and SIGHUP, and clean up before a signal ends the process.

On Windows, SIGBREAK takes the place of SIGHUP: it comes from Ctrl-Break, and before a console is
closed.

One handler serves these signals. It calls the action of the innermost `handled` block;
outside all blocks, `leave` ends the process. An exception raised in a signal handler can appear
anywhere, even where Python only prints it, so actions set a flag or an event instead.

`install` adds a thread that ends the process if an action does not do so in time, for example
because the main thread hangs in a C function or in a write to a pipe that nothing reads.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time

from mongoping.exit_codes import EXIT_INTERRUPTED

TYPE_CHECKING = False  # importing typing would delay the installation of the handler
if TYPE_CHECKING:
    import subprocess
    from _thread import LockType
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any, NoReturn

    Action = Callable[[int], object]

ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)
IDLE_AFTER_S = 0.4  # since the signal; before that, an idle main thread may still react
IDLE_S = 0.15  # without any CPU time, the main thread hangs
WORK_S = 0.5  # CPU time for the partial report; on a busy machine that is more than half a second
LIMIT_S = 5.0
STEP_S = 0.05
WRITE_S = 0.2  # for last words, where no system call shows whether writing would wait
MIN_FILES = 32
IDLE_SHARE = 0.004  # of a CPU; a thread that only polls uses less

_actions: list[Action] = []
_removals: dict[object, Callable[[], None]] = {}
_holds: list[None] = []
_sections: list[None] = []
_pending: list[int] = []
_noted_signals: list[int] = []
_hangups: list[Callable[[], object]] = []
_watchers: list[int] = []  # pipes of `_guard` that the handler writes to, on Windows


def install() -> None:
    """Install the handler for these signals; by default they end the process with code 130.

    Only for mongoping's own process. Under ``nohup``, SIGHUP stays ignored.
    """
    _take_over()
    if hasattr(os, "sysconf") and 0 < os.sysconf("SC_OPEN_MAX") < MIN_FILES:
        return  # the report needs the few descriptors left
    import _thread

    reader, writer = os.pipe()
    _thread.start_new_thread(_guard, (reader, _main_clock()))
    if sys.platform == "win32":  # there, each event loop takes the wake-up descriptor for itself
        _watchers.append(writer)
        return
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)


def _take_over() -> dict[int, Any]:
    """Set the handler and return the ones it replaces; do nothing outside the main thread."""
    former: dict[int, Any] = {}
    with contextlib.suppress(ValueError):
        for number in ENDING:
            if number == getattr(signal, "SIGHUP", None) and _is_ignored(number):
                continue
            former[number] = signal.signal(number, _on_signal)
    return former


def _is_ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _on_signal(number: int, frame: object) -> None:
    for watcher in _watchers:
        os.write(watcher, bytes([number]))
    if _is_hangup(number):
        _hangups[-1]()
    elif _sections:
        _pending.append(number)
    else:
        _act(number)


def _is_hangup(number: int) -> bool:
    """Return whether a signal only makes a server read its configuration again."""
    return bool(_hangups) and number == getattr(signal, "SIGHUP", None)


@contextlib.contextmanager
def on_hangup(action: Callable[[], object]) -> Iterator[None]:
    """Call ``action`` for SIGHUP inside the block, instead of ending the process."""
    _hangups.append(action)
    try:
        yield
    finally:
        _hangups.pop()


def _act(number: int) -> None:
    action = _actions[-1] if _actions else leave
    action(number)


@contextlib.contextmanager
def handle_with(action: Action) -> Iterator[None]:
    """Call ``action`` for signals inside the block."""
    _actions.append(action)
    former = _take_over()
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        _actions.pop()


@contextlib.contextmanager
def note_only() -> Iterator[None]:
    """Only record signals inside the block, so that its output is complete; see `interrupted`."""
    with handle_with(_noted_signals.append):
        yield


def was_interrupted() -> bool:
    """Return whether a signal was recorded."""
    return bool(_noted_signals)


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """Raise KeyboardInterrupt for signals inside the block, to interrupt an input prompt."""
    with handle_with(_raise):
        yield


def _raise(number: int) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def passed_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass signals on to a child process, and wait for it however long it takes.

    Ctrl-C in a terminal reaches the child directly; the other signals are passed on.
    """
    interrupts = 0

    def pass_on(number: int) -> None:
        nonlocal interrupts
        interrupts += number == signal.SIGINT
        if number != signal.SIGINT or interrupts > 1:
            child.terminate()

    with hold(), handle_with(pass_on):
        yield


@contextlib.contextmanager
def defer() -> Iterator[None]:
    """Handle signals only after the block, for statements that belong together."""
    _sections.append(None)
    try:
        with hold():
            yield
    finally:
        _sections.pop()
        if _pending and not _sections:
            number = _pending[0]
            _pending.clear()
            _act(number)


@contextlib.contextmanager
def hold() -> Iterator[None]:
    """Suspend the time limit after a signal; the block must limit its own time."""
    _holds.append(None)
    try:
        yield
    finally:
        _holds.pop()


class Removal:
    """A call that `leave` makes before the process ends, until `cancel` withdraws it.

    It may be made twice, also at the same time.
    """

    def __init__(self, remove: Callable[[], None]) -> None:
        _removals[self] = remove

    def cancel(self) -> None:
        """Withdraw the call, if that was not done before."""
        _removals.pop(self, None)


@contextlib.contextmanager
def temporary_folder(parent: Path | None = None, prefix: str = "mongoping-") -> Iterator[Path]:
    """Make a folder that is removed after the block, or before a signal ends the process.

    It is in ``parent``, or where the system keeps temporary files.
    """
    import shutil
    import tempfile
    from pathlib import Path

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    def finish() -> None:
        with defer():
            remove()
            removal.cancel()

    with contextlib.ExitStack() as stack:
        with defer():
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            removal = Removal(remove)
            stack.callback(finish)
        yield folder  # a deferred signal may have raised before this


def leave(number: int = signal.SIGINT) -> NoReturn:
    """Run all pending removals and end the process with exit code 130.

    A removal stays pending until it has finished: a second signal, or the thread of `install`,
    then runs it again instead of ending the process in the middle of it.
    """
    while _removals:
        with contextlib.suppress(Exception):
            removal, remove = next(reversed(_removals.items()))
            try:
                remove()
            finally:
                _removals.pop(removal, None)
    with contextlib.suppress(OSError, ValueError):
        write_now(2, b"Interrupted.\n")
    os._exit(EXIT_INTERRUPTED)


def write_now(descriptor: int, data: bytes) -> None:
    """Write to a descriptor, but never wait for its reader. Raises OSError or ValueError."""
    if sys.platform != "win32":
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, data)
        return
    import _thread

    written_lock = _thread.allocate_lock()
    written_lock.acquire()
    _thread.start_new_thread(_write, (descriptor, data, written_lock))
    written_lock.acquire(timeout=WRITE_S)


def _write(descriptor: int, data: bytes, written_lock: LockType) -> None:
    with contextlib.suppress(OSError):
        os.write(descriptor, data)
    written_lock.release()


def _main_clock() -> Callable[[], float]:
    """Return a clock of this thread's CPU time, or of the process's where that is unavailable."""
    import _thread

    if sys.platform == "win32" or sys.platform == "darwin":  # neither has this clock
        return time.process_time
    try:
        clock = time.pthread_getcpuclockid(_thread.get_ident())
    except (AttributeError, OSError):
        return time.process_time
    return lambda: time.clock_gettime(clock)


def _guard(reader: int, clock: Callable[[], float]) -> None:
    """Wait for a signal, then end the process if the main thread hangs or takes too long."""
    while True:
        data = os.read(reader, 64)
        if any(number in ENDING and not _is_hangup(number) for number in data):
            _wait_for_main_thread(clock)
            leave()


def _wait_for_main_thread(clock: Callable[[], float]) -> None:
    began, cpu_start = time.monotonic(), clock()
    idle_since, last = began, cpu_start
    while True:
        time.sleep(STEP_S)
        now, cpu = time.monotonic(), clock()
        if _holds:
            began, cpu_start = now, cpu
        if _holds or cpu - last > STEP_S * IDLE_SHARE or _is_starved():
            idle_since = now
        last = cpu
        hangs = now - began >= IDLE_AFTER_S and now - idle_since >= IDLE_S
        if hangs or cpu - cpu_start > WORK_S or now - began > LIMIT_S:
            return


def _is_starved() -> bool:
    """Return whether another thread waits for a CPU or a disk: it is not idle, the machine is busy.

    Only Linux shows this, see proc_pid_stat(5): R is runnable, and D is in uninterruptible sleep.
    Elsewhere, and without a free descriptor, return False.
    """
    import _thread

    own = str(_thread.get_native_id())
    try:
        return any(
            _state(thread) in (b"R", b"D")
            for thread in os.listdir("/proc/self/task")  # noqa: PTH208 - pathlib is not imported yet
            if thread != own
        )
    except OSError:
        return False


def _state(thread: str) -> bytes:
    """Return the state of a thread: the field after its name, which may contain anything."""
    descriptor = os.open(f"/proc/self/task/{thread}/stat", os.O_RDONLY)
    try:
        return os.read(descriptor, 512).rpartition(b")")[2].split()[0]
    finally:
        os.close(descriptor)
