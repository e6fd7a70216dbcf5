"""Reading bodies where it can be killed: one child process a worker, at most 5 s and 768 MiB a body.

A feed can stall any parser or fill its memory; nothing that it does there may reach the daemon. A child
gets no environment, no descriptor but its end of one socket pair, and once it has started it can open
neither file nor socket (iwmon.read_child). What comes back is JSON, not pickle: a child that was taken over
cannot make its parent run anything. Children start with the first body, are replaced after 500 and end
when they were idle for a minute.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from iwmon.model import FeedState, Parsed, ReadFailed, Source
from iwmon.read_child import LENGTH, answered, question

MIB = 1024 * 1024
START_SECONDS = 60.0  # a child imports its libraries, which takes a while on a busy machine
BODIES_A_CHILD = 500
REPLY_LIMIT = 64 * MIB  # six times what the largest body can hold
_CODE = "import sys; from iwmon.read_child import serve; serve(*map(int, sys.argv[1:]))"
_KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # without which some Pythons do not start


class Reader:
    """Reads bodies in child processes, `workers` at a time. Thread-safe; close it when done.

    `seconds` of wall clock and `memory` bytes of address space are for one body; a child that had nothing
    to do for `idle` seconds is ended.
    """

    def __init__(
        self, workers: int = 1, seconds: float = 5.0, memory: int = 768 * MIB, idle: float = 60.0
    ) -> None:
        self._limits = _Limits(seconds, memory, idle)
        self._most = workers
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._closed = False

    def submit(self, source: Source, body: bytes, content_type: str) -> Future[Parsed]:
        """What `KINDS[source.type].read` makes of `body`.

        The future fails with ReadFailed and nothing else: TIMEOUT where the time ran out, ERROR where the
        memory did or the child died. Raises RuntimeError after close().
        """
        task = _Task(source, body, content_type)
        with self._lock:
            if self._closed:
                raise RuntimeError("the reader is closed")
            if len(self._workers) < self._most:
                self._workers.append(_Worker(self._tasks, self._limits))
            self._tasks.put(task)
        return task.future

    def close(self) -> None:
        """Kills what is being read, cancels what waits, and returns within seconds."""
        with self._lock:
            self._closed = True
            workers, self._workers = self._workers, []
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                break
            if task is not None:
                task.future.cancel()
        for _ in workers:
            self._tasks.put(None)
        for worker in workers:
            worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _Limits:
    seconds: float
    memory: int
    idle: float


@dataclass(frozen=True, slots=True)
class _Task:
    source: Source
    body: bytes = field(repr=False)
    content_type: str
    future: Future[Parsed] = field(default_factory=Future)


class _Gone(Exception):
    """The child ended without an answer; the message says how."""


class _Worker:
    """A thread that hands bodies to its child, one at a time, and replaces the child when it must."""

    def __init__(self, tasks: queue.SimpleQueue[_Task | None], limits: _Limits) -> None:
        self._tasks = tasks
        self._limits = limits
        self._lock = threading.Lock()  # holds the two below together
        self._child: _Child | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="iwmon-reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Kills the child at work and waits for the thread to end."""
        with self._lock:
            self._stopping = True
            if self._child is not None:
                self._child.kill()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=self._limits.idle if self._child else None)
            except queue.Empty:
                self._drop_child()
                continue
            if task is None:
                break
            if task.future.set_running_or_notify_cancel():
                self._settle(task)
        self._drop_child()

    def _settle(self, task: _Task) -> None:
        fresh = self._child is None
        try:
            try:
                parsed = self._read(task)
            except _Gone:
                if fresh or self._stopping:
                    raise
                parsed = self._read(task)  # the old child may have been killed while it was idle
        except _Gone as gone:
            task.future.set_exception(ReadFailed(FeedState.ERROR, f"reading it ended: {gone}"))
        except ReadFailed as failure:
            task.future.set_exception(failure)
        else:
            task.future.set_result(parsed)

    def _read(self, task: _Task) -> Parsed:
        """One question to the child. Raises ReadFailed, and _Gone where the child died of it."""
        try:
            child = self._ready_child()
            reply = child.ask(question(task.source, task.content_type), task.body, self._limits.seconds)
        except (_Gone, ReadFailed):
            self._drop_child()
            raise
        try:
            return answered(reply)
        except MemoryError as error:
            self._drop_child()
            needed = f"reading it needed more than {self._limits.memory // MIB:,} MB"
            raise ReadFailed(FeedState.ERROR, needed) from error
        finally:
            if child.bodies >= BODIES_A_CHILD:
                self._drop_child()

    def _ready_child(self) -> _Child:
        with self._lock:
            if self._stopping:
                raise _Gone("the reader was closed")
            if self._child is None:
                self._child = _Child(self._limits)
            child = self._child
        child.wait_until_ready()
        return child

    def _drop_child(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.bury()


class _Child:
    """The parent's end of one child process."""

    def __init__(self, limits: _Limits) -> None:
        self.bodies = 0
        self._ready = False
        self._socket, theirs = socket.socketpair()
        with theirs:
            # a cap on CPU time, too: should the parent vanish, a stalled child does not burn for ever
            numbers = (theirs.fileno(), int(limits.seconds) + 2, limits.memory)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-W", "ignore", "-c", _CODE, *map(str, numbers)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                start_new_session=True,  # Ctrl-C is the parent's business
            )

    def wait_until_ready(self) -> None:
        """Returns once the child has imported what it needs. Raises _Gone."""
        if self._ready:
            return
        try:
            self._receive(time.monotonic() + START_SECONDS)
        except TimeoutError as error:
            raise _Gone(f"the reading process did not start within {START_SECONDS:.0f} s") from error
        self._ready = True

    def ask(self, head: bytes, body: bytes, seconds: float) -> bytes:
        """The child's answer. Raises ReadFailed(TIMEOUT) and kills the child when the time is over; _Gone."""
        self.bodies += 1
        deadline = time.monotonic() + seconds
        try:
            self._send(head, deadline)
            self._send(body, deadline)
            return self._receive(deadline)
        except TimeoutError as error:
            self.kill()
            raise ReadFailed(FeedState.TIMEOUT, f"reading it was killed after {seconds:g} s") from error

    def kill(self) -> None:
        """Ends the process at once, whatever it does. Any thread may call it."""
        self._process.kill()

    def bury(self) -> None:
        """Releases what a killed child leaves behind."""
        self._process.wait()
        self._socket.close()
        if self._process.stderr:
            self._process.stderr.close()

    def _send(self, data: bytes, deadline: float) -> None:
        for piece in (LENGTH.pack(len(data)), data):
            self._socket.settimeout(_left(deadline))
            try:
                self._socket.sendall(piece)
            except TimeoutError:
                raise
            except OSError as error:
                raise _Gone(self._obituary()) from error

    def _receive(self, deadline: float) -> bytes:
        (size,) = LENGTH.unpack(self._exactly(LENGTH.size, deadline))
        if size > REPLY_LIMIT:
            raise _Gone(f"the reading process wanted to answer with {size:,} bytes")
        return self._exactly(size, deadline)

    def _exactly(self, size: int, deadline: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._socket.settimeout(_left(deadline))
            try:
                piece = self._socket.recv(min(size - len(data), MIB))
            except TimeoutError:
                raise
            except OSError as error:
                raise _Gone(self._obituary()) from error
            if not piece:
                raise _Gone(self._obituary())
            data += piece
        return bytes(data)

    def _obituary(self) -> str:
        """How the child died, in one line."""
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if status < 0:
            return f"the reading process died of {signal.Signals(-status).name}"
        words = self._process.stderr.read(100_000) if self._process.stderr else b""
        last = [line for line in words.decode("utf-8", "replace").splitlines() if line.strip()][-1:]
        return f"the reading process failed: {last[0][:300] if last else f'exit {status}'}"


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _environment() -> dict[str, str]:
    """All that a child may know: where its modules are. No secret is in it."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    environment["PYTHONUTF8"] = "1"
    return environment
