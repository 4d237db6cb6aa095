import { $, button, h } from "./dom.js"
import { get, post } from "./stream.js"
import { t, vietnam } from "./texts.js"

const KEPT = 300
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
	const { last } = await get("journal?limit=0")
	const { calls } = await get(`journal?since=${Math.max(0, last - KEPT)}`)
	log.replaceChildren()
	calls.forEach(addCall)
}

export function showFaults({ kind, calls, seconds }) {
	active.textContent = kind === "none" ? "" : `${t("faultNow")}: ${kind} – ${calls ?? `${seconds} s`}`
}

export function buildJournal() {
	const fault = (key, wish) => button(t(key), () => post("fault", wish).then(showFaults), key)
	$("inside").append(
		h("h2", t("faults")), h("div.wrap", fault("fault429", { kind: "429", retry_after: 3, calls: 5 }), fault("fault500", { kind: "500", calls: 5 }),
			fault("faultOff", { kind: "offline", seconds: 30 }), fault("faultNone", { kind: "none" })), active,
		h("p", t("restart")),
		h("h2", t("journal")), h("label", errors, t("errors")), log)
}
