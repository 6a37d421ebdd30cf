"""The command line, as the installed command and `python -m conformance` begin: interrupted while it starts, it just ends."""


def main() -> int:
    """Run a command; the exit code."""
    try:
        from conformance import cli

        return cli.main()
    except KeyboardInterrupt:
        return 3


if __name__ == "__main__":
    raise SystemExit(main())
