"""What several test files share."""

import signal


def heeding_ctrl_c() -> None:
    """For a child process: hear SIGINT also when the tests run in the background, where shells have it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
