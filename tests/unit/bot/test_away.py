"""After a gap those concerned are told once; jumps of a movable clock are no gap."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.away import LONGEST_SILENCE, Presence
from bot.router import Router
from db.errors import StoreFull
from db.installation import fact
from db.outbox import OutboxRow, Priority
from db.sqlite import SqliteStore
from handlers import FEATURES
from handlers.away.notices import gap
from meetings.tables import Attendance, Means, Meeting, MeetingState
from meetings.tables import Presence as On
from quizzes.tables import Attempt, QuizRound
from tests.support.paper import StillClock
from tests.support.talk import START, Person, Talk, branch, talk_in

MINUTE = timedelta(minutes=1)


@dataclass
class Scene:
    """A talk, two clocks that are set by hand, and what watches for gaps."""

    talk: Talk
    people_clock: StillClock
    machine: StillClock
    presence: Presence

    async def silence(self, length: timedelta) -> None:
        """A sign, nothing for so long, a sign."""
        await self.presence.seen("telegram")
        self.pass_by(length)
        await self.presence.seen("telegram")

    def pass_by(self, length: timedelta) -> None:
        self.machine.moment += length
        self.people_clock.moment += length
        self.talk.now += length

    async def told(self) -> list[OutboxRow]:
        return await self.talk.home.store.read(
            lambda session: list(session.scalars(select(OutboxRow).where(OutboxRow.notice == "away.gap")))
        )


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with talk_in(tmp_path, "tapped") as talk:
        people, machine = StillClock(START), StillClock(START - timedelta(days=3))
        yield Scene(talk, people, machine, Presence(talk.home.store, people, machine))


async def pressing(scene: Scene, name: str = "Lan") -> Person:
    """Somebody with choices in front of them."""
    person = await scene.talk.member(name)
    await person.says("menu")
    assert person.labels
    return person


async def test_who_had_choices_is_told_once_and_others_are_not(scene: Scene) -> None:
    lan = await pressing(scene)
    await scene.talk.member("Bình")
    await scene.silence(10 * MINUTE)
    await scene.presence.seen("telegram")
    (row,) = await scene.told()
    assert (row.chat, row.priority) == (lan.user, Priority.PERSONAL)
    assert row.key.startswith("away:telegram:")
    await scene.talk.deliver()
    assert lan.last.splitlines() == [
        "Trợ lý tạm gián đoạn từ 8 giờ đến 8 giờ 10.",
        "Nút bấm trong lúc đó không đến nơi; tin nhắn gõ chữ vẫn được tính.",
        "Mong đồng chí bấm lại, hoặc gõ chữ.",
    ]


async def test_what_was_offered_before_can_still_be_chosen(scene: Scene) -> None:
    lan = await pressing(scene)
    label = lan.labels[0]
    await scene.silence(10 * MINUTE)
    await scene.talk.deliver()
    scene.talk.manner = "typed"
    before = len(lan.heard)
    await lan.says("1")
    assert len(lan.heard) > before
    assert "chưa hiểu" not in lan.last, label


async def test_taps_outlive_a_short_silence(scene: Scene) -> None:
    await pressing(scene)
    await scene.silence(LONGEST_SILENCE)
    assert await scene.told() == []


async def test_a_restart_does_not_hide_the_gap(scene: Scene) -> None:
    await pressing(scene)
    await scene.presence.seen("telegram")
    scene.pass_by(5 * MINUTE)
    for _ in range(2):
        again = Presence(scene.talk.home.store, scene.people_clock, scene.machine)
        await again.seen("telegram")
    assert len(await scene.told()) == 1


async def test_the_very_first_sign_tells_nobody(scene: Scene) -> None:
    await pressing(scene)
    await scene.presence.seen("telegram")
    assert await scene.told() == []


async def test_a_jump_of_the_people_s_clock_is_no_gap(scene: Scene) -> None:
    await pressing(scene)
    await scene.presence.seen("telegram")
    scene.people_clock.moment += timedelta(days=2)
    scene.machine.moment += timedelta(seconds=25)
    await scene.presence.seen("telegram")
    assert await scene.told() == []


async def test_a_clock_set_back_starts_anew(scene: Scene) -> None:
    await pressing(scene)
    await scene.presence.seen("telegram")
    scene.machine.moment -= timedelta(hours=1)
    await scene.presence.seen("telegram")
    again = Presence(scene.talk.home.store, scene.people_clock, scene.machine)
    scene.machine.moment += MINUTE
    await again.seen("telegram")
    assert await scene.told() == []


async def test_choices_of_two_days_ago_concern_nobody(scene: Scene) -> None:
    await pressing(scene)
    scene.pass_by(timedelta(hours=25))
    await scene.silence(10 * MINUTE)
    assert await scene.told() == []


async def test_another_channel_is_not_told(scene: Scene) -> None:
    await pressing(scene)
    await scene.presence.seen("telegram")
    await scene.presence.seen("zalo")
    scene.pass_by(10 * MINUTE)
    await scene.presence.seen("zalo")
    assert await scene.told() == []


async def test_two_gaps_are_told_of_twice(scene: Scene) -> None:
    await pressing(scene)
    await scene.silence(10 * MINUTE)
    await scene.silence(10 * MINUTE)
    assert len(await scene.told()) == 2


def opened_meeting(session: Session, present: int) -> None:
    meeting = Meeting(
        branch_id=branch(session).id, period="2026-11", starts_at=START, place="P", checkin_key="ab" * 16,
        screen_token="s", state=MeetingState.CHECKIN_OPEN,
    )  # fmt: skip
    session.add(meeting)
    session.flush()
    session.add(Attendance(
        meeting_id=meeting.id, member_id=present, presence=On.PRESENT, means=Means.CODE, at=START
    ))  # fmt: skip


async def test_while_a_meeting_is_on_those_awaited_hear_it_first(scene: Scene) -> None:
    here = await scene.talk.member("Có mặt")
    awaited = await scene.talk.member("Đang đợi")
    secretary = await pressing(scene, "Thư ký")
    elsewhere = await scene.talk.member("Nơi khác", "Chi bộ 2")
    silent = await scene.talk.member("Chưa đồng ý", consented=False)
    await scene.talk.home.store.write(opened_meeting, here.member_id)
    await scene.silence(10 * MINUTE)
    told = {row.chat: row.priority for row in await scene.told()}
    assert told == {awaited.user: Priority.MEETING, secretary.user: Priority.MEETING}
    assert not {here.user, elsewhere.user, silent.user} & told.keys()


def half_a_quiz(session: Session, member_id: int, closes_at: datetime) -> None:
    place = branch(session)
    number = session.query(QuizRound).count()
    made = QuizRound(
        key=f"r{number}", branch_id=place.id, title="t", opens_at=START, closes_at=closes_at, minutes=10
    )
    session.add(made)
    session.flush()
    session.add(Attempt(round_id=made.id, member_id=member_id, ranked=True, seed=1, started_at=START))


async def test_in_the_middle_of_an_open_round_they_are_told(scene: Scene) -> None:
    busy, late = await scene.talk.member("Đang làm"), await scene.talk.member("Đã đóng")
    await scene.talk.home.store.write(half_a_quiz, busy.member_id, START + timedelta(days=1))
    await scene.talk.home.store.write(half_a_quiz, late.member_id, START + MINUTE)
    await scene.silence(10 * MINUTE)
    assert [row.chat for row in await scene.told()] == [busy.user]


async def test_when_the_note_cannot_be_stored_the_next_sign_tells(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pressing(scene)
    await scene.presence.seen("telegram")
    scene.pass_by(10 * MINUTE)

    async def full(*_args: object, **_kwargs: object) -> None:
        raise StoreFull("full")

    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "write", full)
        await scene.presence.seen("telegram")
    assert await scene.told() == []
    await scene.presence.seen("telegram")
    assert len(await scene.told()) == 1


async def test_an_idle_channel_is_noted_seldom(scene: Scene) -> None:
    await scene.presence.seen("telegram")
    changes = []
    for _ in range(60):
        scene.machine.moment += timedelta(seconds=1)
        before = await noted(scene)
        await scene.presence.seen("telegram")
        changes.append(await noted(scene) != before)
    assert sum(changes) == 3


async def noted(scene: Scene) -> object:
    return await scene.talk.home.store.read(fact, "seen:telegram")


def test_the_note_is_known_to_the_process() -> None:
    assert Router(FEATURES).notices["away.gap"] is gap
