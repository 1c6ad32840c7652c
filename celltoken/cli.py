"""The `celltoken` command. A sub-command is two functions: one adds its parser, one runs it."""

import argparse
import sys

from celltoken import data


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code (0 done, 2 a problem said in one sentence)."""
    parser = argparse.ArgumentParser(
        prog="celltoken", description="The Cell as a Token: commands of the course."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    for add in (_add_fetch,):
        add(commands)
    options = parser.parse_args(argv)
    try:
        return options.run(options) or 0
    except data.DataError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: nothing is left half-done, run it again to go on.", file=sys.stderr)
        return 130


def _add_fetch(commands) -> None:
    parser = commands.add_parser(
        "fetch", help="get the language models once, verified, into the cache folder"
    )
    parser.add_argument("names", nargs="*", metavar="model", help="which models (default: all)")
    parser.set_defaults(run=_fetch)


def _fetch(options: argparse.Namespace) -> None:
    data.fetch(options.names or None, progress=lambda line: print(line, flush=True))
    print(f"The models are in {data.cache_folder()}")


if __name__ == "__main__":
    sys.exit(main())
