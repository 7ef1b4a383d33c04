"""Ask the Atlas API about the cluster of the connection string, if there is a key.

The check runs next to the others, and its failures are notes: a deployment is not worse because
an API is slow, or a key lacks a role.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mongoping.model import Evidence, Line, Outcome
from mongoping.observations import AtlasCluster, AtlasFacts
from mongoping.runnable import OnceCheck
from mongoping.settings import ATLAS_API_S
from mongoping.units import plural
from mongoping.uri.hosts import is_atlas

if TYPE_CHECKING:
    from mongoping.context import Context

SHOWN_ENTRIES = 5
LATE = "the Atlas API did not answer within {:.1f} s"


async def run(ctx: Context) -> Outcome:
    """Read the state of the cluster, its access list and its user."""
    from mongoping.atlas_api.client import ApiError, AtlasApi
    from mongoping.atlas_api.survey import Survey

    url = ctx.settings.atlas_api_url
    if ctx.atlas is None or url is None:
        raise RuntimeError("a check that needs the key of the Atlas API ran without one")
    seconds = min(ATLAS_API_S, ctx.remaining())
    api = AtlasApi(ctx.atlas, url, seconds)
    survey = Survey(api, ctx.now, ctx.atlas.project)
    ctx.keep_partial("atlas", lambda: survey.facts)
    try:
        async with asyncio.timeout(seconds), api:
            await survey.run(ctx.target)
    except TimeoutError:
        survey.note(LATE.format(seconds))
    except ApiError as problem:
        survey.note(str(problem))
    except ImportError as error:
        from mongoping.installation import import_problem, install_command

        reason = import_problem(error, install_command("atlas"))
        survey.note(f"the Atlas API was not asked: {reason}")
    return Outcome(survey.facts)


def _applies(evidence: Evidence) -> str | None:
    if evidence.settings.atlas_api_url is None:
        return "there is no key of the Atlas API"
    target = evidence.target
    if target is None or not any(map(is_atlas, target.hosts)):
        return "this is no cluster on Atlas"
    return None


def describe(cluster: AtlasCluster) -> str:
    """Return name, project, state and version of a cluster in a phrase."""
    state = "paused" if cluster.paused else (cluster.state or "").lower()
    version = f"MongoDB {cluster.version}" if cluster.version else ""
    name = f"{cluster.name} in the project {cluster.project}"
    return ", ".join(word for word in (name, state, version) if word)


def _lines(facts: AtlasFacts) -> list[Line]:
    return list(_each_line(facts))


def _each_line(facts: AtlasFacts) -> Iterator[Line]:
    if facts.cluster is not None:
        yield Line("Atlas", describe(facts.cluster))
    elif facts.complete:
        yield Line("Atlas", f"no such cluster in {plural(facts.projects, 'project')} of this key")
    if facts.address is not None:
        yield Line("address", f"{facts.address}, as Atlas sees it", detail=True)
    if facts.access is not None:
        entries = [_entry(entry.value, entry.status) for entry in facts.access[:SHOWN_ENTRIES]]
        more = len(facts.access) - SHOWN_ENTRIES
        entries += [f"and {more} more"] if more > 0 else []
        yield Line("access list", ", ".join(entries) or "no entries", detail=True)
    for user in facts.users or ():
        yield Line("user", f"{user.name} in {user.source}", detail=True)
    for note in facts.notes:
        yield Line("Atlas API", note)


def _entry(value: str, status: str | None) -> str:
    return f"{value} ({status.lower()})" if status else value


CHECK = OnceCheck(
    name="atlas",
    layer="dns",
    summary="what Atlas itself says about the cluster, with a key of its API",
    run=run,
    needs=("uri",),
    applies=_applies,
    lines=_lines,
    aside=True,
)
