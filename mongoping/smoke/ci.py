"""Detect the CI system from the environment, and what its log shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mongoping.record import Record


class Ci(Record):
    """A CI system. ``colors``: its log shows ANSI colors."""

    name: str
    colors: bool = True


SYSTEMS: tuple[tuple[str, Ci], ...] = (
    ("GITHUB_ACTIONS", Ci("GitHub Actions")),
    ("GITLAB_CI", Ci("GitLab CI")),
    ("BUILDKITE", Ci("Buildkite")),
    ("CIRCLECI", Ci("CircleCI")),
    ("TRAVIS", Ci("Travis CI")),
    ("APPVEYOR", Ci("AppVeyor")),
    ("BITBUCKET_BUILD_NUMBER", Ci("Bitbucket Pipelines")),
    ("DRONE", Ci("Drone")),
    ("TF_BUILD", Ci("Azure Pipelines")),
    ("TEAMCITY_VERSION", Ci("TeamCity")),
    ("JENKINS_URL", Ci("Jenkins", colors=False)),  # only with a plug-in, which cannot be detected
    ("CODEBUILD_BUILD_ID", Ci("AWS CodeBuild", colors=False)),
    ("CI", Ci("CI", colors=False)),  # said by nearly all; alone it promises nothing
)
OFF = ("", "0", "false", "no")


def detect(environ: Mapping[str, str]) -> Ci | None:
    """Return the CI system whose variable is set, specific ones first; None outside of CI."""
    for variable, ci in SYSTEMS:
        if environ.get(variable, "").strip().lower() not in OFF:
            return ci
    return None
