"""Importing member lists: totals, importing twice, changes, posts that end, rows that are missing."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

import members.samples
from db.base import Base
from db.errors import BadInput, NotAllowed
from members.faults import Fault
from members.identity import posts_held
from members.roster_file import RosterFile, RosterRow
from members.roster_import import (
    RosterReport,
    committee_named,
    import_members,
    import_roster,
    office_committee,
    preview_import,
)
from members.roster_roll import identity_of
from members.roster_words import FiledPost
from members.tables import AuditEntry, Member, MemberStatus, Post, PostKind, Unit, UnitKind
from tests.unit.members.conftest import NOW, TODAY, Org

NAMES = (
    "An",
    "Bình",
    "Chi",
    "Dũng",
    "Giang",
    "Hà",
    "Hải",
    "Khoa",
    "Lan",
    "Minh",
    "Nga",
    "Oanh",
    "Phú",
    "Quý",
)


SAMPLE = Path(members.samples.__file__).parent / "danh-sach-dang-vien.xlsx"


def a_row(name: str, branch: str = "Chi bộ 1", *posts: FiledPost, line: int = 2, mark: str = "") -> RosterRow:
    return RosterRow(line, "Sheet1", name, mark, branch, MemberStatus.OFFICIAL, posts)


def a_file(*rows: RosterRow, faults: tuple[Fault, ...] = ()) -> RosterFile:
    return RosterFile(list(rows), list(faults), [])


def school() -> RosterFile:
    """Three branches of 15, two probationary, a secretary each: the sample organisation's size."""
    rows = [
        RosterRow(
            2 + 15 * branch + n,
            "Sheet1",
            f"Nguyễn Văn {(*NAMES, 'Sơn')[n]}",
            "",
            f"Chi bộ {branch + 1}",
            MemberStatus.PROBATIONARY if n == 14 and branch < 2 else MemberStatus.OFFICIAL,
            (FiledPost(PostKind.SECRETARY),) if n == 0 else (),
        )
        for branch in range(3)
        for n in range(15)
    ]
    return a_file(*rows)


def run(session: Session, org: Org, file: RosterFile, today: date = TODAY) -> RosterReport:
    return import_roster(session, None, org.committee, file, NOW, today)


def snapshot(session: Session) -> list[tuple[object, ...]]:
    session.flush()
    rows: list[tuple[object, ...]] = []
    for table in (Unit, Member, Post):
        rows.extend(tuple(row) for row in session.execute(select(table.__table__)))
    return rows


def only(session: Session, name: str) -> Member:
    return session.scalars(select(Member).where(Member.full_name == name)).one()


def test_totals_are_3_45_43_and_2(session: Session, org: Org) -> None:
    report = run(session, org, school())
    assert (report.branches, report.members, report.official, report.probationary) == (3, 45, 43, 2)
    assert (report.added, report.changed, report.unchanged) == (45, 0, 0)
    assert session.scalar(select(func.count()).select_from(Member)) == 45
    assert len(report.new_branches) == 3


def test_importing_twice_changes_nothing(session: Session, org: Org) -> None:
    run(session, org, school())
    before = snapshot(session)
    again = run(session, org, school(), TODAY + timedelta(days=30))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 45)
    assert again.new_branches == again.missing == again.renamed == ()
    assert snapshot(session) == before


def test_the_sample_file_is_3_45_43_and_2(session: Session) -> None:
    reports = [
        import_members(session, SAMPLE.read_bytes(), SAMPLE.name, "Đảng bộ Trường (mẫu)", NOW, TODAY)
        for _ in range(2)
    ]
    for report in reports:
        assert (report.branches, report.members, report.official, report.probationary) == (3, 45, 43, 2)
        assert report.faults == ()
    assert [report.added for report in reports] == [45, 0]
    assert [report.unchanged for report in reports] == [0, 45]


