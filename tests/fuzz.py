"""Coverage-guided fuzzing: ``python -m tests.fuzz formulas -runs=100000`` (needs atheris).

The targets are ``formulas`` (bytes to the formula reader), ``weights`` (bytes as a weight file),
``labels`` (bytes as a label in every kind of picture) and ``seeds`` (eight bytes as the seed of a backward
pass). What follows the target goes to libFuzzer: ``-runs=``, ``-max_total_time=``, a corpus folder.
"""

import sys


def main() -> None:
    """Run one target until it breaks, or until libFuzzer's own limits."""
    try:
        import atheris
    except ImportError:
        raise SystemExit("install the fuzzer first: pip install atheris") from None
    with atheris.instrument_imports(include=["autograd_lite", "nn", "viz"]):
        from tests.test_fuzz import CORPUS, TARGETS
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        raise SystemExit(f"name a target: {', '.join(TARGETS)}")
    for text in CORPUS:
        TARGETS[name](text.encode("utf-8", "surrogatepass"))
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
