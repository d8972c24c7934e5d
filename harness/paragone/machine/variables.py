"""The environment variables that affect measurements, and the treatment of each: a table.

A variable that chooses kernels, allocators or compilers is kept, recorded and warned about: the user set it on
purpose. A variable that would change the number of threads or their placement is cleared and recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

# Variables that are set to the number of threads of a worker.
THREAD_COUNTS = (
    "OMP_NUM_THREADS",  # OpenMP: PyTorch, scikit-learn, C and Fortran
    "OPENBLAS_NUM_THREADS",  # NumPy, SciPy, Julia
    "GOTO_NUM_THREADS",  # OpenBLAS under its former name
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",  # Apple's Accelerate
    "NVPL_BLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "JULIA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "NPROC",  # the size of XLA's thread pool
    "PJRT_NPROC",  # the same, in newer XLA
)

# Variables that have the same value in every worker.
FIXED = {
    "OMP_DYNAMIC": "FALSE",  # no fewer threads than asked for
    "MKL_DYNAMIC": "FALSE",
    "TF_NUM_INTEROP_THREADS": "1",
    # Errors only: TensorFlow's notes on its build would else be the last lines in the log of a worker that died.
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "KERAS_BACKEND": "tensorflow",
    # torch.compile compiles in this many processes; more would use the CPUs of other workers.
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    # Before juliacall 0.9.35 two Julia threads inside Python crashed. Julia's BLAS follows OPENBLAS_NUM_THREADS.
    "PYTHON_JULIACALL_THREADS": "1",
    # With signal handling, Ctrl-C kills the process before it can answer.
    "PYTHON_JULIACALL_HANDLE_SIGNALS": "no",
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8",  # what a worker prints is read as that
}

XLA_THREADS = "--xla_cpu_multi_thread_eigen"


@dataclass(frozen=True)
class Rule:
    """The treatment of the variables whose names match `pattern`; `warning` goes into the report, after NAME=VALUE."""

    pattern: str
    treatment: str  # "kept" or "cleared"
    reason: str
    warning: str | None = None


_PLACES = "Binding threads to places would put several of them on one CPU; the harness pins workers itself."
_SPINNING = "How long waiting threads spin decides the CPU time of a sample, by which its threads are counted."
_COUNTS = "It overrides the number of threads asked for."
_KERNELS = "Chosen on purpose: it decides which BLAS kernels are measured."
_SLOWER_KERNELS = "these may be half as fast as the ones this CPU would get by itself"
_ALLOCATION = "Chosen on purpose: it decides how memory is allocated."
_EAGER = "It would put code that is not compiled under the name of torch.compile."
_TF32 = "Products of float32 would be computed with 10 bits of fraction in place of 23."
_PAGES = "large batches spend much of their time on fresh memory and may be faster or slower than usual"

# The first rule that matches a name holds.
RULES = (
    Rule("OMP_PROC_BIND", "cleared", _PLACES),
    Rule("OMP_PLACES", "cleared", _PLACES),
    Rule("GOMP_CPU_AFFINITY", "cleared", _PLACES),
    Rule("JULIA_EXCLUSIVE", "cleared", _PLACES),
    Rule("OPENBLAS_MAIN_FREE", "cleared", _PLACES),
    Rule("GOTOBLAS_MAIN_FREE", "cleared", _PLACES),
    Rule("OMP_WAIT_POLICY", "cleared", _SPINNING),
    Rule("GOMP_SPINCOUNT", "cleared", _SPINNING),
    Rule("OPENBLAS_THREAD_TIMEOUT", "cleared", _SPINNING),
    Rule("JULIA_THREAD_SLEEP_THRESHOLD", "cleared", _SPINNING),
    Rule("OMP_THREAD_LIMIT", "cleared", _COUNTS),
    Rule("OMP_MAX_ACTIVE_LEVELS", "cleared", _COUNTS),
    Rule("OMP_NESTED", "cleared", _COUNTS),
    Rule("OPENBLAS_DEFAULT_NUM_THREADS", "cleared", _COUNTS),
    Rule("MKL_DOMAIN_NUM_THREADS", "cleared", _COUNTS),
    Rule("BLIS_??_NT", "cleared", _COUNTS),
    Rule("MKL_VERBOSE", "cleared", "It prints a line for every product, inside the timed call."),
    Rule("PYTHONINSPECT", "cleared", "A worker would stay behind as an interactive interpreter."),
    Rule("KMP_DUPLICATE_LIB_OK", "kept", "Without it some installations with two OpenMP libraries abort."),
    Rule("KMP_*", "cleared", "It moves, spins or counts the threads of Intel's and LLVM's OpenMP."),
    Rule("OPENBLAS_CORETYPE", "kept", _KERNELS, f"forces OpenBLAS's kernels; {_SLOWER_KERNELS}"),
    Rule("OPENBLAS_L2_SIZE", "kept", _KERNELS, "changes how OpenBLAS cuts its matrices into blocks"),
    Rule("OPENBLAS_BLOCK_FACTOR", "kept", _KERNELS, "changes how OpenBLAS cuts its matrices into blocks"),
    Rule("BLIS_ARCH_TYPE", "kept", _KERNELS, f"forces BLIS's kernels; {_SLOWER_KERNELS}"),
    Rule("NVPL_BLAS_*", "kept", _KERNELS, "changes the kernels of NVPL"),
    Rule("MKL_*", "kept", _KERNELS, "changes how MKL computes, on some CPUs by a factor"),
    Rule("NPY_DISABLE_CPU_FEATURES", "kept", _KERNELS, "switches off vector instructions in NumPy"),
    Rule("NPY_ENABLE_CPU_FEATURES", "kept", _KERNELS, "limits the vector instructions of NumPy"),
    Rule("NUMPY_MADVISE_HUGEPAGE", "kept", _ALLOCATION, f"decides whether NumPy asks for huge pages; {_PAGES}"),
    Rule("MALLOC_*", "kept", _ALLOCATION, f"changes the allocator; {_PAGES}"),
    Rule("GLIBC_TUNABLES", "kept", _ALLOCATION, f"changes the C library, its allocator included; {_PAGES}"),
    Rule("PYTHONMALLOC", "kept", _ALLOCATION, "changes Python's allocator; pure Python may run several times slower"),
    Rule("LD_PRELOAD", "kept", "Chosen on purpose.", "puts a library in front of all others, in every worker"),
    Rule("DYLD_INSERT_LIBRARIES", "kept", "Chosen on purpose.", "puts a library in front of all others"),
    Rule("LD_LIBRARY_PATH", "kept", "Chosen on purpose.", "may decide which BLAS is loaded"),
    Rule("PYTHONDEVMODE", "kept", "Chosen on purpose.", "switches on Python's debugging checks"),
    Rule("PYTHONTRACEMALLOC", "kept", "Chosen on purpose.", "traces every allocation of Python"),
    Rule("PYTHON_JIT", "kept", "Chosen on purpose.", "switches Python's just-in-time compiler"),
    Rule("PYTHON_GIL", "kept", "Chosen on purpose.", "switches Python's global lock"),
    Rule("NUMBA_CACHE_DIR", "kept", "It only says where compiled code is kept."),
    Rule("NUMBA_*", "kept", "Chosen on purpose.", "changes what Numba compiles"),
    Rule("JULIA_CPU_TARGET", "kept", "Chosen on purpose.", "changes for which CPU Julia compiles"),
    Rule("PYTHON_JULIACALL_*OPTLEVEL", "kept", "Chosen on purpose.", "changes how far Julia optimises"),
    Rule("PYTHON_JULIACALL_OPTIMIZE", "kept", "Chosen on purpose.", "changes how far Julia optimises"),
    Rule("PYTHON_JULIACALL_COMPILE", "kept", "Chosen on purpose.", "changes whether Julia compiles"),
    Rule("PYTHON_JULIACALL_CHECK_BOUNDS", "kept", "Chosen on purpose.", "changes whether Julia checks every index"),
    Rule("ATEN_CPU_CAPABILITY", "kept", "Chosen on purpose.", "limits the vector instructions of PyTorch"),
    Rule("DNNL_*", "kept", "Chosen on purpose.", "changes the kernels of oneDNN"),
    Rule("ONEDNN_*", "kept", "Chosen on purpose.", "changes the kernels of oneDNN"),
    Rule("TORCHINDUCTOR_CACHE_DIR", "cleared", "What torch.compile made before would shorten the cold first call."),
    Rule("TORCH_COMPILE_DISABLE", "cleared", _EAGER),
    Rule("TORCHDYNAMO_DISABLE", "cleared", _EAGER),
    Rule("TORCHDYNAMO_SUPPRESS_ERRORS", "cleared", _EAGER),
    Rule("CXX", "kept", "Chosen on purpose: torch.compile calls it."),
    Rule("TORCHINDUCTOR_*", "kept", "Chosen on purpose.", "changes what torch.compile makes"),
    Rule("TF_ENABLE_ONEDNN_OPTS", "kept", "Chosen on purpose.", "switches the kernels of TensorFlow"),
    Rule("JAX_*", "kept", "Chosen on purpose.", "changes how JAX compiles and where it computes"),
    Rule("NVIDIA_TF32_OVERRIDE", "cleared", _TF32),
    Rule("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "cleared", _TF32),
    Rule("CUPY_TF32", "cleared", _TF32),
    Rule("CUPY_ACCELERATORS", "kept", "Chosen on purpose.", "changes the kernels of CuPy"),
    Rule("CUDA_LAUNCH_BLOCKING", "kept", "Chosen on purpose.", "makes the CPU wait for the GPU after every kernel"),
    Rule("CUDA_VISIBLE_DEVICES", "kept", "Chosen on purpose.", "decides which GPUs libraries may use"),
)
