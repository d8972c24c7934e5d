"""paragone settles quarrels about numerical code by measurement. Read its packages in this order:

    errors          every error a user can meet, with its exit code
    files           files that others may have changed: atomic writes, checked JSON lines, paths, hashes
    machine         this machine: hardware, scheduling, memory, threads, variables, Python environments
    task            what is computed: problem, data, reference, tolerance
    implementation  who computes it: the contract, finding implementations, checking what they promise
    adapters        how other languages and libraries are reached
    worker          the process that hosts one variant, and the handle through which the harness controls it
    store           one folder per run
    plan            what a run will do, decided before its first sample
    verify          nothing unverified is timed
    measure         launches and rounds, and the passes beside them
    analyse         samples to estimates, ratios and verdicts
    compare         two runs apart in time; two versions in one run
    claims          what sources claim, and whether a run reproduces it
    report          a run as text, figures, page and terminal output
    selftest        proofs that the statistics tell the truth
    cli             the command line, one file for each verb

The import rule: a package imports only from itself and from the packages above it.

To follow one timed sample: measure/rounds.py, worker/handle.py, worker/process.py, worker/sample.py.
To follow one verified cell: verify/pilot.py, verify/verifier.py, task/mlp/gate.py, task/mlp/judge.py.
To follow one row from the clock to the page: worker/replies.py (`Timing`), store/records.py (`Sample`),
analyse/results.py, report/page/payload.py.
"""

__version__ = "0.2.0"

# History of the method, newest first; any change that moves a number gets a line and raises the version.
# 2  2026-11-26  an untimed step before a sample of long steps too: it began with pages that the host had taken away.
# 1  2026-11-22  first version: interleaved rounds over fresh launches, ratios within rounds.
METHOD_VERSION = 2
