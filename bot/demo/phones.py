"""The phones on the page: everybody of the sample has one, four are shown and join by themselves."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from bot.channels.tls import trust_for
from bot.demo.child import BOT_NAME, ZALO_NAME
from bot.demo.sample import SamplePerson
from locales.words import Words
from members.tables import PostKind

JOIN_PATIENCE = 300  # tenths of a second for everything
_LISTED = re.compile(r"^1\. (.+)$", re.MULTILINE)
_AGREEING = ("joining.yes_me", "joining.agree", "joining.name_yes")
_POSTS = {
    PostKind.LEADER: "Lãnh đạo đảng ủy",
    PostKind.SECRETARY: "Bí thư",
    PostKind.DEPUTY: "Phó bí thư",
    PostKind.COMMITTEE_MEMBER: "Chi ủy viên",
    PostKind.IN_CHARGE: "Phụ trách chi bộ",
    PostKind.OFFICE: "Văn phòng đảng ủy",
    PostKind.CLERK: "Thư ký",
}


def people_door(port: int, key: str) -> httpx.AsyncClient:
    """The simulator's door for what people do."""
    base = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(
        base_url=base, headers={"X-Sim-Key": key}, timeout=30, trust_env=False, verify=trust_for(base)
    )


def shown(people: Sequence[SamplePerson]) -> dict[str, SamplePerson]:
    """The four phones on the page: a member, an older member, a secretary, a leader."""
    branch = people[0].branch
    plain = [p for p in people if p.branch == branch and not p.posts]
    secretary = next(p for p in people if p.branch == branch and PostKind.SECRETARY in p.posts)
    leader = next(p for p in people if PostKind.LEADER in p.posts)
    return {"secretary": secretary, "member": plain[0], "older": plain[1], "leader": leader}


async def give_phones(door: httpx.AsyncClient, people: Sequence[SamplePerson]) -> None:
    """A phone for everybody who has none yet."""
    known = {p["id"] for p in (await door.get("/sim/state")).json()["people"]}
    on_page = {person.id: part for part, person in shown(people).items()}
    fresh = [_phone(person, on_page.get(person.id)) for person in people if person.id not in known]
    if fresh:
        await door.post("/sim/people", json={"people": fresh})


def _phone(person: SamplePerson, part: str | None) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "role": f"{_post(person, part)} · {person.branch}",
        "bot": bot_of(part),
        "large": part == "older",
        "shown": part is not None,
        "note": f"Mã tham gia: {person.code}",
    }


def _post(person: SamplePerson, part: str | None) -> str:
    plain = "Đảng viên cao tuổi" if part == "older" else "Đảng viên"
    return next((words for kind, words in _POSTS.items() if kind in person.posts), plain)


def bot_of(part: str | None) -> str:
    """The older member is on Zalo, everybody else on Telegram."""
    return ZALO_NAME if part == "older" else BOT_NAME


async def join_all(door: httpx.AsyncClient, people: Mapping[str, SamplePerson], done: Path) -> None:
    """They come with their slips and agree. Once: `done` is the file that says so."""
    if done.exists():
        return
    agreeing = {Words().plain(key) for key in _AGREEING}
    await asyncio.gather(*(_join(door, one, bot_of(part), agreeing) for part, one in people.items()))
    done.touch()


async def _join(door: httpx.AsyncClient, person: SamplePerson, bot: str, agreeing: set[str]) -> None:
    """Choose what agrees until the menu comes; whoever was cut short by an end goes on."""
    who = {"person": person.id, "bot": bot}
    if not await _chat(door, who):
        await _show_slip(door, who, person.code)
    answered = ""
    for _ in range(JOIN_PATIENCE):
        message = (await _chat(door, who))[-1]
        first = _first_choice(message) or answered
        if first not in agreeing | {answered}:
            return
        if first != answered:
            answered = first
            await _take_first(door, who, message)
        await asyncio.sleep(0.1)


async def _show_slip(door: httpx.AsyncClient, who: dict[str, Any], code: str) -> None:
    """The link of the slip, or where a link carries nothing the code on it."""
    if who["bot"] == BOT_NAME:
        await door.post("/sim/start", json={**who, "payload": "j-" + code.replace("-", "")})
        return
    await door.post("/sim/start", json=who)
    await door.post("/sim/say", json={**who, "text": code})


def _first_choice(message: dict[str, Any]) -> str:
    """The first button, or the first line of a list to type from."""
    if message["buttons"]:
        return str(message["buttons"][0][0]["text"])
    listed = _LISTED.search(message["text"] or "")
    return listed[1] if listed and message["from"] == "bot" else ""


async def _take_first(door: httpx.AsyncClient, who: dict[str, Any], message: dict[str, Any]) -> None:
    if message["buttons"]:
        await door.post("/sim/tap", json={**who, "message_id": message["id"], "row": 0, "column": 0})
    else:
        await door.post("/sim/say", json={**who, "text": "1"})


async def _chat(door: httpx.AsyncClient, who: dict[str, Any]) -> list[Any]:
    answer = await door.get(f"/sim/chats/{who['person']}", params={"bot": who["bot"]})
    found: list[Any] = answer.json()["messages"]
    return found
