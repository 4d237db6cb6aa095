"""`python -m bench.chaos updates|broadcast|platform|store|time|fleet`."""

from __future__ import annotations

import argparse
import importlib
import sys

from bench.machine import add_common, run_of

SERIES = {
    "updates": "updates",
    "broadcast": "broadcast",
    "platform": "platforms",
    "store": "stores",
    "time": "moments",
    "fleet": "fleet",
}


def main(arguments: list[str] | None = None) -> int:
    """One series; the exit code."""
    parser = argparse.ArgumentParser("python -m bench.chaos", description=__doc__)
    commands = parser.add_subparsers(dest="series", required=True)
    wanted = next((word for word in arguments or sys.argv[1:] if word in SERIES), None)
    for name, home in SERIES.items():
        command = commands.add_parser(name)
        add_common(command)
        if name == wanted:
            module = importlib.import_module(f"bench.chaos.{home}")
            module.options(command)
    given = parser.parse_args(arguments)
    run = run_of(f"chaos {given.series}", given)
    return run.end(module.run(run, given))


if __name__ == "__main__":
    sys.exit(main())
