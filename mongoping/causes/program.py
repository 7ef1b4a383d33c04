"""Causes that only a comparison with the Python of the user's program shows (``--python``)."""

from __future__ import annotations

from mongoping.causes import _program
from mongoping.causes.compat import COMPATIBILITY, PYMONGO
from mongoping.model import Cause, Remedy

CAUSES = (
    Cause(
        code=_program.OTHER_TRUST,
        title="The program's Python does not trust the server's CA",
        explanation=(
            "Each Python has its own place for trusted CAs: the files of the system, those that its "
            "OpenSSL was built with, or what SSL_CERT_FILE names. The Python that runs mongoping "
            "trusts the CA of this server, and the program's Python does not."
        ),
        remedies=(
            "Add tlsCAFile with the path of the CA's certificate to the connection string, so that "
            "every Python trusts the same CA.",
            "Add the CA to the system's trust store on the machine or in the image that runs the "
            "program.",
        ),
        when=_program.or_program(_program.OTHER_TRUST),
        links=(PYMONGO + "security/tls/",),
    ),
    Cause(
        code=_program.DIFFERS,
        title="The connection fails only in the program's Python",
        explanation=(
            "Both Pythons used the same connection string on the same machine. The deployment and "
            "the network are fine for the one that runs mongoping, so look for the cause in the "
            "program's environment. The evidence lists what differs, and does not show which "
            "difference decides."
        ),
        remedies=(
            "Align the versions that the evidence lists, one at a time.",
            Remedy("Look up the error message:", command="mongoping explain 'MESSAGE'"),
        ),
        when=_program.or_program(_program.DIFFERS),
        links=(COMPATIBILITY,),
    ),
    Cause(
        code="client.only-program-works",
        title="The connection works in the program's Python, but not in mongoping's",
        explanation=(
            "Both Pythons used the same connection string on the same machine. The verdict is about "
            "the Python that runs mongoping, and need not apply to the program."
        ),
        remedies=("Compare the versions and the trusted CAs of the two Pythons.",),
        when=_program.only_program_works,
        links=(COMPATIBILITY,),
        severity="warning",
    ),
)
