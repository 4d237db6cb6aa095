"""The command line: whatever is wrong is one plain sentence and an exit code, never a traceback."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main
from db.engine import FolderLock
from simulator.process import SimulatorProcess
from tests.support.installation import ROOT

DATA = ROOT / "tests" / "data"
ROSTER = ROOT / "members" / "samples" / "danh-sach-dang-vien.xlsx"
QUIZ = ROOT / "quizzes" / "samples" / "cau-hoi-chuyen-de.xlsx"
TOKEN = "7000000001:SIMULATOR-ONLY-OPENS-NO-REAL-DOOR-1"
NO_PLATFORM = "http://127.0.0.1:9"


@dataclass
class Outcome:
    """How a command ended."""

    code: int
    said: str
    complained: str


@dataclass
class Office:
    """A folder with a configuration, at whose keyboard somebody types commands."""

    folder: Path
    keyboard: pytest.MonkeyPatch
    screen: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def configure(self, more: str = "", platform: str = NO_PLATFORM) -> None:
        self.config.write_text(
            f"organisation:\n  name: Đảng bộ thử\ndatabase:\n  url: sqlite:///{self.folder}/kept/mungba.db\n"
            f"channels:\n  - name: telegram\n    api_base: {platform}\n{more}",
            "utf-8",
        )

    def types(self, *arguments: str | Path) -> Outcome:
        """The command in this process: a hundred starts would take minutes."""
        self.keyboard.setattr(sys, "argv", ["mungba", *map(str, arguments), "--config", str(self.config)])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        said = self.screen.readouterr()
        return Outcome(code if isinstance(code, int) else 1, said.out, said.err)

    def is_refused(self, *arguments: str | Path) -> str:
        """The one sentence with which a command that cannot be done ends."""
        outcome = self.types(*arguments)
        lines = [line for line in outcome.complained.splitlines() if " INFO " not in line]
        assert outcome.code == 2, outcome
        assert len(lines) == 1, outcome
        assert lines[0].startswith("mungba: ")
        assert outcome.said == ""
        return lines[0]


@pytest.fixture
def office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Office]:
    for name in [name for name in os.environ if name.startswith("MUNGBA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MUNGBA_TELEGRAM_TOKEN", TOKEN)
    at = Office(tmp_path, monkeypatch, capsys)
    at.configure()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield at
    root.handlers[:], root.level = before


def test_as_a_command_it_says_the_same(office: Office) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "check", "--config", "nowhere.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "mungba: the settings file nowhere.yaml cannot be read: No such file or directory\n"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("web:\n  prot: 8080\n", ["unknown key", "prot", "web"]),
        ("web:\n  port: 80800\n", ["port"]),
        ("web:\n  port: many\n", ["port"]),
        ("bots: []\n", ["unknown key", "bots"]),
        ("quiet:\n  start: late\n", ["quiet.start"]),
        ("meetings:\n  checkin_before_minutes: -1\n", ["checkin_before_minutes"]),
        ("clock:\n\tfollow: x\n", ["not valid YAML", "line"]),
    ],
    ids=["key", "number", "type", "section", "time", "negative", "tab"],
)
def test_a_wrong_setting_is_named(office: Office, settings: str, words: list[str]) -> None:
    office.configure(settings)
    sentence = office.is_refused("run")
    assert str(office.config) in sentence
    assert [word for word in words if word not in sentence] == []


def test_a_zone_that_does_not_exist_is_named(office: Office) -> None:
    office.config.write_text("organisation:\n  zone: Asia/Sai_Gon\n", "utf-8")
    assert "Asia/Ho_Chi_Minh" in office.is_refused("check")


def test_a_missing_settings_file_is_named(office: Office) -> None:
    office.config.unlink()
    assert str(office.config) in office.is_refused("run")


def test_settings_that_are_no_text_are_refused(office: Office) -> None:
    shutil.copy(ROSTER, office.config)
    assert str(office.config) in office.is_refused("run")


def test_a_missing_token_says_which_variable_to_set(office: Office) -> None:
    office.keyboard.delenv("MUNGBA_TELEGRAM_TOKEN")
    assert "MUNGBA_TELEGRAM_TOKEN" in office.is_refused("run")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00token"], ids=["missing", "no text"])
def test_a_token_file_that_cannot_be_read_is_named(office: Office, content: bytes | None) -> None:
    file = office.folder / "token"
    if content is not None:
        file.write_bytes(content)
    office.keyboard.delenv("MUNGBA_TELEGRAM_TOKEN")
    office.keyboard.setenv("MUNGBA_TELEGRAM_TOKEN_FILE", str(file))
    assert str(file) in office.is_refused("run")


def test_another_kind_of_database_is_refused(office: Office) -> None:
    office.keyboard.setenv("MUNGBA_DATABASE__URL", "mysql://somewhere/x")
    assert "sqlite:///" in office.is_refused("db", "upgrade")


def test_no_channel_says_what_to_add(office: Office) -> None:
    office.config.write_text(f"database:\n  url: sqlite:///{office.folder}/kept/mungba.db\n", "utf-8")
    assert "channels:" in office.is_refused("run")


def test_a_platform_that_does_not_answer_stops_the_start(office: Office) -> None:
    sentence = office.is_refused("run").replace("mungba: ", "")
    assert sentence.startswith("channel telegram does not answer")
    assert TOKEN not in sentence


def test_a_data_folder_that_cannot_be_made_is_named(office: Office) -> None:
    (office.folder / "kept").write_text("in the way")
    assert str(office.folder / "kept") in office.is_refused("db", "upgrade")


def test_a_database_that_is_none_is_named(office: Office) -> None:
    (office.folder / "kept").mkdir()
    (office.folder / "kept" / "mungba.db").write_bytes(b"not a database at all, not even nearly" * 99)
    assert "mungba.db" in office.is_refused("db", "upgrade")


def test_the_schema_is_brought_up_to_date_once(office: Office) -> None:
    first, second = office.types("db", "upgrade"), office.types("db", "upgrade")
    assert (first.code, second.code) == (0, 0)
    assert "none ->" in first.said
    present, _, newest = second.said.rpartition("schema ")[2].strip().partition(" -> ")
    assert present == newest


def test_codes_need_a_channel_that_answers(office: Office) -> None:
    assert "does not answer" in office.is_refused("codes", office.folder / "sheets")


def test_with_a_platform_the_rest_is_asked_for(office: Office) -> None:
    with SimulatorProcess(bots=[f"{TOKEN}:mung_ba_bot:Mùng Ba"]) as platform, socket.socket() as taken:
        office.configure(platform=platform.url)
        assert "import members" in office.is_refused("codes", office.folder / "sheets")
        office.types("import", "members", ROSTER)
        assert "no branch called" in office.is_refused("codes", office.folder / "sheets", "--branch", "Z")
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        office.keyboard.setenv("MUNGBA_WEB__PORT", str(taken.getsockname()[1]))
        assert "is taken: set web.port" in office.is_refused("run")
        lock = FolderLock(office.folder / "kept")
        assert "already in use by process" in office.is_refused("run")
        lock.release()


def missing(folder: Path) -> Path:
    return folder / "nowhere.xlsx"


def directory(folder: Path) -> Path:
    return folder


def words_as_workbook(folder: Path) -> Path:
    path = folder / "list.xlsx"
    path.write_text("họ và tên;chi bộ\n", "utf-8")
    return path


def half_a_workbook(folder: Path) -> Path:
    path = folder / "half.xlsx"
    path.write_bytes(ROSTER.read_bytes()[:3000])
    return path


def nothing_at_all(folder: Path) -> Path:
    path = folder / "empty.xlsx"
    path.touch()
    return path


def letter(folder: Path) -> Path:
    path = folder / "list.docx"
    path.write_bytes(b"PK\x03\x04 a letter")
    return path


@pytest.mark.parametrize("what", ["members", "quiz"])
@pytest.mark.parametrize(
    "made", [missing, directory, words_as_workbook, half_a_workbook, nothing_at_all, letter]
)
def test_a_file_that_cannot_be_read_is_named(office: Office, what: str, made: Callable[[Path], Path]) -> None:
    path = made(office.folder)
    outcome = office.types("import", what, path)
    assert outcome.code in {1, 2}
    assert len((outcome.said + outcome.complained).splitlines()) <= 2, outcome
    assert outcome.said + outcome.complained


@pytest.mark.parametrize(("what", "file"), [("members", QUIZ), ("quiz", ROSTER)])
def test_the_other_file_is_noticed(office: Office, what: str, file: Path) -> None:
    outcome = office.types("import", what, file)
    assert outcome.code in {1, 2}
    assert outcome.said + outcome.complained


def test_a_good_roster_twice_changes_nothing(office: Office) -> None:
    first = office.types("import", "members", ROSTER)
    second = office.types("import", "members", ROSTER)
    assert (first.code, second.code) == (0, 0), (first, second)
    assert "45" in first.said
    assert first.said != second.said
    assert second.said == office.types("import", "members", ROSTER).said


def test_a_good_bank_twice_changes_nothing(office: Office) -> None:
    office.types("import", "members", ROSTER)
    first = office.types("import", "quiz", QUIZ)
    second = office.types("import", "quiz", QUIZ)
    assert (first.code, second.code) == (0, 0), (first, second)
    assert first.said != second.said


@pytest.mark.parametrize(
    ("what", "file", "least"), [("members", "danh-sach-loi.xlsx", 5), ("quiz", "cau-hoi-loi.xlsx", 3)]
)
def test_every_faulty_row_is_named_by_line(office: Office, what: str, file: str, least: int) -> None:
    office.types("import", "members", ROSTER)
    outcome = office.types("import", what, DATA / file)
    faults = [line for line in outcome.said.splitlines() if line.startswith("FIX")]
    assert outcome.code == 1
    assert outcome.complained == ""
    assert len([line for line in faults if "dòng" in line.lower()]) >= least, outcome.said


def test_an_unknown_command_is_named(office: Office) -> None:
    outcome = office.types("fly")
    assert outcome.code == 2
    assert "fly" in outcome.complained
