"""The addresses that alerts go to, each by itself: one that is down costs the others nothing.

What an address could not be told waits for the next round, and goes to no other again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from boxout.errors import UsageError
from boxout.orchestration.logs import log

# What waits for one address: the oldest is dropped, for an address that is down for a season.
MOST_UNSENT = 100


@dataclass(frozen=True)
class Alert:
    """One thing to tell, and a sentence.

    Its kind is opened, degraded, repaired, unwatched, failed, recovered, refused or late.
    """

    kind: str
    text: str


Unsent = dict[str, tuple[Alert, ...]]


class Addresses:
    """Apprise addresses, and what each of them has not been told.

    Parameters
    ----------
    unsent
        What each was not told before, by its `name`.

    Raises
    ------
    UsageError
        When there are addresses and Apprise is not installed, or it knows no such address.
    """

    def __init__(self, urls: Iterable[str], unsent: Unsent) -> None:
        self._services = {name(url): (_scheme(url), _service(url)) for url in urls}
        self.unsent = {each: unsent.get(each, ()) for each in self._services}

    def tell(self, alerts: tuple[Alert, ...], project: object) -> None:
        """Send each address one message of what is new and what it was not told, if anything."""
        for each, (scheme, service) in self._services.items():
            due = _each_last((*self.unsent[each], *alerts))
            if not due or _send(service, due, project):
                self.unsent[each] = ()
                continue
            self.unsent[each] = due[-MOST_UNSENT:]
            log(
                "an alert could not be sent",
                level=logging.ERROR,
                service=f"{scheme}://...",
                waiting=len(self.unsent[each]),
            )


def name(url: str) -> str:
    """Return what an address is kept under, for it may hold a password."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _each_last(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """Return alerts without repeats, each where it came last: what failed again is not over."""
    return tuple(reversed(dict.fromkeys(reversed(alerts))))


def _send(service: Any, alerts: tuple[Alert, ...], project: object) -> bool:
    counts: dict[str, int] = {}
    for alert in alerts:
        counts[alert.kind] = counts.get(alert.kind, 0) + 1
    title = "boxout: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())
    body = "\n".join(f"{alert.kind}: {alert.text}" for alert in alerts)
    return bool(service.notify(title=title, body=f"{body}\nproject: {project}"))


def _scheme(url: str) -> str:
    return url.split(":")[0]


def _service(url: str) -> Any:
    try:
        import apprise
    except ImportError:
        raise UsageError(
            "Alerts need the package apprise.",
            "alert_urls",
            "Install boxout with its extra: `pip install 'boxout[alerts]'`.",
        ) from None
    service = apprise.Apprise()
    if not service.add(url):
        raise UsageError(
            f"No service has the address {_scheme(url)}://...",
            "alert_urls",
            "See https://github.com/caronc/apprise/wiki for the addresses.",
        )
    return service
