"""What a user should know reaches the report of the render that it belongs to, and no other's."""

from checkpoints.notices import gathering, notice
from studio.runtime import Background, Stop


def test_a_notice_is_kept_once():
    notices = []
    with gathering(notices):
        notice("The end is cut.")
        notice("The end is cut.")
        notice("A word is left out.")
    notice("Nobody gathers this.")
    assert notices == ["The end is cut.", "A word is left out."]


def test_a_stage_tells_the_render_that_started_it():
    def stage(sentence):
        notice(sentence)
        yield sentence

    first, second, stop = [], [], Stop()
    with gathering(first):
        one = Background(stage("one"), 1, stop, "one")
    with gathering(second):
        other = Background(stage("other"), 1, stop, "other")
    assert [*one, *other] == ["one", "other"]
    assert (first, second) == (["one"], ["other"])
