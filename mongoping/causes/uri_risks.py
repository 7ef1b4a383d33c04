"""Options that work, and give up more than their writer may know: warnings only."""

from __future__ import annotations

from mongoping.causes._uri import risky
from mongoping.model import Cause

OPTIONS = "https://www.mongodb.com/docs/manual/reference/connection-string-options/"
WRITE_CONCERN = "https://www.mongodb.com/docs/manual/reference/write-concern/"

CAUSES = (
    Cause(
        code="uri.risky-option",
        title="An option gives up safety on a deployment that is not on this machine",
        explanation="tlsInsecure and the tlsAllowInvalid... options let anybody on the way be "
        "the server and read the password; w=1 loses writes when the primary fails before "
        "another member has them, and w=0 does not even hear that a write was refused.",
        remedies=(
            "Leave the option out, unless its risk is understood and wanted.",
            "For a certificate of an authority of your own: tlsCAFile=/path/to/ca.pem",
        ),
        links=(OPTIONS, WRITE_CONCERN),
        when=risky,
        severity="warning",
    ),
)
