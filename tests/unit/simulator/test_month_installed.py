"""Which bots a walk runs on, and who writes to which."""

from pathlib import Path

from simulator.month import roster
from simulator.month.installed import FREE_PEOPLE, ON_TWO, installed, players_of
from simulator.month.roster import Listed
from simulator.options import bot_of, zalo_oa_of


def listed(members: int, folder: Path, in_a_branch: int = 15) -> list[Listed]:
    return roster.made(members, folder / "list.xlsx", in_a_branch)[1]


def test_a_ward_has_a_free_bot_for_every_branch(tmp_path: Path) -> None:
    lines = listed(600, tmp_path, 40)
    bots = installed("zalo_bot", lines)
    assert len(bots) == 15
    assert len({bot.token for bot in bots} | {bot.account.bot for bot in bots}) == 30
    assert all(bot_of(bot.at_simulator).token == bot.token for bot in bots)
    codes = {(line.branch, line.name): "" for line in lines}
    players = players_of(lines, codes, bots)
    for bot in bots:
        own = [player for player in players if player.accounts == (bot.account,)]
        assert 0 < len(own) <= FREE_PEOPLE
        assert {player.branch for player in own} == set(bot.serves)
        assert bot.settings("http://127.0.0.1:1")["serves"] == list(bot.serves)


def test_few_people_share_one_bot(tmp_path: Path) -> None:
    for channel in ("telegram", "zalo_bot", "zalo_oa"):
        (bot,) = installed(channel, listed(45, tmp_path))
        assert (bot.name, bot.serves, bot.account.platform) == (channel, (), channel)
        assert "serves" not in bot.settings("http://127.0.0.1:1")
        assert all(name.startswith(f"MUNGBA_{channel.upper()}_") for name in bot.secrets)
    assert zalo_oa_of(bot.at_simulator).username == "mung_ba_oa"


def test_mixed_spreads_people_over_all_and_gives_five_two(tmp_path: Path) -> None:
    lines = listed(45, tmp_path)
    codes = {(line.branch, line.name): "" for line in lines}
    players = players_of(lines, codes, installed("mixed", lines))
    firsts = [player.accounts[0].platform for player in players]
    assert {firsts.count(platform) for platform in ("telegram", "zalo_bot", "zalo_oa")} == {15}
    on_two = [player for player in players if len(player.accounts) > 1]
    assert len(on_two) == ON_TWO
    assert all(player.is_plain and len(set(player.accounts)) == 2 for player in on_two)
