"""Routes as the workers of an engine have them, watched; a module, for they import it."""

import os
import signal
from collections import Counter

import amaas


class Watched:
    """A route as workers have it, which notes who asks, and may do something after some answers."""

    def __init__(self, route, folder, then=None):
        self.route, self.folder, self.then = route, folder, then
        self.labels = route.labels

    def __call__(self, texts, **options):
        answers = self.route(texts, **options)
        (self.folder / f"{os.getpid()} {id(self.route)} {self.route.version}").touch()
        calls = vars(amaas).setdefault("calls", Counter())  # of this process
        calls[self.folder] += 1
        if self.then is not None and calls[self.folder] == 2:
            self.then(self)
        return answers

    def embed(self, texts, **options):
        return self.route.embed(texts, **options)


def killed_once(watched):
    """The first worker that comes here is killed, with answers behind it and a batch in hand."""
    try:
        (watched.folder / "killed").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def moved_meanwhile(watched):
    """The alias that the driver named moves while the job runs."""
    watched.route.registry.alias("sentiment", "champion", "1.1.0", reason="a job is running")
    (watched.folder / "moved").touch()
