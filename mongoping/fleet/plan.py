"""What a run of a fleet does, as plain data that another process or machine can read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mongoping.depth import Module
from mongoping.fleet.entry import Entry, Reference
from mongoping.record import NOTHING, Record
from mongoping.settings import LOCAL_SETTINGS, Limit, Settings

if TYPE_CHECKING:
    from mongoping.interpreter.record import Interpreter


class Plan(Record):
    """The settings of a run.

    Attributes:
        settings: the settings of each target; a configured target may override some.
        module: how deep to look.
        overrides: options of the connection strings that replace their own.
        given: the keys of a configured target that options of the command line override.
        reports: whether lines contain the report.
        output_dir: the folder to which the reports are written, if any.
        metrics: whether lines contain metrics.
        ip_version: 4 or 6 if only one of them may be used.
        vantage: the name of the place, if the run has several.
    """

    settings: Settings = Settings(preset="fleet")
    module: Module = "full"
    overrides: Mapping[str, str] = NOTHING
    given: tuple[str, ...] = ()
    reports: bool = False
    output_dir: str | None = None
    metrics: bool = False
    ip_version: int | None = None
    vantage: str | None = None

    @property
    def wants_report(self) -> bool:
        """Return whether reports are passed on or written."""
        return self.reports or self.output_dir is not None

    def settings_of(self, entry: Entry) -> Settings:
        """Return the settings for a target."""
        from mongoping.smoke.references import with_values

        values = entry.reference.values
        own = {name: value for name, value in values.items() if name not in self.given}
        return with_values(self.settings, own)

    def as_json(self) -> dict[str, Any]:
        """Return the plan as types of JSON, without the settings that hold only on this machine."""
        fields = {name: getattr(self, name) for name in self._fields}
        portable = (name for name in self.settings._fields if name not in LOCAL_SETTINGS)
        settings = {name: getattr(self.settings, name) for name in portable}
        return {**fields, "settings": settings, "overrides": dict(self.overrides)}


def plan_from_json(document: Mapping[str, Any]) -> Plan:
    """Return the plan that `Plan.as_json` wrote."""
    settings = dict(document["settings"])
    for name in ("sandbox_ports", "resolvers"):
        settings[name] = tuple(settings[name])
    settings["limits"] = tuple(Limit(*limit) for limit in settings["limits"])
    given_options = tuple(document["given"])
    return Plan(**{**document, "settings": Settings(**settings), "given": given_options})


def entry_as_json(entry: Entry) -> dict[str, Any]:
    """Return a target as types of JSON. It may contain a secret: never log it."""
    reference = entry.reference
    return {
        "name": entry.name,
        "kind": reference.kind,
        "text": reference.text,
        "values": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in reference.values.items()
        },
        "trusted": reference.trusted,
        "labels": dict(entry.labels),
        "path": entry.path,
        "line": entry.line,
        "error": entry.error,
    }


def entry_from_json(document: Mapping[str, Any]) -> Entry:
    """Return the target that `entry_as_json` wrote."""
    return Entry(
        document["name"],
        Reference(
            document["kind"], document["text"], document["values"], is_trusted=document["trusted"]
        ),
        document["labels"],
        document["path"],
        document["line"],
        document["error"],
    )


def interpreter_as_json(python: Interpreter) -> dict[str, Any]:
    """Return what is known of another Python, for another process of this machine."""
    fields = {name: getattr(python, name) for name in python._fields}
    return {**fields, "packages": dict(python.packages)}


def interpreter_from_json(document: Mapping[str, Any]) -> Interpreter:
    """Return the Python that `interpreter_as_json` wrote."""
    from mongoping.interpreter.record import Interpreter

    return Interpreter(**document)
