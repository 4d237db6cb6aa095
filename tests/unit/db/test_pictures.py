"""What lies under an address of ours, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db import pictures
from db.places import Place

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
PNG = b"\x89PNG picture"


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    engine = place.engine(writing=True)
    yield engine
    engine.dispose()


def test_a_picture_is_there_for_thirty_days(engine: Engine) -> None:
    with Session(engine) as session:
        token = pictures.keep(session, PNG, "hinh.png", NOW)
        assert len(token) >= 22  # 128 bits
        found = pictures.kept(session, token, NOW + timedelta(days=29))
        assert found is not None
        assert found.data == PNG
        assert pictures.kept(session, token, NOW + timedelta(days=30)) is None
        assert pictures.kept(session, token[:-1], NOW) is None


def test_a_file_is_there_for_a_day(engine: Engine) -> None:
    with Session(engine) as session:
        token = pictures.keep(session, b"names", "danh-sach.xlsx", NOW)
        assert pictures.kept(session, token, NOW + timedelta(hours=23)) is not None
        assert pictures.kept(session, token, NOW + timedelta(days=1)) is None


def test_a_picture_told_to_many_is_kept_once_while_it_lasts_long_enough(engine: Engine) -> None:
    with Session(engine) as session:
        first = pictures.keep(session, PNG, "hinh.png", NOW)
        assert pictures.keep(session, PNG, "hinh.png", NOW + timedelta(days=15)) == first
        assert pictures.keep(session, PNG, "hinh.png", NOW + timedelta(days=16)) != first
        assert pictures.keep(session, PNG + b"!", "hinh.png", NOW) != first


def test_what_is_old_is_forgotten_and_nothing_else(engine: Engine) -> None:
    with Session(engine) as session:
        old = pictures.keep(session, b"names", "danh-sach.xlsx", NOW)
        young = pictures.keep(session, PNG, "hinh.png", NOW)
        later = NOW + timedelta(days=1)
        assert not pictures.has_outlived(session, later - timedelta(seconds=1))
        assert pictures.has_outlived(session, later)
        pictures.forget_outlived(session, later)
        assert session.get(pictures.PictureRow, old) is None
        assert session.get(pictures.PictureRow, young) is not None
        assert not pictures.has_outlived(session, later)
