"""The simulator as a process of its own: ``python -m telephony.simulator --port 9000``.

Settings come from the command line or from the environment that the product itself uses. SIGTERM and Ctrl-C
end it within a second.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from telephony.simulator.network import Network
from telephony.simulator.server import Server
from telephony.simulator.traffic import Order


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; what is missing there comes from the environment."""
    base = os.environ.get("PUBLIC_BASE_URL", "").rstrip("/")
    parser = argparse.ArgumentParser(prog="python -m telephony.simulator", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=int(os.environ.get("SIMULATOR_PORT", "9000")))
    add("--bind", default="127.0.0.1", help="address to listen on")
    add("--account-sid", default=os.environ.get("TWILIO_ACCOUNT_SID", ""))
    add("--auth-token", default=os.environ.get("TWILIO_AUTH_TOKEN", ""))
    add("--number", action="append", default=None, help="a number of the account's; may be repeated")
    add("--messaging-service-sid", default=os.environ.get("TWILIO_MESSAGING_SERVICE_SID", ""))
    add("--voice-url", default=f"{base}/webhooks/twilio/voice" if base else "")
    add("--sms-url", default=f"{base}/webhooks/twilio/text" if base else "")
    add("--phones", type=Path, metavar="FILE", help='JSON: [{"number", "name", "role"}, …]')
    add("--traffic", type=Path, metavar="FILE", help="JSON: calls that go on by themselves (see traffic.py)")
    add("--calls-per-second", type=float, default=0.0, help="beyond it calls queue; 0 means no limit")
    add(
        "--extra-ring-seconds",
        type=float,
        default=float(os.environ.get("SIMULATOR_EXTRA_RING_SECONDS", "0")),
        help="what Twilio may add to a Timeout, up to 5",
    )
    read = parser.parse_args(given)
    read.number = read.number or [n for n in (os.environ.get("TWILIO_FROM_NUMBER", ""),) if n]
    for name in ("account_sid", "auth_token", "number"):
        if not getattr(read, name):
            parser.error(f"--{name.replace('_', '-')} is missing")
    return read


def main(given: Sequence[str] | None = None) -> int:
    """Serve until told to stop."""
    read = arguments(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s simulator %(levelname)s %(message)s")
    network = Network(
        account_sid=read.account_sid,
        auth_token=read.auth_token,
        numbers=read.number,
        voice_url=read.voice_url,
        sms_url=read.sms_url,
        calls_per_second=read.calls_per_second,
        extra_ring_seconds=read.extra_ring_seconds,
        messaging_service_sid=read.messaging_service_sid,
        automatic=True,
    )
    try:
        server = Server(network, port=read.port, bind=read.bind)
    except OSError as error:
        sys.stderr.write(f"simulator: cannot listen on {read.bind}:{read.port}: {error}\n")
        return 1
    if read.phones:
        for phone in json.loads(read.phones.read_text()):
            network.phone(phone["number"], name=phone["name"], role=phone["role"])
    if read.traffic:
        network.traffic.start(Order.from_json(json.loads(read.traffic.read_text())))
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    server.start()
    logging.getLogger("telephony.simulator").info(
        "listening on %s, phone wall at %s/simulator/", server.url, server.url
    )
    ended.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
