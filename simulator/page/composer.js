import { button, h, menu } from "./dom.js"
import { t } from "./texts.js"

export const PLACE = { latitude: "10.7769", longitude: "106.7009" }

const choose = (accept, done) => h("input", { type: "file", accept, onchange: (e) => done(e.target.files[0]) }).click()

export function composer(phone) {
	const commands = menu("/", t("commands"), "commands", () => phone.menu.map((c) => ["/" + c.command, () => phone.say("/" + c.command), c.description]))
	const send = (kind) => (file) => phone.sendFile(kind, file)
	const sample = (kind, bytes, type) => phone.sendFile(kind, new File([bytes], kind, { type }))
	const plus = menu("+", t("plus"), "plus", () => [
		["📄 " + t("file"), () => choose("", send("document"))],
		["🖼 " + t("photo"), () => choose("image/*", send("photo"))],
		["👍 " + t("sticker"), () => sample("sticker", "RIFF", "image/webp")],
		["🎤 " + t("voice"), () => sample("voice", "OggS", "audio/ogg")],
		["📍 " + t("location"), () => phone.sendFile("location", null, PLACE)],
	])
	const box = h("textarea", {
		rows: 1, placeholder: t("write"), label: t("write"), tid: "composer",
		oninput: () => (commands.open = box.value === "/" && phone.menu.length > 0),
		onkeydown: (e) => e.key === "Enter" && !e.shiftKey && !e.isComposing && (e.preventDefault(), submit()),
	})
	function take() {
		const text = box.value.trim()
		box.value = ""
		commands.open = false
		return text
	}
	async function submit() {
		const text = take()
		if (text && !(await phone.say(text))) box.value ||= text
	}
	return { take, commands, root: h("div.composer", commands, plus, box, button("➤", submit, "send", { class: "icon main", label: t("send") })) }
}
