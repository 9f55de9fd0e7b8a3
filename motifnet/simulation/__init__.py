"""Simulated sequences with planted motifs, and the true sites: `simulate`, and the scenarios of DragoNN and others."""

from motifnet.lazy import lazy_getattr, public_names

_HOMES = public_names(__file__)
__all__ = sorted(name for names in _HOMES.values() for name in names)
__getattr__ = lazy_getattr(__name__, _HOMES)


def __dir__() -> list[str]:
    return list(__all__)
