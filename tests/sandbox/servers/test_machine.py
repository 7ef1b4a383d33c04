"""Which of MongoDB's builds run on which machine."""

from __future__ import annotations

import sys

import pytest

from mongoping.sandbox.servers.machine import (
    Machine,
    Version,
    platforms,
    refusal,
    this_machine,
)


def linux(
    distro: str,
    version: str,
    glibc: Version | None,
    openssl: str = "3",
    arch: str = "x86_64",
) -> Machine:
    """A Linux whose os-release has these IDs."""
    libraries = frozenset(openssl.split())
    return Machine("linux", arch, tuple(distro.split()), version, glibc, libraries)


def fitting(machine: Machine) -> list[str]:
    """The platforms that should run, without the part that all of them share."""
    return [platform.name.split("-", 2)[2] for platform in platforms(machine) if not platform.lacks]


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (linux("ubuntu debian", "24.04", (2, 39)), ["ubuntu2404", "ubuntu2204"]),
        (linux("ubuntu debian", "22.04", (2, 35)), ["ubuntu2204", "rhel93"]),
        (linux("ubuntu debian", "20.04", (2, 31), "1.1"), ["ubuntu2004", "ubuntu1804"]),
        (linux("ubuntu debian", "26.04", (2, 43)), ["ubuntu2604", "ubuntu2404"]),
        (linux("linuxmint ubuntu debian", "22", (2, 39)), ["ubuntu2404", "ubuntu2204"]),
        (linux("debian", "12", (2, 36)), ["debian12", "ubuntu2204"]),
        (linux("debian", "13", (2, 41)), ["debian13", "debian12", "ubuntu2404"]),
        (linux("debian", "", (2, 42)), ["debian12", "ubuntu2404"]),
        (linux("debian", "11", (2, 31), "1.1"), ["debian11", "debian10", "ubuntu2004"]),
        (linux("debian", "12", (2, 36), arch="arm64"), ["ubuntu2204", "rhel93"]),
        (linux("rhel fedora", "9.4", (2, 34)), ["rhel93", "rhel90", "amazon2023"]),
        (linux("rocky rhel centos fedora", "9.3", (2, 34)), ["rhel93", "rhel90"]),
        (linux("rhel fedora", "8.10", (2, 28), "1.1"), ["rhel8", "rhel80"]),
        (linux("rhel fedora", "8.10", (2, 28), "1.1", "arm64"), ["rhel8", "rhel82"]),
        (linux("rhel fedora", "10.0", (2, 39)), ["rhel10", "rhel93", "rhel90"]),
        (linux("fedora", "42", (2, 41)), ["rhel93", "rhel90", "ubuntu2404"]),
        (linux("amzn fedora", "2023", (2, 34)), ["amazon2023", "rhel93"]),
        (linux("amzn centos rhel fedora", "2", (2, 26), "1.0"), ["amazon2", "suse12"]),
        (linux("opensuse-leap suse opensuse", "15.6", (2, 38), "3 1.1"), ["suse15"]),
        (linux("opensuse-tumbleweed suse", "20261101", (2, 42)), ["ubuntu2404", "debian12"]),
        (linux("arch", "", (2, 42)), ["ubuntu2404", "debian12", "ubuntu2204"]),
        (linux("", "", (2, 36), ""), ["debian12", "ubuntu2204"]),
    ],
)
def test_the_build_of_the_distribution_comes_first_then_its_family(
    machine: Machine, expected: list[str]
) -> None:
    assert fitting(machine)[: len(expected)] == expected


def test_no_build_for_debian_on_arm_is_tried() -> None:
    """MongoDB publishes Debian builds for x86-64 only."""
    machine = linux("debian", "12", (2, 36), arch="arm64")
    assert not [platform for platform in platforms(machine) if "debian" in platform.name]


@pytest.mark.parametrize(
    ("machine", "build", "lacks"),
    [
        (linux("debian", "12", (2, 36)), "ubuntu2404", "glibc 2.39"),
        (linux("debian", "12", (2, 36)), "ubuntu2004", "OpenSSL 1.1"),
        (linux("ubuntu", "20.04", (2, 31), "1.1"), "ubuntu2204", "glibc 2.35"),
        (linux("arch", "", (2, 42)), "rhel70", "OpenSSL 1.0"),
        (linux("debian", "12", (2, 36), "3 1.1"), "ubuntu2004", ""),
        (linux("nixos", "26.05", (2, 42), ""), "ubuntu2004", ""),
    ],
)
def test_a_build_that_cannot_run_says_what_it_lacks(
    machine: Machine, build: str, lacks: str
) -> None:
    """If no OpenSSL is in the usual places, none is said to be missing."""
    lacks_by_name = {platform.name: platform.lacks for platform in platforms(machine)}
    assert lacks_by_name[f"linux-x86_64-{build}"] == lacks


def test_platforms_that_lack_something_come_last() -> None:
    lacking = [bool(platform.lacks) for platform in platforms(linux("debian", "12", (2, 36)))]
    assert lacking == sorted(lacking)
    assert True in lacking


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (linux("alpine", "3.22", None), "musl"),
        (linux("ubuntu", "24.04", (2, 39), arch="riscv64"), "riscv64 processors"),
        (Machine("darwin", "ppc"), "ppc processors"),
        (Machine("win32", "x86_64"), "only on Linux and macOS"),
    ],
)
def test_a_machine_without_any_build_is_refused_with_the_reason(
    machine: Machine, words: str
) -> None:
    assert platforms(machine) == []
    assert words in refusal(machine)


def test_macs_with_apple_silicon_also_run_the_old_archives() -> None:
    candidates = platforms(Machine("darwin", "arm64"))
    assert [(platform.archive("8.0.4"), platform.folder) for platform in candidates] == [
        ("mongodb-macos-arm64-8.0.4.tgz", "osx"),
        ("mongodb-macos-x86_64-8.0.4.tgz", "osx"),
    ]
    assert [platform.name for platform in platforms(Machine("darwin", "x86_64"))] == [
        "macos-x86_64"
    ]


def test_an_archive_for_linux_is_named_as_mongodb_names_it() -> None:
    platform = platforms(linux("ubuntu", "22.04", (2, 35), arch="arm64"))[0]
    assert platform.archive("8.0.4") == "mongodb-linux-aarch64-ubuntu2204-8.0.4.tgz"
    assert platform.folder == "linux"


def test_this_machine_is_described() -> None:
    machine = this_machine()
    assert machine.system == sys.platform
    assert machine.arch in machine.title
    assert platforms(machine) or refusal(machine)
