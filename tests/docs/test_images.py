"""The container images that the pages name: they are public, or a page builds them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from mongoping import __version__
from mongoping.cli import main
from tests.conftest import ROOT
from tools.docs import image

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = f"mongoping:{__version__}"
PUBLIC = {"debian", "mongo", "python"}  # on Docker Hub
READERS = {"app", "IMAGE"}  # the image of the reader's own program
FILES = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").rglob("*") if path.suffix in (".md", ".yml")),
]
PLACES = re.compile(
    r"""^[ ]*(?:-[ ])?(?:"?image"?):[ ]*["']?([^\s"'\\]+)  # Compose, Kubernetes, GitLab
    |^[ ]*services:\n[ ]+-[ ]name:[ ](\S+)               # GitLab
    |--image[= ](\S+)                                    # kubectl debug and kubectl run
    |^FROM[ ](\S+)
    |(?:kind[ ]load[ ]docker-image|minikube[ ]image[ ]load|docker[ ]push)[ ](\S+)
    |docker[ ]build[ ].*?-t[ ](\S+)
    """,
    re.MULTILINE | re.VERBOSE,
)
WITH_VALUE = {"-e", "-p", "-v", "--network", "--name", "--dns", "--security-opt", "--cap-drop"}
DOCKER_RUN = re.compile(r"docker run (?:[^\n`\\]|\\\n)*")
DOCKER_TAG = re.compile(r"docker tag (\S+) (\S+)")


def runs(text: str) -> Iterator[list[str]]:
    """Yield the words of every ``docker run`` from the name of the image on."""
    for line in DOCKER_RUN.findall(text):
        words = shlex.split(line.replace("\\\n", " "))[2:]
        while words and words[0].startswith("-"):
            del words[: 2 if words[0] in WITH_VALUE else 1]
        yield words


def image_names(text: str) -> set[str]:
    """Return every name of an image in a text."""
    name_list = {name for names in PLACES.findall(text) for name in names if name}
    return name_list | {words[0] for words in runs(text) if words}


def unknown_names(text: str) -> set[str]:
    """Return the names of images in a text that neither exist nor are built."""
    own_names = {OWN} | {copy for name, copy in DOCKER_TAG.findall(text) if name == OWN}
    return {
        name
        for name in image_names(text) - own_names - READERS
        if name.partition(":")[0] not in PUBLIC
    }


def test_every_image_is_public_or_built_from_the_dockerfile() -> None:
    assert {str(path): names for path in FILES if (names := unknown_names(path.read_text()))} == {}


def test_the_images_of_the_pages_are_found() -> None:
    pages = {path.name: image_names(path.read_text()) for path in FILES}
    assert pages["ci.md"] == {OWN, "mongo:8", "python:3.13", "app"}
    assert OWN in pages["kubernetes.yml"]
    assert {OWN, "debian:stable", f"registry.example.com/{OWN}"} <= pages["install.md"]


@pytest.mark.parametrize(
    "text",
    [
        "    image: mongo-with-mongoping\n",
        "image: mongoping:latest",
        "services:\n    - name: mongo8\n",
        "kubectl debug pod -it --image=mongoping -- mongoping check",
        "`docker run --rm -e MONGODB_URI \\\n mongoping check`",
        "docker build --build-arg X=y -t mongoping:1 .",
        "FROM registry.example.com/mongoping:0.1.0",
        "docker push registry.example.com/mongoping:0.1.0",
    ],
)
def test_an_image_that_nothing_builds_is_found(text: str) -> None:
    assert unknown_names(text)


def test_a_page_that_names_the_image_says_how_to_build_it() -> None:
    """Or it links to the section that does."""
    lines = (f"docker build -t {OWN} .", "install.md#a-container-image")
    silent = [
        str(path)
        for path in FILES
        if OWN in image_names(text := path.read_text()) and not any(line in text for line in lines)
    ]
    assert silent == []


def test_a_new_version_renames_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "__version__", "9.8.7rc1")
    texts = {image.PATH: image.page(), **image.more()}
    assert texts.keys() >= {"Dockerfile", "docs/ci.md", "docs/monitoring/kubernetes.yml"}
    for path, text in texts.items():
        assert "mongoping:9.8.7rc1" in text, path
        assert OWN not in text, path
    assert 'image.version="9.8.7rc1"' in texts["Dockerfile"]


def test_what_the_containers_of_the_pages_run_is_a_command() -> None:
    commands = [
        words[1:] for path in FILES for words in runs(path.read_text()) if words[:1] == [OWN]
    ]
    assert len(commands) >= 3
    for name, *args in commands:
        command = main.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None, name
        command.make_context(name, args, resilient_parsing=True).close()
