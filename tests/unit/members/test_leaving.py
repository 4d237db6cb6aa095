"""Consent, 'không phải tôi' and leaving."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import inbox
from db.outbox import OutboxRow, OutboxState
from members import consent, leaving
from members.join_codes import Draft, make_codes
from members.tables import Account, AuditEntry, Consent, JoinCode, PostKind
from members.telling import tell
from opinions.forgetting import forget_author
from opinions.tables import Opinion, Phase, Visibility
from tests.unit.members.conftest import NOW, Org


def consents(session: Session, member_id: int) -> list[Consent]:
    session.flush()
    return list(session.scalars(select(Consent).where(Consent.member_id == member_id).order_by(Consent.id)))


def told(session: Session, notice: str) -> list[int | None]:
    query = select(OutboxRow.member_id).where(OutboxRow.notice == notice)
    return list(session.scalars(query.order_by(OutboxRow.member_id)))


def test_consent_is_given_once_and_proved(session: Session, org: Org) -> None:
    an = org.member("Lê An", org.branch())
    assert consent.give(session, an, NOW)
    assert not consent.give(session, an, NOW)
    (proof,) = consents(session, an.member_id)
    assert (proof.version, proof.given_at, proof.withdrawn_at) == (consent.VERSION, NOW, None)
    assert not proof.name_on_leaderboard
    assert org.who(an.member_id).consented


def test_the_name_needs_a_consent_in_force(session: Session, org: Org) -> None:
    an = org.member("Lê An", org.branch())
    assert not consent.show_name(session, an, shown=True)
    consent.give(session, an, NOW)
    session.flush()
    assert consent.show_name(session, an, shown=True)
    assert consent.own_data(session, an.member_id).name_on_leaderboard
    assert consent.show_name(session, an, shown=False)
    assert not consent.own_data(session, an.member_id).name_on_leaderboard


def test_a_consent_given_again_is_a_new_proof(session: Session, org: Org) -> None:
    an = org.member("Lê An", org.branch())
    consent.give(session, an, NOW)
    session.flush()
    assert consent.end(session, an.member_id, NOW)
    assert not consent.end(session, an.member_id, NOW)
    assert consent.give(session, an, NOW)
    first, second = consents(session, an.member_id)
    assert first.withdrawn_at == NOW
    assert second.withdrawn_at is None


def test_withdrawing_removes_everything_that_links(session: Session, org: Org) -> None:
    branch = org.branch()
    secretary = org.member("Phạm Bí Thư", branch, PostKind.SECRETARY)
    an, binh = org.member("Lê An", branch), org.member("Lê Bình", branch)
    phones = [org.account("1", member_id=an.member_id), org.account("9", "zalo", member_id=an.member_id)]
    hers = org.account("2", member_id=binh.member_id)
    for who in (an, binh):
        consent.give(session, who, NOW)
        session.flush()
        tell(session, who.member_id, "x", key=f"x{who.member_id}", now=NOW)
        session.add(opinion(branch, who.member_id))
    make_codes(session, None, branch, [Draft(an.member_id, "K7M29XQD", "d")], NOW)
    session.flush()
    done = leaving.withdraw(session, phones[0], [forget_author], NOW, key="k")
    session.flush()
    session.expire_all()
    assert done.full_name == "Lê An"
    assert [session.get_one(Account, phone).member_id for phone in phones] == [None, None]
    assert session.get_one(Account, hers).member_id == binh.member_id
    assert consents(session, an.member_id)[0].withdrawn_at == NOW
    assert consents(session, binh.member_id)[0].withdrawn_at is None
    assert set(session.scalars(select(Opinion.author_id))) == {None, binh.member_id}
    assert list(session.scalars(select(JoinCode))) == []
    states = {row.member_id: row.state for row in session.scalars(select(OutboxRow))}
    assert (states[an.member_id], states[binh.member_id]) == (OutboxState.SKIPPED, OutboxState.QUEUED)
    assert told(session, "joining.has_left") == [secretary.member_id]


def test_withdrawing_again_does_nothing(session: Session, org: Org) -> None:
    branch = org.branch()
    org.member("Phạm Bí Thư", branch, PostKind.SECRETARY)
    an = org.member("Lê An", branch)
    phone = org.account("1", member_id=an.member_id)
    assert leaving.withdraw(session, phone, [], NOW, key="k").full_name
    session.expire_all()
    assert leaving.withdraw(session, phone, [], NOW, key="k").full_name == ""
    assert len(told(session, "joining.has_left")) == 1


def test_not_me_tells_secretary_and_office_only(session: Session, org: Org) -> None:
    branch, other = org.branch("Chi bộ 1"), org.branch("Chi bộ 2")
    secretary = org.member("Phạm Bí Thư", branch, PostKind.SECRETARY)
    office = org.member("Lê Văn Phòng", other, PostKind.OFFICE)
    org.member("Vũ Bí Thư", other, PostKind.SECRETARY)
    an = org.member("Lê An", branch)
    phone = org.account("1", member_id=an.member_id)
    assert leaving.not_me(session, phone, NOW, key="k").full_name == "Lê An"
    assert leaving.not_me(session, phone, NOW, key="k").full_name == ""
    assert session.get_one(Account, phone).member_id is None
    assert told(session, "joining.not_me_told") == [secretary.member_id, office.member_id]
    actors = session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "not_me"))
    assert list(actors) == [None]


def test_not_me_keeps_the_consent_of_another_phone(session: Session, org: Org) -> None:
    an = org.member("Lê An", org.branch())
    consent.give(session, an, NOW)
    own, wrong = org.account("1", member_id=an.member_id), org.account("2", "zalo", member_id=an.member_id)
    leaving.not_me(session, wrong, NOW, key="k")
    assert consents(session, an.member_id)[0].withdrawn_at is None
    leaving.not_me(session, own, NOW, key="k2")
    assert consents(session, an.member_id)[0].withdrawn_at == NOW


def opinion(branch: int, author: int) -> Opinion:
    return Opinion(
        branch_id=branch,
        number=author,
        author_id=author,
        visibility=Visibility.COMMITTEE,
        phase=Phase.ANY,
        text="Đề nghị lắp thêm đèn",
        source_key=f"o{author}",
        at=NOW,
    )


def test_nothing_of_what_was_written_stays(session: Session, org: Org) -> None:
    an = org.member("Lê An", org.branch())
    phone = org.account("1", member_id=an.member_id)
    mine = session.get_one(Account, phone)
    arrivals = [
        inbox.Arrival("7", mine.chat, "Ý kiến của tôi"),
        inbox.Arrival("8", "other", "Của người khác"),
    ]
    for row in inbox.store_arrivals(session, mine.channel, arrivals, NOW):
        inbox.finish_all(session, [(row.id, NOW)])
    leaving.withdraw(session, phone, [], NOW, key="k")
    texts = session.execute(select(inbox.InboxRow.update_id, inbox.InboxRow.raw).order_by(inbox.InboxRow.id))
    assert [tuple(row) for row in texts] == [("7", ""), ("8", "Của người khác")]
    assert inbox.store_arrivals(session, mine.channel, arrivals[:1], NOW) == []
