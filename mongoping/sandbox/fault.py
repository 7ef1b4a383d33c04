"""Define reproducible faults: deployments and connection strings that do not work.

To add one, write a generator in a file of ``mongoping/sandbox/faults/``: it makes the fault
real, yields one `Fault`, and removes everything when it resumes.

    @fault("tcp.refused")
    def connection_refused() -> Iterator[Fault]:
        \"""Nothing listens on the port.\"""
        with plain() as healthy:
            yield Fault(
                f"mongodb://localhost:{free_port()}/",
                remedy="Check that mongod runs",
                remedy_uri=healthy.uri,
            )

The code is that of the cause; a second way to the same cause is ``code:variant``. The first
line of the docstring is the title in ``mongoping sandbox --list-faults``.

Every fault declares how to test the first remedy of its report (``tests/test_faults.py``):

* If the remedy is a corrected connection string, it is used unchanged: declare nothing.
* If it is a command that is safe to run, set ``runs_command``.
* Otherwise ``remedy`` quotes a part of the remedy's text, and ``remedy_uri``,
  ``remedy_args`` or ``repair`` carry it out.
* If one machine cannot carry it out, ``no_remedy_here`` gives the reason.
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
    """A fault that exists as long as its context.

    Attributes:
        uri: the connection string that leads to it.
        args: options of mongoping that it needs, such as ``--resolver``.
        env: environment variables that it needs.
        remedy: a part of the first remedy's text, which the next three fields carry out.
        remedy_uri: the connection string after the remedy; None keeps ``uri``, or the string
            that the remedy itself corrects.
        remedy_args: the options after the remedy; None keeps ``args``.
        repair: a function to call before the next run.
        runs_command: whether the command of the first remedy is safe to run here.
        no_remedy_here: why the first remedy cannot be carried out on one machine.
        note: which parts are simulated, and how it differs from the real fault.
        code, expect_exit: filled in by `fault`.
    """

    uri: str = field(repr=False)
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    remedy: str = ""
    remedy_uri: str | None = field(default=None, repr=False)
    remedy_args: tuple[str, ...] | None = None
    repair: Callable[[], object] | None = None
    runs_command: bool = False
    no_remedy_here: str = ""
    note: str = ""
    code: str = ""
    expect_exit: int = EXIT_OK

    @property
    def cause(self) -> str:
        """Return the code without its variant."""
        return self.code.partition(":")[0]

    @property
    def has_remedy(self) -> bool:
        """Return whether fields of the fault carry out the remedy."""
        return (self.remedy_uri, self.remedy_args, self.repair) != (None, None, None)


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault, which exists as long as the context of `make`.

    Attributes:
        warning: whether mongoping only warns about it, with exit code 0.
        needs: the version of MongoDB that must be installed, "" for any, None for none.
        preset: the command of mongoping that finds it.
        layer: where it is found; "" for the layer in its code.
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
        """Start the fault.

        Raises:
            NoMongod: the required server is not installed.
            ServerDied: the server ended while it started.
        """
        layer = self.layer or self.code.partition(".")[0]
        exit_code = EXIT_OK if self.warning else EXIT_CODES[layer]
        with contextmanager(self.source)() as fault_:
            yield replace(fault_, code=self.code, expect_exit=exit_code)


def fault(
    code: str,
    *,
    warning: bool = False,
    needs: str | None = "",
    preset: str = "check",
    layer: str = "",
) -> Callable[[Callable[[], Iterator[Fault]]], FaultKind]:
    """Return a decorator that turns a generator into a `FaultKind`, whose fields these are."""

    def decorate(source: Callable[[], Iterator[Fault]]) -> FaultKind:
        title = (source.__doc__ or "").partition("\n")[0]
        return FaultKind(code, title, source, warning, needs, preset, layer)

    return decorate


@cache
def faults() -> Mapping[str, FaultKind]:
    """Return every fault by its code, in the order of the files."""
    folder = Path(__file__).parent / "faults"
    kinds_by_code: dict[str, FaultKind] = {}
    for path in sorted(folder.glob("[!_]*.py")):
        module = importlib.import_module(f"mongoping.sandbox.faults.{path.stem}")
        kinds = [kind for kind in vars(module).values() if isinstance(kind, FaultKind)]
        kinds_by_code |= {kind.code: kind for kind in kinds}
    return kinds_by_code


_LENT_DEPLOYMENTS: ContextVar[Mapping[str, Deployment]] = ContextVar("lent", default={})  # noqa: B039


@contextmanager
def lending(**deployments: Deployment) -> Iterator[None]:
    """Use running deployments for faults that need a healthy one.

    The names are ``plain``, ``locked`` and ``replicas``. Otherwise, tests would start a server
    for each of a hundred faults.
    """
    token = _LENT_DEPLOYMENTS.set(deployments)
    try:
        yield
    finally:
        _LENT_DEPLOYMENTS.reset(token)


@contextmanager
def _own(
    kind: str, start: Callable[[], AbstractContextManager[Deployment]]
) -> Iterator[Deployment]:
    lent_deployment = _LENT_DEPLOYMENTS.get().get(kind)
    if lent_deployment is not None:
        yield lent_deployment
        return
    with start() as deployment:
        yield deployment


@contextmanager
def plain() -> Iterator[Deployment]:
    """Yield a healthy standalone without access control or TLS. Do not change it."""
    from mongoping.sandbox.deployment import standalone

    with _own("plain", standalone) as deployment:
        yield deployment


@contextmanager
def locked_standalone() -> Iterator[Deployment]:
    """Yield a healthy standalone with access control and `people`. Do not change it."""
    from mongoping.sandbox.deployment import standalone

    with _own("locked", lambda: standalone(users=people())) as deployment:
        yield deployment


@contextmanager
def replicas() -> Iterator[Deployment]:
    """Yield a healthy replica set of three, the first one primary. Do not change it."""
    from mongoping.sandbox.deployment import replica_set

    with _own("replicas", replica_set) as deployment:
        yield deployment


def people() -> list[User]:
    """Return the users for faults of authentication, see `Deployment.named`.

    ``ada`` (in admin) is root, ``bob`` (in shop) may write to shop, ``sha1`` (in admin) has only
    SCRAM-SHA-1, ``reader`` (in admin) may read shop, ``nobody`` (in admin) has no role.
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
    """Yield certificates in a folder that is removed with the fault."""
    from mongoping.sandbox.certificates import Certificates

    with temporary_folder() as folder:
        yield Certificates(folder)
