"""In a group: results when asked, everything else in private, and nothing of anybody's own."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from sqlalchemy.orm import Session

from bot.language import Kind, Said, Say
from locales.words import sentences
from meetings.attendance import count_list
from meetings.tables import Attendance, Means, Meeting, MeetingState, Presence
from members.tables import PostKind
from opinions.tables import Opinion, Phase, Visibility
from tests.conversation.checkin_scene import meeting
from tests.conversation.test_quiz import answer_all, close, open_round
from tests.support.talk import Person, Talk, branch

GROUP = "-100200"
CANARY = "CANARYKÍN"
NUMBERS = count(1)


async def in_group(person: Person, text: str, kind: Kind = Kind.TEXT, *, addressed: bool = True) -> list[Say]:
    """Say something in the group; the answers there."""
    talk = person.talk
    said = Said(
        f"g:{next(NUMBERS)}",
        talk.channel,
        GROUP,
        person.user,
        talk.now,
        kind,
        text,
        private=False,
        addressed=addressed,
        data=text if kind is Kind.CHOICE else "",
    )
    return await talk.answers(said)


async def branch_with_results(talk: Talk) -> tuple[Person, Person, Person]:
    """A willing winner, one who wants no name, and an absent secretary; a canary in every private place."""
    willing = await talk.member("Nguyễn Văn An", public_name=True)
    shy = await talk.member("Trần Thị Bình")
    secretary = await talk.member("Phạm Vắng Mặt", "Chi bộ 1", PostKind.SECRETARY, public_name=True)
    made = await open_round(talk, 4)
    for person, right in ((willing, 4), (shy, 3)):
        await person.says("làm bài")
        await person.says("làm bài")
        await answer_all(person, right, 4)
    await close(talk, made)
    held = await meeting(talk)
    await talk.home.store.write(_confirmed, held, willing.member_id, secretary.member_id)
    talk.now = max(talk.now, made.closes_at) + timedelta(hours=1)
    return willing, shy, secretary


def _confirmed(session: Session, meeting_id: int, present: int, absent: int) -> None:
    found = session.get_one(Meeting, meeting_id)
    found.state = MeetingState.HELD
    for member, presence in ((present, Presence.PRESENT), (absent, Presence.ABSENT)):
        session.add(
            Attendance(
                meeting_id=meeting_id,
                member_id=member,
                presence=presence,
                means=Means.SECRETARY,
                at=found.starts_at,
                in_base=True,
            )
        )
    count_list(session, found)
    session.add(
        Opinion(
            branch_id=branch(session).id,
            number=1,
            author_id=absent,
            visibility=Visibility.COMMITTEE,
            phase=Phase.ANY,
            text=CANARY,
            source_key="canary",
            at=found.starts_at,
        )
    )


async def test_the_committee_has_the_results_shown(talk: Talk) -> None:
    _, _, secretary = await branch_with_results(talk)
    for typed in ("kết quả", "bang xep hang", "XẾP HẠNG"):
        (told,) = await in_group(secretary, typed)
        assert "Nguyễn Văn An" in told.text.plain
        assert "2/3" in told.text.plain, "who took part, as a count"
        assert "1/2 đồng chí dự" in told.text.plain
        assert "Trần Thị Bình" not in told.text.plain
        assert "Vắng Mặt" not in told.text.plain
        assert told.choices == ()


async def test_for_a_member_no_name_is_shown_in_a_group(talk: Talk) -> None:
    willing, shy, _ = await branch_with_results(talk)
    for person in (willing, shy):
        (told,) = await in_group(person, "kết quả")
        assert "Nguyễn Văn An" not in told.text.plain
        assert "chi ủy nhắn “kết quả”" in told.text.plain
        assert "1/2 đồng chí dự" in told.text.plain


async def test_every_other_word_leads_to_the_private_chat(talk: Talk) -> None:
    _, shy, secretary = await branch_with_results(talk)
    words = {
        word
        for key, said in sentences("vi").items()
        if ".word." in key and not key.startswith("group.")
        for word in said.split("|")
    } - set(sentences("vi")["group.word.results"].split("|"))
    private = ("Trần Thị Bình", "Vắng Mặt", CANARY, "Nguyễn Văn An", "Chi bộ 1")
    for person in (shy, secretary):
        for typed in [*sorted(words), "ý kiến: " + CANARY, "1", "B", "0", "K7M2-9XQD", "điểm danh 482193"]:
            (told,) = await in_group(person, typed)
            assert "nhắn riêng" in told.text.plain, typed
            assert "https://t.me/" in told.text.plain
            assert not [text for text in private if text in told.text.plain], typed
            assert told.choices == ()
    for data in ("join-mine", "join-data", "qz", "join-leave:1", "menu:0"):
        (told,) = await in_group(shy, data, Kind.CHOICE)
        assert "nhắn riêng" in told.text.plain


async def test_a_stranger_learns_nothing_in_a_group(talk: Talk) -> None:
    await branch_with_results(talk)
    stranger = await talk.stranger("Ai")
    (told,) = await in_group(stranger, "kết quả")
    assert "nhắn riêng" in told.text.plain
    assert "Nguyễn Văn An" not in told.text.plain


async def test_what_is_not_said_to_us_is_not_heard(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    assert await in_group(an, "chào các đồng chí", addressed=False) == []
    assert await in_group(an, "menu", addressed=False) == []
    assert len(await in_group(an, "kết quả", addressed=False)) == 1, "the very word is meant for us"
    for kind in (Kind.STICKER, Kind.PHOTO, Kind.JOINED, Kind.LEFT, Kind.BLOCKED, Kind.FILE):
        assert await in_group(an, "", kind) == []


async def test_a_branch_without_results_says_so(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    (told,) = await in_group(an, "kết quả")
    assert "chưa có kết quả" in told.text.plain


async def test_the_private_chat_is_not_disturbed(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await open_round(talk, 4)
    await an.says("làm bài")
    await an.says("làm bài")
    await in_group(an, "kết quả")
    await in_group(an, "B")
    await an.says("A")
    assert "2/4" in an.last
