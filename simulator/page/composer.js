import { button, h, menu } from "./dom.js";
import { t } from "./texts.js";

export const PLACE = { latitude: "10.7769", longitude: "106.7009" };

function choose(accept, done) {
	const input = h("input", { type: "file", accept, onchange: () => done(input.files[0]) });
	input.click();
}

function sticker(done) {
	const canvas = h("canvas", { width: 160, height: 160 });
	const pen = canvas.getContext("2d");
	pen.font = "120px sans-serif";
	pen.fillText("👍", 8, 125);
	canvas.toBlob((blob) => done(new File([blob], "sticker.webp", { type: blob.type })), "image/webp");
}

/** Where a person writes. */
export function composer(phone) {
	const commands = menu("/", t("commands"), "commands", () => phone.menu.map((c) => ["/" + c.command, () => phone.say("/" + c.command), c.description]));
	const send = (kind) => (file) => phone.sendFile(kind, file);
	const plus = menu("+", t("plus"), "plus", () => [
		["📄 " + t("file"), () => choose("", send("document"))],
		["🖼 " + t("photo"), () => choose("image/*", send("photo"))],
		["👍 " + t("sticker"), () => sticker(send("sticker"))],
		["🎤 " + t("voice"), () => send("voice")(new File(["OggS".padEnd(2048, "\0")], "voice.ogg", { type: "audio/ogg" }))],
		["📍 " + t("location"), () => phone.sendFile("location", null, PLACE)],
	]);
	const box = h("textarea", {
		rows: 1, placeholder: t("write"), label: t("write"), tid: "composer",
		oninput: () => (commands.open = box.value === "/" && phone.menu.length > 0),
		onkeydown: (e) => e.key === "Enter" && !e.shiftKey && !e.isComposing && (e.preventDefault(), submit()),
	});
	/** The text in the box, which is emptied. */
	function take() {
		const text = box.value.trim();
		box.value = "";
		commands.open = false;
		return text;
	}
	async function submit() {
		const text = take();
		if (text && !(await phone.say(text))) box.value ||= text;
	}
	return { take, commands, root: h("div.composer", commands, plus, box, button("➤", submit, { class: "icon main", label: t("send"), tid: "send" })) };
}
