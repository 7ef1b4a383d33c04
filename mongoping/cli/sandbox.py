"""``mongoping sandbox``: start a temporary deployment, healthy or with a fault."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli._help import Command
from mongoping.cli._option_lists import format_option
from mongoping.cli._server import server_option, serving
from mongoping.cli._types import Integer
from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.installation import import_problem, install_command
from mongoping.output import write_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mongoping.sandbox.deployment import Deployment
    from mongoping.sandbox.fault import Fault, FaultKind
    from mongoping.sandbox.later import Event, Schedule
    from mongoping.sandbox.mongods import Mongod
    from mongoping.sandbox.process import Server

NOT_EXECUTABLE = 126  # the exit codes of a shell for a file that is no program, and
NOT_FOUND = 127  # the exit code of a shell for a missing command
DEFAULT_MEMBERS = 3


@click.command(
    cls=Command,
    name="sandbox",
    short_help="Start a temporary deployment, healthy or with a fault.",
    context_settings={"allow_interspersed_args": False},
)
@click.option(
    "--kind",
    type=click.Choice(("standalone", "replica-set")),
    help="Start this kind of deployment.  [default: standalone]",
)
@click.option(
    "--members",
    type=Integer(1, 7),
    metavar="N",
    help="Start this many replica set members.  [default: 3]",
)
@click.option("--tls", is_flag=True, help="Require TLS, with a certificate from a private CA.")
@click.option("--auth", is_flag=True, help="Require a login; the connection string contains it.")
@click.option(
    "--fault", metavar="CODE", help="Start a deployment with this fault, such as tls.unknown-ca."
)
@click.option(
    "--like",
    type=click.Choice(("atlas",)),
    help="Start three members set up like Atlas: SRV, TLS, login.",
)
@click.option(
    "--after",
    multiple=True,
    metavar="TIME:EVENT",
    help="After TIME (5, 5s, 500ms, 2m): kill-primary, stepdown, pause:HOST or delay:HOST=200ms; "
    "HOST is primary, secondary or the number of a member. Repeatable.",
)
@server_option
@click.option("--list-faults", is_flag=True, help="List the faults and exit.")
@format_option("Print text or JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Do not show the progress of a download.")
@click.argument("cmd", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD...]")
def command(
    fault: str | None,
    after: tuple[str, ...],
    server: str | None,
    quiet: bool,
    list_faults: bool,
    form: str,
    cmd: tuple[str, ...],
    **healthy: Any,
) -> int:
    """Start a temporary deployment of real servers, and remove it afterwards.

    Runs CMD with MONGODB_URI set and exits with its exit code. Without CMD, prints the connection
    string and the members, and keeps the deployment until Ctrl-C.
    """
    if list_faults:
        write_form(sys.stdout, _listing(form) + "\n", form)
        return EXIT_OK
    if fault and after:
        raise click.UsageError("--after needs a healthy deployment: remove --fault.")
    if fault and any(healthy.values()):
        raise click.UsageError("--fault starts its own deployment: remove the other options.")
    if healthy["like"] and any(value for name, value in healthy.items() if name != "like"):
        raise click.UsageError("--like starts its own deployment: remove the other options.")
    if healthy["members"] and healthy["kind"] == "standalone":
        raise click.UsageError("--members requires --kind replica-set.")
    events = _events(after, healthy)
    if cmd and not _is_installed(cmd[0]):
        return _cannot_run(cmd[0])
    if fault:
        _kind(fault)
    return _play(fault, healthy, events, form, cmd, server, quiet=quiet)


def _events(after: Sequence[str], params: Mapping[str, Any]) -> list[Event]:
    """Return the events of --after. Raises `click.UsageError` if one of them cannot happen."""
    if not after:
        return []
    from mongoping.sandbox.later import parse, problem

    replicas = _is_set(params) or params["like"] is not None
    members = (params["members"] or DEFAULT_MEMBERS) if replicas else 1
    events = []
    for text in after:
        try:
            event = parse(text)
        except ValueError as error:
            raise click.UsageError(f"--after {text}: {error}") from None
        words = problem(event, members, replicas=replicas)
        if words is None and event.action == "delay" and params["like"]:
            words = "delay does not work with --like: use --kind replica-set."
        if words is not None:
            raise click.UsageError(f"--after {text}: {words}")
        events.append(event)
    return events


def _is_set(params: Mapping[str, Any]) -> bool:
    return params["kind"] == "replica-set" or bool(params["members"])


def _is_installed(program: str) -> bool:
    import shutil

    return shutil.which(program) is not None


def _cannot_run(program: str) -> int:
    """Say why a command cannot be run, and return the exit code of a shell for it."""
    from mongoping.uri.typed import scrub_message

    name = scrub_message(program, [program])
    if os.sep not in program:
        words, code = f"There is no command {name!r} on PATH", NOT_FOUND
    elif os.access(program, os.F_OK):  # false for a name that is too long, unlike Path
        words, code = f"{name!r} is not an executable file", NOT_EXECUTABLE
    else:
        words, code = f"There is no file {name!r}", NOT_FOUND
    click.echo(f"Error: {words}.", err=True)
    return code


def _listing(form: str) -> str:
    from mongoping.sandbox.fault import faults

    kinds = faults().values()
    if form == "json":
        import json

        rows = [
            {
                "code": kind.code,
                "cause": kind.code.partition(":")[0],
                "title": kind.title,
                "severity": "warning" if kind.warning else "error",
                "preset": kind.preset,
            }
            for kind in kinds
        ]
        return json.dumps({"schema": 1, "faults": rows}, indent=1)
    indent = max(len(kind.code) for kind in kinds) + 2
    return "\n".join(f"{kind.code.ljust(indent)}{kind.title}" for kind in kinds)


def _kind(code: str) -> FaultKind:
    """Return the fault with that code. Raises `click.UsageError` with the nearest codes."""
    from mongoping.sandbox.fault import faults

    all_faults = faults()
    if code in all_faults:
        return all_faults[code]
    from mongoping.cli._nearest import nearest

    names = {code.partition(".")[2]: code for code in all_faults} | {
        code: code for code in all_faults
    }
    near = nearest(code, names)
    near_faults = dict.fromkeys(names[code] for code in near)
    hint = (
        f"Did you mean {' or '.join(near_faults)}?"
        if near_faults
        else "List them: mongoping sandbox --list-faults"
    )
    raise click.UsageError(f"There is no fault {code!r}. {hint}")


def _play(
    fault: str | None,
    healthy: Mapping[str, Any],
    events: Sequence[Event],
    form: str,
    cmd: Sequence[str],
    server: str | None,
    *,
    quiet: bool,
) -> int:
    """Start the deployment, run the command or wait, and always remove it."""
    from mongoping.cli import _sandbox
    from mongoping.sandbox.mongods import NoMongod
    from mongoping.sandbox.process import ServerDied

    try:
        with ExitStack() as stack:
            mongod = stack.enter_context(serving(server, quiet=quiet))
            if fault:
                _check_version(fault, mongod)
                title, deployment = _broken_deployment(stack, fault)
                return (
                    _sandbox.run(deployment, cmd) if cmd else _sandbox.wait(title, deployment, form)
                )
            title, deployment, schedule = _healthy(stack, healthy, events)
            if cmd:
                return _sandbox.run(deployment, cmd, schedule)
            return _sandbox.wait(title, deployment, form, schedule)
    except NoMongod as error:
        click.echo(f"Error: {error}", err=True)
        return EXIT_CODES["client"]
    except (ServerDied, ImportError) as error:
        return _cannot(error)


def _check_version(code: str, mongod: Mongod | None) -> None:
    """Raise `click.UsageError` if a fault does not exist on the server that --server names."""
    from mongoping.sandbox.servers.versions import belongs

    needs = _kind(code).needs
    if mongod is not None and needs and not belongs(mongod.version, needs):
        raise click.UsageError(
            f"--fault {code} needs MongoDB {needs}, and --server has {mongod.version}: "
            f"use --server {needs}."
        )


def _cannot(error: Exception) -> int:
    if isinstance(error, ImportError):
        if (error.name or "").startswith("mongoping"):
            raise error
        click.echo(f"Error: {import_problem(error, install_command('sandbox'))}", err=True)
        return EXIT_CODES["client"]
    click.echo(f"Error: {error}", err=True)
    return EXIT_UNEXPLAINED


def _broken_deployment(stack: ExitStack, code: str) -> tuple[str, Fault]:
    kind = _kind(code)
    deployment = stack.enter_context(kind.make())
    title = f"{code}: {kind.title} mongoping {kind.preset} exits with {deployment.expect_exit}."
    return title, deployment


def _healthy(
    stack: ExitStack, params: Mapping[str, Any], events: Sequence[Event]
) -> tuple[str, Fault, Schedule]:
    """Start a healthy deployment; the schedule starts when it is entered."""
    from mongoping.cli._sandbox import announce_event
    from mongoping.sandbox.fault import Fault
    from mongoping.sandbox.forwarder import Forwarder
    from mongoping.sandbox.later import Schedule

    forwarders: list[Forwarder] = []

    def front(server: Server) -> str:
        forwarder = stack.enter_context(Forwarder(server.port))
        forwarders.append(forwarder)
        return forwarder.listener.address

    if params["like"]:
        from mongoping.sandbox.atlas import atlas_like

        running = stack.enter_context(atlas_like())
        title, note = "A cluster set up like Atlas.", "Only that resolver knows its names."
    else:
        delays = any(event.action == "delay" for event in events)
        title, running = _start(stack, params, front if delays else None)
        note = ""
    schedule = Schedule(running, events, forwarders, announce_event)
    return title, Fault(running.uri, running.args, note=note), schedule


def _start(
    stack: ExitStack, params: Mapping[str, Any], front: Callable[[Server], str] | None
) -> tuple[str, Deployment]:
    from mongoping.sandbox.deployment import ServerTls, replica_set, standalone
    from mongoping.sandbox.fault import workshop
    from mongoping.sandbox.users import User

    options: dict[str, Any] = {"users": [User("ada")] if params["auth"] else [], "front": front}
    if params["tls"]:
        shop = stack.enter_context(workshop())
        options["tls"] = ServerTls(shop.good, shop.authority)
    if _is_set(params):
        count = params["members"] or DEFAULT_MEMBERS
        running = stack.enter_context(replica_set(count, **options))
        return f"A replica set of {count}.", running
    return "A standalone server.", stack.enter_context(standalone(**options))
