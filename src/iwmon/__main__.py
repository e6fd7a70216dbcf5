"""`python -m iwmon` is the same as `iwmon`."""

from iwmon.cli import main

if __name__ == "__main__":
    main()
