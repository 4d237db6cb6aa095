"""đã nhận → đang xem xét → đã trả lời / chuyển cấp trên; the author hears of every step (SR-42)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.errors import BadInput, Refused
from members.audit import note
from members.identity import Who
from members.telling import tell
from opinions.access import to_answer
from opinions.counts import mark_figures
from opinions.letters import MOST_IN_ANSWER, cleaned
from opinions.tables import Opinion, OpinionState, OpinionStep

# What may follow what without an answer being written; an answer may always be written, also a second one.
_NEXT = {
    OpinionState.CONSIDERING: frozenset({OpinionState.RECEIVED}),
    OpinionState.FORWARDED: frozenset({OpinionState.RECEIVED, OpinionState.CONSIDERING}),
}


class Stepped(Struct, frozen=True):
    """Where the opinion stands after the step; `told`: it has an author who hears of it."""

    opinion_id: int
    number: int
    state: OpinionState
    told: bool


def answer(session: Session, who: Who, opinion_id: int, text: str, now: datetime, *, key: str) -> Stepped:
    """Answer in up to 1,000 letters; `key` is the update's key, the same one adds nothing."""
    opinion = to_answer(session, who, opinion_id)
    if not _is_done(session, key):
        _step(session, who, opinion, OpinionState.ANSWERED, cleaned(text, MOST_IN_ANSWER), now, key)
    return _stepped(opinion, who)


def set_state(
    session: Session, who: Who, opinion_id: int, state: OpinionState, now: datetime, *, key: str
) -> Stepped:
    """Being considered, or passed to the superior committee; Refused for a step back."""
    opinion = to_answer(session, who, opinion_id)
    if state not in _NEXT:
        raise BadInput("error.old_button")
    if opinion.state is not state and not _is_done(session, key):
        if opinion.state not in _NEXT[state]:
            raise Refused("opinions.no_step_back", n=opinion.number)
        _step(session, who, opinion, state, "", now, key)
    return _stepped(opinion, who)


def _is_done(session: Session, key: str) -> bool:
    return session.scalar(select(OpinionStep.id).where(OpinionStep.source_key == key)) is not None


def _stepped(opinion: Opinion, who: Who) -> Stepped:
    told = opinion.author_id is not None and opinion.author_id != who.member_id
    return Stepped(opinion.id, opinion.number, opinion.state, told)


def _step(
    session: Session, who: Who, opinion: Opinion, state: OpinionState, text: str, now: datetime, key: str
) -> None:
    step = OpinionStep(
        opinion_id=opinion.id, by_member_id=who.member_id, state=state, text=text, source_key=key, at=now
    )
    session.add(step)
    opinion.state = state
    session.flush()
    mark_figures(session, opinion)
    note(session, who.member_id, f"opinion_{state}", f"opinion:{opinion.id}", now)
    if opinion.author_id is not None and opinion.author_id != who.member_id:
        tell(
            session,
            opinion.author_id,
            "opinions.step",
            key=f"opinion:{opinion.id}:step:{step.id}",
            now=now,
            opinion=opinion.id,
            step=step.id,
        )
