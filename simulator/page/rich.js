import { h } from "./dom.js"

const TAGS = {
	bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
	spoiler: "mark", blockquote: "blockquote", expandable_blockquote: "blockquote",
}

/** The link as a URL if a person may open it. */
export function safeLink(link) {
	const whole = /^[a-z][a-z0-9+.-]*:/i.test(link) ? link : "https://" + link
	if (/^(https?|tg):/i.test(whole) && URL.canParse(whole)) return new URL(whole)
}

/** Links of messengers open on a phone of the page. */
export const isBotLink = (link) => /^(tg:|https?:\/\/((t|telegram|zalo)\.me|bot\.zaloplatforms\.com)\/)/.test(safeLink(link)?.href)

function element({ type, url }, words, act) {
	const href = safeLink(type === "url" ? words : url || "")?.href
	if (href) return h("a", { href, target: "_blank", rel: "noopener noreferrer", onclick: (e) => isBotLink(href) && (e.preventDefault(), act.open(href)) })
	if (type === "bot_command") return h("button.plain", { type: "button", onclick: () => act.say(words) })
	return h(TAGS[type] || "span")
}

function fill(parent, text, from, to, entities, act) {
	while (entities[0]?.offset < to) {
		const entity = entities.shift()
		const start = Math.max(entity.offset, from)
		const end = Math.min(entity.offset + entity.length, to)
		if (end <= start) continue
		const child = element(entity, text.slice(start, end), act)
		parent.append(text.slice(from, start), child)
		fill(child, text, start, end, entities, act)
		from = end
	}
	parent.append(text.slice(from, to))
	return parent
}

/** Text with entities as a node; offsets count UTF-16 units. */
export const rich = (text, entities, act) => fill(h("span.text"), text, 0, text.length, [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length), act)
