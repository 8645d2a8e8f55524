"""What we ask of Twilio arrives as meant, and whatever breaks on the way tells placed from not placed."""

import contextlib
import itertools
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from telephony import client, consent, transport
from telephony.errors import OutcomeUnknown, TelephonyError, Throttled
from telephony.models import TextOptOut
from telephony.simulator import Fault, Network, Server, VirtualClock
from telephony.twiml import Script

ACCOUNT, TOKEN = "AC" + "1" * 32, "token"
COMPANY, ANA, GRACE = "+15550001000", "+15550100001", "+15550190001"
NOWHERE = "http://127.0.0.1:9"  # the discard port: callbacks of these tests go nowhere
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def network(settings) -> Iterator[Network]:
    """A simulated Twilio with a clock of its own, and our settings pointing at it."""
    network = Network(account_sid=ACCOUNT, auth_token=TOKEN, numbers=[COMPANY], clock=VirtualClock(START))
    server = Server(network)
    server.start()
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_FROM_NUMBER, settings.TWILIO_MESSAGING_SERVICE_SID = COMPANY, ""
    settings.TWILIO_API_BASE_URL = server.url
    settings.TWILIO_CONNECT_TIMEOUT, settings.TWILIO_READ_TIMEOUT = 1.0, 1.0
    yield network
    network.faults.clear()
    server.stop()


def place(**changes: object) -> client.PlacedCall:
    """A call to Ana's phone."""
    asked: dict[str, object] = {
        "to": ANA,
        "answer_url": f"{NOWHERE}/answer",
        "status_callback": f"{NOWHERE}/status",
        "ring_seconds": 20,
    }
    return client.place_call(**(asked | changes))  # type: ignore[arg-type]


# --- Calls -------------------------------------------------------------------------------------------


def test_a_call_is_placed_as_asked(network: Network) -> None:
    placed = place(machine_callback=f"{NOWHERE}/machine", fallback_url=f"{NOWHERE}/fallback")
    assert placed.sid.startswith("CA")
    call = network.calls[placed.sid]
    assert (call.to, call.shown_from, call.plan.url) == (ANA, COMPANY, f"{NOWHERE}/answer")
    assert (call.plan.amd, call.plan.amd_async, call.plan.amd_url) == ("Enable", True, f"{NOWHERE}/machine")
    assert call.plan.fallback_url == f"{NOWHERE}/fallback"
    assert call.plan.status_url == f"{NOWHERE}/status"
    assert set(call.plan.events) == {"ringing", "answered", "completed"}


@pytest.mark.parametrize(("asked", "rings"), [(1, 5), (20, 20), (9_999, 600)])
def test_ring_time_stays_within_what_twilio_takes(network: Network, asked: int, rings: int) -> None:
    placed = place(ring_seconds=asked)
    assert network.calls[placed.sid].plan.timeout == rings


def test_another_of_our_numbers_may_be_shown(network: Network) -> None:
    network.numbers.append("+15550001001")
    placed = place(caller_id="+15550001001")
    assert network.calls[placed.sid].shown_from == "+15550001001"


@pytest.mark.parametrize("number", ["911", "+1900 5550123", "+19005550123", "112", "5550100001", ""])
def test_what_must_never_be_rung_does_not_even_reach_the_network(network: Network, number: str) -> None:
    with pytest.raises(TelephonyError) as caught:
        place(to=number)
    assert caught.value.permanent
    assert not network.requests


def test_recent_calls_to_a_number_are_found_newest_first(network: Network) -> None:
    old = place()
    network.clock_source().advance(60)  # type: ignore[attr-defined]
    since = network.clock()
    first = place()
    network.clock_source().advance(2)  # type: ignore[attr-defined]
    second = place()
    place(to=GRACE)
    found = client.find_calls(to=ANA, since=since)
    assert [call.sid for call in found] == [second.sid, first.sid]
    assert (found[0].to, found[0].from_) == (ANA, COMPANY)
    assert found[0].created_at is not None
    assert old.sid in {call.sid for call in client.find_calls(to=ANA, since=since - timedelta(seconds=58))}


