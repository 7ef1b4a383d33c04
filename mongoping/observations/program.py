"""What happened when the Python of the user's program pinged the deployment."""

from __future__ import annotations

from typing import Literal

from mongoping.compat import rules as compat
from mongoping.interpreter.record import Interpreter
from mongoping.record import Record

ClientStep = Literal["import", "create", "connect", "ping"]
ProgramState = Literal["works", "fails", "unfinished"]


class ProgramError(Record):
    """An exception in the other Python.

    Attributes:
        type: the name of its class.
        message: its text, without secrets.
        types: the classes of the exception and of those that led to it, the last one first.
        file: the file that it points to, if it arose in an import.
    """

    type: str
    message: str
    types: tuple[str, ...] = ()
    file: str | None = None

    def __str__(self) -> str:
        """Return the error as Python prints it."""
        return f"{self.type}: {self.message}" if self.message else self.type


class ClientAttempt(Record):
    """The outcome of one client of the other Python.

    Attributes:
        client: the name of its class.
        step: what it did last.
        ping_ms: the duration of its second ping, or None if it failed.
        error: the exception that the program would get.
        server_error: why the first server could not be used.
        verify_code: why OpenSSL rejects that server's certificate with the default CAs.
    """

    client: str
    step: ClientStep
    ping_ms: float | None = None
    error: ProgramError | None = None
    server_error: ProgramError | None = None
    verify_code: int | None = None


class ProgramFacts(Record):
    """The other Python's results for the connection string.

    Attributes:
        python: that Python.
        pymongo: the version of the PyMongo that it imported.
        min_wire: the lowest wire version of that PyMongo.
        max_wire: the highest one.
        import_error: why its PyMongo cannot be imported.
        attempts: its clients, in the order in which they were tried.
        warnings: what PyMongo warns about, such as options that it ignores.
        rows: how well its versions fit together, and to the servers that answered.
        shadows: files in the current folder that a program there imports in place of a module that
            PyMongo needs.
        problem: why there is no result, if the attempt was ended or ended early.
    """

    python: Interpreter
    pymongo: str | None = None
    min_wire: int | None = None
    max_wire: int | None = None
    import_error: ProgramError | None = None
    attempts: tuple[ClientAttempt, ...] = ()
    warnings: tuple[str, ...] = ()
    rows: tuple[compat.Row, ...] = ()
    shadows: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def failed(self) -> ClientAttempt | None:
        """Return the client that failed, or None."""
        return next((attempt for attempt in self.attempts if attempt.error is not None), None)

    @property
    def state(self) -> ProgramState:
        """Return whether all clients of that Python work, one fails, or neither is known."""
        if self.import_error is not None or self.failed is not None:
            return "fails"
        return "works" if self.attempts and self.problem is None else "unfinished"

    def versions(self) -> str:
        """Return the versions of that Python: ``CPython 3.9.2, PyMongo 4.0.2``."""
        packages = self.python.packages
        pymongo = self.pymongo or packages.get("pymongo")
        parts = [f"{self.python.kind} {self.python.version}"]
        parts.append(f"PyMongo {pymongo}" if pymongo else "an unknown PyMongo")
        parts += [f"Motor {packages['motor']}"] if packages.get("motor") else []
        return ", ".join(parts)

    def sentence(self) -> str:
        """Return in one phrase whether the program's Python works, and where it is."""
        found_by = "" if self.python.found_by == "--python" else f", from {self.python.found_by}"
        state = {"works": "also connects", "fails": "fails", "unfinished": "no result"}[self.state]
        return f"{state} with {self.python.path} ({self.versions()}{found_by})"
