"""No fault of its own; needs a library that may be missing, or raise when it is imported."""

from zoo_faults.honest import Honest

from paragone.adapters.packages import PackageImplementation


class NeedsAPackage(PackageImplementation, Honest):
    name = "needs_a_package"
    package, extra = "library_of_a_test", "jax"

    def load(self, problem, images, labels):
        import library_of_a_test

        self.library = library_of_a_test
        Honest.load(self, problem, images, labels)
