"""Decide which of MongoDB's builds run on a machine. Pure, except for `this_machine`.

MongoDB builds its server once for each distribution, and names the archive after it:
``mongodb-linux-x86_64-ubuntu2204-8.0.10.tgz``. A build needs the C library of its distribution or a
newer one, and the same major version of OpenSSL. So it also runs on other distributions.

The builds are those of https://www.mongodb.com/docs/manual/installation/#supported-platforms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Version = tuple[int, int]

X86_64, ARM64 = "x86_64", "arm64"


class Machine(NamedTuple):
    """The facts that decide which builds run here.

    Attributes:
        system: ``sys.platform``: ``linux``, ``darwin`` or another one.
        arch: ``x86_64``, ``arm64`` or another name of the processor.
        distro: the ID of the distribution in os-release, then those of its relatives.
        version: the version of the distribution.
        glibc: the version of the C library, or None if it is not glibc.
        openssl: the major versions of OpenSSL that are installed; empty if none was found.
        title: the name of the system for people.
    """

    system: str
    arch: str
    distro: tuple[str, ...] = ()
    version: str = ""
    glibc: Version | None = None
    openssl: frozenset[str] = frozenset()
    title: str = ""


class Build(NamedTuple):
    """A Linux distribution that MongoDB builds for, and what the build needs."""

    target: str
    family: str
    glibc: Version
    openssl: str
    archs: tuple[str, ...] = (X86_64, ARM64)


BUILDS = (
    Build("ubuntu2404", "ubuntu", (2, 39), "3"),
    Build("debian12", "debian", (2, 36), "3", (X86_64,)),
    Build("ubuntu2204", "ubuntu", (2, 35), "3"),
    Build("rhel93", "rhel", (2, 34), "3"),
    Build("rhel90", "rhel", (2, 34), "3"),
    Build("amazon2023", "amazon", (2, 34), "3"),
    Build("ubuntu2004", "ubuntu", (2, 31), "1.1"),
    Build("debian11", "debian", (2, 31), "1.1", (X86_64,)),
    Build("suse15", "suse", (2, 31), "1.1", (X86_64,)),
    Build("debian10", "debian", (2, 28), "1.1", (X86_64,)),
    Build("rhel8", "rhel", (2, 28), "1.1"),
    Build("rhel82", "rhel", (2, 28), "1.1", (ARM64,)),
    Build("rhel80", "rhel", (2, 28), "1.1", (X86_64,)),
    Build("ubuntu1804", "ubuntu", (2, 27), "1.1"),
    Build("amazon2", "amazon", (2, 26), "1.0"),
    Build("suse12", "suse", (2, 22), "1.0", (X86_64,)),
    Build("rhel70", "rhel", (2, 17), "1.0", (X86_64,)),
)
"""The builds since MongoDB 4.4, those with the newest C library first."""

FAMILIES = {
    "ubuntu": "ubuntu",
    "debian": "debian",
    "rhel": "rhel",
    "centos": "rhel",
    "rocky": "rhel",
    "almalinux": "rhel",
    "ol": "rhel",
    "amzn": "amazon",
    "sles": "suse",
    "opensuse-leap": "suse",
}
"""The IDs of distributions that have the same versions as a family of builds."""

RELATIVES = {**FAMILIES, "fedora": "rhel", "suse": "suse", "opensuse": "suse"}
"""IDs whose own versions differ, but whose libraries are like those of a family."""

LIBRARIES = {
    "3": ("libcrypto.so.3",),
    "1.1": ("libcrypto.so.1.1",),
    "1.0": ("libcrypto.so.10", "libcrypto.so.1.0.0", "libcrypto.so.1.0.2"),
}
"""The library of each version of OpenSSL, under the names that distributions use."""


class Platform(NamedTuple):
    """A part of archive names, and what the machine lacks for it; "" if the build should run."""

    name: str
    lacks: str = ""

    @property
    def folder(self) -> str:
        """Return the folder of its archives on MongoDB's server."""
        return "osx" if self.name.startswith("macos") else "linux"

    def archive(self, version: str) -> str:
        """Return the file name of the archive with a release."""
        return f"mongodb-{self.name}-{version}.tgz"


