import { $, button, dialog, field, h } from "./dom.js"
import { post } from "./stream.js"
import { t, vietnam } from "./texts.js"

let base = 0
let read = 0
const now = () => base + performance.now() - read
const face = h("time", { tid: "clock-now" })
const next = button("", () => move({ to_next_due: true }), "clock-next")

const move = (wish) => post("clock", wish).then(showClock)

function draw() {
	const v = vietnam(now())
	if (base) face.textContent = `${v.day} ${v.date} ${v.time}`
}

export function showClock(news) {
	base = Date.parse(news.now)
	read = performance.now()
	draw()
	if (news.next_due === undefined) return
	const due = news.next_due && vietnam(news.next_due)
	next.disabled = !due
	next.textContent = `${t("next")}: ${due ? `${due.time} ${due.date.slice(0, 5)}` : t("none")}`
}

function setDialog() {
	const input = h("input", { type: "datetime-local", name: "to", required: true, value: vietnam(now()).input, tid: "clock-moment" })
	dialog("clock-dialog", t("clock"), [field(t("moment"), input)], t("set"), async (form) => {
		const to = Date.parse(form.get("to") + ":00+07:00")
		if (to <= now()) throw new Error(`${t("back")} ${face.textContent}`)
		showClock(await post("clock", { to: new Date(to).toISOString() }))
	})
}

export function buildClock() {
	const step = (key, advance) => button(t(key), () => move({ advance }), "clock-plus-" + key)
	$("clock").append(face, step("minute", 60), step("hour", 3600), step("day", 86400), next, button(t("set"), setDialog, "clock-set"))
	setInterval(draw, 1000)
}
