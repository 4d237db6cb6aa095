import { t } from "./texts.js"

async function answer(path, options) {
	const reply = await fetch("/sim/" + path, options).catch(() => Promise.reject(new Error(t("lost"))))
	const body = await reply.json().catch(() => ({}))
	if (reply.ok) return body
	throw Object.assign(new Error(body.error || "HTTP " + reply.status), { status: reply.status })
}

export const get = (path) => answer(path)

export const post = (path, body, method = "POST") => answer(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })

export function upload(path, values) {
	const body = new FormData()
	for (const [name, value] of Object.entries(values)) if (value) body.append(name, value)
	return answer(path, { method: "POST", body })
}

/** load() brings all up to some event, one stream what follows; after a break all comes anew. */
export async function follow(load, take, tell) {
	for (let wait = 300; ; wait = Math.min(wait * 2, 8000)) {
		try {
			const since = await load()
			tell("live")
			wait = 150
			await listen(since, take)
			tell("lost")
		} catch (error) {
			tell(error.status === 403 ? "locked" : "lost")
		}
		await new Promise((done) => setTimeout(done, wait))
	}
}

const listen = (since, take) => new Promise((ended) => {
	const source = new EventSource("/sim/events?since=" + since)
	source.onerror = () => (source.close(), ended())
	source.onmessage = ({ data }) => {
		const event = JSON.parse(data)
		if (event.type === "reset") source.onerror()
		else take(event)
	}
})
