"""The home menu, the guide, and the language."""

from __future__ import annotations

from bot.language import Say
from handlers.home.views import ITEMS_A_PAGE, menu_items
from members.identity import Who, who_is
from members.names import fold
from members.tables import PostKind
from tests.support.talk import Person, Talk

MOST_LINES = 5


async def who_of(talk: Talk, person: Person) -> Who:
    """The member as identity sees them."""
    who = await talk.home.store.read(who_is, person.member_id, talk.home.local_day(talk.now))
    assert who is not None
    return who


async def test_every_word_for_help_shows_the_menu(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    for word in ("menu", "0", "help", "TRỢ GIÚP", "tro giup", "bắt đầu"):
        await an.says(word)
        assert "Nguyễn Văn An" in an.last
        assert "Chi bộ 1" in an.last


async def test_the_menu_pages_through_everything_once(talk: Talk) -> None:
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    wanted = [item.label for item in menu_items(await who_of(talk, secretary))]
    await secretary.says("menu")
    seen: list[str] = []
    for _ in range(-(-len(wanted) // ITEMS_A_PAGE)):
        *items, onward = secretary.labels
        assert len(items) <= ITEMS_A_PAGE
        seen.extend(items)
        await secretary.taps(onward)
    assert len(seen) == len(set(seen)) == len(wanted)
    assert secretary.labels[0] == seen[0]


async def test_a_plain_member_is_not_shown_what_is_not_theirs(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    secretary = await talk.member("Phạm Bí Thư", "Chi bộ 1", PostKind.SECRETARY)
    mine = {item.label for item in menu_items(await who_of(talk, an))}
    theirs = {item.label for item in menu_items(await who_of(talk, secretary))}
    assert mine < theirs
    assert {"record.menu", "home.guide_menu", "home.language_menu"} <= mine
    assert not {"joining.menu", "office.menu"} & mine


async def test_forged_pages_still_show_a_menu(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    for page in ("7", "-1", "999999999999999999", "x"):
        await an.presses(f"menu:{page}")
        assert an.last
        await an.presses(f"guide:{page}")
        assert an.last


async def test_the_guide_is_one_tap_away_and_short(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("các bước")
    heads = []
    while an.labels == ["Tiếp theo"]:
        heads.append(an.last.splitlines()[0])
        assert len(an.last.splitlines()) <= MOST_LINES
        await an.taps("Tiếp theo")
    heads.append(an.last.splitlines()[0])
    assert [head[0] for head in heads] == ["1", "2", "3", "4"]
    await an.taps("Việc khác")
    assert "Nguyễn Văn An" in an.last


async def test_english_and_back(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("english")
    assert "Welcome" in an.last
    await an.says("menu")
    assert "Welcome" in an.last
    await an.says("tieng viet")
    assert "Kính chào" in an.last
    await an.presses("speak:xx")
    assert "Kính chào" in an.last


async def test_a_language_can_be_chosen_before_joining(talk: Talk) -> None:
    stranger = await talk.stranger("Người lạ")
    await stranger.says("english")
    await stranger.says("hello")
    assert "join code" in stranger.last


async def test_labels_typed_as_words_do_the_same(talk: Talk) -> None:
    an = await talk.member("Nguyễn Văn An")
    await an.says("menu")
    first = an.labels[0]
    tapped: list[Say] = await an.presses(an.data_of(first))
    await an.says("menu")
    typed = await an.says(fold(first).upper())
    assert [say.text.plain for say in typed] == [say.text.plain for say in tapped]
