"""Conversations as scripts, through the real router, dialogue, store and translators, without any network.

Every script runs in every manner. On Telegram `by_turns` presses a button and then writes the letter or
number of a choice, as people do (`tapped` only presses, `typed` only writes); on `zalo_bot` everything is
typed, on `zalo_oa` buttons are pressed where there are some. What a person does is a raw update of that
platform, read by its channel; what is answered goes through the channel's translator to calls, which must be
valid and lose nothing. With `twice=True` every update arrives twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from bot.channels.lists import keyed
from bot.context import Home
from bot.dialogue import Dialogue, Doing, do_all
from bot.language import Choice, FileIn, Kind, Said, Say
from bot.notices import render
from bot.offering import Notice, keep_offers, steps_after
from bot.router import Router
from bot.settings import Settings
from db import conversation as conversations
from db.conversation import Conversation
from db.due import Due, claim
from db.fates import Fate, write_down
from db.outbox import OutboxState
from db.store import BatchingStore
from handlers import FEATURES, GATES
from locales.text import Text
from members.join_codes import PLAYED_WORK, CodeKey
from members.names import fold
from members.tables import Account, Consent, Member, MemberStatus, Post, PostKind, Unit, UnitKind
from tests.support.databases import Database, fresh
from tests.support.phones.below_the_picture import typed_instead
from tests.support.phones.phone import Act, Phone
from tests.support.phones.seen import Shown, key_line, squeezed
from tests.support.phones.telegram import TelegramPhone
from tests.support.phones.zalo_bot import ZaloBotPhone
from tests.support.phones.zalo_oa import ZaloOaPhone

Manner = Literal["by_turns", "tapped", "typed", "zalo_bot", "zalo_oa"]
START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 08:00 in Viet Nam, eight days before the 3rd
PHONES: dict[Manner, tuple[str, Callable[[str], Phone]]] = {
    "by_turns": ("telegram", TelegramPhone),
    "tapped": ("telegram", TelegramPhone),
    "typed": ("telegram", TelegramPhone),
    "zalo_bot": ("zalo_bot", ZaloBotPhone),
    "zalo_oa": ("zalo_oa", ZaloOaPhone),
}  # the kind of channel, and a phone on an account of this name


class TestLinks:
    """Addresses as a channel and the web side would make them."""

    __test__ = False

    def start(self, channel: str, payload: str) -> str:
        return f"https://t.me/mungba_bot?start={payload}"

    def name(self, channel: str) -> str:
        return f"Bot {channel}"

    def web(self, path: str) -> str:
        return f"http://127.0.0.1:8080{path}"


@dataclass(slots=True)
class Person:
    """Somebody with a phone. `heard` collects what was said, `screen` how it stands there; newest last."""

    talk: Talk
    user: str
    name: str
    member_id: int = 0
    heard: list[Say] = field(default_factory=list)
    screen: list[Shown] = field(default_factory=list)

    async def says(self, text: str) -> list[Say]:
        """Type a text."""
        return await self.talk.does(self, Act(Kind.TEXT, text))

    async def opens(self, payload: str = "") -> list[Say]:
        """Open the bot by a link (or press Start); where links carry nothing, its code is typed."""
        if payload and not self.talk.phone.carries_payloads:
            return await self.says(await self.talk.home.store.read(typed_instead, payload))
        return await self.talk.does(self, Act(Kind.START, payload))

    async def taps(self, label: str) -> list[Say]:
        """Choose by the label's beginning: press it, or type its key (the manner, or the only way)."""
        says, found = self._choice(label)
        newest = says is self._newest_with_choices()
        no_button = self.talk.manner == "zalo_oa" and self._button(found.data) is None
        if newest and (no_button or self.talk.types_now()):
            return await self.says(self._key(says, found))
        return await self.presses(found.data)

    async def presses(self, data: str) -> list[Say]:
        """Press a button carrying `data`, perhaps forged or old; type its key where there are no buttons."""
        if self.talk.manner == "zalo_bot":
            standing = await self.talk.home.store.read(self.talk.standing_of, self.user)
            offered = next((offer for offer in standing.offered if offer.data == data), None)
            if offered is not None:
                return await self.says(offered.key or offered.label)
        found = self._button(data) or next((one for one in reversed(self.screen) if one.buttons), None)
        return await self.talk.does(self, Act(Kind.CHOICE, data=data, message=found.message if found else ""))

    async def sends_file(self, name: str, content: bytes) -> list[Say]:
        """Send a document."""
        self.talk.files[name] = content
        return await self.talk.does(self, Act(Kind.FILE, file=name, size=len(content)))

    async def sends(self, kind: Kind) -> list[Say]:
        """Send a sticker, a voice message, a place …"""
        return await self.talk.does(self, Act(kind))

    @property
    def last(self) -> str:
        """The newest message as plain text (or its toast)."""
        say = self.heard[-1]
        return say.text.plain or say.toast

    @property
    def labels(self) -> list[str]:
        """The choices on offer in the newest message that has any."""
        newest = self._newest_with_choices()
        return [c.label for row in newest.choices for c in row] if newest else []

    def data_of(self, label: str) -> str:
        """What the button of this label carries."""
        return self._choice(label)[1].data

    def hears(self, says: Sequence[Say], said: Said | None = None) -> None:
        """Messages arrive; an edited one takes the place of what it was."""
        for shown in self.talk.phone.shows(self.user, says, said):
            self.screen = [one for one in self.screen if not shown.message or one.message != shown.message]
            self.screen.append(shown)
        self.heard.extend(says)

    def _newest_with_choices(self) -> Say | None:
        return next((say for say in reversed(self.heard) if say.choices), None)

    def _choice(self, label: str) -> tuple[Say, Choice]:
        for say in reversed(self.heard):
            for choice in (c for row in say.choices for c in row):
                if fold(choice.label).startswith(fold(label)):
                    return say, choice
        raise AssertionError(f"{self.name} was offered no choice {label!r}; offered: {self.labels}")

    def _button(self, data: str) -> Shown | None:
        """The newest message with a button that carries this."""
        return next(
            (one for one in reversed(self.screen) if any(b.carries == data for b in one.buttons)), None
        )

    def _key(self, say: Say, chosen: Choice) -> str:
        """The letter or number to type for a choice, as its list shows it where there are no buttons."""
        key = next(key for key, choice in keyed(say.choices) if choice is chosen)
        if PHONES[self.talk.manner][0] != "telegram":
            assert any(squeezed(key_line(key, chosen)) in squeezed(one.text) for one in self.screen)
        return key


