"""A start loads what it needs, and no more."""

from __future__ import annotations

import subprocess
import sys

import bot.tables  # noqa: F401 (all tables)
from db.base import Base
from simulator.process import ROOT

START = "import bot.cli, bot.settings, bot.process, bot.channels.telegram.channel"
HEAVY = {
    "aiohttp",
    "alembic",
    "httpx",
    "jinja2",
    "prometheus_client",
    "psycopg",
    "python_calamine",
    "telegram",
    "xlsxwriter",
}
WITH_THE_FIRST_VISITOR = {"starlette", "uvicorn", "web"}
WITH_THE_FIRST_FILE = {
    "handlers.office.questions",
    "handlers.office.roster",
    "members.roster_words",
    "members.secret_files",
    "quizzes.formats.reading",
}


def test_a_start_loads_nothing_that_may_never_be_needed() -> None:
    code = f"{START}; import sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"sqlalchemy", "handlers.office"} <= loaded
    assert loaded & (HEAVY | WITH_THE_FIRST_VISITOR | WITH_THE_FIRST_FILE) == set()


def test_annotations_of_tables_are_no_text_to_evaluate() -> None:
    annotated = [(mapper.class_, mapper.class_.__annotations__) for mapper in Base.registry.mappers]
    assert annotated
    assert [made for made, kinds in annotated if any(isinstance(kind, str) for kind in kinds.values())] == []
