import { $, button, h } from "./dom.js"
import { get, post } from "./stream.js"
import { t, vietnam } from "./texts.js"

const KEPT = 300
const pick = h("select", { label: t("faults"), tid: "fault-pick" })
const log = h("div", { tid: "journal-list" })
const active = h("p.wrong", { role: "status", tid: "fault-now" })
const errors = h("input", { type: "checkbox", onchange: openJournal })

export function addCall(c) {
	if ($("inside").hidden || (c.ok && (errors.checked || c.method === "getUpdates"))) return
	log.prepend(h("details.call", { tid: "call" },
		h("summary", h("b", c.method), h(c.ok ? "span" : "span.wrong", c.ok ? " ✓" : " ✗ " + c.error_code), ` ${Math.round(c.ms)} ms · ${vietnam(c.at).time}`),
		h("pre", { tabindex: 0 }, c.description ? c.description + "\n" : "", JSON.stringify(c.args, null, 1))))
	if (log.children.length > KEPT) log.lastChild.remove()
}

export async function openJournal() {
	const { panel } = await get("faults")
	if (!pick.length) pick.append(...panel.map((f) => h("option", { value: JSON.stringify(f.wish), tid: f.id }, f[document.documentElement.lang])))
	const { last } = await get("journal?limit=0")
	const { calls } = await get(`journal?since=${Math.max(0, last - KEPT)}`)
	log.replaceChildren()
	calls.forEach(addCall)
}

export function showFaults({ active: now }) {
	active.textContent = now.map((f) => `${f.kind}: ${f.calls ?? (f.seconds ? f.seconds + " s" : "∞")}`).join(" · ")
}

export function buildJournal() {
	const fault = (key, wish) => button(t(key), () => post("fault", wish || JSON.parse(pick.value)).then(showFaults), key)
	$("inside").append(
		h("h2", t("faults")), h("div.wrap", pick, fault("faults"), fault("faultNone", { kind: "none" })), active,
		h("p", t("restart")),
		h("h2", t("journal")), h("label", errors, t("errors")), log)
}
