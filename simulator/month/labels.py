"""What people look for in their chats: labels of buttons as they read them, and parts of sentences.

Sights are regular expressions searched in what a message says.
"""

# Joining
IS_IT_YOU, YES_ME = r"đúng không\?", "Đúng"
CONSENT, AGREE = r"hệ thống lưu", "Tôi đồng ý"
NAME_QUESTION, NAME_YES, NAME_NO = r"đã ghi nhận đồng chí đồng ý", "Nêu tên tôi", "Không nêu tên"
NAME_NOTED = r"Tên đồng chí sẽ (không )?được nêu"
HOME = r"Kính chào đồng chí"

# Linking a second messenger
LINK_WORD, LINK_CODE = "liên kết", r"Mã liên kết: ([0-9A-Z-]{8,9})"
LINKED_HERE, LINKED_THERE = r"Tài khoản này đã liên kết với", r"vừa được liên kết với đồng chí"

# Planning
SCHEDULE, NEXT_MEETING, NONE_PLANNED = "lịch", r"Buổi tới:", r"chưa có buổi sinh hoạt nào"
RULE_WORD, TYPE_RULE, RULE_SET = "lịch hằng tháng", r"gõ lịch hằng tháng", r"Lịch hằng tháng: ngày 03"
RULE = "ngày 3 hằng tháng 19:30 tại Hội trường tầng 2"
DATES_WORD, DATE_ASKED, NO_DATES = "xác nhận lịch", r"Cần xác nhận \(\d+ ngày\)", r"Không còn ngày nào"
KEEP_DATE, DATE_FIXED = r"Giữ \d\d/\d\d/\d{4}", r"Đã chốt"
WHO_COMES, WHO_SEEN = "ai dự", r"đảng viên: \d+ dự"
CALL, CALL_LIST = r"Chưa nhắn được \(\d+\)", r"chưa đến được các đồng chí sau, nên gọi điện"

# Invitation, reminders, answers
INVITED, ASKED = r"Kính mời đồng chí", r"chưa thấy xác nhận"
SOON = r"chi bộ ta sinh hoạt tại"
COMING, EXCUSE, HELP = "Tôi sẽ dự", "Xin vắng", "Nhờ người giúp"
DONE_COMING, DONE_HELP = r"đã ghi nhận: đồng chí sẽ dự", r"Đã báo bí thư: đồng chí cần hỗ trợ"
WHICH_REASON, DONE_EXCUSE = r"vì lý do nào", r"đã chuyển lời xin vắng"
EXCUSE_ASKED, APPROVE, EXCUSE_DECIDED = r"xin vắng buổi .*Lý do", "Đồng ý", r"đã đồng ý để đồng chí"
EXCUSE_ALLOWED, HELP_ASKED = r"Bí thư chi bộ đã đồng ý", r"nhờ hỗ trợ để dự"

# Quiz
MAKE_QUIZ, WHICH_TOPIC, PROPOSAL = "tạo bài trắc nghiệm", r"chọn chủ đề", r"câu, làm trong \d+ phút.\s+Mở"
CREATE, QUIZ_MADE = "Tạo bài", r"Đã tạo bài"
QUIZ_WORD, QUIZ_INTRO, QUIZ_NONE = "trắc nghiệm", r"câu, làm trong \d+ phút.*hạn", r"chưa có bài trắc nghiệm"
TAKE, GO_ON, DONE_MARKING = "Làm bài", "Làm tiếp", "Xong"
QUESTION = r"Câu (\d+)/(\d+) · còn"
RESULT = r"Đồng chí đúng (\d+)/(\d+) câu, làm trong"
DONE_BEFORE = r"đã làm bài, đúng (\d+)/(\d+) câu"
GOING_ON = r"đang làm dở"
BOARD, RANKING, OWN_PLACE = r"Kết quả thi đua", "Xếp hạng", r"Đồng chí (xếp thứ|đúng)"
ANSWERS, ANSWER_KEY = "Xem đáp án", r"Căn cứ:"

# Evening
OPEN_CHECKIN, OPENED, SCREEN = "mở điểm danh", r"Đã mở điểm danh", r"https?://\S+/man-hinh/\S+"
CALLED_IN, HERE, ASK_CODE = r"Mời đồng chí điểm danh", "Tôi có mặt", r"nhập 6 số"
PRESENT, LATE = r"đã ghi nhận đồng chí có mặt lúc [^(]*$", r"đã ghi nhận đồng chí có mặt lúc .*đến muộn"
ALREADY, WRONG_CODE = r"đã được ghi có mặt", r"Mã chưa đúng"
HELP_OTHER, WHOM_TO_HELP, HELPED = "Điểm danh hộ", r"điểm danh hộ ai", r"Đã ghi đồng chí .* có mặt"
HELPED_BEFORE = r"đã có trong danh sách có mặt"
YOU_WERE_HELPED = r"đã điểm danh hộ đồng chí"
CLOSE_CHECKIN, CLOSED, CONFIRM = "đóng điểm danh", r"Đã đóng điểm danh", "Xác nhận danh sách"
RIGHT_COUNT, SAME, CONFIRMED = r"Đúng \d+ người", r"Khớp:", r"Danh sách đã xác nhận: có mặt (\d+)/(\d+)"

# Opinions
WRITE_OPINION, TYPE_OPINION, TO_WHOM = "ý kiến", r"gõ ý kiến", r"muốn gửi tới ai|chọn nơi gửi"
OPINION_SENT = r"Ý kiến số (\d+) đã gửi"
WAITING, WAITING_ONE, REPLY = "ý kiến chờ trả lời", r"Ý kiến số \d+.*đã nhận", "Trả lời"
TYPE_ANSWER, ANSWERED = r"gõ câu trả lời cho ý kiến số (\d+)", r"Ý kiến số \d+: đã trả lời"
ANSWER_TOLD = r"Chi ủy trả lời ý kiến số {number:02} của đồng chí"
THANKED = r"Trân trọng cảm ơn đồng chí đã dự"

# Leader
REPORT_WORD, REPORT = "báo cáo", r"Tình hình tháng"
REPORT_MET = r"Đã sinh hoạt: (\d+)/(\d+) chi bộ"
REPORT_SHARES = r"\((\d+)/(\d+)\) · Trắc nghiệm: (\d+)/(\d+)"
REPORT_OPINIONS = r"Ý kiến: (\d+) \(đã trả lời (\d+)\)"
