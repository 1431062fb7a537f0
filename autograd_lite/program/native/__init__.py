"""Machine code for programs, through LLVM: instructions (builder), functions, and the compiler (jit)."""
