"""The phones on the page: everybody of the sample has one, four are shown and join by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from bot.demo.child import BOT_NAME
from bot.demo.sample import SamplePerson
from locales.words import Words
from members.tables import PostKind

JOIN_PATIENCE = 300  # tenths of a second for everything
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
    return httpx.AsyncClient(base_url=base, headers={"X-Sim-Key": key}, timeout=30, trust_env=False)


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
        "skin": "large" if part == "older" else "telegram",
        "shown": part is not None,
        "note": f"Mã tham gia: {person.code}",
    }


def _post(person: SamplePerson, part: str | None) -> str:
    plain = "Đảng viên cao tuổi" if part == "older" else "Đảng viên"
    return next((words for kind, words in _POSTS.items() if kind in person.posts), plain)


async def join_all(door: httpx.AsyncClient, people: Sequence[SamplePerson], done: Path) -> None:
    """They open the link on their slip and agree. Once: `done` is the file that says so."""
    if done.exists():
        return
    agreeing = {Words().plain(key) for key in _AGREEING}
    await asyncio.gather(*(_join(door, person, agreeing) for person in people))
    done.touch()


async def _join(door: httpx.AsyncClient, person: SamplePerson, agreeing: set[str]) -> None:
    """Press what agrees until the menu comes; whoever was cut short by an end goes on."""
    who = {"person": person.id, "bot": BOT_NAME}
    if not await _chat(door, person):
        await door.post("/sim/start", json={**who, "payload": "j-" + person.code.replace("-", "")})
    answered = ""
    for _ in range(JOIN_PATIENCE):
        message = (await _chat(door, person))[-1]
        first = message["buttons"][0][0]["text"] if message["buttons"] else answered
        if first not in agreeing | {answered}:
            return
        if first != answered:
            answered = first
            await door.post("/sim/tap", json={**who, "message_id": message["id"], "row": 0, "column": 0})
        await asyncio.sleep(0.1)


async def _chat(door: httpx.AsyncClient, person: SamplePerson) -> list[Any]:
    answer = await door.get(f"/sim/chats/{person.id}", params={"bot": BOT_NAME})
    found: list[Any] = answer.json()["messages"]
    return found
