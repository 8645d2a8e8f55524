"""Who may be listened to, and why not: pure. Every refusal is one sentence for a human, and a word for programs.

The order is that of gravity: what the law and the people in the call want comes before what is merely full.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from listening.models.calls import LiveCallState

MOST_LISTENERS = 3
"""At once in one call."""


@dataclass(frozen=True, slots=True)
class Why:
    """A refusal."""

    code: str
    words: str


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """What is known of a live call, for the decision. `country_why` is what stands against it in the customer's
    country (`listening.country_rules.why_not`: the rule, the announcement, the customer's key); "" for nothing.

    `agent_known` is False for another exchange's extension, where an administrator attested what its agents know.
    `can_be_told`: there is a way to tell the agent who listens.
    """

    state: str
    country_why: str
    reachable: bool
    agent_known: bool = True
    agent_is_listener: bool = False
    policy_signed: bool = True
    can_be_told: bool = True
    listeners: int = 0
    passed_over: bool = False
    queue_fits: bool = True
    language_fits: bool = True


def why_not(call: CallFacts) -> Why | None:
    """Why this executive may not listen to this call now; None where they may."""
    return next((Why(code, words) for refused, code, words in _refusals(call) if refused), None)


def _refusals(call: CallFacts) -> Iterator[tuple[bool, str, str]]:
    """What may stand against it, the gravest first."""
    agent = call.agent_known
    yield call.state == LiveCallState.ENDED, "ended", "The call has ended."
    yield call.state == LiveCallState.WAITING, "waiting", "The customer is not with an agent yet."
    yield bool(call.country_why), "country", call.country_why
    yield agent and not call.policy_signed, "policy", "The agent has not signed the policy."
    yield agent and not call.can_be_told, "cannot_be_told", "The agent cannot be told who listens."
    yield call.agent_is_listener, "own_call", "It is the executive's own call."
    yield call.state == LiveCallState.PAYMENT, "payment", "The customer is paying."
    yield not call.reachable, "not_found", "The conference has not been found at Twilio yet."
    yield call.passed_over, "passed_over", "Another call is offered instead."
    yield (
        not (call.queue_fits and call.language_fits),
        "other_queue",
        "It is of another queue or language than this time to listen.",
    )
    yield call.listeners >= MOST_LISTENERS, "full", "Enough people listen to it."
