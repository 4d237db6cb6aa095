/* The page's own words: key | Vietnamese | English */
const WORDS = `
band|MÔ PHỎNG – không gửi gì ra ngoài|SIMULATION – nothing is sent out
live|Đã nối|Connected
lost|Mất kết nối – đang nối lại…|Disconnected – trying again…
locked|Hết phiên: mở lại đường dẫn ở cửa sổ lệnh|Session over: open the printed link again
language|English|Tiếng Việt
idle|Trợ lý chưa chạy, tin chờ:|Assistant not running, waiting:
close|Đóng|Close
hint1|Bấm «Tới lần nhắc kế tiếp»: giấy mời tới từng máy.|Press “To the next reminder”: every phone is invited.
hint2|Ở máy đảng viên: trả lời, làm trắc nghiệm, gửi ý kiến.|Members: answer, take the quiz, give an opinion.
hint3|Đúng ngày họp, ở máy bí thư nhắn «mo diem danh», rồi quét mã bằng máy khác.|On the day, secretary's phone: “mo diem danh”; scan with another.
hint4|Hoặc bấm ▶: cả tháng tự diễn ra.|Or press ▶: the month plays itself.
people|Mọi người|People
addPerson|+ Thêm người|+ Add a person
name|Họ và tên|Full name
role|Vai trò|Role
member|Đảng viên|Member
kind|Kiểu máy|Kind of phone
telegram|Telegram|Telegram
zalo_bot|Zalo|Zalo
zalo_oa|Zalo OA|Zalo OA
large|Chữ lớn|Large type
plain|Chữ thường|Plain type
unread|tin chưa đọc|unread
noPhones|Hãy chọn một người để mở máy.|Choose a person to open a phone.
bot|Trợ lý|Assistant
person|Tôi|Me
typing|đang soạn tin…|is typing…
start|Bắt đầu|Start
block|Chặn trợ lý|Block
unblock|Bỏ chặn|Unblock
hide|Ẩn máy|Hide
options|Tùy chọn|Options
write|Nhắn tin…|Message…
send|Gửi|Send
commands|Các lệnh|Commands
plus|Gửi tệp, ảnh…|Send a file, photo…
file|Tệp|File
photo|Ảnh|Photo
sticker|Nhãn dán|Sticker
voice|Tin thoại|Voice message
location|Vị trí|Location
download|Tải về|Download
edited|đã sửa|edited
more|Xem thêm tin cũ|Show older messages
ok|Đã rõ|OK
scan|Quét mã QR…|Scan QR…
scanTitle|Quét mã QR / mở liên kết với tư cách…|Scan / open a link as…
whose|Bằng máy của ai?|On whose phone?
link|Liên kết|Link
seen|Liên kết đã gặp|Links seen
open|Quét / mở|Scan / open
clock|Đồng hồ mô phỏng|Simulated clock
minute|+1 phút|+1 min
hour|+1 giờ|+1 hour
day|+1 ngày|+1 day
next|Tới lần nhắc kế tiếp|To the next reminder
none|chưa có|none
set|Đặt giờ…|Set…
moment|Giờ Việt Nam|Vietnam time
back|Chỉ đi tới: hãy chọn sau|Only forward: choose after
month|▶ Xem cả tháng diễn ra|▶ Watch a whole month
inside|Bên trong|Inside
journal|Nhật ký gọi API|API journal
errors|Chỉ lỗi|Errors only
faults|Gây sự cố|Faults
faultNone|Hết sự cố|No faults
restart|Khởi động lại: Ctrl-C ở cửa sổ lệnh rồi chạy lại; không mất gì.|Restart: Ctrl-C in the terminal, run it again; nothing is lost.`

const EN = localStorage.getItem("language") === "en" ? 1 : 0
const DAYS = ["Chủ nhật,thứ Hai,thứ Ba,thứ Tư,thứ Năm,thứ Sáu,thứ Bảy", "Sun,Mon,Tue,Wed,Thu,Fri,Sat"][EN].split(",")
const TABLE = new Map(WORDS.trim().split("\n").map((line) => line.split("|")).map((row) => [row[0], row[1 + EN]]))

export const t = (key) => TABLE.get(key)

export function label() {
	document.documentElement.lang = EN ? "en" : "vi"
	for (const el of document.querySelectorAll("[data-t]")) el.textContent = t(el.dataset.t)
	for (const el of document.querySelectorAll("[data-l]")) el.ariaLabel = t(el.dataset.l)
}

export function switchLanguage() {
	localStorage.setItem("language", EN ? "vi" : "en")
	location.reload()
}

/** ISO text or ms; UTC+7 all year. */
export function vietnam(moment) {
	const at = new Date(new Date(moment).getTime() + 7 * 3600e3)
	const input = at.toISOString().slice(0, 16)
	const [year, month, day] = input.slice(0, 10).split("-")
	return { input, time: input.slice(11), date: `${day}/${month}/${year}`, day: DAYS[at.getUTCDay()] }
}
