"""Puts the parts together: the settings, the store, the service and the edge, with faults mixed in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, TypeVar

from starlette.routing import Router
from starlette.types import ASGIApp, Lifespan

from .api import Api
from .clock import Clock
from .seeding import keep_writing, seed
from .service import Service
from .settings import Settings
from .store import Store

Part = TypeVar("Part")


def create_app(settings: Settings | None = None, faults: Iterable[str] = ()) -> ASGIApp:
    """The reference implementation as an ASGI application, correct but for the named faults."""
    settings = settings or Settings()
    mixins = _mixins(tuple(faults))
    store = _mixed(Store, mixins)(settings.database, newest_first=settings.newest_first)
    service = _mixed(Service, mixins)(settings, store, Clock())
    seed(service)
    api = _mixed(Api, mixins)(service, settings)
    return Router(default=api, redirect_slashes=False, lifespan=_lifespan(service))


def _mixins(names: Sequence[str]) -> list[type]:
    if not names:
        return []  # a correct server need not know the faults
    from .faults import FAULTS

    unknown = sorted(set(names) - set(FAULTS))
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}")
    return [part for name in names for part in FAULTS[name].parts]


def _mixed(base: type[Part], mixins: Iterable[type]) -> type[Part]:
    """The base class under those of the mixins that change it."""
    chosen = tuple(mixin for mixin in mixins if issubclass(mixin, base))
    return type(base.__name__, (*chosen, base), {}) if chosen else base


def _lifespan(service: Service) -> Lifespan[Any]:
    @contextlib.asynccontextmanager
    async def alive(app: object) -> AsyncIterator[None]:
        rate = service.settings.writers_per_second
        writer = asyncio.create_task(keep_writing(service, rate)) if rate else None
        yield
        if writer is not None:
            writer.cancel()
        service.store.close()

    return alive
