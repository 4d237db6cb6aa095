"""The month from the first opening of the bot to the leader's report, scene after scene."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from simulator.month import answering, evening, joining, linking, planning, quiz, report
from simulator.month import labels as see
from simulator.month.acts import Actor, Lost, Stage
from simulator.month.cast import Evening, Opinion, Player, Post, Rsvp, by_branch
from simulator.month.evening import Screen
from simulator.month.hours import Hours, at_local, local_day
from simulator.month.knowledge import Knowledge
from simulator.month.opinions import Box, Written
from simulator.month.plan import Plan

Progress = Callable[[int, int, str], None]
Scene = Callable[[Actor], Awaitable[object]]
COMMITTEE = frozenset({Post.SECRETARY, Post.COMMITTEE})


class GaveUp(Exception):
    """There is no sense in going on."""


@dataclass
class Story:
    """One month. `troubles` are sentences about people who could not go on."""

    stage: Stage
    players: list[Player]
    plan: Plan
    knowledge: Knowledge
    seed: int
    progress: Progress = lambda _step, _total, _text: None
    troubles: list[str] = field(default_factory=list)
    box: Box = field(default_factory=Box)

    def __post_init__(self) -> None:
        self.actors = [Actor(player, self.plan[player], self.stage) for player in self.players]
        self.hours = Hours(self.stage.hand, self.stage.phones)
        self.ledger = self.stage.ledger
        self.meeting_day = date.max
        self.screens: dict[str, Screen] = {}

    @property
    def scenes(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """What is shown while a scene is played, and the scene."""
        return [
            ("Các đồng chí mở trợ lý bằng phiếu tham gia", self.joining),
            *([("Liên kết ứng dụng nhắn tin thứ hai", self.linking)] if self._on_two else []),
            ("Bí thư đặt lịch và tạo bài trắc nghiệm", self.planning),
            ("Giấy mời: ai dự, ai xin vắng, ai nhờ giúp", self.invitations),
            ("Ý kiến gửi trước buổi sinh hoạt", self.opinions_before),
            ("Bài trắc nghiệm chuyên đề", self.quiz),
            ("Nhắc các đồng chí chưa trả lời", self.late_answers),
            ("Kết quả trắc nghiệm", self.quiz_results),
            ("Mở điểm danh", self.open_checkin),
            ("Điểm danh bằng mã trên màn hình", self.check_in),
            ("Các đồng chí đến muộn", self.late_comers),
            ("Bí thư đóng và xác nhận danh sách", self.confirm),
            ("Ý kiến sau buổi sinh hoạt", self.opinions_after),
            ("Chi ủy trả lời ý kiến", self.answers),
            ("Báo cáo của lãnh đạo", self.reports),
        ]

    async def play(self) -> None:
        """All scenes, one after the other."""
        scenes = self.scenes
        self.stage.windows.now = await self.hours.now()
        try:
            for step, (text, scene) in enumerate(scenes):
                self.progress(step, len(scenes), text)
                await scene()
            await self.hours.settle()
            self.progress(len(scenes), len(scenes), "Đã diễn ra cả tháng")
        finally:
            for screen in self.screens.values():
                await screen.close()

    async def joining(self) -> None:
        await self._all(joining.join)

    async def linking(self) -> None:
        await self._all(linking.link, self._on_two)

    async def planning(self) -> None:
        days: list[date] = []
        today = local_day(await self.hours.now())

        async def prepare(secretary: Actor) -> None:
            days.append(await planning.plan_meeting(secretary, today))
            await planning.make_quiz(secretary, self._branches.index(secretary.player.branch))

        await self._all(prepare, self._secretaries)
        if days:
            self.meeting_day = min(days)

    async def invitations(self) -> None:
        await self._go(-7, 8, 2)
        self._reminded(self._joined, "d-7")
        await self._go(-7, 9)
        await self._all(answering.answer)
        await self._all(self._decide, self._secretaries)
        for actor in self.actors:
            if actor.part.rsvp is Rsvp.EXCUSE:
                await self._alone(actor, lambda a: a.sees(see.EXCUSE_ALLOWED))

    async def _decide(self, secretary: Actor) -> None:
        answers = Counter(a.part.rsvp for a in self._branch_of(secretary) if a in self._joined)
        await planning.decide_excuses(secretary, answers[Rsvp.EXCUSE])
        if answers[Rsvp.HELP]:
            await secretary.sees(see.HELP_ASKED)
        silent = answers[Rsvp.LATE] + answers[Rsvp.NEVER]
        await planning.look_who_comes(secretary, answers[Rsvp.AT_ONCE], answers[Rsvp.EXCUSE], silent)

    async def opinions_before(self) -> None:
        await self._go(-6, 10)
        await self._all(lambda actor: self.box.write(actor, actor.part.before, "trước buổi họp"))

    async def quiz(self) -> None:
        await self._go(-5, 19)
        await self._all(lambda actor: quiz.Taker(actor, self.knowledge, self.seed).take())

    async def late_answers(self) -> None:
        await self._go(-3, 8, 2)
        self._reminded([a for a in self._joined if a.part.rsvp in {Rsvp.LATE, Rsvp.NEVER}], "d-3")
        await self._all(answering.answer_late, [a for a in self._joined if a.part.rsvp is Rsvp.LATE])

    async def quiz_results(self) -> None:
        await self._go(-1, 8, 2)
        self._reminded_soon("d-1")
        await self._go(-1, 20, 2)
        within = [a for a in self.actors if not self.stage.windows.closed(a.player.id)]
        await self._all(quiz.read_results, within)

    def _reminded_soon(self, step: str) -> None:
        self._reminded([a for a in self._joined if a.part.rsvp is not Rsvp.EXCUSE], step)

    def _reminded(self, actors: list[Actor], step: str) -> None:
        """Whom a reminder reached just now, and whom it could not."""
        people = {actor.player.id for actor in actors}
        outside = {person for person in people if self.stage.windows.closed(person)}
        self.ledger.must_be_reminded(people - outside, step)
        self.ledger.must_be_called(outside, step)

    async def calls(self) -> None:
        """Whom no reminder reached stands on the secretary's call list."""
        outside = {person for person, _ in self.ledger.shut_out}
        for secretary in self._secretaries if outside else ():
            names = [a.player.name for a in self._branch_of(secretary) if a.player.id in outside]
            await self._alone(secretary, lambda s, n=names: planning.look_whom_to_call(s, n))  # type: ignore[misc]
        await self.hours.settle()

    async def open_checkin(self) -> None:
        await self._go(0, 8, 2)
        self._reminded_soon("d-0")
        await self.calls()
        await self._go(0, 19, 5)

        async def open_it(secretary: Actor) -> None:
            self.screens[secretary.player.branch] = await evening.open_checkin(secretary)

        await self._all(open_it, self._secretaries)

    async def check_in(self) -> None:
        late = {Evening.COMES_LATE, Evening.STAYS_AWAY, Evening.IS_HELPED}
        await self._all(self._check_in, [a for a in self.actors if a.part.evening not in late])
        known = {actor.player.id: actor for actor in self.actors}
        for actor in self.actors:
            if actor.part.helps is not None:
                neighbour = known[actor.part.helps]
                await self._alone(actor, lambda a, n=neighbour: evening.help_neighbour(a, n))  # type: ignore[misc]

    async def _check_in(self, actor: Actor) -> None:
        screen = self.screens.get(actor.player.branch)
        if screen is not None:
            await evening.check_in(actor, screen)

    async def late_comers(self) -> None:
        await self._go(0, 19, 46)
        await self._all(self._check_in, [a for a in self.actors if a.part.evening is Evening.COMES_LATE])

    async def confirm(self) -> None:
        await self._go(0, 20, 40)

        async def close(secretary: Actor) -> None:
            ids = {a.player.id for a in self._branch_of(secretary)}
            present = sum(person in ids for person in self.ledger.presence)
            await evening.close_and_confirm(secretary, present)

        await self._all(close, self._secretaries)

    async def opinions_after(self) -> None:
        await self._go(1, 9)
        await self._all(lambda actor: self.box.write(actor, actor.part.after, "sau buổi họp"))

    async def answers(self) -> None:
        await self._go(1, 10)
        await self._all(self.box.answer_all, self._secretaries)
        for one in self.box.written:
            if one.kind is Opinion.PRIVATE:
                what = f"strangers who read what {one.author.player.name} wrote to the committee"
                self.ledger.expect(what, set(), self._strangers(one))

    def _strangers(self, one: Written) -> set[int]:
        """Who saw a text and is neither its author nor in the branch's committee."""
        committee = {a.player.id for a in self._branch_of(one.author) if a.player.posts & COMMITTEE}
        return self.box.readers(self.actors, one) - committee - {one.author.player.id}

    async def reports(self) -> None:
        await self._go(1, 11)
        leaders = [actor for actor in self.actors if Post.LEADER in actor.player.posts]
        await self._all(lambda leader: report.read_report(leader, len(self._branches)), leaders)

    @property
    def _branches(self) -> list[str]:
        return list(by_branch(self.players))

    @property
    def _secretaries(self) -> list[Actor]:
        return [actor for actor in self.actors if Post.SECRETARY in actor.player.posts]

    def _branch_of(self, actor: Actor) -> list[Actor]:
        return [one for one in self.actors if one.player.branch == actor.player.branch]

    @property
    def _on_two(self) -> list[Actor]:
        return [actor for actor in self.actors if len(actor.player.accounts) > 1]

    @property
    def _joined(self) -> list[Actor]:
        return [actor for actor in self.actors if actor.player.id in self.ledger.joined]

    async def _go(self, days: int, hour: int, minute: int = 0) -> None:
        """To a wall clock moment so many days from the meeting."""
        if self.meeting_day != date.max:
            self.stage.windows.now = at_local(self.meeting_day + timedelta(days=days), hour, minute)
            await self.hours.until(self.stage.windows.now)

    async def _all(self, scene: Scene, actors: list[Actor] | None = None) -> None:
        """Everybody plays the scene, in an order of chance and several at a time; then all is quiet."""
        turns = list(self.actors if actors is None else actors)
        random.Random(self.seed).shuffle(turns)  # noqa: S311 - the order of a play
        async with asyncio.TaskGroup() as group:
            for actor in turns:
                group.create_task(self._in_lane(actor, scene))
        await self.hours.settle()

    async def _in_lane(self, actor: Actor, scene: Scene) -> None:
        async with self.stage.pace.lane:
            if actor.linked:
                actor.turn()
            await self._alone(actor, scene)

    async def _alone(self, actor: Actor, scene: Scene) -> None:
        try:
            await scene(actor)
        except Lost as lost:
            self.troubles.append(str(lost))
            if len(self.troubles) > len(self.players) // 3:
                raise GaveUp("too many people get no answer: the rest of the month is not played") from lost
