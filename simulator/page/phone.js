import { composer, PLACE } from "./composer.js"
import { button, h, menu } from "./dom.js"
import { botOf, bubble, model, nameOf, openLink, scanDialog } from "./message.js"
import { get, post, upload } from "./stream.js"
import { t } from "./texts.js"

const PAGE = 200
const PATIENCE = 10000

export class Phone {
	messages = new Map()
	rows = new Map()
	menu = []
	keyboard = null
	limit = PAGE
	atEnd = true

	constructor(person) {
		const { id, name } = person
		this.title = h("b")
		this.role = h("small")
		this.badge = h("span")
		this.doing = h("small")
		this.older = button(t("more"), () => this.showOlder(), "older", { class: "older" })
		this.list = h("div", { role: "log", label: name, tid: "log" })
		this.scroller = h("div.scroller", { tabindex: 0, onscroll: () => this.look() }, this.older, this.list)
		this.over = h("div")
		this.foot = h("div.foot")
		this.composer = composer(this)
		this.el = h("article.phone", { "data-person": id, label: name, ondragover: (e) => e.preventDefault(), ondrop: (e) => this.drop(e) },
			h("div.owner", h("div", h("b", name), this.role), this.badge, menu("⋮", t("options"), "phone-options", () => this.options())),
			h("div.screen", h("div.head", h("span.face", { "aria-hidden": "true" }, "MB"), h("div", this.title, this.doing)), this.scroller, this.foot, this.over))
		const grown = new ResizeObserver(() => this.atEnd && this.toEnd())
		grown.observe(this.list)
		grown.observe(this.scroller)
		this.refresh(person)
	}

	options() {
		const { id, large, blocked } = this.person
		const off = blocked[this.bot]
		return [
			[t("scan"), () => scanDialog("", id)],
			...model.bots.map(nameOf).filter(([bot]) => bot !== this.bot).map(([bot, name]) => [name, () => this.change({ bot })]),
			[t(large ? "plain" : "large"), () => this.change({ large: !large })],
			[t(off ? "unblock" : "block"), () => this.call("block", { blocked: !off })],
			[t("hide"), () => this.change({ shown: false })],
		]
	}

	refresh(person) {
		this.person = person
		const { username, platform, title } = botOf(person)
		const moved = this.bot && this.bot !== username
		this.bot = username
		this.el.dataset.platform = platform
		this.el.classList.toggle("big", person.large)
		this.title.textContent = title
		this.role.textContent = person.role
		this.badge.textContent = t(platform)
		this.badge.className = "badge " + platform
		if (moved) this.reload()
		else this.drawFoot()
	}

	drawFoot() {
		const { started, blocked } = this.person
		const keys = this.keyboard || []
		const stage = blocked[this.bot] ? "unblock" : started[this.bot] ? JSON.stringify(keys) : "start"
		this.composer.commands.hidden = !this.menu.length
		if (stage === this.stage) return
		this.stage = stage
		const big = (action, more) => button(t(stage), () => this.call(action, more), stage, { class: "wide" })
		const key = (k) => button(k.text, () => (k.kind === "location" ? this.sendFile(k.kind, null, PLACE) : this.say(k.text)))
		if (stage === "unblock") this.foot.replaceChildren(big("block", { blocked: false }))
		else if (stage === "start") this.foot.replaceChildren(big("start"))
		else this.foot.replaceChildren(this.composer.root, h("div.reply", { tid: "reply-keyboard" }, keys.map((row) => h("div", row.map(key)))))
	}

	/** Events wait until it is ready. */
	reload() {
		return (this.ready = this.try(this.load()))
	}

	async load() {
		const { messages, keyboard, menu: commands } = await get(`chats/${this.person.id}?bot=${this.bot}&limit=${this.limit}`)
		this.list.ariaLive = "off"
		this.list.replaceChildren()
		this.messages.clear()
		this.rows.clear()
		this.keyboard = keyboard
		this.menu = commands
		messages.forEach((m) => this.add(m))
		this.older.hidden = messages.length < this.limit
		setTimeout(() => (this.list.ariaLive = "polite"), 500)
		this.drawFoot()
		this.toEnd()
	}

