"""Runs one measurement, or a part of one in a process of its own, and prints its tables."""

import importlib
import sys

from bench.common import Lacking

QUESTIONS = (
    *("page", "phone", "sign", "publish", "visible", "copies"),
    *("workbench", "queue", "names", "figures", "imports"),
)


def main(arguments):
    """Run the question named first; returns the exit code."""
    question = arguments[0] if arguments else ""
    if question not in QUESTIONS:
        print(f"usage: python -m bench {'|'.join(QUESTIONS)}", file=sys.stderr)
        return 2
    try:
        importlib.import_module(f"bench.{question}").main(*arguments[1:])
    except Lacking as lacking:
        print(lacking, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
