"""The commands of remedies, for another Python."""

from __future__ import annotations

import pytest

from mongoping.interpreter.record import Interpreter

OWN = Interpreter("/srv/my app/bin/python", "--python", "3.12.1")
WITHOUT_PIP = OWN.replace(path="/srv/app/bin/python", has_pip=False)
OWN_LOCKED = OWN.replace(lock_folder="/srv/app")
PYTHON = "'/srv/my app/bin/python'"


@pytest.mark.parametrize(
    ("command", "own", "without_pip", "with_lock"),
    [
        (
            'python -m pip install "pymongo>=4.13"',
            f"{PYTHON} -m pip install 'pymongo>=4.13'",
            "uv pip install --python /srv/app/bin/python 'pymongo>=4.13'",
            "uv add --project /srv/app 'pymongo>=4.13'",
        ),
        (
            'python -m pip install --upgrade "motor>=3.7" pymongo',
            f"{PYTHON} -m pip install --upgrade 'motor>=3.7' pymongo",
            "uv pip install --python /srv/app/bin/python --upgrade 'motor>=3.7' pymongo",
            "uv add --project /srv/app --upgrade-package motor --upgrade-package pymongo "
            "'motor>=3.7' pymongo",
        ),
        (
            "python -m pip uninstall -y bson pymongo && python -m pip install pymongo",
            f"{PYTHON} -m pip uninstall -y bson pymongo && {PYTHON} -m pip install pymongo",
            "uv pip uninstall --python /srv/app/bin/python bson pymongo && "
            "uv pip install --python /srv/app/bin/python pymongo",
            "uv remove --project /srv/app bson pymongo && uv add --project /srv/app pymongo",
        ),
        (
            "python -m pip show bson",
            f"{PYTHON} -m pip show bson",
            "uv pip show --python /srv/app/bin/python bson",
            f"{PYTHON} -m pip show bson",
        ),
        *[(other, other, other, other) for other in ("ulimit -n", "mongoping compat")],
    ],
)
def test_a_command_of_pip_is_for_that_python(
    command: str, own: str, without_pip: str, with_lock: str
) -> None:
    assert OWN.own_command(command) == own
    assert WITHOUT_PIP.own_command(command) == without_pip
    assert OWN_LOCKED.own_command(command) == with_lock
