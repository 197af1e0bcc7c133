"""What a studio keeps warm is made once, however many ask for it at the same time."""

import threading

import pytest

from studio.library import Shelf


def test_many_who_ask_at_once_get_one_thing():
    shelf, made, start = Shelf(), [], threading.Barrier(8)

    def make():
        made.append(object())
        return made[-1]

    found = []

    def ask():
        start.wait()
        found.append(shelf.get("portrait", make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and all(thing is made[0] for thing in found)


def test_different_things_are_made_side_by_side():
    shelf, both = Shelf(), threading.Barrier(2, timeout=10)  # breaks unless both are being made at the same time
    threads = [threading.Thread(target=shelf.get, args=(name, both.wait)) for name in ("voice", "head")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken


def test_the_oldest_leaves_a_full_shelf():
    shelf, made = Shelf(size=2), []
    for name in ("a", "b", "a", "c", "a", "b"):
        shelf.get(name, lambda name=name: made.append(name))
    assert made == ["a", "b", "c", "b"]


def test_what_could_not_be_made_is_tried_again():
    shelf = Shelf()
    with pytest.raises(ZeroDivisionError):
        shelf.get("x", lambda: 1 / 0)
    assert shelf.get("x", lambda: 2) == 2
