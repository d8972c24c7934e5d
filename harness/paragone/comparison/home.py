"""Where a project holds the implementations of a family: what a revision of it gives to a live comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from paragone.files.paths import PROJECT, shipped
from paragone.implementation.kernel_folder import implementation_files, is_kernel
from paragone.implementation.plugins import folders_of_kernel
from paragone.task.kernel.problem import KernelProblem
from paragone.task.problem import Problem


@dataclass(frozen=True)
class Home:
    """A folder of a project, which may itself be a part of a git repository.

    Without a project there are neither revisions nor a working tree. `kernel` is its name, "" for networks.
    """

    project: Path | None
    folder: Path  # in the project
    kernel: str = ""

    @property
    def what(self) -> str:
        """What its sides hold, in words."""
        return f"implementations of {self.kernel}" if self.kernel else "implementations"

    def is_own(self, folder: Path) -> bool:
        return self.project is not None and folder == (self.project / self.folder).resolve()

    def implementations_in(self, folder: Path) -> Path | None:
        """The folder of implementations that it is, or that lies in it under the kernel's name; None for none."""
        if not self.kernel:
            found = (folder / "impl.py").is_file() or any(folder.glob("*/impl.py"))
            return folder.resolve() if found else None
        inside = (place.resolve() for place in (folder, folder / self.kernel) if is_kernel(place))
        return next((place for place in inside if place.name == self.kernel and implementation_files(place)), None)

    def around(self, folder: Path) -> Path:
        """What a folder of implementations is called after: its project, else a kernel's parent, else itself."""
        depth = len(self.folder.parts)
        if folder.parts[-depth:] == self.folder.parts:
            return folder.parents[depth - 1]
        return folder.parent if self.kernel else folder


OF_NETWORKS = Home(PROJECT, Path("impls/mlp"))


def home_of(problem: Problem, plugins: Iterable[str] = ()) -> Home:
    """Where revisions of its implementations are: for a kernel, the first folder of it that the user names.

    So the revisions of a kernel of one's own are those of the repository in which it lies, and those of a kernel that
    ships are this project's, unless a plugin has more implementations of it.
    """
    if not isinstance(problem, KernelProblem):
        return OF_NETWORKS
    folder = next(iter(folders_of_kernel(problem.name, plugins)), Path(problem.folder)).resolve()
    if folder == (shipped("impls") / problem.name).resolve():
        return Home(PROJECT, Path("impls", problem.name), problem.name)
    return Home(folder.parent, Path(folder.name), problem.name)
