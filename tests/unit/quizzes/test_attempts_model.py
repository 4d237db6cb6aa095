"""Random walks over an attempt, beside a model of a few lines: double taps, old and future questions, two
accounts, pauses, the time limit and the closing moment in any order (reliability.md D5, D6)."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from db.errors import BadInput, Refused
from quizzes import attempts, rounds
from quizzes.attempts import Standing
from quizzes.places import place_of
from quizzes.ranking import Result, rank
from quizzes.sealing import sealed_of, stored_places
from quizzes.tables import Answer, Attempt, QuizRound
from tests.unit.quizzes.world import NOW, World, world

QUESTIONS, OPTIONS, MINUTES = 3, 4, 10
CLOSES_AFTER = timedelta(minutes=25)


@dataclass(slots=True)
class Model:
    """What should be: the answers that count, and when the attempt is over."""

    started: datetime | None = None
    finished: datetime | None = None
    answers: list[bool] = field(default_factory=list)

    def begin(self, now: datetime) -> None:
        if self.started is None:
            self.started = now
        self.pass_time(now)

    def answer(self, position: int, is_right: bool, now: datetime) -> None:
        self.pass_time(now)
        if self.finished is None and position == len(self.answers):
            self.answers.append(is_right)
            if len(self.answers) == QUESTIONS:
                self.finished = now

    def pass_time(self, now: datetime) -> None:
        if self.started and not self.finished:
            end = min(self.started + timedelta(minutes=MINUTES), NOW + CLOSES_AFTER)
            self.finished = end if now >= end else None


def _result(member: int, model: Model) -> Result:
    """What the model says of a member when all is over."""
    assert model.started and model.finished
    return Result(member, sum(model.answers), int((model.finished - model.started).total_seconds()))


class AttemptMachine(RuleBasedStateMachine):
    """Two members; each has two phones, so presses repeat and cross."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.here: World = self.stack.enter_context(world())
        self.now = NOW

    @initialize()
    def set_up(self) -> None:
        self.here.fill_bank(QUESTIONS)
        self.round = self.here.open_round(QUESTIONS, MINUTES, CLOSES_AFTER)
        self.people = [self.here.member(name, named=True).member_id for name in ("An", "Bình")]
        self.models = {member: Model() for member in self.people}
        self.attempts: dict[int, int] = {}
        self.published = False

    @rule(who=st.integers(0, 1))
    def start(self, who: int) -> None:
        member = self.people[who]
        model = self.models[member]
        closed = self.now >= self.round.closes_at
        try:
            at = attempts.start(self.here.session, member, self.round.id, self.now, ranked=True)
        except Refused as refused:
            assert closed and model.started is None and refused.key == "quiz.closed"
            return
        assert model.started or not closed
        model.begin(self.now)
        self.attempts[member] = at.attempt_id
        self.compare(at, model)

    @rule(
        who=st.integers(0, 1),
        position=st.integers(-1, QUESTIONS),
        place=st.integers(-1, OPTIONS),
        times=st.integers(1, 3),
    )
    def press(self, who: int, position: int, place: int, times: int) -> None:
        member = self.people[who]
        if member not in self.attempts:
            return
        for _ in range(times):
            self.press_once(member, position, place)

    @rule(who=st.integers(0, 1), place=st.integers(0, OPTIONS - 1))
    def press_current(self, who: int, place: int) -> None:
        member = self.people[who]
        if member in self.attempts:
            self.press_once(member, min(len(self.models[member].answers), QUESTIONS - 1), place)

    @rule(who=st.integers(0, 1))
    def press_the_others_button(self, who: int) -> None:
        mine, other = self.people[who], self.people[1 - who]
        if other in self.attempts:
            try:
                attempts.answer(self.here.session, self.attempts[other], mine, 0, {0}, self.now)
            except Refused:
                return
            raise AssertionError("somebody answered in another's name")

    @rule(seconds=st.sampled_from([1, 59, 60, 180, 599, 600, 601]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def scheduler_runs(self) -> None:
        closed = rounds.close_due(self.here.session, self.now)
        assert closed == (self.now >= self.round.closes_at and not self.published)
        self.published = self.published or closed == 1
        if self.published:
            for model in self.models.values():
                model.pass_time(self.now)

    @invariant()
    def stored_is_what_the_model_says(self) -> None:
        for member, attempt_id in getattr(self, "attempts", {}).items():
            row = self.here.session.get_one(Attempt, attempt_id)
            self.here.session.refresh(row)
            model = self.models[member]
            assert (row.answered, row.correct) == (len(model.answers), sum(model.answers))
            stored = select(Answer.correct).where(Answer.attempt_id == attempt_id).order_by(Answer.position)
            assert list(self.here.session.scalars(stored)) == model.answers
            assert row.started_at == model.started

    @invariant()
    def the_board_agrees_after_closing(self) -> None:
        if not getattr(self, "published", False):
            return
        session = self.here.session
        results = [_result(member, self.models[member]) for member in self.attempts]
        for line in rank(results):
            one = line.result
            assert place_of(session, self.round.id, int(one.correct), one.seconds) == line.place
        sealed = sealed_of(session, self.round.id)
        assert sealed.places == stored_places(session, self.round.id)
        assert sealed.places == Counter((int(one.correct), one.seconds) for one in results)
        found = session.get_one(QuizRound, self.round.id)
        assert (found.takers, found.points) == (len(results), sum(int(one.correct) for one in results))

    def press_once(self, member: int, position: int, place: int) -> None:
        session, attempt_id = self.here.session, self.attempts[member]
        before = attempts.standing(session, attempt_id, member, self.now)
        self.models[member].pass_time(self.now)
        try:
            at = attempts.answer(session, attempt_id, member, position, {place}, self.now)
        except BadInput:
            assert not (0 <= position < QUESTIONS and 0 <= place < OPTIONS)
            return
        picked = before.question.options[place] if before.question else ""
        self.models[member].answer(position, picked.startswith("đúng"), self.now)
        self.compare(at, self.models[member])

    def compare(self, at: Standing, model: Model) -> None:
        assert (at.result is not None) == (model.finished is not None)
        assert at.learned is None
        if at.question:
            assert at.question.position == len(model.answers)
        if at.result:
            assert (at.result.correct, at.result.answered) == (sum(model.answers), len(model.answers))

    def teardown(self) -> None:
        self.stack.close()


TestAttempt = AttemptMachine.TestCase
TestAttempt.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
