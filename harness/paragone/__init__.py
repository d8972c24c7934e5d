"""paragone settles quarrels about numerical code by measurement. Read its packages in this order:

    errors          every error a user can meet, with its exit code
    files           files that others may have changed: atomic writes, checked JSON lines, paths, hashes
    machine         this machine: hardware, scheduling, memory, threads, variables, Python environments
    task            what is computed: what the core asks of a problem, and the families: networks, kernels
    implementation  who computes it: the contract, finding implementations, checking what they promise
    adapters        how other languages and libraries are reached
    worker          the process that hosts one variant, and the handle through which the harness controls it
    store           one folder per run
    plan            what a run will do, decided before its first sample
    verify          nothing unverified is timed
    measure         launches and rounds, and the passes beside them
    analyse         samples to estimates, ratios and verdicts
    comparison      two runs apart in time, many over time; two versions in one run
    pool            a run spread over several machines of one kind, by Dask
    claims          what sources claim, and whether a run reproduces it
    report          a run as text, figures, page and terminal output
    calls           `paragone.compare`: callables of a notebook, a script or a test, compared where they are
    selftest        proofs that the statistics tell the truth
    cli             the command line, one file for each verb

The import rule: a package imports only from itself and from the packages above it.

To follow one timed sample: measure/rounds.py, worker/handle.py, worker/hosted_variant.py, worker/sample.py.
To follow one verified cell: verify/pilot.py, verify/verifier.py, task/mlp/checks.py, task/mlp/gate.py; of a kernel:
task/kernel/checks.py, task/kernel/judge.py. In the rounds: measure/sampling.py, verify/time_account.py.
To follow one row from the clock to the page: worker/replies.py (`Timing`), store/records.py (`Sample`),
analyse/results.py, report/page/payload.py.

The names in `__all__` are public: for notebooks `load_run` and `compare`, for plugins the bases of implementations and
what their verbs receive and raise. Each is imported when it is first used, so that a worker loads no pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paragone.adapters.arrays import ArrayImplementation as ArrayImplementation
    from paragone.adapters.c_abi import LibraryImplementation as LibraryImplementation
    from paragone.adapters.julia import JuliaImplementation as JuliaImplementation
    from paragone.adapters.julia_process import JuliaProcessImplementation as JuliaProcessImplementation
    from paragone.adapters.kernel.julia import JuliaKernelImplementation as JuliaKernelImplementation
    from paragone.adapters.kernel.julia import JuliaProcessKernelImplementation as JuliaProcessKernelImplementation
    from paragone.adapters.kernel.library import LibraryKernelImplementation as LibraryKernelImplementation
    from paragone.adapters.kernel.program import ProgramKernelImplementation as ProgramKernelImplementation
    from paragone.adapters.kernel.python import PythonKernelImplementation as PythonKernelImplementation
    from paragone.adapters.packages import PackageImplementation as PackageImplementation
    from paragone.adapters.process import ProcessImplementation as ProcessImplementation
    from paragone.adapters.tensors import TorchImplementation as TorchImplementation
    from paragone.analyse.results import Results as Results
    from paragone.calls.compare import compare as compare
    from paragone.calls.comparison import Comparison as Comparison
    from paragone.errors import HarnessError as HarnessError
    from paragone.errors import MeasurementFailed as MeasurementFailed
    from paragone.implementation.contract import FLOATS as FLOATS
    from paragone.implementation.contract import Implementation as Implementation
    from paragone.report.notebook import load_run as load_run
    from paragone.task.mlp.problem import NetworkProblem as NetworkProblem
    from paragone.task.mlp.state import State as State
    from paragone.task.problem import Problem as Problem

__version__ = "0.2.0"

# History of the method, newest first; any change that moves a number gets a line and raises the version.
# 3  2026-11-29  every round has a new start and order, and the prefix others: caches hold less of a sample.
# 2  2026-11-26  an untimed step before a sample of long steps too: it began with pages that the host had taken away.
# 1  2026-11-22  first version: interleaved rounds over fresh launches, ratios within rounds.
METHOD_VERSION = 3

PUBLIC = {
    "compare": "calls.compare",
    "Comparison": "calls.comparison",
    "load_run": "report.notebook",
    "Results": "analyse.results",
    "FLOATS": "implementation.contract",
    "Implementation": "implementation.contract",
    "ArrayImplementation": "adapters.arrays",
    "LibraryImplementation": "adapters.c_abi",
    "JuliaImplementation": "adapters.julia",
    "JuliaProcessImplementation": "adapters.julia_process",
    "PackageImplementation": "adapters.packages",
    "ProcessImplementation": "adapters.process",
    "TorchImplementation": "adapters.tensors",
    "PythonKernelImplementation": "adapters.kernel.python",
    "LibraryKernelImplementation": "adapters.kernel.library",
    "ProgramKernelImplementation": "adapters.kernel.program",
    "JuliaKernelImplementation": "adapters.kernel.julia",
    "JuliaProcessKernelImplementation": "adapters.kernel.julia",
    "NetworkProblem": "task.mlp.problem",
    "Problem": "task.problem",
    "State": "task.mlp.state",
    "HarnessError": "errors",
    "MeasurementFailed": "errors",
}
__all__ = ["METHOD_VERSION", "__version__", *PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *PUBLIC})