@dataclass(slots=True)
class Talk:
    """A small installation with people who talk to it."""

    home: Home
    dialogue: Dialogue
    router: Router
    manner: Manner
    phone: Phone
    twice: bool = False
    now: datetime = START
    people: dict[str, Person] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))
    turns: count[int] = field(default_factory=count)

    @property
    def channel(self) -> str:
        """The channel account everybody writes to."""
        return self.phone.channel

    def types_now(self) -> bool:
        """Whether the next choice is written where a button could be pressed."""
        return self.manner == "typed" or (self.manner == "by_turns" and next(self.turns) % 2 == 1)

    async def does(self, person: Person, act: Act) -> list[Say]:
        """One update through the dialogue, twice when asked; the answers of the last round."""
        said = self._read(person, act)
        if said is None:
            return []
        rounds = 2 if self.twice else 1
        for _ in range(rounds):
            says = await self.answers(said)
        await self.home.store.write(
            lambda session: conversations.keep_all(session, steps_after(session, [(said, says)]))
        )
        self.now += timedelta(seconds=1)
        _must_survive_storage(says)
        person.hears(says, said)
        return says

    async def answers(self, said: Said) -> list[Say]:
        """What is said back, once it is done."""
        answer = await self.dialogue.answer(said, self._fetch)
        return await self.home.store.write_each(do_all, answer) if isinstance(answer, Doing) else answer

    def standing_of(self, session: Session, user: str) -> Conversation:
        """What can be typed now."""
        return conversations.load(session, self.channel, user, user, self.now)

    def _read(self, person: Person, act: Act) -> Said | None:
        """What a person does as the channel reads it, None when the platform tells nothing of it.

        A press that no phone there can make is put before the dialogue all the same: rights and state are
        checked wherever a choice comes from.
        """
        number = next(self.numbers)
        if act.kind is Kind.CHOICE and self.manner == "zalo_bot":
            key = f"{self.channel}:{number}"
            return Said(key, self.channel, person.user, person.user, self.now, act.kind, data=act.data)
        return self.phone.reads(person.user, act, number, self.now)

    async def deliver(self) -> int:
        """Send everything in the outbox that is due; how many messages went out."""
        sent = 0
        while letters := await self.home.store.write(claim, Due(self.channel, self.now), 100):
            for letter in letters:
                say = await render(self.home, self.router, letter, self.now)
                state = OutboxState.SENT if say else OutboxState.SKIPPED
                await self.home.store.write(write_down, [Fate(letter.id, state, self.now)])
                if say is not None:
                    _must_survive_storage([say])
                    notice = Notice(letter.channel, letter.chat, say, self.now)
                    await self.home.store.write(keep_offers, [notice])
                    self.people[letter.chat].hears([say])
                    sent += 1
        return sent

    async def stranger(self, name: str) -> Person:
        """Somebody with a phone who has not joined."""
        person = Person(self, user=self.phone.person(len(self.people)), name=name)
        self.people[person.user] = person
        return person

    async def member(
        self,
        name: str,
        branch: str = "Chi bộ 1",
        *posts: PostKind,
        status: MemberStatus = MemberStatus.OFFICIAL,
        consented: bool = True,
        public_name: bool = False,
        above: bool = False,
    ) -> Person:
        """A joined member. Posts are held at the branch, or (`above`) at the committee over it."""
        person = await self.stranger(name)
        person.member_id = await self.home.store.write(
            _enroll,
            person.user,
            self.channel,
            name,
            branch,
            posts,
            status,
            consented,
            public_name,
            above,
            self.now,
        )
        return person

    async def look(self, query: Callable[[Session], object]) -> object:
        """Read something straight from the store."""
        return await self.home.store.read(query)

    async def _fetch(self, file: FileIn) -> bytes:
        return self.files[self.phone.file(file.ref)]


