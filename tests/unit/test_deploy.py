"""What `deploy/` holds fits together and fits the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import load

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
VERSIONED = re.compile(r"[a-z]+(/[a-z-]+)?:v?\d+(\.\d+)*")


def read(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def bots() -> dict[str, dict[str, str]]:
    """The environment of each process of the compose file."""
    services = read("compose.yaml")["services"]
    return {name: service["environment"] for name, service in services.items() if "build" in service}


def test_images_are_named_with_their_version() -> None:
    services = read("compose.yaml")["services"].values()
    images = [service["image"] for service in services if "image" in service]
    assert images
    assert all(VERSIONED.fullmatch(image) for image in images)


def test_the_settings_of_every_process_are_accepted(bots: dict[str, dict[str, str]]) -> None:
    assert len(bots) >= 2
    for environment in bots.values():
        settings = load(DEPLOY.parent / "config.yaml", environment)
        assert settings.log.json
        assert settings.database.url.startswith("postgresql+psycopg://")


def test_every_process_is_scraped_at_its_own_address(bots: dict[str, dict[str, str]]) -> None:
    addresses = {name: environment["MUNGBA_WEB__METRICS"] for name, environment in bots.items()}
    assert all(address.startswith(f"{name}:") for name, address in addresses.items())
    targets = read("prometheus/prometheus.yaml")["scrape_configs"][0]["static_configs"][0]["targets"]
    assert sorted(targets) == sorted(addresses.values())


def test_what_is_mounted_is_there() -> None:
    for service in read("compose.yaml")["services"].values():
        for mount in service.get("volumes", ()):
            source = mount.partition(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).exists(), source


def test_alerts_and_dashboard_are_about_figures_the_guide_explains() -> None:
    guide = (DEPLOY.parent / "docs" / "deploy.md").read_text("utf-8")
    rules = read("prometheus/alerts.yaml")["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"mungba_\w+", rule["expr"])}
    assert named
    assert all(name in guide for name in named)


def test_the_unit_stops_with_patience() -> None:
    unit = (DEPLOY / "mungba.service").read_text("utf-8")
    assert "TimeoutStopSec=20" in unit
    assert "python -m bot run" in unit
