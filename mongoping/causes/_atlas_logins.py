"""Refused logins, with what the Atlas API says about the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mongoping.causes import _atlas_account as account
from mongoping.causes import _users as users
from mongoping.causes._remedies import corrected_string, texts
from mongoping.model import Evidence, Match, Remedy

if TYPE_CHECKING:
    from mongoping.observations import AuthFacts

NAME_THE_SOURCE = "Set authSource to the database in which the user was created, often admin."


def login_refused(evidence: Evidence, facts: AuthFacts) -> Match:
    """Return a match for a user that exists, with the reason in the access history of Atlas."""
    detail = (
        f"Atlas has the user {facts.user} in {facts.source}, but the server refused its password"
    )
    if (login := account.refusal(evidence)) is not None:
        when = f" ({login.at})" if login.at else ""
        detail += f'; the access history of the cluster says: "{login.reason}"{when}'
    return Match(detail, users.OF_ATLAS, instead_of=texts(*users.LOGIN_FAILED), certain=True)


def elsewhere(evidence: Evidence) -> Match | None:
    """Return a match if Atlas has the user only in the other authentication database."""
    others = [user for user in account.users(evidence) or () if not user.expired]
    target = evidence.target
    if target is None or not others or account.user_in_use(evidence) is not None:
        return None
    there = others[0].source
    if there == "$external" and target.mechanism is None:  # it has no users with passwords
        remedy = Remedy("Name the mechanism of the user in the connection string (authMechanism).")
    else:
        remedy = corrected_string(evidence, f"Set authSource to {there}", authSource=there)
    return Match(
        f"Atlas has the user {target.username} in {there}, but the driver looked in "
        f"{evidence.auth_source}",
        (remedy,),
        instead_of=texts(NAME_THE_SOURCE),
        explains=("auth", "driver"),
        certain=True,
    )