def committee(session: Session) -> Unit:
    """The committee above all branches of a talk."""
    return _unit(session, None, UnitKind.COMMITTEE, "Đảng bộ Trường (mẫu)")


def branch(session: Session, name: str = "Chi bộ 1") -> Unit:
    """A branch of a talk, made on first use."""
    return _unit(session, committee(session).id, UnitKind.BRANCH, name)


@asynccontextmanager
async def talk_in(
    folder: Path, manner: Manner, *, twice: bool = False, database: Database = "sqlite"
) -> AsyncIterator[Talk]:
    """A talk on a fresh database in `folder`."""
    with fresh(database, folder) as place:
        store = place.store()
        if place.file:
            event.listen(store._write_engine, "connect", _carelessly)
        async with _talk_on(store, manner, twice) as talk:
            yield talk


@asynccontextmanager
async def _talk_on(store: BatchingStore, manner: Manner, twice: bool) -> AsyncIterator[Talk]:
    home = Home(store, Settings(), TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
    router = Router(FEATURES)
    kind, phone = PHONES[manner]
    try:
        yield Talk(home, Dialogue(home, router, GATES), router, manner, phone(kind), twice=twice)
    finally:
        await store.close()


def _carelessly(connection: Any, _record: object) -> None:
    """No script ends with the machine: nothing waits for the disk."""
    connection.execute("PRAGMA synchronous=OFF")


def _must_survive_storage(says: list[Say]) -> None:
    """Answers are stored before they are sent: they must come back as they were."""
    assert msgspec.json.decode(msgspec.json.encode(says), type=list[Say]) == says
    assert all(isinstance(say.text, Text) for say in says)


def _unit(session: Session, parent_id: int | None, kind: UnitKind, name: str) -> Unit:
    found = session.scalar(select(Unit).where(Unit.name == name))
    if found is None:
        found = Unit(parent_id=parent_id, kind=kind, name=name, search_name=fold(name))
        session.add(found)
        session.flush()
    return found


def _enroll(
    session: Session,
    user: str,
    channel: str,
    name: str,
    branch_name: str,
    posts: tuple[PostKind, ...],
    status: MemberStatus,
    consented: bool,
    public_name: bool,
    above: bool,
    now: datetime,
) -> int:
    unit = branch(session, branch_name)
    member = Member(
        branch_id=unit.id,
        full_name=name,
        search_name=fold(name),
        status=status,
        on_roll_from=date(2020, 1, 1),
    )
    session.add(member)
    session.flush()
    post_unit = committee(session).id if above else unit.id
    for kind in posts:
        session.add(Post(member_id=member.id, unit_id=post_unit, kind=kind, starts_on=date(2020, 1, 1)))
    session.add(
        Account(channel=channel, user=user, chat=user, member_id=member.id, linked_at=now, last_seen_at=now)
    )
    if consented:
        session.add(Consent(member_id=member.id, version="1", given_at=now, name_on_leaderboard=public_name))
    session.flush()
    return member.id
