"""The month for the page: the phones that are shown act slowly, the others quickly."""

import logging
from collections.abc import Callable

from simulator.client import SimClient
from simulator.month.acts import Pace, Stage
from simulator.month.cast import Player, Post
from simulator.month.knowledge import Knowledge, read_book
from simulator.month.ledger import Ledger
from simulator.month.phones import Phones
from simulator.month.plan import Plan
from simulator.month.story import Story
from simulator.month.windows import Windows
from simulator.process import ROOT

log = logging.getLogger(__name__)
SEED = 3
PACE = Pace(shown=1.0, others=0.05, at_once=8)  # seconds before each act; people acting at a time
PATIENCE = 15.0  # seconds
BOOK = ROOT / "quizzes" / "samples" / "cau-hoi-chuyen-de.xlsx"


async def watch(url: str, key: str, players: list[Player], progress: Callable[[int, int, str], None]) -> None:
    """Play the month of everybody whose branch has a secretary; people without a code or phone stay out."""
    led = {player.branch for player in players if Post.SECRETARY in player.posts}
    cast = [player for player in players if player.branch in led or player.shown]
    knowledge = read_book(BOOK) if BOOK.exists() else Knowledge()
    async with SimClient(url, key) as hand, Phones(hand, cast) as phones:
        stage = Stage(hand, phones, Ledger(), PACE, Windows(cast), PATIENCE)
        story = Story(stage, cast, Plan(cast, SEED), knowledge, SEED, progress)
        await story.play()
        for trouble in story.troubles:
            log.warning("in the story: %s", trouble)
