"""What the chapters of faults are written with."""

from collections import namedtuple

Fault = namedtuple("Fault", "name violates sentence mixin")
CATALOGUE = {}


def fault(*violates):
    """A class laid over the service becomes a fault: its name is that of the class, its sentence the docstring."""

    def enter(mixin):
        name = mixin.__name__.replace("_", "-")
        if name in CATALOGUE:
            raise ValueError("two faults of one name: " + name)
        CATALOGUE[name] = Fault(name, list(violates), " ".join(mixin.__doc__.split()), mixin)
        return mixin

    return enter


def live(data):
    """Whether a message was written while the service ran (those of the past are hours old)."""
    import time
    return time.time() * 1_000_000 - data["at"] < 3_000_000_000
