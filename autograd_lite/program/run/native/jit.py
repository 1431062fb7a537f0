"""LLVM text to machine code that can be called.

With this module, one can,

- compile a module for this processor: ``compile_module(text).address("f")``;
- ask how many doubles a vector register holds: ``native_lanes()``.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from ....extras import needs

with needs("native", "machine code"):
    import llvmlite.binding as llvm

_lock = threading.Lock()  # LLVM's global context must not be used from two threads at once


class MachineCode:
    """Functions in memory. An address is good for as long as the code it is in is referred to."""

    def __init__(self, compiler: Any):
        self._compiler = compiler  # LLVM's, which owns the memory

    def address(self, function: str) -> int:
        """Return where the function begins. Raises KeyError if there is none of that name."""
        with _lock:
            address = int(self._compiler.get_function_address(function))
        if not address:
            raise KeyError(f"the module defines no function {function!r}")
        return address


@cache
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@cache
def _host() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _pipeline() -> Any:
    """Return what improves straight-line text: passes of LLVM.

    They are named one by one, since llvmlite never frees the 80 KB of a default pipeline that has run.
    """
    pipeline = llvm.create_new_module_pass_manager()
    pipeline.add_always_inliner_pass()
    pipeline.add_sroa_pass()
    pipeline.add_simplify_cfg_pass()
    pipeline.add_instruction_combine_pass()
    pipeline.add_new_gvn_pass()
    pipeline.add_dead_store_elimination_pass()
    pipeline.add_instruction_combine_pass()
    pipeline.add_simplify_cfg_pass()
    pipeline.add_aggressive_dce_pass()
    return pipeline


def compile_module(
    text: str, *, optimise: bool = True, generate: int = 2, cpu: str | None = None, features: str = ""
) -> MachineCode:
    """Compile the text of an LLVM module to machine code for this processor.

    Without ``optimise`` the text is taken as it is; ``generate`` (0 to 3) is how hard the selection of
    instructions works. ``cpu`` names another processor to write for, with extra
    ``features``: "x86-64" is one that has SSE2 alone.

        >>> module = compile_module("define double @twice(double %x) { %y = fadd double %x, %x ret double %y }")
        >>> import ctypes
        >>> ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(module.address("twice"))(21.0)
        42.0

    Raises ValueError, with LLVM's words, if the text is not a module.
    """
    with _lock:
        _initialise()
        name, extra = _host() if cpu is None else (cpu, features)
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=name, features=extra, opt=generate, codemodel="jitdefault", jit=True
        )
        try:
            module = llvm.parse_assembly(text)
            module.verify()
        except RuntimeError as error:
            raise ValueError(f"not an LLVM module: {error}") from error
        if optimise:
            settings = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
            _pipeline().run(module, settings)
        compiler = llvm.create_mcjit_compiler(module, machine)
        compiler.finalize_object()
    return MachineCode(compiler)


@cache
def native_lanes() -> int:
    """Return how many float64 a vector register holds: 8 with AVX-512, 4 with AVX2, else 2 (SSE2, NEON)."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 8
    return 4 if features.get("avx2") else 2


@cache
def many_registers() -> bool:
    """Tell whether there are 32 vector registers, as with AVX-512 and on ARM, or 16."""
    return native_lanes() == 8 or llvm.get_default_triple().startswith(("aarch64", "arm64"))