def test_a_call_that_still_waits_and_has_not_started_is_found(network: Network) -> None:
    placed = place()
    [seen] = client.find_calls(to=ANA, since=network.clock())
    assert (seen.sid, seen.status, seen.started_at) == (placed.sid, "queued", None)


def test_a_slightly_fast_clock_of_ours_hides_no_call(network: Network) -> None:
    placed = place()
    assert [call.sid for call in client.find_calls(to=ANA, since=network.clock() + timedelta(seconds=4))] == [
        placed.sid
    ]
    assert client.find_calls(to=ANA, since=network.clock() + timedelta(seconds=7)) == []


def test_a_call_is_seen_as_it_is_now(network: Network) -> None:
    placed = place()
    assert client.fetch_call(sid=placed.sid).status == "queued"
    with pytest.raises(TelephonyError) as caught:
        client.fetch_call(sid="CA" + "0" * 32)
    assert (caught.value.code, caught.value.permanent) == (20404, True)


def test_a_call_is_hung_up_whatever_its_state(network: Network) -> None:
    placed = place()
    network.run_due()
    client.hang_up(sid=placed.sid)
    assert network.calls[placed.sid].status == "canceled"
    client.hang_up(sid=placed.sid)
    client.hang_up(sid="CA" + "0" * 32)


def test_a_ringing_call_that_only_lets_itself_be_cancelled_is_cancelled(settings) -> None:
    refused = (400, '{"code": 21220, "message": "Call is not in-progress"}')
    asked: list[str] = []

    def answer(request: str) -> tuple[int, str]:
        asked.append(request.partition("\r\n\r\n")[2] or request.partition(" ")[0])
        if asked[-1] == "Status=completed":
            return refused
        return (200, '{"sid": "CA1", "status": "ringing"}')

    with far_side(settings, answer):
        client.hang_up(sid="CA1")
    assert asked == ["Status=completed", "GET", "Status=canceled"]


def test_a_call_that_cannot_be_ended_says_so(settings) -> None:
    def answer(request: str) -> tuple[int, str]:
        if request.startswith("GET"):
            return (200, '{"sid": "CA1", "status": "ringing"}')
        return (400, '{"code": 21220, "message": "Call is not in-progress"}')

    with far_side(settings, answer), pytest.raises(TelephonyError) as caught:
        client.hang_up(sid="CA1")
    assert not caught.value.permanent


def test_a_call_that_is_spoken_in_can_be_sent_elsewhere(network: Network) -> None:
    placed = client.place_call(
        to=ANA, answer_url=f"{NOWHERE}/answer", status_callback=f"{NOWHERE}/status", ring_seconds=20
    )
    with pytest.raises(TelephonyError) as caught:
        client.redirect_call(sid=placed.sid, url=f"{NOWHERE}/next")
    assert caught.value.code == 21220
    with pytest.raises(TelephonyError) as caught:
        client.speak_and_hang_up(sid=placed.sid, twiml=Script().say("Ben has it.").hang_up().render())
    assert caught.value.code == 21220


# --- What breaks on the way --------------------------------------------------------------------------


