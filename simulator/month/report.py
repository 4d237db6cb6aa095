"""Scene: the leader reads the month's figures, which must be the ones of the bookkeeping."""

from simulator.month import labels as see
from simulator.month.acts import Actor, count_of


async def read_report(leader: Actor, branches: int) -> None:
    """'báo cáo': a picture, and numbers that agree with what everybody did."""
    before = leader.phone.seen
    told = await leader.say(see.REPORT_WORD, see.REPORT)
    ledger = leader.stage.ledger
    must = ledger.figures()
    shares, opinions = count_of(told, see.REPORT_SHARES), count_of(told, see.REPORT_OPINIONS)
    kinds = {message["kind"] for message in leader.phone.newest_first(before)}
    ledger.expect("the leader's report has a picture", True, "photo" in kinds)  # noqa: FBT003
    if branches > 1:
        ledger.expect(
            "branches that met, in the report", (branches, branches), count_of(told, see.REPORT_MET)
        )
    people = (must.checked_in, must.members, len(ledger.scores), must.members)
    ledger.expect("present/members and quiz/members, in the report", people, shares)
    ledger.expect("opinions and answers, in the report", (must.opinions, must.opinions), opinions)
