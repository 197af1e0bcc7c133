"""What several test files share."""

import os
import signal

import psutil


def heeding_ctrl_c() -> None:
    """For a child process: hear SIGINT also when the tests run in the background, where shells have it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


SECOND_OF_WORK_S = 1.0 * (os.cpu_count() or 1) + 0.5  # what a second on the wall can come to, stages side by side


def work_s() -> float:
    """The processor time, in seconds, of this process and of its children that have ended.

    What must be quick is bounded in this, not in time on the wall, so that a busy machine fails nothing.
    """
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def work_of_s(process: psutil.Process) -> float:
    """The processor time, in seconds, that another process has had so far."""
    spent = process.cpu_times()
    return spent.user + spent.system
