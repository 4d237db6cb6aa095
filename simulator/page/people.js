import { $, button, dialog, field, h, select } from "./dom.js"
import { botOf, inSight, model, nameOf } from "./message.js"
import { post } from "./stream.js"
import { t } from "./texts.js"

const list = h("ul", { tid: "people-list" })
const unread = (p) => p.unread > 0 && !inSight(p.id) && h("span.unread", p.unread, h("span.unseen", " ", t("unread")))

const entry = (p) => h("li", button(
	[h("b", p.name), h("span.badge." + botOf(p).platform, t(botOf(p).platform)), h("small", p.role), unread(p)],
	() => post("people/" + p.id, { shown: !p.shown }, "PATCH"),
	"person-" + p.id, { "aria-pressed": String(p.shown) }))

const tab = (p, current, choose) => button([p.name.split(" ").pop(), unread(p)], () => choose(p.id),
	"tab-" + p.id, { role: "tab", "aria-selected": String(p.id === current) })

export function drawPeople(current, choose) {
	const held = document.activeElement.dataset.testid
	list.replaceChildren(...[...model.people.values()].filter(botOf).map(entry))
	$("tabs").replaceChildren(...[...model.people.values()].filter((p) => model.phones.has(p.id)).map((p) => tab(p, current, choose)))
	if (held && document.activeElement === document.body) document.querySelector(`[data-testid="${held}"]`)?.focus()
}

function addDialog() {
	dialog("add-dialog", t("addPerson"), [
		field(t("name"), h("input", { name: "name", required: true, maxlength: 60 })),
		field(t("role"), h("input", { name: "role", value: t("member"), maxlength: 60 })),
		field(t("kind"), select("bot", model.bots.map(nameOf))),
		field(t("large"), h("input", { type: "checkbox", name: "large" })),
	], t("addPerson"), (form) => post("people", { ...Object.fromEntries(form), shown: true }))
}

export function buildPeople() {
	$("people").append(h("h2", t("people")), list, button(t("addPerson"), addDialog, "add-person"))
}
