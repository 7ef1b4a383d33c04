"""What a fault is, and how all of them are found.

To add one, write a generator in a file of ``mongoping/sandbox/faults/``: it makes the fault
real, yields one `Fault`, and takes everything away when it goes on.

    @fault("tcp.refused")
    def refused() -> Iterator[Fault]:
        \"""Nothing listens on the port.\"""
        with plain() as whole:
            yield Fault(f"mongodb://localhost:{free_port()}/", remedy_uri=whole.uri)

The code is that of the cause; a second way to the same cause is ``code:variant``. The first
line of the docstring is what ``mongoping sandbox --list-faults`` says.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mongoping.exit_codes import EXIT_CODES, EXIT_OK
from mongoping.signals import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mongoping.sandbox.certificates import Certificates
    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.users import User


@dataclass(frozen=True)
class Fault:
    """A fault that is real as long as its context lasts.

    ``uri`` with ``args`` shows it: further options of mongoping, as ``--resolver``, and
    ``env``, further environment variables. What the remedy says, carried out, is
    ``remedy_uri`` and ``remedy_args`` (None: as before), after calling ``mend`` where something
    has to be done. ``code`` and ``expect_exit`` are filled in, see `fault`. ``note`` says what
    of it is played, and where it differs from the wild.
    """

    uri: str = field(repr=False)
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    remedy_uri: str | None = field(default=None, repr=False)
    remedy_args: tuple[str, ...] | None = None
    mend: Callable[[], object] | None = None
    note: str = ""
    code: str = ""
    expect_exit: int = EXIT_OK

    @property
    def cause(self) -> str:
        """The code without its variant: what the verdict, or a warning, has to name."""
        return self.code.partition(":")[0]

    @property
    def has_remedy(self) -> bool:
        """Whether following the remedy makes it healthy here."""
        return (self.remedy_uri, self.remedy_args, self.mend) != (None, None, None)


@dataclass(frozen=True)
class FaultKind:
    """A fault that can be made: enter `make`, look, leave.

    With ``warning`` mongoping reports it and the exit code is 0. ``needs`` is the version of a
    server that has to be there, ``""`` for any, None where no server is started. ``preset`` is
    the command of mongoping that sees it.
    """

    code: str
    title: str
    source: Callable[[], Iterator[Fault]]
    warning: bool = False
    needs: str | None = ""
    preset: str = "check"
    layer: str = ""

    @contextmanager
    def make(self) -> Iterator[Fault]:
        """Make it real. Raises `NoMongod` or `ServerDied`."""
        layer = self.layer or self.code.partition(".")[0]
        expected = EXIT_OK if self.warning else EXIT_CODES[layer]
        with contextmanager(self.source)() as made:
            yield replace(made, code=self.code, expect_exit=expected)


def fault(
    code: str,
    *,
    warning: bool = False,
    needs: str | None = "",
    preset: str = "check",
    layer: str = "",
) -> Callable[[Callable[[], Iterator[Fault]]], FaultKind]:
    """Make a `FaultKind` of a generator. ``layer`` where it is not seen in that of its code."""

    def decorate(source: Callable[[], Iterator[Fault]]) -> FaultKind:
        title = (source.__doc__ or "").partition("\n")[0]
        return FaultKind(code, title, source, warning, needs, preset, layer)

    return decorate


@cache
def faults() -> Mapping[str, FaultKind]:
    """Every fault by its code, in the order of files and within them."""
    folder = Path(__file__).parent / "faults"
    found: dict[str, FaultKind] = {}
    for path in sorted(folder.glob("[!_]*.py")):
        module = importlib.import_module(f"mongoping.sandbox.faults.{path.stem}")
        kinds = [var for var in vars(module).values() if isinstance(var, FaultKind)]
        found |= {kind.code: kind for kind in kinds}
    return found


_LENT: ContextVar[Mapping[str, Deployment]] = ContextVar("lent", default={})  # noqa: B039


@contextmanager
def lending(**deployments: Deployment) -> Iterator[None]:
    """Use deployments that run already where a fault wants a whole one: ``plain``, ``locked``,
    ``replicas``.

    For tests, that would start one for each of a hundred faults otherwise.
    """
    token = _LENT.set(deployments)
    try:
        yield
    finally:
        _LENT.reset(token)


@contextmanager
def _own(
    kind: str, start: Callable[[], AbstractContextManager[Deployment]]
) -> Iterator[Deployment]:
    lent = _LENT.get().get(kind)
    if lent is not None:
        yield lent
        return
    with start() as deployment:
        yield deployment


@contextmanager
def plain() -> Iterator[Deployment]:
    """A whole standalone without access control or TLS. Leave it as it is."""
    from mongoping.sandbox.deployment import standalone

    with _own("plain", standalone) as deployment:
        yield deployment


@contextmanager
def locked() -> Iterator[Deployment]:
    """A whole standalone with access control and the users of `people`. Leave it as it is."""
    from mongoping.sandbox.deployment import standalone

    with _own("locked", lambda: standalone(users=people())) as deployment:
        yield deployment


@contextmanager
def replicas() -> Iterator[Deployment]:
    """A whole replica set of three, the first one primary. Leave it as it is."""
    from mongoping.sandbox.deployment import replica_set

    with _own("replicas", replica_set) as deployment:
        yield deployment


def people() -> list[User]:
    """Users that faults of authentication are made with, see `Deployment.named`.

    ``ada`` is root in admin, ``bob`` lives in shop and may write there, ``sha1`` (in admin) has
    SCRAM-SHA-1 alone, ``reader`` (in admin) may read shop, ``nobody`` (in admin) may do nothing.
    """
    from mongoping.sandbox.users import User

    return [
        User("ada"),
        User("bob", roles=["readWrite"], database="shop"),
        User("sha1", mechanisms=["SCRAM-SHA-1"]),
        User("reader", roles=[{"role": "read", "db": "shop"}]),
        User("nobody", roles=[]),
    ]


@contextmanager
def workshop() -> Iterator[Certificates]:
    """Certificates in a folder that goes when the fault goes."""
    from mongoping.sandbox.certificates import Certificates

    with temporary_folder() as folder:
        yield Certificates(folder)
