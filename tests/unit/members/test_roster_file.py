"""Member lists as offices keep them: what is read, what is refused by line, what is only noted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from members.roster_file import FiledPost, RosterFile, branch_key, read_roster
from members.roster_words import posts_of, status_of
from members.samples import make as sample
from members.tables import MemberStatus, PostKind
from members.workbook import WorkbookRefused, open_workbook
from tests.data import make as faulty
from tests.unit.members.workbooks import xlsx

DATA = Path(faulty.__file__).parent
HEAD = ["STT", "Họ và tên", "Chi bộ", "Diện", "Chức vụ", "Ghi chú"]


def roster(
    *rows: list[str], head: list[str] = HEAD, sheet: str = "Trang tính1", **options: str
) -> RosterFile:
    return read_roster(xlsx((sheet, [head, *rows])), "ds.xlsx", **options)


def codes(found: RosterFile) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.code) for fault in found.faults]


def notes(found: RosterFile) -> set[str]:
    return {note.code for note in found.notes}


def people(found: RosterFile) -> list[tuple[str, str, str]]:
    return [(row.full_name, row.branch, row.status) for row in found.rows]


# The sample (SR-11): 3 branches, 45 members, 43 + 2.


def test_the_sample_list_reads_as_3_branches_45_members_43_and_2() -> None:
    found = read_roster(sample.TARGET.read_bytes(), sample.TARGET.name)
    statuses = [row.status for row in found.rows]
    assert found.faults == []
    assert len({row.branch for row in found.rows}) == 3
    assert (len(statuses), statuses.count(MemberStatus.OFFICIAL)) == (45, 43)
    assert statuses.count(MemberStatus.PROBATIONARY) == 2
    assert notes(found) == {"column_private", "column_unused", "foot_skipped"}


def test_every_branch_of_the_sample_has_its_committee_and_somebody_in_charge() -> None:
    found = read_roster(sample.TARGET.read_bytes(), sample.TARGET.name)
    branches = {row.branch for row in found.rows}
    for kind in (PostKind.SECRETARY, PostKind.DEPUTY, PostKind.COMMITTEE_MEMBER):
        assert {row.branch for row in found.rows if FiledPost(kind) in row.posts} == branches
    in_charge = [post for row in found.rows for post in row.posts if post.kind == PostKind.IN_CHARGE]
    assert sorted(name for post in in_charge for name in post.branches) == sorted(branches)
    kinds = {post.kind for row in found.rows for post in row.posts}
    assert {PostKind.LEADER, PostKind.OFFICE, PostKind.CLERK} <= kinds


def test_the_committed_sample_is_what_the_script_makes() -> None:
    made, kept = open_workbook(sample.workbook_bytes()), open_workbook(sample.TARGET.read_bytes())
    assert made == kept


def test_no_telephone_number_of_the_sample_comes_out() -> None:
    assert "0900" not in repr(read_roster(sample.TARGET.read_bytes(), sample.TARGET.name))


# The faulty list.


def test_every_faulty_line_is_named_and_the_others_are_read() -> None:
    data = (DATA / "danh-sach-loi.xlsx").read_bytes()
    found = read_roster(data, "danh-sach-loi.xlsx", known_branches=["Chi bộ 1", "Chi bộ 2"])
    assert codes(found) == [
        (6, "missing_name"),
        (7, "unknown_branch"),
        (8, "unknown_status"),
        (9, "same_name"),
        (10, "same_name"),
        (13, "name_not_letters"),
        (14, "missing_branch"),
    ]
    assert found.faults[3].words["other"] == "10"
    assert found.faults[0].column == "Họ và tên"
    assert [(row.line, row.mark) for row in found.rows] == [(5, ""), (11, "A"), (12, "B"), (15, "")]
    assert notes(found) == {"column_private", "post_ignored"}
    assert "012345678901" not in repr(found)


def test_the_committed_faulty_files_are_what_the_script_makes() -> None:
    made = open_workbook(xlsx(("Danh sách", faulty.ROSTER)))
    assert made == open_workbook((DATA / "danh-sach-loi.xlsx").read_bytes())


# Shapes of lists.


def test_family_and_given_name_in_two_columns() -> None:
    head = ["TT", "Họ đệm", "Tên", "Chi bộ"]
    found = roster(["1", "Nguyễn Văn", "An", "1"], head=head)
    assert people(found) == [("Nguyễn Văn An", "Chi bộ 1", "official")]
    assert notes(found) == {"status_assumed"}


def test_one_title_merged_over_two_name_columns() -> None:
    rows = [["TT", "Họ và tên", "", "Chi bộ"], ["1", "Nguyễn Văn", "An", "1"]]
    found = read_roster(xlsx(("S", rows), merged=[(0, 1, 0, 2)]), "ds.xlsx")
    assert [row.full_name for row in found.rows] == ["Nguyễn Văn An"]


def test_titles_without_tones_or_in_capitals_are_found_below_other_lines() -> None:
    rows = [["Dang bo xa Mau"], [], ["stt", "HO VA TEN", "CHI BO", "dien"], ["1", "Lê Thị Hoa", "2", "db"]]
    found = read_roster(xlsx(("S", rows)), "ds.xlsx")
    assert people(found) == [("Lê Thị Hoa", "Chi bộ 2", "probationary")]


@pytest.mark.parametrize("merged", [True, False])
def test_a_head_of_two_lines(*, merged: bool) -> None:
    rows = [
        ["STT", "Họ và tên", "Chi bộ", "Diện", "", "Ngày vào Đảng", "", "Chức vụ", ""],
        ["", "", "", "Chính thức", "Dự bị", "Dự bị", "Chính thức", "Đảng", "Chính quyền"],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)"],
        ["1", "Lê Thị Hoa", "1", "x", "", "03/02/2010", "03/02/2011", "Bí thư", "Phó bí thư đoàn"],
        ["2", "Lê Thị Huệ", "1", "", "X", "03/02/2026", "", "", ""],
    ]
    areas = [(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 1, 2), (0, 3, 0, 4), (0, 5, 0, 6), (0, 7, 0, 8)]
    found = read_roster(xlsx(("S", rows), merged=areas if merged else []), "ds.xlsx")
    assert [row.status for row in found.rows] == ["official", "probationary"]
    assert [row.posts for row in found.rows] == [(FiledPost(PostKind.SECRETARY),), ()]
    private = [note.words["title"] for note in found.notes if note.code == "column_private"]
    assert private == ["Ngày vào Đảng – Dự bị", "Ngày vào Đảng – Chính thức"]


def test_section_lines_name_branches_and_statuses() -> None:
    found = roster(
        ["I", "CHI BỘ KHOA CƠ BẢN (02 đảng viên)"],
        ["1", "Lê Thị Hoa"],
        ["", "Đảng viên dự bị"],
        ["2", "Lê Thị Huệ"],
        ["", "Cộng: 2"],
        ["II. Chi bộ Khối Văn phòng: 1 đồng chí"],
        ["1", "Tống Công Minh"],
        head=["STT", "Họ và tên"],
    )
    assert people(found) == [
        ("Lê Thị Hoa", "Chi bộ KHOA CƠ BẢN", "official"),
        ("Lê Thị Huệ", "Chi bộ KHOA CƠ BẢN", "probationary"),
        ("Tống Công Minh", "Chi bộ Khối Văn phòng", "official"),
    ]


def test_merged_branch_cells_hold_for_all_their_lines() -> None:
    rows = [HEAD[:4], ["1", "Lê Thị Hoa", "Chi bộ 1", "CT"], ["2", "Lê Thị Huệ", "", "CT"]]
    found = read_roster(xlsx(("S", rows), merged=[(1, 2, 2, 2)]), "ds.xlsx")
    assert [row.branch for row in found.rows] == ["Chi bộ 1", "Chi bộ 1"]


def test_each_sheet_may_be_a_branch() -> None:
    one = [["STT", "Họ và tên"], ["1", "Lê Thị Hoa"]]
    data = xlsx(("Chi bộ 1", one), ("CB 2", one), ("Hướng dẫn", [["Điền theo mẫu"]]))
    found = read_roster(data, "ds.xlsx")
    assert [(row.sheet, row.branch) for row in found.rows] == [("Chi bộ 1", "Chi bộ 1"), ("CB 2", "Chi bộ 2")]
    assert "sheet_skipped" in notes(found)


@pytest.mark.parametrize(
    "title", ["DANH SÁCH ĐẢNG VIÊN CHI BỘ 3", "Chi bộ: 3", "CHI BỘ 3", "Danh sách đảng viên của chi bộ 3"]
)
def test_a_title_may_name_the_branch(title: str) -> None:
    found = read_roster(xlsx(("S", [[title], ["STT", "Họ và tên"], ["1", "Lê Thị Hoa"]])), "ds.xlsx")
    assert [row.branch for row in found.rows] == ["Chi bộ 3"]


def test_a_title_of_many_branches_names_none() -> None:
    rows = [["DANH SÁCH ĐẢNG VIÊN CHI BỘ NĂM 2026"], ["STT", "Họ và tên"], ["1", "Lê Thị Hoa"]]
    assert codes(read_roster(xlsx(("S", rows)), "ds.xlsx")) == [(3, "missing_branch")]
    found = read_roster(xlsx(("S", rows)), "ds.xlsx", default_branch="Chi bộ 5")
    assert [row.branch for row in found.rows] == ["Chi bộ 5"]


def test_signatures_below_the_list_are_no_members() -> None:
    found = roster(
        ["1", "Lê Thị Hoa", "1", "CT"],
        ["", "Tổng số đảng viên", "1"],
        ["", "", "", "Lào Cai, ngày 05 tháng 01 năm 2026"],
        ["", "NGƯỜI LẬP", "", "T/M CHI ỦY"],
        ["", "Trần Văn Ký", "", "Lê Văn Duyệt"],
        ["2", "Lê Thị Huệ", "1", "DB"],
    )
    assert [row.full_name for row in found.rows] == ["Lê Thị Hoa", "Lê Thị Huệ"]
    assert [note.line for note in found.notes if note.code == "foot_skipped"] == [4]
    assert found.faults == []


# Names.


def test_names_are_cleaned_but_not_changed() -> None:
    found = roster(
        ["1", " Đ/c  NGUYỄN VĂN AN ", "1", "CT"],
        ["2", "Giàng A Páo (A)", "1", "CT"],
        ["3", "H'Hen Niê", "1", "CT"],
        ["4", "Mai", "1", "CT"],
    )
    assert [(row.full_name, row.mark) for row in found.rows] == [
        ("Nguyễn Văn An", ""),
        ("Giàng A Páo", "A"),
        ("H'Hen Niê", ""),
        ("Mai", ""),
    ]
    assert notes(found) == {"name_one_word"}


def test_namesakes_of_one_branch_need_a_mark_that_is_no_year() -> None:
    found = roster(
        ["1", "Lê Thị Lan", "1", "CT", "", "1975"],
        ["2", "Lê Thị Lân", "1", "CT", "", "1980"],
        ["3", "Lê Thị Lan", "2", "CT"],
        ["4", "Lê Văn Nam", "2", "CT", "", "A"],
        ["5", "Lê Văn Nam", "2", "CT", "", "B"],
    )
    assert codes(found) == [(2, "same_name"), (3, "same_name")]
    assert [(row.line, row.mark) for row in found.rows] == [(4, ""), (5, "A"), (6, "B")]


def test_a_file_of_namesakes_does_not_swell() -> None:
    found = roster(*[["1", "Lê Thị Lan", "1", "CT"]] * 400)
    assert len(found.faults) == 400
    assert max(len(fault.words["other"]) for fault in found.faults) < 60


def test_long_names_and_branches_are_faults() -> None:
    found = roster(["1", "Lê " * 60, "1", "CT"], ["2", "Lê Hoa", "x" * 201, "CT"])
    assert codes(found) == [(2, "name_too_long"), (3, "branch_too_long")]


# Statuses.


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("Chính thức", "official"),
        ("ĐV dự bị", "probationary"),
        ("DB", "probationary"),
        ("Miễn sinh hoạt", "exempt"),
        ("Được miễn công tác và sinh hoạt đảng", "exempt"),
        ("Sinh hoạt tạm thời đến", "temporary_here"),
        ("tạm thời đi", "temporarily_elsewhere"),
        ("Chuyển sinh hoạt tạm thời nơi khác", "temporarily_elsewhere"),
        ("đình chỉ sinh hoạt", "suspended"),
        ("quần chúng", None),
        ("", None),
    ],
)
def test_status_words(typed: str, status: str | None) -> None:
    assert status_of(typed) == status


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["x", "", "", ""], "official"),
        (["", "✓", "", ""], "probationary"),
        (["x", "", "x", ""], "exempt"),
        (["x", "-", "0", "miễn sinh hoạt"], "exempt"),
        (["03/02/2010", "", "", ""], "official"),
        (["03/02/2011", "03/02/2010", "", ""], "official"),
        (["", "03/02/2026", "", ""], "probationary"),
        (["x", "x", "", ""], "two_statuses"),
        (["x", "", "", "dự bị"], "two_statuses"),
        (["", "", "", ""], "missing_status"),
        (["?", "", "", ""], "unknown_status"),
    ],
)
def test_ticked_statuses(cells: list[str], expected: str) -> None:
    head = ["STT", "Họ và tên", "Chính thức", "Dự bị", "Miễn SH", "Ghi chú"]
    found = roster(["1", "Lê Thị Hoa", *cells], head=head, default_branch="Chi bộ 1")
    assert [row.status for row in found.rows] + [fault.code for fault in found.faults] == [expected]


def test_blank_statuses_are_official_and_counted_in_a_note() -> None:
    found = roster(["1", "Lê Thị Hoa", "1", ""], ["2", "Lê Thị Huệ", "1", "DB"], ["3", "Lê An", "1", ""])
    assert [row.status for row in found.rows] == ["official", "probationary", "official"]
    assert [note.words["count"] for note in found.notes if note.code == "status_blank"] == ["2"]


# Posts.


@pytest.mark.parametrize(
    ("typed", "posts"),
    [
        ("Bí thư", [FiledPost(PostKind.SECRETARY)]),
        ("Phó Bí thư Chi bộ", [FiledPost(PostKind.DEPUTY)]),
        ("PBT, chi uỷ viên", [FiledPost(PostKind.DEPUTY), FiledPost(PostKind.COMMITTEE_MEMBER)]),
        ("chi ủy viên\nthư ký", [FiledPost(PostKind.COMMITTEE_MEMBER), FiledPost(PostKind.CLERK)]),
        ("Bí thư Đảng ủy", [FiledPost(PostKind.LEADER)]),
        ("Phó bí thư thường trực Đảng uỷ", [FiledPost(PostKind.LEADER)]),
        ("Chánh Văn phòng Đảng ủy", [FiledPost(PostKind.OFFICE)]),
        ("Đảng ủy viên phụ trách chi bộ", [FiledPost(PostKind.IN_CHARGE)]),
        (
            "ĐUV, phụ trách các Chi bộ 1, 2 và Chi bộ Khoa A",
            [FiledPost(PostKind.IN_CHARGE, ("Chi bộ 1", "2", "Chi bộ Khoa A"))],
        ),
        (
            "Bí thư chi bộ kiêm đảng ủy viên phụ trách Chi bộ 3",
            [FiledPost(PostKind.SECRETARY), FiledPost(PostKind.IN_CHARGE, ("Chi bộ 3",))],
        ),
        ("Đảng viên", []),
        ("-", []),
    ],
)
def test_post_words(typed: str, posts: list[FiledPost]) -> None:
    found, unknown = posts_of(typed)
    assert sorted(found, key=repr) == sorted(posts, key=repr)
    assert [word for word in unknown if word not in {"ĐUV"}] == []


@pytest.mark.parametrize("typed", ["Bí thư chi đoàn", "Trưởng khoa", "phụ trách thư viện", "Phó bí thư Đoàn"])
def test_posts_outside_the_party_give_no_rights(typed: str) -> None:
    assert posts_of(typed) == ([], [typed])


def test_being_in_charge_of_a_branch_nobody_knows_is_a_fault() -> None:
    found = roster(
        ["1", "Lê Thị Hoa", "1", "CT", "Đảng ủy viên phụ trách chi bộ 1 và 7"],
        ["2", "Lê Thị Huệ", "2", "CT", "Đảng ủy viên phụ trách chi bộ 1 và 2"],
    )
    assert codes(found) == [(2, "unknown_branch")]
    assert [row.line for row in found.rows] == [3]


def test_two_secretaries_of_one_branch_are_noted() -> None:
    found = roster(["1", "Lê Thị Hoa", "1", "CT", "Bí thư"], ["2", "Lê Thị Huệ", "1", "CT", "BT"])
    assert [(n.line, n.words["other"]) for n in found.notes if n.code == "two_secretaries"] == [(3, "2")]


# Files as a whole.


def test_files_without_a_list_say_so() -> None:
    assert codes(read_roster(xlsx(("S", [["Thu", "Chi"], ["1", "2"]])), "a.xlsx")) == [
        (None, "header_not_found")
    ]
    assert codes(read_roster(xlsx(("S", [])), "a.xlsx")) == [(None, "no_rows")]
    assert codes(roster()) == [(None, "no_rows")]


def test_branch_spellings() -> None:
    same = ["CHI BỘ KHOA CƠ BẢN", "Chi bộ Khoa cơ bản", "CB khoa cơ bản", "Khoa Cơ bản"]
    assert len({branch_key(name) for name in same}) == 1
    assert branch_key("Chi bộ Trường (cơ sở 1)") != branch_key("Chi bộ Trường (cơ sở 2)")
    found = roster(["1", "Lê Hoa", "KHOA CƠ BẢN", "CT"], ["2", "Lê Huệ", "Khoa Cơ bản", "CT"])
    assert {row.branch for row in found.rows} == {"Chi bộ Khoa Cơ bản"}


names = st.lists(
    st.sampled_from(["Nguyễn", "Đỗ", "Lê", "Thị", "Văn", "A", "Páo", "Hương", "Ươm"]), min_size=2, max_size=4
)
lines = st.tuples(
    names.map(" ".join), st.sampled_from(["1", "2", "9A"]), st.sampled_from(["CT", "DB", "Miễn"])
)


@given(st.lists(lines, min_size=1, max_size=12, unique_by=lambda line: (line[0], line[1])), st.integers(0, 3))
@settings(max_examples=40)
def test_600_rows_or_a_dozen_nothing_is_lost(members: list[tuple[str, str, str]], titles: int) -> None:
    """O-01: every line comes back, as a row or as a named fault."""
    rows = [["Đảng bộ"]] * titles + [HEAD, *(["1", *member] for member in members)]
    found = read_roster(xlsx(("S", rows)), "ds.xlsx")
    told = [row.line for row in found.rows] + [fault.line or 0 for fault in found.faults]
    assert sorted(told) == list(range(titles + 2, titles + 2 + len(members)))
    expected = [(name, f"Chi bộ {branch}") for name, branch, _ in members]
    assert [(row.full_name, row.branch) for row in found.rows if row.line] == [
        expected[row.line - titles - 2] for row in found.rows
    ]


words = st.sampled_from(
    [
        "STT",
        "Họ và tên",
        "Họ",
        "Tên",
        "Chi bộ",
        "Chi bộ 1",
        "Diện",
        "Dự bị",
        "Chức vụ",
        "Đảng",
        "x",
        "1",
        "(",
        "- ",
        "",
    ]
) | st.text(max_size=8)


@given(
    st.lists(st.lists(words, max_size=6), max_size=10),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=1),
)
@settings(max_examples=80)
def test_any_sheet_is_read_or_refused(rows: list[list[str]], area: list[tuple[int, int]]) -> None:
    merged = [(top, left, top + 1, left + 1) for top, left in area]
    try:
        found = read_roster(xlsx(("S", rows), merged=merged), "ds.xlsx")
    except WorkbookRefused as refused:
        assert refused.code
    else:
        assert all(row.full_name and row.branch for row in found.rows)
