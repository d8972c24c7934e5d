"""Where the time of the tests goes: by file and by case, with the time of fixtures."""

import importlib.util
import subprocess
import sys

from paragone.files.paths import PROJECT

_spec = importlib.util.spec_from_file_location("time_tests", PROJECT / "scripts" / "time_tests.py")
time_tests = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(time_tests)

REPORT = """<testsuites><testsuite name="pytest">
<testcase classname="tests.plan.test_waves" name="test_one[1-a]" time="0.25"/>
<testcase classname="tests.report.test_write" name="test_two" time="1.5"><failure message="x"/></testcase>
<testcase classname="tests.plan.test_waves.TestOfAClass" name="test_three" time="0.5"/>
</testsuite></testsuites>"""


def test_the_seconds_of_a_file_are_the_sum_of_its_cases_slowest_first(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)

    assert time_tests.times_of(time_tests.cases_of(tmp_path / "report.xml")) == [
        " seconds  cases  file",
        "     1.5      1  tests/report/test_write.py",
        "     0.8      2  tests/plan/test_waves.py",
        "     2.2      3  all",
        "",
        "The 3 slowest cases:",
        "     1.5  tests/report/test_write.py::test_two",
        "     0.5  tests/plan/test_waves.py::test_three",
        "     0.2  tests/plan/test_waves.py::test_one[1-a]",
    ]


def test_fifteen_cases_are_named():
    lines = time_tests.times_of([("a.py", f"case {number}", float(number)) for number in range(20)])

    assert "The 15 slowest cases:" in lines
    assert lines[-15:] == [f"{number:8.1f}  a.py::case {number}" for number in range(19, 4, -1)]


def test_the_time_of_a_fixture_counts_and_the_exit_code_is_that_of_pytest(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import time, pytest\n\n@pytest.fixture\ndef slow():\n    time.sleep(0.3)\n\n"
        "def test_with_it(slow):\n    pass\n\ndef test_that_fails():\n    assert False\n"
    )
    command = [sys.executable, str(PROJECT / "scripts" / "time_tests.py"), "-q", "-p", "no:cacheprovider", "test_it.py"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert answer.returncode == 1, answer.stdout
    slowest = answer.stdout.partition("slowest cases:\n")[2].splitlines()
    assert [line.split("::")[1] for line in slowest] == ["test_with_it", "test_that_fails"]
    assert 0.3 <= float(slowest[0].split()[0])
