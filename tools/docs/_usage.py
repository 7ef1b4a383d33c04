"""Define the exit codes and guides of every command. Data only."""

from __future__ import annotations

from collections.abc import Mapping

from mongoping.cli._examples import EXAMPLES

__all__ = ["EXAMPLES", "EXITS", "GUIDES"]

LAYER_COMMANDS = (
    "0 if the deployment is healthy, the code of the layer in which the cause was found (10 to "
    "19), or 1 if no known cause explains the failure or, with --strict, if there are warnings."
)
EXITS: Mapping[str, str] = {
    "check": LAYER_COMMANDS,
    "atlas": LAYER_COMMANDS,
    "local": LAYER_COMMANDS,
    "topology": f"{LAYER_COMMANDS} 17 if the read preference selects no member, and 2 for a "
    "--max-staleness that every driver refuses.",
    "smoke": "0 if every target is ready and meets its expectations, otherwise the code of the "
    "first target that failed: that of its layer, or 18 for an expectation.",
    "fleet": "0 if every target works; 1 if any fails or could not be measured, or with "
    "--exit-code first the code of the first target that fails; 2 for an inventory that cannot "
    "be read; 130 if it was interrupted. With --format nagios, the codes of that convention.",
    "watch": "0 if pings were answered and no limit was exceeded; 18 if none was answered, or "
    "--max-loss or --max-p95 was exceeded; 19 if a place of --from could not be used; 130 if you "
    "stopped it before --count or --duration was reached.",
    "uri": "0 if every connection string is valid, otherwise 10.",
    "causes": "0.",
    "compat": "0 if the combination can work, even with warnings; 19 if it cannot.",
    "diff": "0 if the verdicts are the same, 1 if they differ, or with --strict if warnings do.",
    "lint": "0 if every connection string is valid, otherwise 10; 1 for warnings with --strict; 2 "
    "if a path does not exist.",
    "explain": "0 if a cause is named, 1 if the text does not contain it.",
    "sandbox": "The exit code of the command that it ran; 126 if that is not executable, 127 if "
    "there is no such command; 19 if no mongod was found or could be downloaded.",
    "exporter": "0 after SIGINT or SIGTERM; 2 if the configuration is not valid, no target is "
    "configured, or the address is in use; 19 if the extra is missing.",
    "completion": "0; 2 if the start-up file cannot be written.",
    "targets": "0; 2 if a configuration file cannot be read or is not valid.",
    "snippet": "0; run and emit --verify exit with 1 if the program did not reach the deployment, "
    "10 if the connection string is invalid, and 19 if the driver is missing; migrate --check "
    "exits with 1 if something is left to do.",
}

GUIDES: Mapping[str, tuple[str, ...]] = {
    "check": ("reading-a-report.md", "waterfall.md", "how-it-knows.md", "report-schema.md"),
    "atlas": ("atlas.md", "reading-a-report.md"),
    "local": ("local.md", "reading-a-report.md"),
    "uri": ("security.md",),
    "causes": ("causes.md", "how-it-knows.md"),
    "compat": ("compatibility.md",),
    "diff": ("diff.md", "report-schema.md"),
    "lint": ("lint.md", "security.md"),
    "explain": ("explain.md", "causes.md"),
    "sandbox": ("local.md", "causes.md", "contributing.md"),
    "smoke": ("ci.md", "report-schema.md"),
    "fleet": ("fleet.md", "configuration.md"),
    "snippet": ("snippets.md",),
    "completion": ("shell.md",),
    "targets": ("configuration.md", "security.md"),
    "topology": ("topology.md", "reading-a-report.md"),
    "watch": ("watch.md",),
    "exporter": ("monitoring.md", "configuration.md"),
}
"""The pages in docs/ with more about a command."""