def platforms(machine: Machine) -> list[Platform]:
    """Return the platforms whose archives may run on a machine, the best first.

    The build for the distribution itself comes first, even if it is not in `BUILDS` yet, then those
    of the same family, then the others, and at the end those that lack something. The list is empty
    if MongoDB builds nothing for such a machine.
    """
    if machine.system == "darwin":
        return _macos(machine.arch)
    if machine.system != "linux" or machine.glibc is None or machine.arch not in (X86_64, ARM64):
        return []
    family = next((RELATIVES[name] for name in machine.distro if name in RELATIVES), "")
    builds = sorted(
        (build for build in BUILDS if machine.arch in build.archs),
        key=lambda build: build.family != family,
    )
    lacks = {build.target: _lacks(build, machine) for build in builds}
    names = dict.fromkeys([*_own(machine), *(name for name in lacks if not lacks[name]), *lacks])
    prefix = "linux-aarch64" if machine.arch == ARM64 else f"linux-{machine.arch}"
    candidates = [Platform(f"{prefix}-{name}", lacks.get(name, "")) for name in names]
    return sorted(candidates, key=lambda platform: bool(platform.lacks))


def _macos(arch: str) -> list[Platform]:
    if arch == ARM64:  # the archives before 6.0 are for x86-64, which Rosetta runs
        return [Platform("macos-arm64"), Platform("macos-x86_64")]
    return [Platform("macos-x86_64")] if arch == X86_64 else []


def _own(machine: Machine) -> list[str]:
    """Return the names that MongoDB gives builds for this version of the distribution."""
    family = FAMILIES.get(machine.distro[0]) if machine.distro else None
    major = machine.version.partition(".")[0]
    if family is None or not major.isdecimal():
        return []
    if family == "ubuntu":
        return [f"ubuntu{machine.version.replace('.', '')}"]
    if family == "rhel":
        targets = [build.target for build in BUILDS if machine.arch in build.archs]
        return [name for name in targets if name.startswith(f"rhel{major}")] or [f"rhel{major}"]
    if family in ("debian", "suse") and machine.arch == ARM64:
        return []
    return [f"{family}{major}"]


def _lacks(build: Build, machine: Machine) -> str:
    """Return what a build needs and the machine does not have, or ""."""
    if machine.glibc is not None and machine.glibc < build.glibc:
        return f"glibc {build.glibc[0]}.{build.glibc[1]}"
    if machine.openssl and build.openssl not in machine.openssl:
        return f"OpenSSL {build.openssl}"
    return ""


def refusal(machine: Machine) -> str:
    """Return why MongoDB has no archive for a machine: a clause without a period."""
    if machine.system == "linux" and machine.glibc is None:
        return "MongoDB publishes no build for musl, the C library of Alpine Linux"
    if machine.system in ("linux", "darwin"):
        return f"MongoDB publishes no Community Server for {machine.arch} processors"
    return "mongoping downloads servers only on Linux and macOS"


def this_machine(folders: Iterable[str] = ()) -> Machine:
    """Return the machine that mongoping runs on; ``folders`` contain further libraries."""
    import platform
    import sys

    processor = platform.machine().lower()
    arch = {"aarch64": ARM64, "amd64": X86_64}.get(processor, processor)
    if sys.platform != "linux":
        return Machine(sys.platform, arch, title=f"{platform.system()}, {arch}")
    try:
        release: Mapping[str, str] = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return Machine(
        "linux",
        arch,
        tuple(
            name for name in (release.get("ID", ""), *release.get("ID_LIKE", "").split()) if name
        ),
        release.get("VERSION_ID", ""),
        _glibc(),
        _openssl(arch, folders),
        f"{release.get('PRETTY_NAME') or 'Linux'}, {arch}",
    )


def _glibc() -> Version | None:
    """Return the version of the C library that this process runs with."""
    import os
    import sys

    if sys.platform == "win32":
        return None
    try:
        name, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        major, minor = version.split(".")[:2]
        return (int(major), int(minor)) if name == "glibc" else None
    except (ValueError, OSError):  # musl does not have that name
        return None


def _openssl(arch: str, further: Iterable[str]) -> frozenset[str]:
    """Return the major versions of OpenSSL in the usual folders for libraries."""
    from pathlib import Path

    triplet = f"{'aarch64' if arch == ARM64 else arch}-linux-gnu"
    usual = ("lib", "lib64", f"lib/{triplet}")
    folders = [f"{root}/{name}" for root in ("/usr", "", "/usr/local") for name in usual]
    return frozenset(
        version
        for version, names in LIBRARIES.items()
        if any(Path(folder, name).exists() for folder in (*folders, *further) for name in names)
    )
