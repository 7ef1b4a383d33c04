"""Help and usage errors of every command: examples first, options in groups, the nearest name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mongoping.cli import _display

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS = ("Atlas API", "Cluster", "Places", "Connection", "TLS", "Stable API", "Limits", "Output")
"""The headings of shared options, in this order, below a command's own options."""
SHOWN_EXAMPLES = 3
MAY_BE_EMPTY = ("--tls-certificate-key-file-password", "--tags")  # no tags match any member
NEVER_EMPTY = ("A", "B", "CODE", "FILE", "NAME", "PATH")
"""Arguments without a sentence of their own for an empty value."""
FORM_AND_FILE = "FORMAT=FILE"
WITHOUT_LOGIN = ("FILE", "FOLDER", "LOG", "PATH|auto", FORM_AND_FILE, "DATABASE")
"""The kinds of values, as the help calls them, in which a report would show a password."""
WITHOUT_STRING = ("NAME", "KEY:VALUE,…")  # these may contain a colon and an @, and no ://
NOUNS = {"DATABASE": "a name", "NAME": "a name", "KEY:VALUE,…": "properties"}
"""What an option of such a kind takes; all others take a path."""
MAX_SUMMARY = 500  # characters of a command's summary; none is longer

ALIASES = {
    # mongosh's spelling: ours
    "authenticationDatabase": "auth-source",
    "authenticationMechanism": "auth-mechanism",
    "apiVersion": "api-version",
    "apiStrict": "api-strict",
    "apiDeprecationErrors": "api-deprecation-errors",
    "tlsCAFile": "tls-ca-file",
    "tlsCertificateKeyFile": "tls-certificate-key-file",
    "tlsCertificateKeyFilePassword": "tls-certificate-key-file-password",
    "tlsCRLFile": "tls-crl-file",
    "tlsAllowInvalidCertificates": "tls-allow-invalid-certificates",
    "tlsAllowInvalidHostnames": "tls-allow-invalid-hostnames",
    "tlsInsecure": "tls-insecure",
    "tlsDisableOCSPEndpointCheck": "tls-disable-ocsp-endpoint-check",
    "appName": "app-name",
    # names that people try
    "no-colour": "no-color",
    "user": "username",
}
"""Names under which options are accepted without being listed."""


def canonical(name: str) -> str:
    """Return the listed name of an option, without its dashes."""
    return ALIASES.get(name, name)


