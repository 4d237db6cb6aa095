"""Every table of every room, so that `Base.metadata` is whole."""

from __future__ import annotations

from db import commit_marks, conversation, inbox, installation, outbox, pictures, usage
from db.base import Base
from meetings import tables as meeting_tables
from members import months as member_months
from members import tables as member_tables
from opinions import tables as opinion_tables
from quizzes import tables as quiz_tables
from reports import tables as report_tables

ROOMS = (
    inbox,
    outbox,
    conversation,
    installation,
    pictures,
    usage,
    commit_marks,
    member_tables,
    member_months,
    meeting_tables,
    quiz_tables,
    opinion_tables,
    report_tables,
)
METADATA = Base.metadata
