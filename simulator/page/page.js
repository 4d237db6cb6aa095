import { buildClock, showClock } from "./clock.js"
import { $, button, h } from "./dom.js"
import { addCall, buildJournal, openJournal, showFaults } from "./journal.js"
import { botOf, inSight, model, scanDialog } from "./message.js"
import { buildPeople, drawPeople } from "./people.js"
import { Phone } from "./phone.js"
import { follow, get, post } from "./stream.js"
import { label, switchLanguage, t } from "./texts.js"

const REFRESH = 3000
let current
const links = h("span")
const story = button(t("month"), () => post("story", { action: "start" }), "story-start")

/** The one phone of a narrow screen. */
function choose(id) {
	current = id
	for (const [key, phone] of model.phones) {
		phone.el.classList.toggle("current", key === id)
		if (inSight(key)) phone.person.unread = 0
	}
	drawPeople(current, choose)
}

async function arrange() {
	const { people, phones } = model
	for (const [id, phone] of phones) if (!people.get(id)?.shown) phone.el.remove(), phones.delete(id)
	const wanted = [...people.values()].filter((p) => p.shown && botOf(p))
	wanted.forEach((p, i) => {
		if (phones.has(p.id)) return
		const phone = new Phone(p)
		phones.set(p.id, phone)
		$("phones").insertBefore(phone.el, $("phones").children[i])
	})
	$("phones").dataset.empty = wanted.length ? "" : t("noPhones")
	choose(phones.has(current) ? current : wanted[0]?.id)
	await Promise.all([...phones.values()].map((phone) => (phone.ready ||= phone.reload())))
}

function know(person) {
	if (person.shown && inSight(person.id)) person.unread = 0
	model.people.set(person.id, person)
	model.phones.get(person.id)?.refresh(person)
}

function status(key) {
	const idle = key === "live" && model.bots.find((b) => b.mode === "none")
	$("status").className = key
	$("status").textContent = idle ? `${t("idle")} ${idle.pending}` : t(key)
}

function showStory(s) {
	$("story").hidden = !s?.text
	if (s?.text) $("story").replaceChildren(h("progress", { max: s.total, value: s.done, label: t("month") }), ` ${s.done}/${s.total} – ${s.text}`)
}

async function readState() {
	const state = await get("state")
	model.bots = state.bots
	state.people.forEach(know)
	showClock({ now: state.now, next_due: state.follower?.next_due ?? null })
	showFaults(state.faults)
	links.replaceChildren(...(state.links || []).map((l) => h("a", { href: l.url, target: "_blank", rel: "noopener", tid: "link" }, l.label, " ↗")))
	story.hidden = $("tell").hidden = !state.story
	showStory(state.story)
	return state
}

async function load() {
	const state = await readState()
	for (const phone of model.phones.values()) phone.ready = null
	await arrange()
	if (!$("inside").hidden) await openJournal()
	return state.last_event
}

const TAKE = {
	message: (e, phone) => {
		phone?.put(e.message)
		const person = model.people.get(e.person)
		if (!person || e.message.from !== "bot" || inSight(e.person)) return
		person.unread += 1
		drawPeople(current, choose)
	},
	edited: (e, phone) => phone?.rows.has(e.message.id) && phone.put(e.message),
	deleted: (e, phone) => phone?.remove(e.message_id),
	toast: (e, phone) => phone?.answered(e),
	typing: (e, phone) => phone?.typing(),
	keyboard: (e, phone) => phone && ((phone.keyboard = e.rows), phone.drawFoot()),
	person: (e) => (know(e.person), arrange()),
	clock: showClock,
	call: addCall,
	story: showStory,
}

function take(event) {
	const phone = model.phones.get(event.person)
	const act = () => TAKE[event.type]?.(event, phone?.bot === event.bot ? phone : undefined)
	if (phone) phone.ready.then(act)
	else act()
}

function fold(id, tid, opened) {
	const show = (on) => {
		$(id).hidden = !on
		face.ariaExpanded = on
		if (on) opened?.()
	}
	const face = button(t(id), () => show($(id).hidden), tid)
	show(!$(id).hidden && innerWidth > 760)
	return face
}

const showHint = () => ($("hint").hidden = localStorage.getItem("hint"))
$("hint").append(button(t("ok"), () => (localStorage.setItem("hint", 1), showHint()), "hint-close"))

label()
buildClock()
buildPeople()
buildJournal()
$("tools").append(fold("people", "people-toggle"), button(t("scan"), () => scanDialog(), "scan-open", { class: "main" }), story, links,
	fold("inside", "journal-toggle", openJournal), button(t("language"), switchLanguage, "language"))
showHint()
setInterval(() => !document.hidden && $("status").className === "live" && readState().then(() => status("live"), () => {}), REFRESH)
addEventListener("resize", () => choose(current))
follow(load, take, status)