def fault(network: Network, do: str, **more: object) -> None:
    network.faults.add(Fault(on="POST Calls", do=do, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("do", ["reset_before", "reset_after", "delay_after"])
def test_a_lost_answer_is_unknown_and_never_asked_twice(network: Network, do: str) -> None:
    fault(network, do, seconds=3.0)
    with pytest.raises(OutcomeUnknown):
        place()
    assert len(network.calls) == (0 if do == "reset_before" else 1)


def test_after_a_lost_answer_the_call_is_found(network: Network) -> None:
    fault(network, "reset_after", times=1)
    since = network.clock()
    with pytest.raises(OutcomeUnknown):
        place()
    [seen] = client.find_calls(to=ANA, since=since)
    assert seen.sid in network.calls


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_twilio_leaves_the_outcome_unknown(network: Network, status: int) -> None:
    fault(network, "status", status=status)
    with pytest.raises(OutcomeUnknown):
        place()


def test_too_many_requests_is_surely_not_placed(network: Network) -> None:
    fault(network, "status", status=429, retry_after=3)
    with pytest.raises(Throttled) as caught:
        place()
    assert (caught.value.retry_after, caught.value.permanent) == (3.0, False)
    assert not network.calls


def test_a_question_that_breaks_is_no_unknown_outcome(network: Network) -> None:
    network.faults.add(Fault(on="GET Calls", do="reset_before"))
    with pytest.raises(TelephonyError) as caught:
        client.find_calls(to=ANA, since=START)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert not caught.value.permanent
    network.faults.clear()
    network.faults.add(Fault(on="GET Calls", do="status", status=503))
    with pytest.raises(TelephonyError) as caught:
        client.find_calls(to=ANA, since=START)
    assert not isinstance(caught.value, OutcomeUnknown)


def test_wrong_credentials_are_named(network: Network, settings) -> None:
    settings.TWILIO_AUTH_TOKEN = "another"
    for ask in (place, lambda: client.find_calls(to=ANA, since=START)):
        with pytest.raises(TelephonyError) as caught:
            ask()
        assert (caught.value.code, caught.value.permanent) == (20003, True)
        assert "TWILIO_AUTH_TOKEN" in caught.value.remedy


def test_missing_settings_are_named(network: Network, settings) -> None:
    settings.TWILIO_FROM_NUMBER = ""
    with pytest.raises(TelephonyError, match="TWILIO_FROM_NUMBER"):
        place()
    settings.TWILIO_ACCOUNT_SID = ""
    with pytest.raises(TelephonyError, match="TWILIO_ACCOUNT_SID"):
        place()
    assert not network.requests


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid", "ftp://127.0.0.1"])
def test_nothing_is_placed_where_nobody_listens(network: Network, settings, url: str) -> None:
    settings.TWILIO_API_BASE_URL = url
    with pytest.raises(TelephonyError) as caught:
        place()
    assert not isinstance(caught.value, OutcomeUnknown)
    assert not caught.value.permanent


# --- The wire itself: a far side of our own, for what a well-behaved server never does ---------------


class far_side:  # noqa: N801 - reads as a phrase in a with statement
    """A server on a naked socket: `answer` gets a request and gives status and body, or None to hang up."""

    def __init__(
        self, settings, answer: Callable[[str], tuple[int, str] | None], *, prefix: str = ""
    ) -> None:
        self.answer = answer
        self.connections = 0
        self.requests: list[str] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
        settings.TWILIO_FROM_NUMBER = COMPANY
        settings.TWILIO_CONNECT_TIMEOUT, settings.TWILIO_READ_TIMEOUT = 1.0, 1.0
        settings.TWILIO_API_BASE_URL = f"http://127.0.0.1:{self._listener.getsockname()[1]}{prefix}"

    def __enter__(self) -> "far_side":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Close every connection as an idle server does."""
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # close alone waits for the thread that reads

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while request := _read_request(connection):
                self.requests.append(request)
                given = self.answer(request)
                if given is None:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
                    return
                status, body = given
                head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nLocation: /elsewhere\r\n"
                connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        except OSError:
            return


def _read_request(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return ""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(sizes[0].partition(b":")[2]) if sizes else 0
    while len(body) < length:
        body += connection.recv(65_536)
    return (head + b"\r\n\r\n" + body).decode()


def yes(_request: str) -> tuple[int, str]:
    return (201, '{"sid": "CA1", "status": "queued"}')


def test_the_path_prefix_and_credentials_travel_and_connections_are_kept(settings) -> None:
    with far_side(settings, yes, prefix="/twilio/v9") as far:
        for _ in range(3):
            place()
        assert far.connections == 1
        assert far.requests[0].startswith(
            f"POST /twilio/v9/2010-04-01/Accounts/{ACCOUNT}/Calls.json HTTP/1.1"
        )
        assert "Authorization: Basic " in far.requests[0]


def test_a_connection_that_the_far_side_closed_is_not_used_again(settings) -> None:
    with far_side(settings, yes) as far:
        place()
        far.drop()
        place()
        assert (far.connections, len(far.requests)) == (2, 2)


def test_a_connection_that_was_idle_too_long_is_not_used_again(settings, monkeypatch) -> None:
    with far_side(settings, yes) as far:
        place()
        monkeypatch.setattr(transport, "IDLE_SECONDS", 0.0)
        place()
        assert far.connections == 2


def test_a_post_is_sent_once_even_when_the_far_side_hangs_up(settings) -> None:
    with far_side(settings, lambda _request: None) as far:
        with pytest.raises(OutcomeUnknown):
            place()
        assert len(far.requests) == 1


def test_a_question_is_asked_once_too(settings) -> None:
    with far_side(settings, lambda _request: None) as far:
        with pytest.raises(TelephonyError):
            client.find_calls(to=ANA, since=START)
        assert len(far.requests) == 1


def test_several_threads_have_a_connection_each(settings) -> None:
    together = threading.Barrier(6, timeout=5)

    def answer(request: str) -> tuple[int, str]:
        together.wait()
        return yes(request)

    with far_side(settings, answer) as far:
        placed: list[client.PlacedCall] = []
        threads = [threading.Thread(target=lambda: placed.append(place())) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert len(placed) == 6
        assert far.connections == 6


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>Welcome to the hotel network</html>"),
        (201, "[]"),
        (201, "{}"),
        (504, "<html>Gateway</html>"),
    ],
)
def test_an_answer_that_is_not_twilios_leaves_the_outcome_unknown(settings, status: int, body: str) -> None:
    with far_side(settings, lambda _request: (status, body)), pytest.raises(OutcomeUnknown):
        place()


@pytest.mark.parametrize("body", ["<html>", "[]", '{"calls": {}, "other": 1, "more": 2}', '{"calls": [1]}'])
def test_a_list_that_cannot_be_read_is_one_typed_error(settings, body: str) -> None:
    with far_side(settings, lambda _request: (200, body)), pytest.raises(TelephonyError):
        client.find_calls(to=ANA, since=START)


@pytest.mark.parametrize(
    ("status", "body"), [(302, ""), (404, "<html>"), (400, '{"code": "x"}'), (418, "null")]
)
def test_a_refusal_without_twilios_words_is_still_a_refusal(settings, status: int, body: str) -> None:
    with far_side(settings, lambda _request: (status, body)), pytest.raises(TelephonyError) as caught:
        place()
    assert not isinstance(caught.value, OutcomeUnknown)
    assert caught.value.permanent


def test_no_number_is_logged(settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with far_side(settings, yes):
        place()
    assert "5550100001" not in caplog.text


# --- Texts -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_text_is_sent_and_found(network: Network) -> None:
    since = network.clock()
    sent = client.send_text(to=ANA, body="1 to take it", status_callback=f"{NOWHERE}/text")
    [seen] = client.find_texts(to=ANA, since=since)
    assert (seen.sid, seen.body, seen.from_) == (sent.sid, "1 to take it", COMPANY)


@pytest.mark.django_db
def test_the_messaging_service_sends_if_there_is_one(settings) -> None:
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "1" * 32
    with far_side(settings, yes) as far:
        client.send_text(to=ANA, body="hello")
        assert "MessagingServiceSid=MG1" in far.requests[0]
        assert "From=" not in far.requests[0]


@pytest.mark.django_db
def test_twilios_refusal_of_a_stopped_number_is_remembered(settings) -> None:
    def answer(_request: str) -> tuple[int, str]:
        return (400, '{"code": 21610, "message": "unsubscribed recipient", "status": 400}')

    with far_side(settings, answer) as far:
        for _ in range(2):
            with pytest.raises(TelephonyError) as caught:
                client.send_text(to=ANA, body="hello")
            assert (caught.value.code, caught.value.permanent) == (21610, True)
        assert len(far.requests) == 1
    assert [stop.number for stop in consent.stopped_numbers()] == [ANA]


@pytest.mark.django_db
def test_stop_holds_until_start_and_never_for_calls(network: Network) -> None:
    consent.note_stop(number=ANA, word="stop", at=START)
    consent.note_stop(number=ANA, word="stop", at=START + timedelta(minutes=1))
    with pytest.raises(TelephonyError):
        client.send_text(to=ANA, body="hello")
    place()
    assert consent.note_start(number=ANA, at=START + timedelta(hours=1))
    assert not consent.note_start(number=ANA, at=START + timedelta(hours=2))
    assert consent.may_text(ANA)
    consent.note_stop(number=ANA, word="ende", at=START + timedelta(hours=3))
    stop = TextOptOut.objects.get()
    assert (stop.word, stop.is_stopped, stop.stopped_at) == ("ende", True, START + timedelta(hours=3))


# --- Conferences -------------------------------------------------------------------------------------


def participants(settings, answers: list[tuple[int, str]]) -> far_side:
    given = itertools.chain(answers, itertools.repeat(answers[-1]))
    return far_side(settings, lambda _request: next(given))


def test_somebody_is_rung_into_a_conference(settings) -> None:
    taken = (201, '{"call_sid": "CA7", "status": "queued", "conference_sid": "CF1"}')
    with participants(settings, [taken]) as far:
        placed = client.add_participant(
            conference="case-7", to=GRACE, label="customer", status_callback=f"{NOWHERE}/leg",
            ring_seconds=30, muted=True, coach="CA2", conference_callback=f"{NOWHERE}/conference",
        )  # fmt: skip
    assert placed == client.PlacedCall(sid="CA7", status="queued")
    head, _, body = far.requests[0].partition("\r\n\r\n")
    assert "/Conferences/case-7/Participants.json" in head
    for part in ("Label=customer", "Muted=true", "Beep=false", "Timeout=30", "CallSidToCoach=CA2"):
        assert part in body
    assert body.count("StatusCallbackEvent=") == 3 + 8
    assert "Record" not in body


def test_only_what_changes_is_sent(settings) -> None:
    with participants(settings, [(200, '{"call_sid": "CA7"}')]) as far:
        client.update_participant(conference_sid="CF1", call_sid="CA7", muted=False)
        client.update_participant(conference_sid="CF1", call_sid="CA7", coach="")
    assert [request.partition("\r\n\r\n")[2] for request in far.requests] == ["Muted=false", "Coaching=false"]


def test_who_has_left_need_not_be_removed(settings) -> None:
    gone = (404, '{"code": 20404, "message": "not found"}')
    with participants(settings, [gone]):
        client.remove_participant(conference_sid="CF1", call_sid="CA7")
        client.end_conference(conference_sid="CF1")
    with participants(settings, [(204, "")]):
        client.remove_participant(conference_sid="CF1", call_sid="CA7")


def test_a_conference_that_waits_or_runs_is_found_by_name(settings) -> None:
    listed = (
        '{"conferences": [{"sid": "CF2", "friendly_name": "case-7", "status": "completed"},'
        ' {"sid": "CF1", "friendly_name": "case-7", "status": "init"}], "page": 0}'
    )
    with participants(settings, [(200, listed)]) as far:
        found = client.find_conference(name="case-7")
    assert found == client.SeenConference(sid="CF1", name="case-7", status="init")
    assert "FriendlyName=case-7" in far.requests[0]
    with participants(settings, [(200, '{"conferences": [], "page": 0}')]):
        assert client.find_conference(name="case-8") is None


def test_a_forked_process_has_no_connection_of_its_parents(settings) -> None:
    with far_side(settings, yes):
        place()
        assert transport._client.cache_info().currsize > 0
        child = os.fork()
        if child == 0:
            os._exit(transport._client.cache_info().currsize)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_warming_up_speaks_to_nobody_and_never_fails(settings) -> None:
    with far_side(settings, yes) as far:
        transport.warm_up()
        settings.TWILIO_AUTH_TOKEN = ""
        transport.warm_up()
        assert far.connections == 0
