"""Makes the deliberately faulty files of this folder. Run: `python -m tests.data.make`."""

from __future__ import annotations

from pathlib import Path

from tests.unit.members.workbooks import xlsx

FOLDER = Path(__file__).parent

ROSTER = [
    ["ĐẢNG BỘ XÃ MẪU"],
    ["DANH SÁCH ĐẢNG VIÊN NĂM 2026"],
    [],
    ["STT", "Họ và tên", "Chi bộ", "Diện", "Chức vụ", "Ngày vào Đảng", "CCCD", "Ghi chú"],
    ["1", "Nguyễn Văn An", "Chi bộ 1", "CT", "Bí thư", "03/02/2005", "012345678901", ""],
    ["2", "", "Chi bộ 1", "CT", "", "", "", ""],
    ["3", "Trần Thị Bình", "Chi bộ 9", "CT", "", "", "", ""],
    ["4", "Lê Văn Cường", "Chi bộ 1", "cảm tình", "", "", "", ""],
    ["5", "Phạm Văn Hùng", "Chi bộ 1", "CT", "", "", "", ""],
    ["6", "Phạm Văn Hùng", "Chi bộ 1", "DB", "", "", "", ""],
    ["7", "Đỗ Thị Lan", "Chi bộ 2", "CT", "", "", "", "A"],
    ["8", "Đỗ Thị Lan", "Chi bộ 2", "CT", "", "", "", "B"],
    ["9", "Vũ 123", "Chi bộ 2", "CT", "", "", "", ""],
    ["10", "Bùi Thị Mai", "", "CT", "", "", "", ""],
    ["11", "Hoàng Văn Nam", "Chi bộ 2", "CT", "Phó bí thư; Tổ trưởng tổ dân phố", "", "", ""],
    ["", "Tổng cộng: 11", "", "", "", "", "", ""],
]

_TITLES = [
    "Chủ đề",
    "Câu hỏi",
    "Phương án A",
    "Phương án B",
    "Phương án C",
    "Phương án D",
    "Đáp án",
    "Giải thích",
    "Căn cứ",
    "Ngày văn bản",
    "Hiệu lực đến",
]
_SOURCE = "Văn kiện Đảng Toàn tập, tập 2"
BANK = [
    _TITLES,
    ["Lịch sử Đảng", "Câu đúng?", "Một", "Hai", "Ba", "Bốn", "B", "", _SOURCE, "03/02/1930", ""],
    ["Lịch sử Đảng", "Không có đáp án?", "Một", "Hai", "Ba", "Bốn", "", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Trùng phương án?", "Một", "một ", "Ba", "Bốn", "C", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Có số lạc?", "Một", "Hai", "4", "Bốn", "A", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Thiếu căn cứ?", "Một", "Hai", "Ba", "Bốn", "A", "", "", "", ""],
    ["Lịch sử Đảng", "Đáp án lạ?", "Một", "Hai", "Ba", "Bốn", "Năm", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Đáp án quá số phương án?", "Một", "Hai", "Ba", "", "D", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Một phương án?", "Một", "", "", "", "A", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "", "Một", "Hai", "", "", "A", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Hết hiệu lực?", "Một", "Hai", "", "", "A", "", _SOURCE, "", "31/12/2020"],
    ["Lịch sử Đảng", "Ngày sai?", "Một", "Hai", "", "", "A", "", _SOURCE, "31/02/2020", ""],
    ["Lịch sử Đảng", "Câu đúng?", "Hai", "Ba", "", "", "A", "", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Giải thích khác?", "Một", "Hai", "", "", "A", "Đáp án đúng là B.", _SOURCE, "", ""],
    ["Lịch sử Đảng", "Nhiều đáp án?", "Một", "Hai", "Ba", "", "A, C", "", _SOURCE, "", ""],
]


def main() -> None:
    """Write both files."""
    (FOLDER / "danh-sach-loi.xlsx").write_bytes(xlsx(("Danh sách", ROSTER)))
    (FOLDER / "cau-hoi-loi.xlsx").write_bytes(xlsx(("Câu hỏi", BANK)))


if __name__ == "__main__":
    main()
