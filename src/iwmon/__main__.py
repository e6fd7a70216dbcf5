"""The console script; `python -m iwmon` is the same."""

import sys


def main() -> None:
    """Run the command line; an interrupt while it is still being imported ends it in silence, too."""
    try:
        from iwmon.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
