"""A wrong setting is one plain sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import ChannelAccount, load, secrets_of, token_of
from db.errors import StartRefused

ROOT = Path(__file__).resolve().parents[3]


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_sample_file_is_read() -> None:
    settings = load(ROOT / "config.yaml", {})
    assert [account.name for account in settings.channels] == ["telegram"]
    assert settings.meetings.reminder_days == (7, 3, 1, 0)
    assert settings.zone.key == "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("web: {prot: 8080}", "unknown key `prot`"),
        ("wbe: {port: 8080}", "unknown key `wbe`"),
        ("organisation: {zone: Asia/Hanoi}", "Asia/Hanoi' is no time zone"),
        ("web: {port: many}", "web.port"),
        ("web: [", "not valid YAML in line 1"),
        ("just words", "must hold sections"),
        ("quiet: {start: late}", "quiet.start"),
        ("channels: [{name: a}, {name: a}]", "two channels are named 'a'"),
        ("channels: [{name: a, kind: fax}]", "channels"),
        ("meetings: {reminder_hour: 25}", "reminder_hour"),
        ("{clock: {follow: 'http://127.0.0.1:1'}, channels: [{name: a}]}", "simulator on this machine only"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(StartRefused) as refused:
        load(written(tmp_path, text), {})
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="cannot be read"):
        load(tmp_path / "nowhere.yaml", {})


def test_the_environment_overrides_a_single_setting(tmp_path: Path) -> None:
    path = written(tmp_path, "web: {port: 8080}")
    settings = load(path, {"MUNGBA_WEB__PORT": "9000", "MUNGBA_QUIZ__MINUTES": "5", "PATH": "x"})
    assert (settings.web.port, settings.quiz.minutes) == (9000, 5)


def test_an_unknown_override_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="prot"):
        load(written(tmp_path, "{}"), {"MUNGBA_WEB__PROT": "9000"})


def test_a_token_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    account = ChannelAccount(name="khu-pho-5")
    secret = tmp_path / "token"
    secret.write_text("123:abc\n", "ascii")
    assert token_of(account, {"MUNGBA_KHU_PHO_5_TOKEN": "9:x"}) == "9:x"
    assert token_of(account, {"MUNGBA_KHU_PHO_5_TOKEN_FILE": str(secret)}) == "123:abc"
    with pytest.raises(StartRefused, match="MUNGBA_KHU_PHO_5_TOKEN"):
        token_of(account, {})
    with pytest.raises(StartRefused, match="cannot be read"):
        token_of(account, {"MUNGBA_KHU_PHO_5_TOKEN_FILE": str(tmp_path / "none")})


def test_what_is_left_out_depends_on_the_kind(tmp_path: Path) -> None:
    text = "channels: [{name: a, kind: zalo_bot}, {name: b}, {name: c, kind: zalo_oa, per_second: 9}]"
    zalo, telegram, official = load(written(tmp_path, text), {}).channels
    assert zalo.api_base == "https://bot-api.zaloplatforms.com"
    assert (telegram.kind, telegram.api_base) == ("telegram", "https://api.telegram.org")
    assert (zalo.per_second, telegram.per_second, official.per_second) == (5, 30, 9)


def test_every_secret_of_a_kind_is_asked_for() -> None:
    account = ChannelAccount(name="phuong-3", kind="zalo_oa")
    names = ("APP_ID", "APP_SECRET", "OA_SECRET", "REFRESH_TOKEN")
    environ = {f"MUNGBA_PHUONG_3_{name}": name.lower() for name in names}
    assert secrets_of(account, environ) == {name: name.lower() for name in names}
    del environ["MUNGBA_PHUONG_3_OA_SECRET"]
    with pytest.raises(StartRefused, match="has no oa secret: set MUNGBA_PHUONG_3_OA_SECRET or"):
        secrets_of(account, environ)
