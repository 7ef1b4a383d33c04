"""The software bill of materials (SBOM) of the files that contain mongoping's dependencies.

It is a CycloneDX document that lists the packages in a folder of installed packages. The same
folder and commit give the same document.
"""

from __future__ import annotations

import platform
import ssl
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MAIN = "mongoping"
LICENSE_CLASSIFIER = "License :: OSI Approved :: "


class Package(NamedTuple):
    """An installed package, and the names of the packages that it needs."""

    name: str
    version: str
    license: str | None
    needs: tuple[str, ...]
    description: str | None


def packages(site: Path) -> list[Package]:
    """Return the packages in a folder of installed packages, sorted by name."""
    return sorted(map(_package, metadata.distributions(path=[str(site)])))


def _package(distribution: metadata.Distribution) -> Package:
    requirements = map(Requirement, distribution.requires or ())
    needs = {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    fields = distribution.metadata.json
    return Package(
        canonicalize_name(distribution.name),
        distribution.version,
        _license(fields),
        tuple(sorted(needs)),
        str(fields.get("summary", "")) or None,
    )


def _license(fields: dict[str, str | list[str]]) -> str | None:
    """Return the license of a package: the expression, or else the first classifier or text."""
    if expression := fields.get("license_expression"):
        return str(expression)
    for classifier in fields.get("classifier") or ():
        if classifier.startswith(LICENSE_CLASSIFIER):
            return classifier.removeprefix(LICENSE_CLASSIFIER)
    text = str(fields.get("license") or "").strip()
    return text.splitlines()[0] if text else None


def runtime() -> list[Component]:
    """Return what the executable contains in addition: this Python and its OpenSSL."""
    python, openssl = platform.python_version(), ssl.OPENSSL_VERSION.split()[1]
    return [
        _executable_only("cpython", python, "Python-2.0.1"),
        _executable_only("openssl", openssl, "Apache-2.0"),
    ]


def _executable_only(name: str, version: str, license_id: str) -> Component:
    purl = PackageURL("generic", name=name, version=version)
    return Component(
        type=ComponentType.PLATFORM if name == "cpython" else ComponentType.LIBRARY,
        name=name,
        version=version,
        purl=purl,
        bom_ref=str(purl),
        licenses=[LicenseFactory().make_from_string(license_id)],
        properties=[Property(name="mongoping:contained-in", value="executable")],
    )


def _component(package: Package) -> Component:
    purl = PackageURL("pypi", name=package.name, version=package.version)
    main = package.name == MAIN
    return Component(
        type=ComponentType.APPLICATION if main else ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        description=package.description,
        purl=purl,
        bom_ref=str(purl),
        licenses=[LicenseFactory().make_from_string(package.license)] if package.license else (),
    )


def document(
    packages: Sequence[Package], further_components: Sequence[Component], commit: str, time: int
) -> str:
    """Return the SBOM as JSON.

    Args:
        packages: The packages, one of which is mongoping.
        further_components: Further components, from `runtime`.
        commit: The name of the commit, from which the serial number is derived.
        time: The time of the commit, in seconds since 1970.
    """
    components = {package.name: _component(package) for package in packages}
    main = components[MAIN]
    bom = Bom(
        components=[component for name, component in components.items() if name != MAIN],
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{main.purl}#{commit}"),
        metadata=BomMetaData(component=main, timestamp=datetime.fromtimestamp(time, UTC)),
    )
    bom.components.update(further_components)
    for package in packages:
        needs = [components[name] for name in package.needs if name in components]
        bom.register_dependency(components[package.name], needs)
    bom.register_dependency(main, further_components)
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def problem(text: str) -> str | None:
    """Return why a document is not valid CycloneDX, in one line, or None if it is."""
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is None:
        return None
    data = error.data
    where = "/".join(map(str, getattr(data, "absolute_path", ())))
    return f"the SBOM is not valid CycloneDX: {getattr(data, 'message', data)} (at /{where})"
