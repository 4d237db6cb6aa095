"""A branch with a meeting, a quiz and people who hold links, and a client of the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from db.places import Place
from locales.words import Words
from members import page_links
from members.identity import Who
from members.tables import MemberStatus, PostKind, Purpose
from quizzes import bank, planning, rounds
from tests.support.databases import fresh
from tests.support.forms import Shown, opened
from tests.unit.meetings.checkin_room import RULES, STARTS, Room, room_in
from tests.unit.quizzes.world import TOPIC, ZONE, draft
from web.app import build_web
from web.home import WebHome

PUBLIC = "https://chibo.example"


@dataclass(slots=True)
class Scene:
    """`now` is in the test's hand. `me` is a member without a post."""

    room: Room
    client: httpx.AsyncClient
    branch: int
    meeting: int
    secretary: Who
    me: Who
    now: datetime
    app: Starlette

    async def link(self, purpose: Purpose, target: int = 0, who: Who | None = None, **more: Any) -> str:
        """The path of a new link."""
        member = (who or self.me).member_id
        token = await self.room.store.write(
            page_links.make_link, member, purpose, self.now, target=target, **more
        )
        return f"/trang/{token}"

    async def opens(self, purpose: Purpose, target: int = 0, who: Who | None = None) -> Shown:
        """A new link, opened."""
        return await opened(self.client, await self.link(purpose, target, who))

    async def quiz(self, count: int = 3, *, many: bool = False, practice: int = 0) -> int:
        """A round open for five days from now."""
        return await self.room.store.write(_round, self.branch, self.now, count, many, practice)

    async def look(self, query: Any) -> Any:
        """Read straight from the store."""
        return await self.room.store.read(query)

    async def change(self, deed: Any) -> Any:
        """Change something behind everybody's back."""
        return await self.room.store.write(deed)


@asynccontextmanager
async def scene_in(folder: Path, name: str = "Lê Thị Bình") -> AsyncIterator[Scene]:
    """The day before the meeting."""
    with fresh("sqlite", folder) as place:
        async with _on(place, name) as scene:
            yield scene


@asynccontextmanager
async def _on(place: Place, name: str) -> AsyncIterator[Scene]:
    async with room_in(place) as room:
        branch = await room.branch("Chi bộ <khu phố> 5")
        secretary = await room.member(branch, "Bí Thư", MemberStatus.OFFICIAL, PostKind.SECRETARY)
        me = await room.member(branch, name)
        meeting = await room.meeting(branch)
        scenes: list[Scene] = []
        home = WebHome(room.store, Words("vi"), RULES, str, lambda: scenes[0].now, PUBLIC)
        app = build_web(home)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, follow_redirects=True) as client:
            scenes.append(
                Scene(room, client, branch, meeting, secretary, me, STARTS - timedelta(days=1), app)
            )
            yield scenes[0]


def _round(session: Session, branch: int, now: datetime, count: int, many: bool, practice: int) -> int:
    drafts = [draft(n, many=many) for n in range(1, count + practice + 1)]
    bank.import_questions(session, None, branch, drafts, now, approved=True)
    times = planning.Times(now, now + timedelta(days=5))
    made = rounds.make_round(
        session, None, branch, TOPIC, now, zone=ZONE, count=count, minutes=10, times=times
    )
    return made.id
