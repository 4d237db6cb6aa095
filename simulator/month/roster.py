"""The lists of the walk: the sample roster with its posts, or a made one for other sizes."""

import csv
from dataclasses import dataclass
from pathlib import Path

from simulator.month.cast import Post

IN_A_BRANCH = 15
_HEAD = ("STT", "Chi bộ", "Họ và tên", "Diện đảng viên", "Chức vụ Đảng")
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Lý", "Nông", "Vàng", "Giàng")
_MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Xuân", "Ngọc", "Quang", "Thu", "Hữu", "Thanh", "Công")
_GIVEN = ("An", "Bình", "Cường", "Dung", "Đạt", "Giang", "Hà", "Khải", "Lan", "Mẩy", "Nam", "Oanh", "Phúc",
          "Quân", "Sơn", "Tâm", "Vân")  # fmt: skip
_POSTS = {0: "Bí thư chi bộ", 1: "Phó bí thư chi bộ", 2: "Chi ủy viên", 3: "Thư ký chi bộ"}
_LEADER_POST = "Bí thư Đảng ủy"


@dataclass(frozen=True)
class Listed:
    """A line of the list: the post in the Party as the list has it."""

    branch: str
    name: str
    post: str

    @property
    def posts(self) -> frozenset[Post]:
        """What this person does besides being a member."""
        post = self.post.lower()
        if not post:
            return frozenset()
        if "bí thư đảng ủy" in post:
            return frozenset({Post.LEADER})
        if post == "bí thư chi bộ":
            return frozenset({Post.SECRETARY})
        return frozenset({Post.COMMITTEE if post in {"phó bí thư chi bộ", "chi ủy viên"} else Post.OTHER})


def sample(root: Path) -> tuple[Path, list[Listed]]:
    """The roster that comes with the product, and its lines."""
    folder = root / "members" / "samples"
    with (folder / "danh-sach-dang-vien.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = [Listed(row["chi_bo"], row["ho_ten"], row["chuc_vu_dang"]) for row in csv.DictReader(file)]
    return folder / "danh-sach-dang-vien.xlsx", lines


def made(members: int, file: Path, in_a_branch: int = IN_A_BRANCH) -> tuple[Path, list[Listed]]:
    """A roster of so many members, written as an office would keep it."""
    lines = [_line(number, members, in_a_branch) for number in range(members)]
    _write(lines, file)
    return file, lines


def _line(number: int, members: int, in_a_branch: int) -> Listed:
    branch, place = divmod(number, in_a_branch)
    leader = number == min(4, members - 1)  # an ordinary member of the first branch
    post = _LEADER_POST if leader else _POSTS.get(place, "")
    return Listed(f"Chi bộ khu phố {branch + 1:02}", _name(number), post)


def _name(number: int) -> str:
    """Another name for every number: the counts of the parts have no common divisor."""
    parts = (_FAMILY, _MIDDLE, _GIVEN)
    return " ".join(part[number % len(part)] for part in parts)


def _write(lines: list[Listed], file: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("Danh sách")
        sheet.write_row(0, 0, _HEAD)
        for number, line in enumerate(lines, start=1):
            sheet.write_row(number, 0, (number, line.branch, line.name, "Chính thức", line.post))
