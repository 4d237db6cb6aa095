import { button, dialog, field, h, select } from "./dom.js"
import { isBotLink, rich, safeLink } from "./rich.js"
import { get, post } from "./stream.js"
import { t, vietnam } from "./texts.js"

export const model = { people: new Map(), bots: [], phones: new Map() }

export const botOf = (person) => model.bots.find((b) => b.username === person.bot) || model.bots[0]
export const nameOf = (b) => [b.username, `${t(b.platform)}: ${b.title}`]

/** A narrow screen shows one phone at a time. */
export const inSight = (id) => !!model.phones.get(id)?.el.offsetParent

function media(m, act) {
	const { file, kind } = m
	if (kind === "location") return "📍 " + t("location")
	if (!file) return null
	const src = "/sim/files/" + encodeURIComponent(file.file_id)
	if (file.width && kind !== "document") {
		const image = h("img", { src, alt: m.caption || t("photo"), width: file.width, height: file.height })
		return button(image, () => showPicture(m, src, act), "picture", { class: "picture" })
	}
	return h("a.doc", { href: src, download: file.name || kind }, { voice: "🎤", sticker: "👍" }[kind] || "📄",
		h("span", h("b", kind === "document" ? file.name : t(kind)), h("small", `${Math.ceil(file.size / 1024)} kB · ${t("download")}`)))
}

/** A message with the one it answers. */
export function bubble(m, act, quoted) {
	const when = vietnam(m.date)
	const words = m.text || m.caption
	const press = (b, row, column) => button(b.kind === "url" ? b.text + " ↗" : b.text, () => act.tap(m, b, row, column), "button", { "data-place": `${row}-${column}` })
	return h("div.row." + (m.kind === "service" ? m.kind : m.from), { "data-message-id": m.id, "data-from": m.from, "data-kind": m.kind, "data-day": when.date },
		h("div.day", `${when.day}, ${when.date}`),
		h("div.bubble",
			h("span.unseen", t(m.from) + ": "),
			quoted && h("q", (quoted.text || quoted.caption || "…").slice(0, 80)),
			media(m, act),
			words && rich(words, m.text ? m.entities : m.caption_entities, act),
			h("span.meta", m.edited && t("edited") + " ", when.time)),
		m.buttons.length > 0 && h("div.buttons", m.buttons.map((row, r) => h("div", row.map((b, c) => press(b, r, c))))))
}

function linksOf(m) {
	const words = m.text || m.caption
	const inText = [...m.entities, ...m.caption_entities].map((e) => e.url || words.slice(e.offset, e.offset + e.length))
	return [...inText, ...m.buttons.flat().map((b) => b.url || "")].filter(isBotLink)
}

export function scanDialog(link, person) {
	const all = [...model.phones.values()].flatMap((p) => [...p.messages.values()]).sort((a, b) => b.id - a.id)
	const known = [...new Set(all.flatMap(linksOf))].slice(0, 20).map((url) => [url, url])
	const input = h("input", { name: "link", required: true, value: link || "", tid: "scan-link" })
	const pick = select("known", [["", "…"], ...known], "", { tid: "scan-known", onchange: () => (input.value = pick.value) })
	const who = select("person", [...model.people.values()].map((p) => [p.id, `${p.name} – ${p.role}`]), person, { tid: "scan-person" })
	dialog("scan-dialog", t("scanTitle"), [field(t("whose"), who), field(t("link"), input), known.length > 0 && field(t("seen"), pick)], t("open"),
		() => post("scan", { person: Number(who.value), link: input.value.trim() }))
}

/** Bot links open on a phone of the page, others in a new tab. */
export function openLink(link, person) {
	if (isBotLink(link)) scanDialog(link, person)
	else if (safeLink(link)) open(safeLink(link), "_blank", "noopener,noreferrer")
}

function showPicture(m, src, act) {
	const image = h("img.full", { src, alt: m.caption || t("photo") })
	const box = dialog("picture-dialog", t("photo"), [image, button(t("scan"), async () => {
		const { link } = await get(src.slice(5) + "/link").catch(() => ({}))
		box.close()
		scanDialog(link, act.person.id)
	}, "picture-scan")])
}
