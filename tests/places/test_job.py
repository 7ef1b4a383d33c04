"""What a place is sent; no connection is made."""

from __future__ import annotations

import json

from mongoping.fleet.plan import plan_from_json
from mongoping.interpreter.record import Interpreter, Place
from mongoping.places.job import Item, Job
from mongoping.settings import Settings
from mongoping.uri.target import parse


def test_a_python_of_this_machine_is_not_sent() -> None:
    """Its path means nothing there, or something else."""
    settings = Settings(
        count=3,
        python=Interpreter("/app/python", "--python", "3.12.1"),
        project_python=Place("/app/.venv/bin/python", ".venv"),
    )
    job = Job("check", (Item(parse("mongodb://a"), settings),), 10.0)
    (item,) = json.loads(json.dumps(job.as_json("ssh:app")))["items"]
    assert plan_from_json(item["plan"]).settings == Settings(count=3)
