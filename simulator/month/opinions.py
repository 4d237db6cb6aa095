"""Scenes: members write what they think, the secretary answers, the author hears of it."""

from dataclasses import dataclass, field

from simulator.month import labels as see
from simulator.month.acts import Actor, count_of
from simulator.month.cast import Opinion
from simulator.month.phones import said_in

_SUBJECTS = (
    "Đề nghị gửi tài liệu sớm hơn để đảng viên có thời gian đọc trước.",
    "Nên dành thêm thời gian thảo luận chuyên đề, báo cáo nói ngắn hơn.",
    "Đề nghị phân công đảng viên trẻ phụ trách phần tin tức thời sự.",
    "Hội trường tầng 2 thiếu ánh sáng, mong được sửa trước buổi tới.",
)
_ANSWER = "Chi ủy đã tiếp thu và sẽ thực hiện từ tháng sau."


@dataclass
class Written:
    """An opinion as its author knows it."""

    author: Actor
    number: int
    text: str
    kind: Opinion


@dataclass
class Box:
    """All opinions written this month."""

    written: list[Written] = field(default_factory=list)

    async def write(self, actor: Actor, kind: Opinion | None, when: str) -> None:
        """Write one; its text is like no other."""
        if kind is None:
            return
        text = f"{_SUBJECTS[actor.player.id % len(_SUBJECTS)]} ({when}, {actor.player.id})"
        await actor.say(see.WRITE_OPINION, see.TYPE_OPINION)
        await actor.say(text, see.TO_WHOM)
        told = await actor.choose(kind.value, see.OPINION_SENT)
        actor.stage.ledger.opinions[actor.player.id] += 1
        self.written.append(Written(actor, count_of(told, see.OPINION_SENT)[0], text, kind))

    def of_branch(self, branch: str) -> list[Written]:
        return [one for one in self.written if one.author.player.branch == branch]

    async def answer_all(self, secretary: Actor) -> None:
        """Answer what waits in this branch, one after the other, and let the authors see it."""
        waiting = self.of_branch(secretary.player.branch)
        for _ in waiting:
            await secretary.say(see.WAITING, see.WAITING_ONE)
            await secretary.choose(see.REPLY, see.TYPE_ANSWER)
            await secretary.say(_ANSWER, see.ANSWERED)
        for one in waiting:
            await one.author.sees(see.ANSWER_TOLD.format(number=one.number))

    def readers(self, actors: list[Actor], one: Written) -> set[int]:
        """Ids of all on whose phones this text has ever stood."""
        return {a.player.id for a in actors if any(one.text in said_in(m) for m in a.phone.history)}