class Option(click.Option):
    """An option with the heading under which the help lists it."""

    def __init__(self, *args: Any, group: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class BaseCommand(click.Command):
    """The common base of commands and groups: the order of the help, and usage errors."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, examples, description and options."""
        self.format_usage(ctx, formatter)
        self._format_examples(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)
        self.format_epilog(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option --help, to be listed with those of the output."""
        option = super().get_help_option(ctx)
        if option is not None and not isinstance(self, click.Group):  # a group has no output
            vars(option)["group"] = "Output"
        return option

    def _format_examples(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from mongoping.cli._examples import for_command

        names: list[str] = []
        inner = ctx
        while inner.parent is not None:  # the root is also called "python -m mongoping"
            names.insert(0, inner.info_name or "")
            inner = inner.parent
        rows = for_command(" ".join(["mongoping", *names]))[:SHOWN_EXAMPLES]
        if not rows:
            return
        formatter.write_paragraph()
        formatter.write("Examples:\n")
        for caption, line in rows:
            formatter.write(f"  # {caption.replace('`', '')}\n  {line}\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a command's own options, then the shared ones under their headings."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record is not None:
                rows.setdefault(getattr(param, "group", None) or "", []).append(record)
        own = rows.pop("", [])
        sections = [("Options", own), *((name, rows.pop(name, [])) for name in GROUPS)]
        for heading, records in sections:
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. An unknown option is an error that names the nearest one."""
        try:
            rest = super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            words = f"There is no option {error.option_name}.{self._hint(ctx, error.option_name)}"
            raise click.UsageError(words, ctx) from None
        except click.MissingParameter as error:
            choices = getattr(getattr(error.param, "type", None), "choices", None)
            if choices is None:
                raise
            raise click.UsageError(f"Choose one of: {', '.join(choices)}.", ctx) from None
        self._refuse_empty_values(ctx)
        self._refuse_logins(ctx)
        if ctx.args and not ctx.resilient_parsing and not isinstance(self, click.Group):
            raise click.UsageError(self._too_many(ctx, ctx.args), ctx)
        return rest

    def _too_many(self, ctx: click.Context, extra: Sequence[str]) -> str:
        """Return in one sentence which arguments to remove; a part of a login is not shown."""
        from mongoping.escape import printable

        names = [
            param.make_metavar(ctx)
            for param in self.get_params(ctx)
            if param.nargs == 1 and isinstance(param, click.Argument)
        ]
        shown_words = " ".join("***" if "@" in text else printable(text[:60]) for text in extra[:5])
        takes = ("no argument", "one argument", "two arguments")[min(len(names), 2)]
        takes_uri = any(word in name for name in names for word in ("URI", "TARGET", "HOST"))
        hint = ", or quote the connection string if it contains a space, & or ?"
        return f"{ctx.command_path} takes {takes}: remove {shown_words}{hint if takes_uri else ''}."

    def _refuse_empty_values(self, ctx: click.Context) -> None:
        """Raise `click.UsageError` for an empty value, as of "$FILE" where FILE is not set."""
        for param in self.get_params(ctx):
            value = ctx.params.get(param.name or "")
            is_empty = value == "" or (isinstance(value, tuple) and "" in value)
            is_option = isinstance(param, click.Option)
            name = max(param.opts, key=len) if is_option else param.make_metavar(ctx).strip("[].…")
            if is_empty and (name not in MAY_BE_EMPTY if is_option else name in NEVER_EMPTY):
                words = f"{name} is empty: check that the variable it comes from is set."
                raise click.UsageError(words, ctx)

    def _refuse_logins(self, ctx: click.Context) -> None:
        """Raise `click.UsageError`, without the value, for a login where a path or name belongs."""
        for param in self.get_params(ctx):
            value = ctx.params.get(param.name or "")
            strict = param.metavar in WITHOUT_LOGIN or param.name == "auth_mechanism"
            is_checked = strict or param.metavar in WITHOUT_STRING
            if not value or not is_checked or not isinstance(param, click.Option):
                continue
            marks = ("@", "://") if strict else ("://",)
            for text in value if isinstance(value, tuple) else (value,):
                candidate = text.partition("=")[2] if param.metavar == FORM_AND_FILE else text
                if any(mark in candidate for mark in marks) and _is_login(candidate):
                    flag = max(param.opts, key=len)
                    kind = NOUNS.get(param.metavar or "", "a path")
                    words = (
                        f"{flag} takes {kind}, but its value looks like part of a connection "
                        "string: give the connection string as a separate argument."
                    )
                    raise click.UsageError(words, ctx)

    def _hint(self, ctx: click.Context, name: str) -> str:
        bare = name.lstrip("-").partition("=")[0]
        params = self.get_params(ctx)
        for param in params:
            is_format = param.name == "form" and isinstance(param.type, click.Choice)
            if is_format and bare in getattr(param.type, "choices", ()):
                return f" Use --format {bare}."
        from mongoping.cli._nearest import nearest

        near = nearest(name, list(_spellings(params)), 1)
        return f" Did you mean {near[0]}?" if near else f" List them: {ctx.command_path} --help"


def _is_login(text: str) -> bool:
    """Return whether a text is a login and not an existing file of that name."""
    import os

    from mongoping.uri.typed import holds_login

    return holds_login(text) and not os.path.lexists(text)


def _spellings(params: Sequence[click.Parameter]) -> Iterator[str]:
    for param in params:
        if isinstance(param, click.Option) and not param.hidden:
            yield from (name for name in (*param.opts, *param.secondary_opts) if name[:2] == "--")


class Command(BaseCommand):
    """A command of mongoping."""

    allow_extra_args = True  # refused by parse_args, in our words

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in _display.options():
            option.group = "Output"  # type: ignore[attr-defined]
            self.params.append(option)


class CommandList(BaseCommand, click.Group):
    """The common base of groups: the help lists each command with its complete summary."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and summaries; click would cut a summary that needs two lines."""
        every = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [
            (name, command.get_short_help_str(MAX_SUMMARY))
            for name, command in every
            if command is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Group(CommandList):
    """A command with subcommands."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the subcommands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)
