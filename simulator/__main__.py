"""`python -m simulator`."""

from simulator.options import read_options
from simulator.server import run

if __name__ == "__main__":
    run(read_options())
