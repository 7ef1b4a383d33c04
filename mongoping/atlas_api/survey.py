"""Ask the Atlas API about a connection string, as far as time and permissions allow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from mongoping.atlas_api import documents, matching
from mongoping.atlas_api.client import ApiError, AtlasApi
from mongoping.observations import AccessEntry, AtlasCluster, AtlasFacts
from mongoping.record import Record

if TYPE_CHECKING:
    from mongoping.uri.target import Target

MAX_PROJECTS = 100  # searched; an organization may have thousands
MAX_STATUSES = 10  # entries of the access list whose status is asked for
HISTORY_ROWS = 100
SOURCES = ("admin", "$external")
NOT_FOUND = 404

Value = TypeVar("Value")


class InventoryRow(Record):
    """A cluster, and whether the access list of its project contains this machine."""

    cluster: AtlasCluster
    allowed: bool | None


class Survey:
    """The facts so far. A survey that is stopped at its time limit keeps them."""

    def __init__(self, api: AtlasApi, now: datetime, project: str | None = None) -> None:
        self.facts = AtlasFacts()
        self._api = api
        self._now = now
        self._project = project

    def _learn(self, **facts: Any) -> None:
        self.facts = self.facts.replace(**facts)

    def note(self, text: str) -> None:
        """Record once what could not be read."""
        if text not in self.facts.notes:
            self._learn(notes=(*self.facts.notes, text))

    async def _attempt(self, request: Awaitable[Value]) -> Value | None:
        """Return the answer to a request; of one that fails, keep a note and return None."""
        try:
            return await request
        except ApiError as problem:
            self.note(str(problem))
            return None

    async def run(self, target: Target, mechanism: str | None = None) -> None:
        """Find the cluster of a connection string, and read what decides its causes."""
        address, _ = await asyncio.gather(self._api.address(), self._find(target))
        self._learn(address=address)
        cluster = self.facts.cluster
        if cluster is None:
            return
        steps = [self._read_access_list(cluster)]
        if target.username is not None:
            steps.append(self._read_user(cluster, target.username))
            if not cluster.flex:  # flex clusters have no access history
                steps.append(self._read_history(cluster, target.username))
        await asyncio.gather(*steps)

    async def inventory(self) -> list[InventoryRow]:
        """Return all clusters that the key can see, by project and name."""
        projects, address = await asyncio.gather(self._projects(None), self._api.address())
        self._learn(address=address)
        all_clusters = await self._each_project(projects, lambda clusters: False)
        numbers = list(dict.fromkeys(cluster.project_id for cluster in all_clusters))
        lists = await asyncio.gather(*(self._allows(number, address) for number in numbers))
        access_lists = dict(zip(numbers, lists, strict=True))
        clusters_in_order = sorted(
            all_clusters, key=lambda cluster: (cluster.project, cluster.name)
        )
        return [
            InventoryRow(cluster, access_lists[cluster.project_id]) for cluster in clusters_in_order
        ]

    async def _allows(self, project: str, address: str | None) -> bool | None:
        """Return whether the access list of a project contains an address; None if unknown."""
        rows = await self._attempt(self._api.all("groups", project, "accessList"))
        if rows is None or address is None:
            return None
        entries = documents.access_list(rows[0], address, self._now)
        if any(entry.covers and not entry.expired for entry in entries):
            return True
        return None if any(entry.covers is None for entry in entries) else False

    async def _find(self, target: Target) -> None:
        projects = await self._projects(target)
        own_clusters = await self._each_project(
            projects, lambda clusters: matching.owner(target, clusters) is not None
        )
        match = matching.owner(target, own_clusters)
        if match is not None:
            self._learn(cluster=match[0], private=match[1], complete=False)
        else:
            self._learn(nearest=matching.nearest(target, own_clusters))

    async def _projects(self, target: Target | None) -> list[tuple[str, str]]:
        """Return ID and name of the projects that the key can see, the likely ones first."""
        names, overview = await asyncio.gather(
            self._attempt(self._api.all("groups")), self._overview(target)
        )
        projects = {
            number: documents.text(row, "name") or number
            for row in (names[0] if names is not None else ())
            if (number := documents.text(row, "id"))
        }
        if self._project is not None:
            projects.setdefault(self._project, self._project)
        for number, name in overview:
            projects.setdefault(number, name)
        likely = {number for number, _ in overview}
        numbers_in_order = sorted(
            projects, key=lambda number: (number != self._project, number not in likely)
        )
        complete = names is not None and names[1] and len(numbers_in_order) <= MAX_PROJECTS
        if len(numbers_in_order) > MAX_PROJECTS:
            self.note(f"only {MAX_PROJECTS} of {len(numbers_in_order)} projects were searched")
        self._learn(complete=complete)
        return [(number, projects[number]) for number in numbers_in_order[:MAX_PROJECTS]]

    async def _overview(self, target: Target | None) -> list[tuple[str, str]]:
        """Return the projects with a cluster whose name fits; without an answer, none.

        One request lists the names of all clusters, but not their connection strings.
        """
        if target is None:
            return []
        try:
            rows, _ = await self._api.all("clusters")
        except ApiError:
            return []
        overview_rows = []
        for row in rows:
            number = documents.text(row, "groupId")
            names = [
                documents.text(entry, "name") or "" for entry in documents.rows(row, "clusters")
            ]
            if number and matching.likely_first(target, names):
                overview_rows.append((number, documents.text(row, "groupName") or number))
        return overview_rows

    async def _each_project(
        self,
        projects: list[tuple[str, str]],
        enough: Callable[[list[AtlasCluster]], bool],
    ) -> list[AtlasCluster]:
        """Return the clusters of the projects, or of as many as are enough."""
        all_clusters: list[AtlasCluster] = []
        requests = [
            asyncio.ensure_future(self._clusters_of(number, name)) for number, name in projects
        ]
        try:
            for finished_request in asyncio.as_completed(requests):
                clusters = await finished_request
                self._learn(projects=self.facts.projects + 1)
                all_clusters += clusters
                if clusters and enough(clusters):
                    break
        finally:
            for request in requests:
                request.cancel()
            await asyncio.gather(*requests, return_exceptions=True)
        return all_clusters

    async def _clusters_of(self, number: str, name: str) -> list[AtlasCluster]:
        dedicated_rows, flex = await asyncio.gather(
            self._attempt(self._api.all("groups", number, "clusters")),
            self._flex_clusters(number),
        )
        if dedicated_rows is None or not dedicated_rows[1]:
            self._learn(complete=False)
        rows = [(row, False) for row in (dedicated_rows[0] if dedicated_rows else ())]
        rows += [(row, True) for row in flex]
        clusters = (documents.cluster(row, name, number, flex=is_flex) for row, is_flex in rows)
        return [cluster for cluster in clusters if cluster is not None]

    async def _flex_clusters(self, number: str) -> list[dict[str, Any]]:
        """Return the flex clusters; a project without any may answer with an error."""
        try:
            rows, _ = await self._api.all("groups", number, "flexClusters")
        except ApiError as problem:
            if problem.status not in (NOT_FOUND, 400, 409):
                self.note(str(problem))
                self._learn(complete=False)
            return []
        return rows

    async def _read_access_list(self, cluster: AtlasCluster) -> None:
        path = ("groups", cluster.project_id, "accessList")
        rows = await self._attempt(self._api.all(*path))
        if rows is None:
            return
        entries = documents.access_list(rows[0], self.facts.address, self._now)
        self._learn(access=entries)
        entries_to_ask = [entry for entry in entries if entry.covers is not False][:MAX_STATUSES]
        statuses = await asyncio.gather(*(self._status(path, entry) for entry in entries_to_ask))
        statuses_by_value = {
            entry.value: status for entry, status in zip(entries_to_ask, statuses, strict=True)
        }
        self._learn(
            access=tuple(
                entry.replace(status=statuses_by_value.get(entry.value)) for entry in entries
            )
        )

    async def _status(self, path: tuple[str, ...], entry: AccessEntry) -> str | None:
        document = await self._attempt(self._api.get(*path, entry.value, "status"))
        return documents.text(document, "STATUS")

    async def _read_user(self, cluster: AtlasCluster, username: str) -> None:
        answers = await asyncio.gather(
            *(self._user(cluster, source, username) for source in SOURCES)
        )
        if "unknown" in answers:
            return
        users = (documents.user(answer, self._now) for answer in answers)
        self._learn(users=tuple(user for user in users if user is not None))

    async def _user(self, cluster: AtlasCluster, source: str, username: str) -> Any:
        """Return the document of a user, None if there is none, ``unknown`` without an answer."""
        try:
            return await self._api.get(
                "groups", cluster.project_id, "databaseUsers", source, username
            )
        except ApiError as problem:
            if problem.status == NOT_FOUND:
                return None
            self.note(str(problem))
            return "unknown"

    async def _read_history(self, cluster: AtlasCluster, username: str) -> None:
        path = ("groups", cluster.project_id, "dbAccessHistory", "clusters", cluster.name)
        document = await self._attempt(self._api.get(*path, authResult=False, nLogs=HISTORY_ROWS))
        if document is not None:
            self._learn(
                failed_logins=documents.failed_logins(document, username, self.facts.address)
            )
