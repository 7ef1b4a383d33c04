"""Build images with buildah and run them with runc, without a daemon and without a registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import unavailable
from tests.image.base import SHELL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENCE_S = 120.0
SYSTEM_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
MOUNTS = {  # what Docker mounts into every container, as far as programs notice
    "/proc": ("proc", "proc", []),
    "/dev": ("tmpfs", "tmpfs", ["nosuid", "mode=755"]),
    "/dev/shm": ("tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777"]),
    "/etc/hosts": ("bind", "/etc/hosts", ["bind", "ro"]),
    "/etc/resolv.conf": ("bind", "/etc/resolv.conf", ["bind", "ro"]),
    str(SHELL.resolve()): ("bind", "/dev/null", ["bind", "ro"]),  # no program may need it
}
SERIAL = count()


def program(name: str) -> str:
    """Return the path of buildah or runc, or skip the test; both need root here."""
    if os.geteuid() != 0:
        unavailable(f"only root can use {name} in tests")
    location = shutil.which(name, path=SYSTEM_PATH)
    if location is None:
        unavailable(f"{name} is not installed")
    return str(location)


class Store:
    """The images of one run of the tests, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._buildah = program("buildah")
        program("runc")  # before anything is built in vain

    def buildah(self, *args: str | Path) -> str:
        """Run buildah and return its output."""
        process = subprocess.run(
            [
                *(self._buildah, "--root", self.folder / "images"),
                *("--runroot", self.folder / "running", *args),
            ],
            env={"PATH": SYSTEM_PATH, "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout.strip()

    def build(self, context: Path, *args: str, dockerfile: str = "") -> None:
        """Build an image from the Dockerfile of a folder, or from this text.

        Args:
            context: The folder.
            args: Arguments of ``docker build``, such as ``-t NAME``.
            dockerfile: The text.
        """
        if dockerfile:
            file = self.folder / f"Dockerfile-{next(SERIAL)}"
            file.write_text(dockerfile)
            args = (*args, "-f", str(file))
        self.buildah("bud", "--isolation", "chroot", "--pull-never", *args, context)

    def image(self, name: str) -> Image:
        """Return an image whose files are mounted."""
        details = json.loads(self.buildah("inspect", "--type", "image", name))
        root = self.buildah("mount", self.buildah("from", "--pull-never", name))
        return Image(details["OCIv1"]["config"], Path(root), self.folder)

    def close(self) -> None:
        """Unmount everything."""
        self.buildah("rm", "--all")


class Image:
    """An image: its configuration, and the folder of its files."""

    def __init__(self, config: dict[str, Any], root: Path, folder: Path) -> None:
        self.config = config
        self.root = root
        self._folder = folder

    def container(
        self,
        *args: str,
        command: Sequence[str] = (),
        user: str = "",
        env: Mapping[str, str] | None = None,
        mounts: Mapping[str, Path] | None = None,
    ) -> Container:
        """Describe a container in the network of this machine, as Docker or Kubernetes would.

        It has a read-only root file system, no capability and no shell. Its HOME
        is ``/``, as with Docker, if the user is unknown to the image.

        Args:
            args: What follows the entry point; without it, the default of the image.
            command: Replaces the entry point and the default.
            user: ``UID:GID`` in place of the user of the image.
            env: Variables in addition to those of the image.
            mounts: Files or folders of this machine, by their place in the container.
        """
        words = [*command] or [*self.config["Entrypoint"], *(args or self.config["Cmd"])]
        number, _, group = (user or self.config["User"]).partition(":")
        variables = [f"{name}={value}" for name, value in (env or {}).items()]
        binds = {
            place: ("bind", str(path), ["rbind", "ro"]) for place, path in (mounts or {}).items()
        }
        specification = {
            "ociVersion": "1.0.2",
            "process": {
                "args": words,
                "cwd": self.config["WorkingDir"],
                "env": [*self.config["Env"], *variables],
                "user": {"uid": int(number), "gid": int(group)},
                "noNewPrivileges": True,
            },
            "root": {"path": str(self.root), "readonly": True},
            "mounts": [
                {"destination": place, "type": kind, "source": source, "options": options}
                for place, (kind, source, options) in {**MOUNTS, **binds}.items()
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
        }
        return Container(self._folder, specification)


class Container:
    """A container that runc starts; the program in it has the process number 1."""

    def __init__(self, folder: Path, specification: dict[str, Any]) -> None:
        self._name = f"mongoping-{os.getpid()}-{next(SERIAL)}"
        self._runc = [program("runc"), "--root", str(folder / "runc")]
        bundle = folder / self._name
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(specification))
        self._command = [*self._runc, "run", "--bundle", str(bundle), self._name]

    def run(self, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end, with this text on standard input."""
        return subprocess.run(
            self._command,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self) -> subprocess.Popen[str]:
        """Start it, and return the process of runc, which ends with its exit code."""
        return subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def exec(self, *command: str) -> int:
        """Run another command in the running container, and return its exit code."""
        return subprocess.run(
            [*self._runc, "exec", self._name, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        ).returncode

    def stop(self) -> None:
        """Send SIGTERM to the program, as ``docker stop`` and the kubelet do first."""
        subprocess.run([*self._runc, "kill", self._name, "TERM"], check=True)

    def remove(self) -> None:
        """Kill the container if it still runs."""
        subprocess.run(
            [*self._runc, "delete", "--force", self._name], capture_output=True, check=False
        )
