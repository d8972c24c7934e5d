import pytest

from paragone.machine.cgroups import cpu_quota, memory_limit

V1_MOUNTS = """\
31 23 0:27 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct
32 23 0:28 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
"""
V2_MOUNTS = "25 23 0:22 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n"


@pytest.fixture
def system(tmp_path):
    """Return a function that writes the files of a made-up system and returns its root."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def test_a_system_without_control_groups_sets_no_limit(tmp_path):
    assert cpu_quota(tmp_path) is None
    assert memory_limit(tmp_path) is None


def test_version_2_limits_of_the_own_group_are_read(system):
    root = system(
        {
            "proc/self/cgroup": "0::/user/job\n",
            "proc/self/mountinfo": V2_MOUNTS,
            "sys/fs/cgroup/user/job/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/user/job/memory.max": "1073741824\n",
        }
    )

    assert cpu_quota(root) == 1.5
    assert memory_limit(root) == 2**30


def test_the_tightest_limit_of_the_groups_above_counts(system):
    root = system(
        {
            "proc/self/cgroup": "0::/user/job\n",
            "proc/self/mountinfo": V2_MOUNTS,
            "sys/fs/cgroup/user/job/cpu.max": "400000 100000",
            "sys/fs/cgroup/user/job/memory.max": "max",
            "sys/fs/cgroup/user/cpu.max": "50000 100000",
            "sys/fs/cgroup/user/memory.high": "4096",
            "sys/fs/cgroup/user/memory.max": "8192",
        }
    )

    assert cpu_quota(root) == 0.5
    assert memory_limit(root) == 4096


def test_max_is_no_limit(system):
    root = system(
        {
            "proc/self/cgroup": "0::/\n",
            "proc/self/mountinfo": V2_MOUNTS,
            "sys/fs/cgroup/cpu.max": "max 100000",
            "sys/fs/cgroup/memory.max": "max",
        }
    )

    assert cpu_quota(root) is None
    assert memory_limit(root) is None


def test_version_1_limits_are_read(system):
    root = system(
        {
            "proc/self/cgroup": "4:memory:/job\n1:cpu,cpuacct:/job\n",
            "proc/self/mountinfo": V1_MOUNTS,
            "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "200000\n",
            "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "536870912\n",
        }
    )

    assert cpu_quota(root) == 2.0
    assert memory_limit(root) == 2**29


def test_version_1_writes_no_limit_as_minus_one_and_as_a_huge_number(system):
    root = system(
        {
            "proc/self/cgroup": "4:memory:/\n1:cpu,cpuacct:/\n",
            "proc/self/mountinfo": V1_MOUNTS,
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        }
    )

    assert cpu_quota(root) is None
    assert memory_limit(root) is None


def test_inside_a_container_the_mount_shows_the_own_group_at_its_top(system):
    """Docker on version 1: the process is in /docker/abc, and that group is mounted, not the root."""
    root = system(
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n",
            "proc/self/mountinfo": "32 23 0:28 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000",
        }
    )

    assert memory_limit(root) == 1000


def test_a_group_that_the_container_cannot_see_falls_back_to_what_is_mounted(system):
    root = system(
        {
            "proc/self/cgroup": "0::/../outside\n",
            "proc/self/mountinfo": V2_MOUNTS,
            "sys/fs/cgroup/memory.max": "1000",
        }
    )

    assert memory_limit(root) == 1000
