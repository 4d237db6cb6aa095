"""'Chỉ gửi chi ủy' under attack: every word, every button, every reader; a marker tells who has read it."""

from __future__ import annotations

from datetime import date
from itertools import cycle

import pytest
from sqlalchemy.orm import Session

from bot.language import Say
from handlers import FEATURES
from locales.words import spellings
from members.tables import Post, PostKind
from opinions.tables import OpinionState
from tests.support.talk import Person, Talk, branch

ONE, TWO = "Chi bộ 1", "Chi bộ 2"
MARKS = {ONE: "vịt xanh bảy mốt", TWO: "vịt đỏ tám hai"}
WORDS = sorted(
    {min(spellings(r.name)) for f in FEATURES for r in f.words}
)  # each command, however it is spelled
IDS = (1, 2, 3, 4, 99)
FORGED = [
    *(f"{code}:{i}" for code in ("op-my", "op-all", "op-wait", "op-ans") for i in IDS),
    *(f"op-set:{i}:{state.value}" for i in IDS for state in OpinionState),
    "op",
    "op-re",
    "op-go:committee:00000000",
    "fig",
    "fig-m:2026-11",
]


def _everything(person: Person) -> str:
    shown = [one.text for one in person.screen]
    return "\n".join([*(part for say in person.heard for part in _parts(say)), *shown])


def _parts(say: Say) -> list[str]:
    labels = [one.label for row in say.choices for one in row]
    file = [say.file.name, say.file.data.decode("utf-8", "replace")] if say.file else []
    return [say.text.plain, say.toast, say.picture.alt if say.picture else "", *labels, *file]


async def _tries_everything(person: Person) -> None:
    for word in WORDS:
        await person.says(word)
    await person.says("menu")
    for data in FORGED:
        await person.presses(data)
    await person.talk.deliver()


async def _branches_with_secrets(talk: Talk) -> None:
    for name, mark in MARKS.items():
        author = await talk.member(f"Tác giả {name}", name)
        await author.says("ý kiến")
        await author.says(f"Chuyện riêng: {mark}")
        await author.taps("Chỉ gửi chi ủy")
        await author.says("ý kiến")
        await author.says(f"Chuyện chung của {name}")
        await author.taps("Gửi cả chi bộ")


def _put_in_charge(session: Session, member_id: int) -> None:
    unit = branch(session, ONE).id
    session.add(Post(member_id=member_id, unit_id=unit, kind=PostKind.IN_CHARGE, starts_on=date(2020, 1, 1)))


READERS = {
    "member": (ONE, (), False),
    "clerk": (ONE, (PostKind.CLERK,), False),
    "other secretary": (TWO, (PostKind.SECRETARY,), False),
    "leader": ("Chi bộ 3", (PostKind.LEADER,), True),
    "office": ("Chi bộ 3", (PostKind.OFFICE,), True),
    "secretary above": ("Chi bộ 3", (PostKind.SECRETARY,), True),
    "in charge": ("Chi bộ 3", (), False),
    "secretary": (ONE, (PostKind.SECRETARY,), False),
    "deputy": (ONE, (PostKind.DEPUTY,), False),
    "committee member": (ONE, (PostKind.COMMITTEE_MEMBER,), False),
}
NO_PUBLIC = {"other secretary", "office"}  # of Chi bộ 1
CHANNELS = [(manner, "sqlite") for manner in ("tapped", "zalo_bot", "zalo_oa")]  # words are typed anyhow
IN_TURN = list(zip(READERS, cycle(CHANNELS), strict=False))
MAY_READ = {
    "other secretary": {TWO},
    "secretary": {ONE},
    "deputy": {ONE},
    "committee member": {ONE},
}


@pytest.mark.parametrize(("who", "talk"), IN_TURN, indirect=["talk"])
async def test_the_marker_is_heard_by_the_own_committee_alone(talk: Talk, who: str) -> None:
    await _branches_with_secrets(talk)
    home, posts, above = READERS[who]
    reader = await talk.member("Người Đọc", home, *posts, above=above)
    if who == "in charge":
        await talk.home.store.write(_put_in_charge, reader.member_id)
    await _tries_everything(reader)
    heard = _everything(reader)
    assert {name for name, mark in MARKS.items() if mark in heard} == MAY_READ.get(who, set())
    assert (f"Chuyện chung của {ONE}" in heard) is (who not in NO_PUBLIC)


async def test_the_refusal_gives_no_hint(talk: Talk) -> None:
    await _branches_with_secrets(talk)
    stranger = await talk.member("Người Đọc", TWO, PostKind.SECRETARY)
    for data in ("op-ans:{}", "op-set:{}:considering", "op-set:{}:forwarded"):
        await stranger.presses(data.format(1))  # a private one of the other branch
        there = stranger.last
        await stranger.presses(data.format(2))  # a public one of the other branch
        assert stranger.last == there
        await stranger.presses(data.format(99))
        assert stranger.last == there


@pytest.mark.parametrize("talk", CHANNELS[:1], indirect=True)  # a rule of the store, not of a channel
async def test_a_post_that_has_ended_reads_no_more(talk: Talk) -> None:
    await _branches_with_secrets(talk)
    old = await talk.member("Bí Thư Cũ", ONE, PostKind.SECRETARY)

    def end_posts(session: Session) -> None:
        for post in session.query(Post).filter(Post.member_id == old.member_id):
            post.ends_on = date(2026, 11, 1)

    await talk.home.store.write(end_posts)
    await _tries_everything(old)
    assert MARKS[ONE] not in _everything(old)