	async showOlder() {
		const below = this.below()
		this.limit = this.messages.size + PAGE
		await this.reload()
		this.scroller.scrollTop += this.below() - below
		this.scroller.focus({ preventScroll: true })
	}

	add(m) {
		const old = this.rows.get(m.id)
		const row = bubble(m, this, this.messages.get(m.reply_to))
		this.messages.set(m.id, m)
		this.rows.set(m.id, row)
		if (old) this.swap(old, row, m.id)
		else this.list.append(row)
		row.firstChild.hidden = row.previousElementSibling?.dataset.day === row.dataset.day
	}

	swap(old, row, id) {
		const held = old.contains(document.activeElement) && document.activeElement.dataset.place
		old.replaceWith(row)
		this.release(id)
		if (held) (row.querySelector(`[data-place="${held}"]`) || row.querySelector("button") || this.scroller).focus({ preventScroll: true })
	}

	put(m) {
		const follow = this.atEnd || (m.from === "person" && !m.edited)
		this.add(m)
		this.doing.textContent = ""
		if (!follow) return
		for (const id of this.rows.keys()) if (this.rows.size > this.limit) this.remove(id), (this.older.hidden = false)
		this.toEnd()
	}

	remove(id) {
		this.rows.get(id)?.remove()
		this.rows.delete(id)
		this.messages.delete(id)
	}

	/** Only people scroll up; below a late picture the end stays the end. */
	look(top = this.scroller.scrollTop) {
		this.atEnd = this.below() < 60 || (this.atEnd && top >= this.top)
		this.top = top
	}

	below() {
		return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight
	}

	toEnd() {
		this.scroller.scrollTop = this.scroller.scrollHeight
	}

	open(link) {
		openLink(link, this.person.id)
	}

	async tap(m, b, row, column) {
		if (b.kind === "url") return this.open(b.url)
		if (this.wait?.id === m.id) return
		this.release()
		this.wait = { id: m.id, place: `${row}-${column}`, timer: setTimeout(() => this.release(), PATIENCE) }
		this.lock(true)
		if (!(await this.call("tap", { message_id: m.id, row, column }))) this.release()
	}

	lock(on) {
		for (const b of this.rows.get(this.wait.id)?.querySelectorAll(".buttons button") || []) {
			b.ariaDisabled = on || null
			b.classList.toggle("busy", on && b.dataset.place === this.wait.place)
		}
	}

	/** A tap waits no more. */
	release(id = this.wait?.id) {
		if (!this.wait || this.wait.id !== id) return
		clearTimeout(this.wait.timer)
		this.lock(false)
		this.wait = null
	}

	answered({ text, alert }) {
		this.release()
		if (text) this.toast(text, alert)
	}

	toast(text, alert) {
		const back = document.activeElement
		const ok = alert && button(t("ok"), () => (note.remove(), back.focus()))
		const note = h("div.toast", { role: alert ? "alertdialog" : "status", label: text, tid: alert ? "alert" : "toast" }, text, ok)
		this.over.replaceChildren(note)
		if (ok) ok.focus()
		else setTimeout(() => note.remove(), 5000)
	}

	typing() {
		this.doing.textContent = t("typing")
		clearTimeout(this.timer)
		this.timer = setTimeout(() => (this.doing.textContent = ""), 5000)
	}

	/** True if all went well; else the phone shows why. */
	try(promise) {
		return promise.then(() => true, (error) => this.toast(error.message))
	}

	call(what, more) {
		return this.try(post(what, { person: this.person.id, bot: this.bot, ...more }))
	}

	say(text) {
		return this.call("say", { text })
	}

	change(fields) {
		return this.try(post("people/" + this.person.id, fields, "PATCH"))
	}

	sendFile(kind, file, more) {
		const caption = /photo|document/.test(kind) && this.composer.take()
		return this.try(upload("file", { person: this.person.id, bot: this.bot, kind, file, caption, ...more }))
	}

	drop(e) {
		e.preventDefault()
		for (const file of e.dataTransfer.files) this.sendFile(/^image\/(jpeg|png|webp)/.test(file.type) ? "photo" : "document", file)
	}
}
