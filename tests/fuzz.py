"""Coverage-guided fuzzing of the formula reader: ``python -m tests.fuzz -runs=100000`` (needs atheris)."""

import sys


def main() -> None:
    try:
        import atheris
    except ImportError:
        raise SystemExit("install the fuzzer first: pip install atheris") from None
    with atheris.instrument_imports():
        from tests.test_fuzz import CORPUS, read
    for text in CORPUS:
        read(text)
    atheris.Setup(sys.argv, lambda data: read(data.decode("utf-8", "surrogateescape")))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
