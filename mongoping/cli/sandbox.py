"""``mongoping sandbox``: start a temporary deployment, healthy or with a fault."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from mongoping import signals
from mongoping.exit_codes import EXIT_CODES, EXIT_OK, EXIT_UNEXPLAINED
from mongoping.output import write_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mongoping.sandbox.fault import Fault, FaultKind

NOT_FOUND = 127  # the exit code of a shell for a missing command
VARIABLES = {"--resolver": "MONGOPING_RESOLVER", "--tls-ca-file": "MONGOPING_TLS_CA_FILE"}
OURS = ("MONGOPING_URI", "MONGOPING_PASSWORD", "MONGOPING_RESOLVER", "MONGOPING_TLS_CA_FILE")


@click.command(
    "sandbox",
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
    type=click.IntRange(1, 7),
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
@click.option("--list-faults", is_flag=True, help="List the faults and exit.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Print text or JSON.",
)
@click.argument("cmd", nargs=-1, type=click.UNPROCESSED, metavar="[-- CMD...]")
def command(
    fault: str | None, list_faults: bool, form: str, cmd: tuple[str, ...], **healthy: Any
) -> int:
    """Start a temporary deployment of real servers, and remove it afterwards.

    Runs CMD with MONGODB_URI set and exits with its exit code. Without CMD, prints the connection
    string and keeps the deployment until Ctrl-C. To reproduce a fault:

    \b
    mongoping sandbox --fault tls.unknown-ca -- mongoping check
    """
    if list_faults:
        write_form(sys.stdout, _listing(form) + "\n", form)
        return EXIT_OK
    if fault and any(healthy.values()):
        raise click.UsageError("--fault starts its own deployment: remove the other options.")
    if healthy["like"] and any(value for name, value in healthy.items() if name != "like"):
        raise click.UsageError("--like starts its own deployment: remove the other options.")
    if healthy["members"] and healthy["kind"] == "standalone":
        raise click.UsageError("--members requires --kind replica-set.")
    if cmd and not _found(cmd[0]):
        from mongoping.uri.target import scrub

        words = f"Error: There is no command {scrub(cmd[0], None)!r} on PATH."
        click.echo(words, err=True)
        return NOT_FOUND
    if fault:
        _kind(fault)
    return _play(fault, healthy, form, cmd)


def _found(program: str) -> bool:
    import shutil

    return shutil.which(program) is not None


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

    known = faults()
    if code in known:
        return known[code]
    import difflib

    names = {entry.partition(".")[2]: entry for entry in known} | {entry: entry for entry in known}
    near = difflib.get_close_matches(code, names, 4, 0.5)
    found = dict.fromkeys(names[entry] for entry in near)
    hint = (
        f"Did you mean {' or '.join(found)}?"
        if found
        else "List them: mongoping sandbox --list-faults"
    )
    raise click.UsageError(f"There is no fault {code!r}. {hint}")


def _play(fault: str | None, healthy: Mapping[str, Any], form: str, cmd: Sequence[str]) -> int:
    """Start the deployment, run the command or wait, and always remove it."""
    from mongoping.sandbox.mongods import NoMongod
    from mongoping.sandbox.process import ServerDied

    try:
        with ExitStack() as stack:
            title, made = _broken(stack, fault) if fault else _healthy(stack, healthy)
            return _run(made, cmd) if cmd else _wait(title, made, form)
    except NoMongod as error:
        click.echo(f"Error: {error}", err=True)
        return EXIT_CODES["client"]
    except (ServerDied, ModuleNotFoundError) as error:
        return _cannot(error)


def _cannot(error: Exception) -> int:
    if isinstance(error, ModuleNotFoundError):
        click.echo(
            f"Error: {error.name} is not installed: run pip install 'mongoping[sandbox]'.", err=True
        )
        return EXIT_CODES["client"]
    click.echo(f"Error: {error}", err=True)
    return EXIT_UNEXPLAINED


def _broken(stack: ExitStack, code: str) -> tuple[str, Fault]:
    kind = _kind(code)
    made = stack.enter_context(kind.make())
    title = f"{code}: {kind.title} mongoping {kind.preset} exits with {made.expect_exit}."
    return title, made


def _healthy(stack: ExitStack, wanted: Mapping[str, Any]) -> tuple[str, Fault]:
    from mongoping.sandbox.fault import Fault

    if wanted["like"]:
        from mongoping.sandbox.atlas import atlas_like

        atlas = stack.enter_context(atlas_like())
        note = "Only that resolver knows its names."
        return "A cluster set up like Atlas.", Fault(atlas.uri, atlas.args, note=note)
    from mongoping.sandbox.deployment import ServerTls, replica_set, standalone
    from mongoping.sandbox.fault import workshop
    from mongoping.sandbox.users import User

    options: dict[str, Any] = {"users": [User("ada")] if wanted["auth"] else []}
    if wanted["tls"]:
        made = stack.enter_context(workshop())
        options["tls"] = ServerTls(made.good, made.authority)
    if wanted["kind"] == "replica-set" or wanted["members"]:
        count = wanted["members"] or 3
        running = stack.enter_context(replica_set(count, **options))
        return f"A replica set of {count}.", Fault(running.uri)
    running = stack.enter_context(standalone(**options))
    return "A standalone server.", Fault(running.uri)


def _variables(made: Fault) -> dict[str, str]:
    """Return the environment variables that carry the connection string and its options."""
    found = {VARIABLES[name]: value for name, value in pairwise(made.args) if name in VARIABLES}
    return {"MONGODB_URI": made.uri, **found, **made.env}


def _run(made: Fault, cmd: Sequence[str]) -> int:
    """Run a command to its end and return its exit code, as a shell would (128 + signal)."""
    import os
    import subprocess

    kept = {name: text for name, text in os.environ.items() if name not in OURS}
    with ExitStack() as stack:
        with signals.deferred():
            child = subprocess.Popen(cmd, env={**kept, **_variables(made)})
            stack.enter_context(signals.passed_on(child))
        code = child.wait()
    return 128 - code if code < 0 else code


def _wait(title: str, made: Fault, form: str) -> int:
    """Print the connection string and wait for Ctrl-C, SIGTERM or SIGHUP."""
    import queue

    ending: queue.SimpleQueue[int] = (
        queue.SimpleQueue()
    )  # the only queue that is safe in a signal handler
    with signals.handled(ending.put):
        _announce(title, made, form)
        ending.get()
    return EXIT_OK


def _announce(title: str, made: Fault, form: str) -> None:
    """Print the connection string on standard output, and the explanation on standard error."""
    if form == "json":
        import json

        record = {"schema": 1, "uri": made.uri, "args": made.args, "env": _variables(made)}
        text = json.dumps({**record, "title": title, "note": made.note})
        write_form(sys.stdout, text + "\n", "json")
    else:
        click.echo("\n".join([made.uri, *([" ".join(made.args)] if made.args else [])]))
        words = (title, made.note, "Press Ctrl-C to stop it.")
        click.echo(" ".join(text for text in words if text), err=True)
    sys.stdout.flush()
