import { t } from "./texts.js"

const NAMES = { tid: "data-testid", label: "aria-label" }

/** h("div.row", {properties}?, ...children): what people typed only ever becomes text nodes. */
export function h(what, props, ...children) {
	const [tag, ...classes] = what.split(".")
	const el = document.createElement(tag)
	if (props?.constructor !== Object) children.unshift(props), (props = {})
	if (classes.length) el.className = classes.join(" ")
	for (const [name, value] of Object.entries(props)) {
		if (typeof value === "function") el.addEventListener(name.slice(2), value)
		else if (value !== undefined && value !== false) el.setAttribute(NAMES[name] || name, value === true ? "" : value)
	}
	el.append(...children.flat().filter(Boolean))
	return el
}

export const $ = (id) => document.getElementById(id)

export const button = (face, onclick, tid, props) => h("button", { type: "button", onclick, tid, ...props }, face)

export const field = (name, control) => h("label", name, control)

export const select = (name, options, chosen, props) => h("select", { name, ...props },
	options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)))

/** A button with a list; items() gives [words, action, hint] when it opens. */
export function menu(face, label, tid, items) {
	const list = h("div.list")
	const row = ([words, action, hint]) => button([words, hint && h("small", hint)], () => (closeMenus(), action()))
	const root = h("details.menu", { ontoggle: () => root.open && list.replaceChildren(...items().map(row)) },
		h("summary.icon", { label, title: label, tid }, face), list)
	return root
}

function closeMenus(except) {
	for (const open of document.querySelectorAll(".menu[open]")) {
		if (open.contains(except)) continue
		if (open.contains(document.activeElement)) open.firstChild.focus()
		open.open = false
	}
}

addEventListener("click", (e) => closeMenus(e.target))
addEventListener("keydown", (e) => e.key === "Escape" && closeMenus())

/** A modal dialog; done(form data) runs on submit, what it throws is shown inside. */
export function dialog(tid, title, fields, submit, done) {
	const wrong = h("p.wrong", { role: "alert" })
	const onsubmit = (e) => {
		e.preventDefault()
		done(new FormData(e.target)).then(() => box.close(), (error) => (wrong.textContent = error.message))
	}
	const box = h("dialog", { tid, label: title, onclose: () => box.remove() }, h("form", { onsubmit }, h("h2", title), fields, wrong,
		h("div.ends", button(t("close"), () => box.close(), tid + "-close"), submit && h("button.main", { tid: tid + "-submit" }, submit))))
	document.body.append(box)
	box.showModal()
	return box
}
