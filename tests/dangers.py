"""What in a Python file would run text as code, go through a shell, or unpickle, whatever it is called there."""

import ast

RUNS_TEXT = {"eval", "exec", "compile", "__import__", "__builtins__", "execfile"}
SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "startfile", "create_subprocess_shell"}
SHELL_NAMES = {"sh", "bash", "dash", "zsh", "/bin/sh", "/bin/bash", "/usr/bin/env", "cmd", "cmd.exe", "powershell"}
UNPICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "jsonpickle"}
FOREIGN = {"yaml", "ruamel", "builtins", "runpy", "code", "codeop", "pty", "imp"}
OWNERS_OF_SHELLS = {"os", "posix", "nt", "subprocess", "asyncio"}
SHORT = {"pandas": "pd", "numpy": "np"}
LOADERS = {("torch", "load"), ("pd", "read_pickle"), ("np", "fromregex"), ("keras", "load")}


def dangers(tree):
    """Return a line for each danger in a syntax tree: its line number and what it is."""
    imports = [alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    modules = {alias.asname or alias.name.partition(".")[0]: alias.name for alias in imports}
    return [f"line {node.lineno}: {what}" for node in ast.walk(tree) for what in _dangers_of(node, modules)]


def _dangers_of(node, modules):
    if isinstance(node, ast.Name) and node.id in RUNS_TEXT:
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield from _dangers_of_attribute(node, modules)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from _dangers_of_import(node)
    elif isinstance(node, ast.Call):
        yield from _dangers_of_call(node, modules)
    elif isinstance(node, ast.Dict) and any(_text(key) in {"shell", "allow_pickle"} for key in node.keys):
        yield "a shell or a pickle in a table of arguments"
    elif isinstance(node, ast.List | ast.Tuple) and node.elts and _text(node.elts[0]) in SHELL_NAMES:
        yield f"the shell {_text(node.elts[0])}"


def _dangers_of_attribute(node, modules):
    name = getattr(node.value, "id", "")
    owner = SHORT.get(modules.get(name, name), modules.get(name, name))
    if (node.attr in SHELLS and owner in OWNERS_OF_SHELLS) or (
        owner == "os" and node.attr.startswith(("spawn", "exec"))
    ):
        yield f"a shell: {owner}.{node.attr}"
    if node.attr in {"__builtins__", "__import__"} or (owner, node.attr) in LOADERS:
        yield f"{owner}.{node.attr}"
    if node.attr in {"eval", "query"} and owner in {"pd", "pandas", "frame", "np", "numexpr", "builtins"}:
        yield f"{owner}.{node.attr}"


def _dangers_of_import(node):
    names = {alias.name for alias in node.names}
    roots = {name.partition(".")[0] for name in names} if isinstance(node, ast.Import) else {str(node.module)}
    yield from sorted(roots & FOREIGN)
    if isinstance(node, ast.ImportFrom):
        yield from sorted(
            names & (SHELLS | RUNS_TEXT | {"read_pickle"}) if not node.level and not _is_ours(node) else ()
        )


def _is_ours(node):
    return (node.module or "").partition(".")[0] in {"paragone", "platform"}


def _dangers_of_call(node, modules):
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
    owner = modules.get(getattr(getattr(node.func, "value", None), "id", ""))
    if name in {"getattr", "attrgetter", "methodcaller"} and {*map(_text, node.args)} & (RUNS_TEXT | SHELLS):
        yield f"{name} of {[_text(argument) for argument in node.args]}"
    for keyword in node.keywords:
        if keyword.arg == "shell" or (keyword.arg is None and owner == "subprocess"):
            yield "a shell, or arguments that may ask for one"
        if keyword.arg == "allow_pickle" and getattr(keyword.value, "value", 1):
            yield "allow_pickle"
        if keyword.arg == "weights_only":
            yield "weights_only: a loader that may unpickle"


def _text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
