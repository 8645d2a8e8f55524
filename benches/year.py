"""A year for 400 executives: planned, looked at, published, and brought into everybody's calendar.

Asked for over HTTP, as an administrator does it, of the product's own processes. One line a step: its seconds, and in
the details the peak memory, in MiB, of the processes that did it (all of one kind together, shared pages counted in
each). Lives are made up around it: leave, wishes, a busy calendar each, windows to listen in.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import requests

from benches.figures import say
from benches.installation import Installation

EXECUTIVES, DAYS = 400, 365
SOLVE_SECONDS = 120
LOOKS = 3
"""Times that each page is looked at, after a first time that is not counted."""
KINDS = {"planner": "run_planner", "web": "gunicorn", "queue": "qcluster"}
_TICK = 0.1
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def measure(
    *, database_url: str = "", history: int = 0, executives: int = EXECUTIVES, days: int = DAYS
) -> None:
    """Print the seconds and the peak memory of each step."""
    with TemporaryDirectory() as folder:
        product = Installation(
            Path(folder), programmes=1, accounts=1, database_url=database_url, history=history
        )
        with product:
            facts = json.loads(product.run("-m", "benches.year_rows", "fill", str(executives), str(days)))
            _Year(product, facts, executives=executives, days=days).tell()


class _Year:
    def __init__(self, product: Installation, facts: dict[str, Any], *, executives: int, days: int) -> None:
        self.product, self.facts = product, facts
        self.size = {"executives": executives, "days": days}
        self.admin = _browser(product, facts["cookie"], facts["session"])
        self.executive = _browser(product, facts["cookie"], facts["executive_session"])

    def tell(self) -> None:
        rota = self._plan()
        self._look(
            "draft",
            {
                "rotas": "admin/rota/",
                "board": f"admin/rota/{rota}/",
                "board in its last month": f"admin/rota/{rota}/?month={self.facts['last'][:7]}",
                "balance": f"admin/rota/{rota}/balance/",
                "candidates": f"admin/rota/{rota}/candidates/?day={self.facts['first']}&seat=0",
            },
        )
        self._publish(rota)
        self._look(
            "published",
            {
                "duty": f"duty/?month={self.facts['first'][:7]}",
                "rotas": "admin/rota/",
                "members": "admin/programmes/year/members/",
                "deliveries": "admin/deliveries/",
            },
        )
        self._look("published", {"calendar": "calendar/", "officer": "officer/"}, by=self.executive)
        self._look("published", {"feed": self.facts["feed"]}, by=requests.Session())

    def _plan(self) -> int:
        """From the click to the draft on the board."""
        with _peaks(self.product, "planner") as peaks:
            before = time.monotonic()
            address = self._post(
                "admin/rota/",
                "admin/rota/plan/year/",
                {
                    "year-first": self.facts["first"],
                    "year-last": self.facts["last"],
                    "year-seconds": str(SOLVE_SECONDS),
                },
            )
            run = re.search(r"/runs/(\d+)/", address)
            if run is None:
                raise RuntimeError(f"Planning was refused: {address}")
            found = json.loads(self.product.run("-m", "benches.year_rows", "planned", run[1]))
        if found["rota"] is None:
            raise RuntimeError(f"Nothing was planned: {found}")
        say("year planned", found.pop("at") - before, "s", 1, **self.size, **found, **peaks)
        return int(found["rota"])

    def _publish(self, rota: int) -> None:
        with _peaks(self.product, "web", "queue") as peaks:
            before = time.monotonic()
            self._post(
                f"admin/rota/{rota}/", f"admin/rota/{rota}/publish/", {"all_the_same": "on"}, patience=600
            )
            answered = time.monotonic()
            found = json.loads(self.product.run("-m", "benches.year_rows", "mailed"))
        for name, seconds in (
            ("published", answered - before),
            ("in calendars", found["stood_at"] - answered),
            ("mail queued", found["queued_at"] - answered),
            ("mail gone", found["gone_at"] - answered),
        ):
            say(
                f"year {name}",
                seconds,
                "s",
                1,
                **self.size,
                entries=found["entries"],
                letters=found["letters"],
                failed=found["failed"],
                **peaks,
            )

    def _look(self, when: str, pages: dict[str, str], *, by: requests.Session | None = None) -> None:
        for name, path in pages.items():
            url = path if path.startswith("http") else f"{self.product.url}/{path}"
            took, octets = [], 0
            with _peaks(self.product, "web") as peaks:
                for turn in range(LOOKS + 1):
                    before = time.perf_counter()
                    answer = (by or self.admin).get(url, timeout=60)
                    if turn:
                        took.append(time.perf_counter() - before)
                    if answer.status_code != 200:
                        raise RuntimeError(f"{url}: {answer.status_code}")
                    octets = len(answer.content)
            say(f"year {when}: {name}", max(took), "s", LOOKS, **self.size, octets=octets, **peaks)

    def _post(self, page: str, path: str, fields: dict[str, str], *, patience: float = 60) -> str:
        """Sends a form of this page; the address that it led to."""
        form = self.admin.get(f"{self.product.url}/{page}", timeout=60)
        token = _CSRF.search(form.text)
        if form.status_code != 200 or token is None:
            raise RuntimeError(f"{page} shows no form: {form.status_code}")
        answer = self.admin.post(
            f"{self.product.url}/{path}",
            data={"csrfmiddlewaretoken": token[1], **fields},
            headers={"Referer": self.product.url},
            timeout=patience,
            allow_redirects=False,
        )
        if answer.status_code != 302:
            raise RuntimeError(f"{path}: {answer.status_code}")
        return str(answer.headers["Location"])


def _browser(product: Installation, cookie: str, key: str) -> requests.Session:
    session = requests.Session()
    session.cookies.set(cookie, key)
    return session


@contextmanager
def _peaks(product: Installation, *kinds: str) -> Iterator[dict[str, float]]:
    """The most memory that the processes of these kinds held meanwhile: `{"planner_peak_mib": …}`."""
    peaks = dict.fromkeys((f"{kind}_peak_mib" for kind in kinds), 0.0)
    done = threading.Event()

    def watch() -> None:
        while True:
            for kind in kinds:
                held = sum(map(_held, product.processes(KINDS[kind]))) / 2**20
                peaks[f"{kind}_peak_mib"] = round(max(peaks[f"{kind}_peak_mib"], held), 1)
            if done.wait(_TICK):
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
