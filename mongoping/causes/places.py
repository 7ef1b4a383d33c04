"""The cause of a place that ``--from`` names and in which mongoping could not run.

It says nothing about the deployment: only reports from here and from other places do.
"""

from __future__ import annotations

from collections.abc import Mapping

from mongoping.model import Cause, Evidence, Match, Remedy
from mongoping.shell import join, quote

BUILD = Remedy(
    "Build the standalone executable on a system of that kind, and name the file with --bundle:",
    command="python -m tools.bundle exe",
)
COMPARE = Remedy(
    "Copy the executable there, run it by hand with --output there.json, and compare the reports:",
    command="mongoping diff here.json there.json",
)
DEBUG = "Start a container with a shell in the same pod, and name it after --from:"
LOOK: Mapping[str, str] = {
    "ssh": "ssh {address} true",
    "docker": "docker ps --all --filter name={address}",
    "kubectl": "kubectl get pods{namespace}",
}
LINKS = (
    "https://man.openbsd.org/ssh",
    "https://docs.docker.com/reference/cli/docker/container/exec/",
    "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_exec/",
)
CONNECTING = ("unknown-name", "denied", "host-key", "not-running", "unreachable")
"""Reasons that the same program shows without mongoping, too."""
REMEDIES: Mapping[str, tuple[Remedy | str, ...]] = {
    "no-program": ("Install that program, or add its folder to PATH.",),
    "unknown-name": ("Correct the name after --from.",),
    "denied": ("Check the user, and the keys or roles that it needs.",),
    "host-key": ("Compare the host's key, and accept it by connecting once with ssh.",),
    "not-running": ("Start the container, or name one that runs.",),
    "unreachable": ("Check that the machine or its API is up and can be reached from here.",),
    "no-shell": (COMPARE,),
    "no-folder": ("Mount an empty volume at /tmp there.",),
    "disk-full": ("Free some space there.",),
    "noexec": (
        "Name a folder in TMPDIR there from which programs may be started.",
        COMPARE,
    ),
    "no-file": (BUILD,),
    "silent": ("Try again: the connection or the machine may have been busy.",),
    "lost": ("Try again: the connection may have been interrupted.",),
    "crashed": (BUILD,),
    "version": ("Build the file again from this version.",),
    "garbage": ("Check what a shell that is started this way prints there.",),
}


def _unusable(evidence: Evidence) -> Match | None:
    failure = evidence.failure("import")
    if failure is None or failure.kind != "place":
        return None
    reason, kind = str(failure.facts.get("reason")), str(failure.facts.get("kind"))
    address = str(failure.facts.get("address"))
    remedies = REMEDIES.get(reason, ())
    if reason == "no-shell" and kind == "kubectl":
        remedies = (Remedy(DEBUG, command=_debug(address)), *remedies)
    if reason in CONNECTING:
        remedies = (*remedies, Remedy("Try it without mongoping:", command=_look(kind, address)))
    return Match(failure.message, remedies, explains=("import",))


def _look(kind: str, address: str) -> str:
    """Return the command that shows the same problem."""
    namespace = f" -n {quote(address.partition('/')[0])}" if "/" in address else ""
    if address.startswith("//"):
        address = f"{kind}:{address}"
    return LOOK[kind].format(address=quote(address), namespace=namespace)


def _debug(address: str) -> str:
    """Return the command that starts a container with a shell in a pod."""
    first, _, rest = address.partition("/")
    pod, _, container = rest.partition("/")
    words = ["kubectl", "debug", *(("-n", first) if rest else ()), pod or first, "-it"]
    target = [f"--target={container}"] if container else []
    return join([*words, "--image=debian:stable", *target, "--container=debug", "--", "bash"])


CAUSES = (
    Cause(
        code="client.place-unusable",
        title="mongoping could not run in a place that --from names",
        explanation=(
            "mongoping copies itself there with your own ssh, docker or kubectl, and runs. That "
            "failed, so it is not known what the deployment looks like from there."
        ),
        remedies=("Check the name after --from, and that you can start a shell there yourself.",),
        links=LINKS,
        when=_unusable,
    ),
)