def test_a_ward_of_600_with_three_wrong_rows(session: Session, org: Org) -> None:
    """Acceptance O-01: 597 go in, three are named by line, the second time changes nothing."""
    data = ward_file(branches=15, each=40, wrong_lines=(17, 203, 601))
    first = import_members(session, data, "phuong.xlsx", "Đảng bộ Trường (mẫu)", NOW, TODAY)
    assert (first.branches, first.members, first.added) == (15, 597, 597)
    assert sorted(fault.line or 0 for fault in first.faults) == [17, 203, 601]
    before = snapshot(session)
    again = import_members(session, data, "phuong.xlsx", "Đảng bộ Trường (mẫu)", NOW, TODAY)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 597)
    assert snapshot(session) == before


def ward_file(*, branches: int, each: int, wrong_lines: tuple[int, ...]) -> bytes:
    """An .xlsx with a head in line 1; in the wrong lines the name is missing."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["STT", "Họ và tên", "Chi bộ", "Diện đảng viên", "Chức vụ"])
    for line in range(2, 2 + branches * each):
        n = line - 2
        given, middle = NAMES[n % len(NAMES)], NAMES[n % each // len(NAMES)]
        name = "" if line in wrong_lines else f"Trần {middle} {given}"
        sheet.append([n + 1, name, f"Chi bộ khu phố {n // each + 1}", "Chính thức", ""])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_preview_tells_the_same_and_changes_nothing(session: Session, org: Org) -> None:
    before = snapshot(session)
    foretold = preview_import(session, None, org.committee, school(), TODAY)
    assert snapshot(session) == before
    assert run(session, org, school()) == foretold


def test_new_members_count_from_the_given_day(session: Session, org: Org) -> None:
    first = date(2026, 1, 1)
    import_roster(session, None, org.committee, a_file(a_row("Lê An")), NOW, TODAY, on_roll_from=first)
    run(session, org, a_file(a_row("Lê An"), a_row("Lê Bình")))
    assert only(session, "Lê An").on_roll_from == first
    assert only(session, "Lê Bình").on_roll_from == TODAY


def test_a_changed_status_is_updated(session: Session, org: Org) -> None:
    run(session, org, a_file(a_row("Lê An"), a_row("Lê Bình")))
    exempt = replace(a_row("Lê An"), status=MemberStatus.EXEMPT)
    report = run(session, org, a_file(exempt, a_row("Lê Bình")))
    assert (report.changed, report.unchanged) == (1, 1)
    assert only(session, "Lê An").status is MemberStatus.EXEMPT


def test_a_post_that_disappeared_ends_today_and_history_stays(session: Session, org: Org) -> None:
    secretary = FiledPost(PostKind.SECRETARY)
    run(session, org, a_file(a_row("Lê An", "Chi bộ 1", secretary), a_row("Lê Bình")), date(2026, 1, 5))
    report = run(session, org, a_file(a_row("Lê An"), a_row("Lê Bình", "Chi bộ 1", secretary)))
    assert (report.posts_begun, report.posts_ended) == (1, 1)
    an, binh = only(session, "Lê An"), only(session, "Lê Bình")
    assert report.changed == 2
    assert posts_held(session, an.id, TODAY) == ()
    assert posts_held(session, an.id, date(2026, 11, 24))
    assert [p.kind for p in posts_held(session, binh.id, TODAY)] == [PostKind.SECRETARY]


def test_a_list_without_posts_leaves_them(session: Session, org: Org) -> None:
    run(session, org, a_file(a_row("Lê An", "Chi bộ 1", FiledPost(PostKind.SECRETARY))))
    report = run(session, org, a_file(a_row("Lê An")))
    assert report.unchanged == 1
    assert posts_held(session, only(session, "Lê An").id, TODAY)


def test_a_post_taken_back_the_same_day_goes_on(session: Session, org: Org) -> None:
    with_post, other = a_row("Lê An", "Chi bộ 1", FiledPost(PostKind.CLERK)), FiledPost(PostKind.DEPUTY)
    without = a_row("Lê An", "Chi bộ 1", other)
    for file in (a_file(with_post), a_file(without), a_file(with_post)):
        run(session, org, file)
    held = posts_held(session, only(session, "Lê An").id, TODAY)
    assert [post.kind for post in held] == [PostKind.CLERK]


def test_in_charge_reaches_only_the_branches_named(session: Session, org: Org) -> None:
    post = FiledPost(PostKind.IN_CHARGE, ("Chi bộ 2", "CHI BỘ 3"))
    run(session, org, a_file(a_row("Lê An", "Chi bộ 1", post), a_row("Lê Bình", "Chi bộ 2")))
    units = {post.unit_id for post in posts_held(session, only(session, "Lê An").id, TODAY)}
    names = set(session.scalars(select(Unit.name).where(Unit.id.in_(units))))
    assert names == {"Chi bộ 2", "CHI BỘ 3"}
    assert session.scalar(select(func.count()).where(Unit.kind == UnitKind.BRANCH)) == 3


def test_leader_and_office_stand_at_the_committee(session: Session, org: Org) -> None:
    posts = (FiledPost(PostKind.LEADER), FiledPost(PostKind.OFFICE))
    run(session, org, a_file(a_row("Lê An", "Chi bộ 1", *posts)))
    held = posts_held(session, only(session, "Lê An").id, TODAY)
    assert {post.unit_id for post in held} == {org.committee}


def test_rows_missing_are_reported_and_stay(session: Session, org: Org) -> None:
    run(session, org, a_file(a_row("Lê An"), a_row("Lê Bình"), a_row("Trần Chi", "Chi bộ 2")))
    report = run(session, org, a_file(a_row("Lê An")))
    assert report.missing == ("Lê Bình (Chi bộ 1)",)
    assert only(session, "Lê Bình").left_on is None
    assert only(session, "Trần Chi").left_on is None


def test_somebody_who_left_comes_back_from_today(session: Session, org: Org) -> None:
    run(session, org, a_file(a_row("Lê An")), date(2026, 1, 5))
    only(session, "Lê An").left_on = date(2026, 6, 1)
    report = run(session, org, a_file(a_row("Lê An")))
    assert report.changed == 1
    assert (only(session, "Lê An").left_on, only(session, "Lê An").on_roll_from) == (None, TODAY)


def test_namesakes_are_told_apart_by_their_mark(session: Session, org: Org) -> None:
    file = a_file(a_row("Lê An", mark="A"), a_row("Lê An", mark="B"), a_row("Lê An", "Chi bộ 2"))
    assert run(session, org, file).added == 3
    assert run(session, org, file).unchanged == 3


def test_other_tones_are_a_correction_that_is_named(session: Session, org: Org) -> None:
    run(session, org, a_file(a_row("Trần Thị Hà")))
    report = run(session, org, a_file(a_row("Trần Thị Hạ")))
    assert report.renamed == ("Trần Thị Hà → Trần Thị Hạ",)
    assert session.scalar(select(func.count()).select_from(Member)) == 1


def test_good_rows_go_in_beside_faults(session: Session, org: Org) -> None:
    fault = Fault(7, "Họ và tên", "missing_name")
    report = run(session, org, a_file(a_row("Lê An"), faults=(fault,)))
    assert report.faults == (fault,)
    assert report.added == 1


def test_the_importer_keeps_the_office_post(session: Session, org: Org) -> None:
    office = org.member("Lê Văn Phòng", org.branch(), PostKind.OFFICE)
    rows = a_file(a_row("Lê Văn Phòng"), a_row("Lê An", "Chi bộ 1", FiledPost(PostKind.SECRETARY)))
    report = import_roster(session, office, office_committee(office), rows, NOW, TODAY)
    assert (report.posts_begun, report.posts_ended) == (1, 0)
    assert [p.kind for p in posts_held(session, office.member_id, TODAY)] == [PostKind.OFFICE]


def test_only_the_committees_office_imports(session: Session, org: Org) -> None:
    branch = org.branch()
    office = org.member("Lê Văn Phòng", branch, PostKind.OFFICE)
    secretary = org.member("Lê Bí Thư", branch, PostKind.SECRETARY)
    elsewhere = committee_named(session, "Đảng bộ khác")
    for who, committee in ((secretary, org.committee), (office, elsewhere)):
        with pytest.raises(NotAllowed):
            import_roster(session, who, committee, a_file(a_row("Lê An")), NOW, TODAY)
    with pytest.raises(NotAllowed):
        office_committee(secretary)
    assert session.scalar(select(func.count()).select_from(Member)) == 2


def test_importing_is_audited_without_names(session: Session, org: Org) -> None:
    run(session, org, school())
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.detail) == ("roster_imported", {"added": 45, "changed": 0, "unchanged": 0})


def test_one_to_three_levels_above_the_branch(session: Session) -> None:
    ward = committee_named(session, "Đảng bộ tỉnh > Đảng bộ xã > Đảng bộ trường")
    assert committee_named(session, "đảng bộ trường") == ward
    assert committee_named(session, "Đảng bộ tỉnh>Đảng bộ xã>Đảng bộ trường") == ward
    names = []
    unit: Unit | None = session.get_one(Unit, ward)
    while unit is not None:
        names.append(unit.name)
        unit = session.get(Unit, unit.parent_id) if unit.parent_id else None
    assert names == ["Đảng bộ trường", "Đảng bộ xã", "Đảng bộ tỉnh"]


@pytest.mark.parametrize("name", ["", " > ", "a > b > c > d"])
def test_no_or_too_many_levels_are_refused(session: Session, name: str) -> None:
    with pytest.raises(BadInput):
        committee_named(session, name)


def test_branches_of_one_name_under_two_committees_stay_apart(session: Session) -> None:
    first, second = committee_named(session, "Tỉnh > Xã A"), committee_named(session, "Tỉnh > Xã B")
    for committee in (first, second):
        import_roster(session, None, committee, a_file(a_row("Lê An")), NOW, TODAY)
    assert session.scalar(select(func.count()).select_from(Member)) == 2
    assert set(session.scalars(select(Unit.parent_id).where(Unit.kind == UnitKind.BRANCH))) == {first, second}


SIMPLE_POSTS = [FiledPost(kind) for kind in PostKind]
IN_CHARGE_OF = [FiledPost(PostKind.IN_CHARGE, names) for names in (("Chi bộ 2",), ("Chi bộ 1", "Chi bộ 2"))]
POSTS = st.sets(st.sampled_from(SIMPLE_POSTS + IN_CHARGE_OF), max_size=3)
ROWS = st.builds(
    lambda name, branch, status, posts: RosterRow(2, "Sheet1", name, "", branch, status, tuple(posts)),
    st.sampled_from(["Lê An", "Lê Ân", "Trần Bình", "Đỗ Chi", "Vũ Dũng"]),
    st.sampled_from(["Chi bộ 1", "CHI BỘ 1", "Chi bộ 2"]),
    st.sampled_from(MemberStatus),
    POSTS,
)
FILES = st.lists(ROWS, max_size=5, unique_by=identity_of).map(lambda rows: a_file(*rows))


@settings(max_examples=25, deadline=None)
@given(st.lists(FILES, min_size=1, max_size=4))
def test_whatever_came_before_the_same_file_again_changes_nothing(
    files: list[RosterFile],
) -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        org = Org(session)
        for n, file in enumerate(files):
            day = TODAY + timedelta(days=n)
            foretold = preview_import(session, None, org.committee, file, day)
            assert run(session, org, file, day) == foretold
            before = snapshot(session)
            again = run(session, org, file, day)
            assert (again.added, again.changed, again.unchanged) == (0, 0, len(file.rows))
            assert snapshot(session) == before
    engine.dispose()
