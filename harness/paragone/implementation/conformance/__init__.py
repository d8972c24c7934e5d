"""Checks whether an implementation keeps the promises of the contract (`implementation/contract.py`).

`subject` is the implementation under examination, `promise` the register of checks, which `results` and `memory` fill;
`checks` is the whole register. `examination` runs it in child processes; each is `__main__`, and is handed a `task`.
"""
