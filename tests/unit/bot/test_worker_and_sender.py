"""Inbox and outbox at every step where a process may end, and with every trouble a platform makes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.context import Context, Home
from bot.delivery import Sender
from bot.dialogue import Dialogue
from bot.language import Choice, Expects, Said, Say
from bot.limits import (
    ATTEMPTS_BEFORE_SET_ASIDE,
    IN_FLIGHT,
    KEPT_OF_TOO_LONG,
    LONGEST_UPDATE,
    in_flight,
)
from bot.offering import Notice, keep_offers
from bot.router import Answer, Audience, Feature, Router, route
from bot.settings import ChannelAccount, Settings
from bot.worker import SUSPECT_AFTER, Worker
from db import inbox, outbox
from db.conversation import ConversationRow, Offer, load
from db.due import Due, claim, release_claims
from db.errors import (
    ChatMoved,
    DeliveryError,
    MessageRefused,
    NotFound,
    OutsideWindow,
    RetryAfter,
    TryLater,
    Unreachable,
)
from db.inbox import InboxRow, InboxState
from db.installation import InstallationRow, remember
from db.outbox import OutboxRow, OutboxState, Priority
from db.places import Place
from db.store import BatchingStore, Store
from locales.text import fill
from members.identity import mark_unreachable, meet
from members.join_codes import PLAYED_WORK, CodeKey
from members.tables import Account, Consent, Member, MemberStatus, Unit, UnitKind
from members.telling import MOST_ACCOUNTS, try_other_account
from tests.support.paper import NOW, PaperChannel, StillClock, arrival
from tests.support.talk import TestLinks

EVENING = NOW + timedelta(hours=12)  # 22:00 in Viet Nam


async def remember_it(said: Said, ctx: Context) -> Answer:
    if said.text == "hỏng":
        raise RuntimeError("a fault of ours")
    await ctx.store.write(remember, said.key, said.text)
    return Say(fill("đã ghi {text}", {"text": said.text}), expects=Expects("test.any", {"last": said.text}))


async def tell_it(ctx: Context, args: dict[str, Any]) -> Say | None:
    if args.get("broken"):
        raise RuntimeError("cannot be worded")
    return Say(fill(args["text"], {})) if args.get("text") else None


async def tell_from_one_read(ctx: Context, args: dict[str, Any]) -> Say | None:
    return Say(fill(await ctx.store.read_each(texts_of, args["number"]), {}))


def texts_of(_session: Session, numbers: Sequence[int]) -> list[str | NotFound]:
    return [f"tin {number}" if number else NotFound("broadcast.gone") for number in numbers]


FEATURE = Feature(
    "test",
    patterns=(route(r"(?s).+", remember_it, Audience.ANYONE),),
    notices={"test.note": tell_it, "test.shared": tell_from_one_read},
)


@dataclass
class Bench:
    store: BatchingStore
    channel: PaperChannel
    clock: StillClock
    worker: Worker
    sender: Sender

    def another_process(self) -> Worker:
        """A worker that knows only what is stored."""
        return new_worker(self.store, self.channel, self.clock)[0]

    async def states(self) -> list[str]:
        return await self.store.read(
            lambda s: [str(x) for x in s.scalars(select(InboxRow.state).order_by(InboxRow.id))]
        )

    async def fates(self) -> list[tuple[str, str | None]]:
        def look(session: Session) -> list[tuple[str, str | None]]:
            found = session.execute(select(OutboxRow.state, OutboxRow.reason).order_by(OutboxRow.id))
            return [(str(state), reason) for state, reason in found]

        return await self.store.read(look)

    async def remembered(self) -> list[str]:
        return await self.store.read(lambda s: list(s.scalars(select(InstallationRow.value))))

    async def queue(self, number: int, **changes: Any) -> None:
        values: dict[str, Any] = {
            "key": f"k{number}",
            "channel": "telegram",
            "chat": str(number),
            "member_id": None,
            "notice": "test.note",
            "args": {"text": f"tin {number}"},
            "priority": Priority.REMINDER,
            "now": self.clock.now(),
        }
        await self.store.write(lambda session: outbox.enqueue(session, **{**values, **changes}))

    async def send_what_is_due(self) -> None:
        await self.sender.send_due()


def new_worker(store: Store, channel: PaperChannel, clock: StillClock) -> tuple[Worker, Sender]:
    home = Home(store, Settings(), TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
    router = Router([FEATURE])
    return Worker(store, clock, Dialogue(home, router, {}), {channel.name: channel}), Sender(
        home, router, clock, channel
    )


@pytest.fixture
async def bench(place: Place) -> AsyncIterator[Bench]:
    store = place.store()
    channel, clock = PaperChannel(), StillClock()
    yield Bench(store, channel, clock, *new_worker(store, channel, clock))
    await store.close()


async def test_the_same_update_again_changes_nothing(bench: Bench) -> None:
    for _ in range(3):
        await bench.worker.take_in("telegram", [arrival(1, "5", "a")])
        await bench.worker.finish()
    assert (bench.channel.sent, await bench.remembered()) == ([("5", "đã ghi a")], ["a"])


async def test_what_a_poll_has_read_is_stored_though_the_door_is_closed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def point(name: str) -> None:
        if name == "inbox.storing":
            reached.set()
            await go_on.wait()

    monkeypatch.setattr("bot.worker.point", point)
    door = asyncio.create_task(bench.worker.take_in("telegram", [arrival(1, "5", "a")]))
    await reached.wait()
    door.cancel()
    await asyncio.wait([door])
    asyncio.get_running_loop().call_soon(go_on.set)
    await bench.worker.finish()
    assert door.cancelled()
    assert (bench.channel.sent, await bench.states()) == ([("5", "đã ghi a")], ["done"])


async def test_one_chat_is_handled_in_order(bench: Bench) -> None:
    await bench.worker.take_in("telegram", [arrival(n, str(n % 3), f"{n}") for n in range(30)])
    await bench.worker.finish()
    for chat in "012":
        told = [int(text.removeprefix("đã ghi ")) for to, text in bench.channel.sent if to == chat]
        assert told == sorted(told)
        assert len(told) == 10


async def test_what_was_stored_before_a_crash_is_handled_after_it(bench: Bench) -> None:
    await bench.store.write(inbox.store_arrivals, "telegram", [arrival(1, "5", "a")], NOW)
    worker = bench.another_process()
    await worker.resume()
    await worker.finish()
    assert (bench.channel.sent, await bench.states()) == ([("5", "đã ghi a")], ["done"])


async def test_a_crash_after_the_answer_was_stored_only_sends_it_again(bench: Bench) -> None:
    bench.channel.troubles = deque([MessageRefused("as if the process ended here")])
    (row,) = await bench.store.write(inbox.store_arrivals, "telegram", [arrival(1, "5", "a")], NOW)
    await bench.worker.resume()
    await bench.worker.finish()
    await bench.store.write(inbox.keep_answers, {row.id: '[{"text":{"spans":[{"text":"lần nữa"}]}}]'})
    await bench.store.write(lambda session: session.execute(update(InboxRow).values(finished_at=None)))
    worker = bench.another_process()
    await worker.resume()
    await worker.finish()
    assert bench.channel.sent == [("5", "lần nữa")]
    assert await bench.remembered() == ["a"]


async def test_an_update_that_ends_the_process_each_time_is_set_aside(bench: Bench) -> None:
    (row,) = await bench.store.write(inbox.store_arrivals, "telegram", [arrival(1, "5", "a")], NOW)
    for _ in range(ATTEMPTS_BEFORE_SET_ASIDE):
        await bench.store.write(inbox.count_attempt, row.id)
    await bench.worker.resume()
    await bench.worker.finish()
    assert (bench.channel.sent, await bench.states()) == ([], [InboxState.SET_ASIDE])


async def test_a_suspect_is_handled_alone_before_anything_else(bench: Bench) -> None:
    arrivals = [arrival(1, "5", "a"), arrival(2, "6", "b"), arrival(3, "7", "c")]
    rows = await bench.store.write(inbox.store_arrivals, "telegram", arrivals, NOW)
    for _ in range(SUSPECT_AFTER):
        await bench.store.write(inbox.count_attempt, rows[2].id)
    worker = bench.another_process()
    await worker.resume()
    assert bench.channel.sent == [("7", "đã ghi c")]
    await worker.finish()
    assert await bench.states() == [InboxState.DONE] * 3


async def test_being_sent_through_many_crashes_is_no_fault(bench: Bench) -> None:
    (row,) = await bench.store.write(inbox.store_arrivals, "telegram", [arrival(1, "5", "a")], NOW)
    await bench.store.write(inbox.keep_answers, {row.id: '[{"text":{"spans":[{"text":"xin chào"}]}}]'})
    for _ in range(2 * ATTEMPTS_BEFORE_SET_ASIDE):
        await bench.store.write(inbox.count_attempt, row.id)
    worker = bench.another_process()
    await worker.resume()
    await worker.finish()
    assert bench.channel.sent == [("5", "xin chào")]


async def test_of_an_update_longer_than_any_a_beginning_is_set_aside(bench: Bench) -> None:
    long = '{"update_id": 1, "message": "' + "x" * LONGEST_UPDATE + '"}'
    await bench.worker.take_in("telegram", [inbox.Arrival("1", "5", long)])
    await bench.worker.finish()
    [row] = await bench.store.read(inbox.aside)
    assert row.raw == long[:KEPT_OF_TOO_LONG]


async def test_what_cannot_be_read_is_set_aside_and_the_next_is_answered(bench: Bench) -> None:
    bad = inbox.Arrival("1", "5", "not json")
    await bench.worker.take_in("telegram", [bad, arrival(2, "5", "a")])
    await bench.worker.finish()
    assert await bench.states() == [InboxState.SET_ASIDE, InboxState.DONE]


async def test_a_fault_of_ours_is_admitted_with_a_code(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.worker.take_in("telegram", [arrival(1, "5", "hỏng")])
    await bench.worker.finish()
    ((_, told),) = bench.channel.sent
    code = told.split("mã ")[1][:6]
    assert code in caplog.text
    assert "hỏng" not in told


async def test_an_answer_waits_as_long_as_the_platform_asks(bench: Bench) -> None:
    bench.channel.troubles = deque([RetryAfter(0.01), TryLater("500", maybe_delivered=False), None])
    await bench.worker.take_in("telegram", [arrival(1, "5", "a")])
    await bench.worker.finish()
    assert bench.channel.sent == [("5", "đã ghi a")]


async def test_what_matters_more_goes_out_first_and_once(bench: Bench) -> None:
    for number in range(2 * IN_FLIGHT):
        await bench.queue(number, priority=Priority.BULK)
    for _ in range(2):
        await bench.queue(99, priority=Priority.MEETING)
    await bench.send_what_is_due()
    told = [text for _, text in bench.channel.sent]
    assert "tin 99" in told[:IN_FLIGHT]
    assert len(told) == len(set(told)) == 2 * IN_FLIGHT + 1
    assert set(await bench.fates()) == {(OutboxState.SENT, None)}


async def test_many_are_claimed_worded_and_recorded_together(bench: Bench) -> None:
    for number in range(2 * IN_FLIGHT):
        await bench.queue(number)
    transactions: list[int] = []
    bench.store.committed = lambda use_cases, _seconds: transactions.append(use_cases)
    await bench.send_what_is_due()
    assert len(bench.channel.sent) == 2 * IN_FLIGHT
    assert len(transactions) <= IN_FLIGHT


async def test_one_that_cannot_be_worded_or_sent_leaves_the_others_of_its_claim_alone(bench: Bench) -> None:
    for number, args in enumerate([{"text": "a"}, {"broken": True}, {}, {"text": "b"}, {"text": "c"}]):
        await bench.queue(number, args=args)
    bench.channel.troubles = deque([None, MessageRefused("too long"), None])
    await bench.send_what_is_due()
    assert [text for _, text in bench.channel.sent] == ["a", "c"]
    assert [state for state, _ in await bench.fates()] == ["sent", "failed", "skipped", "failed", "sent"]


async def test_one_that_one_read_does_not_find_leaves_the_others_alone(bench: Bench) -> None:
    for number in range(3):
        await bench.queue(number, notice="test.shared", args={"number": number})
    await bench.send_what_is_due()
    assert [state for state, _ in await bench.fates()] == ["failed", "sent", "sent"]


class SilentChannel(PaperChannel):
    """Whose platform never answers."""

    async def send(self, chat: str, say: Say, replaced: str = "") -> str:
        await asyncio.Event().wait()
        return ""


def test_more_are_on_their_way_only_where_more_is_permitted() -> None:
    rates = (0, 5, 30, 35, 120, 1000, 100_000)
    assert [in_flight(rate) for rate in rates] == [8, 8, 8, 8, 30, 250, 250]


@pytest.mark.parametrize(("per_second", "most"), [(30, 8), (120, 30)])
async def test_no_more_are_on_their_way_than_a_crash_may_repeat(
    bench: Bench, per_second: int, most: int
) -> None:
    for number in range(most + 5):
        await bench.queue(number)
    settings = Settings(channels=(ChannelAccount("telegram", per_second=per_second),))
    home = Home(bench.store, settings, TestLinks(), CodeKey(b"pepper", PLAYED_WORK))
    sender = Sender(home, Router([FEATURE]), bench.clock, SilentChannel())
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(60):
        while [state for state, _ in await bench.fates()].count("claimed") < most:
            await asyncio.sleep(0.02)
    sender.wake()
    await asyncio.sleep(0.05)
    assert [state for state, _ in await bench.fates()].count("claimed") == most
    running.cancel()
    await sender.abandon()


@pytest.mark.parametrize(
    ("changes", "fate"),
    [
        ({"args": {}}, "skipped"),
        ({"args": {"broken": True}}, "failed"),
        ({"expires_at": NOW}, "skipped"),
        ({"due_at": NOW + timedelta(minutes=1)}, "queued"),
    ],
)
async def test_what_is_not_sent_says_why(bench: Bench, changes: dict[str, Any], fate: str) -> None:
    await bench.queue(1, **changes)
    await bench.send_what_is_due()
    assert bench.channel.sent == []
    assert [state for state, _ in await bench.fates()] == [fate]


@pytest.mark.parametrize(
    ("trouble", "fate"),
    [
        (RetryAfter(30), "queued"),
        (TryLater("502", maybe_delivered=True), "queued"),
        (Unreachable("bot was blocked"), "unreachable"),
        (MessageRefused("too long"), "failed"),
    ],
)
async def test_troubles_of_sending(bench: Bench, trouble: DeliveryError, fate: str) -> None:
    bench.channel.troubles.append(trouble)
    await bench.queue(1)
    await bench.send_what_is_due()
    assert [state for state, _ in await bench.fates()] == [fate]
    bench.clock.moment += timedelta(minutes=2)
    await bench.send_what_is_due()
    assert bool(bench.channel.sent) == (fate == "queued")


async def test_a_person_out_of_reach_is_remembered_until_they_write(bench: Bench) -> None:
    await bench.store.write(meet, "telegram", "1", "1", "vi", NOW)
    bench.channel.troubles.append(Unreachable("bot was blocked"))
    await bench.queue(1)
    await bench.send_what_is_due()
    assert await bench.store.read(lambda s: s.scalar(select(Account.unreachable_since))) == NOW
    await bench.worker.take_in("telegram", [arrival(1, "1", "tôi đây")])
    await bench.worker.finish()
    assert await bench.store.read(lambda s: s.scalar(select(Account.unreachable_since))) is None


@pytest.mark.parametrize("trouble", [Unreachable("blocked"), OutsideWindow("silent for 7 days")])
async def test_out_of_reach_on_one_messenger_the_other_is_used(bench: Bench, trouble: DeliveryError) -> None:
    member = await bench.store.write(on_two_messengers)
    bench.channel.troubles.append(trouble)
    await bench.queue(1, member_id=member)
    await bench.send_what_is_due()
    (waiting,) = await bench.store.write(claim, Due("zalo_bot", NOW), 10)
    assert (waiting.chat, waiting.args) == ("z", {"text": "tin 1"})
    often = replace(waiting, attempts=MOST_ACCOUNTS + 1)
    assert not await bench.store.write(try_other_account, often, NOW, "in circles")


async def test_out_of_reach_everywhere_is_for_the_call_list(bench: Bench) -> None:
    member = await bench.store.write(on_two_messengers)
    await bench.store.write(mark_unreachable, "zalo_bot", "z", NOW)
    bench.channel.troubles.append(Unreachable("blocked"))
    await bench.queue(1, member_id=member)
    await bench.send_what_is_due()
    assert await bench.fates() == [("unreachable", "blocked")]


def on_two_messengers(session: Session) -> int:
    unit = Unit(parent_id=None, kind=UnitKind.BRANCH, name="Chi bộ 1", search_name="chi bo 1")
    session.add(unit)
    session.flush()
    an = Member(
        branch_id=unit.id,
        full_name="Lê An",
        search_name="le an",
        status=MemberStatus.OFFICIAL,
        on_roll_from=date(2020, 1, 1),
    )
    session.add(an)
    session.flush()
    session.add(Consent(member_id=an.id, version="1", given_at=NOW))
    for channel, chat in (("telegram", "1"), ("zalo_bot", "z")):
        session.add(Account(channel=channel, user=chat, chat=chat, member_id=an.id, last_seen_at=NOW))
    session.flush()
    return an.id


async def test_a_chat_that_moved_gets_the_same_message_under_its_new_id(bench: Bench) -> None:
    await bench.store.write(meet, "telegram", "1", "1", "vi", NOW)
    bench.channel.troubles.append(ChatMoved("-100"))
    await bench.queue(1)
    await bench.send_what_is_due()
    await bench.send_what_is_due()
    assert bench.channel.sent == [("-100", "tin 1")]
    assert await bench.store.read(lambda s: s.scalar(select(Account.chat))) == "-100"


async def test_claimed_before_a_crash_is_sent_after_it(bench: Bench) -> None:
    await bench.queue(1)
    await bench.store.write(claim, Due("telegram", NOW), 10)
    await bench.send_what_is_due()
    assert bench.channel.sent == []
    assert await bench.store.write(release_claims, NOW) == (1, 0)
    await bench.send_what_is_due()
    assert bench.channel.sent == [("1", "tin 1")]


async def test_choices_of_notices_that_arrive_together_can_be_typed_as_if_one_by_one(bench: Bench) -> None:
    def notice(chat: str, *labels: str) -> Notice:
        rows = tuple((Choice(label, f"x:{label}"),) for label in labels)
        return Notice("telegram", chat, Say(fill("chọn", {}), rows), NOW)

    both = [notice("1", "Có mặt", "Vắng"), notice("2", "Đồng ý"), notice("1", "Xem điểm")]
    await bench.store.write(keep_offers, both)
    together = await bench.store.read(offered_in, "1", "2")
    await bench.store.write(lambda session: session.execute(delete(ConversationRow)) and None)
    for one in both:
        await bench.store.write(keep_offers, [one])
    assert together == await bench.store.read(offered_in, "1", "2")
    assert together[0] == (
        Offer("1", "Xem điểm", "x:Xem điểm"),
        Offer("", "Có mặt", "x:Có mặt"),
        Offer("", "Vắng", "x:Vắng"),
    )


def offered_in(session: Session, *chats: str) -> list[tuple[Offer, ...]]:
    return [load(session, "telegram", chat, chat, NOW).offered for chat in chats]


async def test_in_quiet_hours_only_a_meeting_that_is_on_is_heard(bench: Bench) -> None:
    bench.clock.moment = EVENING
    await bench.queue(1, priority=Priority.MEETING)
    await bench.queue(2, priority=Priority.PERSONAL)
    await bench.send_what_is_due()
    assert bench.channel.sent == [("1", "tin 1")]
    bench.clock.moment = EVENING + timedelta(hours=9)
    await bench.send_what_is_due()
    assert [text for _, text in bench.channel.sent] == ["tin 1", "tin 2"]


async def test_the_sender_stops_when_told(bench: Bench) -> None:
    running = asyncio.create_task(bench.sender.run())
    await bench.queue(1)
    bench.sender.wake()
    async with asyncio.timeout(5):
        while not bench.channel.sent:
            await asyncio.sleep(0.01)
    bench.sender.stop()
    bench.sender.wake()
    async with asyncio.timeout(5):
        await running
