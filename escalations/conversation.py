"""What is said on a call to an officer, and what each key does. Everything here answers one webhook.

The first words hold no customer detail: a voicemail or a child may have answered. A key other than the ones offered
is told so and asked again; silence repeats once and then counts as unanswered; what was pressed is spoken back.
"""

from django.contrib.auth.hashers import check_password

from escalations import bridging, briefs, following_up, handing_over, holding, paging
from escalations.delivery import address
from escalations.errors import AlreadyTaken, NotAllowed, NotNow
from escalations.models import IN_HAND, WAITING_FOR_AN_OFFICER, Bridge, Page, PageStatus, Purpose, Status
from escalations.prompts import prompt, speaking
from telephony.twiml import Script

KEY_SECONDS = 6
MOST_MISSES = 5
HOW = "by key"

_MENU = {
    Purpose.OFFER: "page.menu",
    Purpose.CALLED_BACK: "page.menu",
    Purpose.HAND_OVER: "page.menu",
    Purpose.ASK: "page.menu_ask",
    Purpose.REOPENED: "page.menu_reopened",
}


def greet(page: Page) -> Script:
    """The first words of an answered call: who is wanted, and the choices. Repeated once if nobody reacts."""
    over = _over(page)
    if over is not None:
        return over
    script = speaking(page.person.language)
    words = [_greeting(page), _menu(page)]
    for _ in range(2):
        script.gather(prompts=words, action=_keys_address(page, 0), timeout=KEY_SECONDS, digits=1)
    return script.redirect(address("page-silence", page.pk))


def silence(page: Page) -> Script:
    """Nobody pressed anything: a neutral word, for a voicemail may be recording, and the next phone rings."""
    with paging.held(page.pk) as held:
        paging.ended(held, PageStatus.UNANSWERED)
    return _say(page, "page.silence").say(_voicemail(page)).hang_up()


def voicemail_word(page: Page) -> Script:
    """The short neutral message that a voicemail may keep: no customer detail."""
    return speaking(page.person.language).say(_voicemail(page)).hang_up()


def key(page: Page, digits: str, *, misses: int, call_sid: str) -> Script:
    """What a pressed key does."""
    over = _over(page)
    if over is not None:
        return over
    match digits:
        case "1" | "3" if _wants_pin(page):
            return _ask_pin(page, wish=digits, misses=misses)
        case "1":
            return _yes(page, call_sid)
        case "2":
            return _no(page)
        case "3" if page.purpose != Purpose.ASK:
            return _brief(page)
        case "*":
            return greet(page)
        case _:
            return _wrong_key(page, digits, misses)


def pin(page: Page, digits: str, *, wish: str, misses: int, call_sid: str) -> Script:
    """The PIN that the programme asks for before anything of the case is said or done."""
    over = _over(page)
    if over is not None:
        return over
    if check_password(digits, page.person.pin_hash):
        return _yes(page, call_sid) if wish == "1" else _brief(page)
    if misses + 1 >= MOST_MISSES:
        return _give_up(page)
    return _ask_pin(page, _prompt(page, "page.wrong_pin"), wish=wish, misses=misses + 1)


def _wants_pin(page: Page) -> bool:
    return page.escalation.programme.ask_pin and bool(page.person.pin_hash)


def _ask_pin(page: Page, *first_words: str, wish: str, misses: int) -> Script:
    script = speaking(page.person.language)
    script.gather(
        prompts=[*first_words, _prompt(page, "page.pin")],
        action=address("page-pin", page.pk, wish, misses),
        timeout=KEY_SECONDS,
        finish_on_key="#",
    )
    return script.redirect(address("page-silence", page.pk))


def _yes(page: Page, call_sid: str) -> Script:
    pressed = _prompt(page, "page.pressed", key="1")
    try:
        match page.purpose:
            case Purpose.ASK | Purpose.REOPENED:
                holding.confirm_working(page=page, how=HOW)
                said = _prompt(page, "page.you_are_on_it")
                if page.purpose == Purpose.ASK:
                    return speaking(page.person.language).say(f"{pressed} {said}").hang_up()
            case Purpose.HAND_OVER:
                handing_over.take(escalation=page.escalation, by=page.person, page=page, how=HOW)
                said = _prompt(page, "page.you_have_it")
            case _:
                paging.accept(escalation=page.escalation, by=page.person, how=HOW, page=page)
                if page.escalation.is_drill:
                    over = _prompt(page, "drill.over")
                    return speaking(page.person.language).say(f"{pressed} {over}").hang_up()
                said = _prompt(page, "page.you_have_it")
    except AlreadyTaken as taken:
        return _told(page, "page.taken", name=taken.holder.name)
    except (NotNow, NotAllowed):
        return _told(page, "page.gone")
    return connect(page, f"{pressed} {said}", call_sid)


def connect(page: Page, first_words: str, call_sid: str) -> Script:
    """Put the officer into a conference at once; the brief goes on in the ear while the other phone rings."""
    script = speaking(page.person.language).say(first_words)
    bridge = bridging.start_on_call(
        escalation=page.escalation, officer=page.person, call_sid=call_sid, number=page.address
    )
    if bridge is None:
        for sentence in briefs.spoken(page.escalation, page.person.language):
            script.say(sentence)
        following_up.text_outcome_link(escalation=page.escalation, to=page.person)
        return script.say(_prompt(page, "page.record_outcome")).hang_up()
    return enter(script, bridge)


def enter(script: Script, bridge: Bridge) -> Script:
    """Into the conference as the officer: when the officer leaves, it ends; star leaves it."""
    return script.conference(
        name=bridge.name,
        status_callback=address("bridge-events", bridge.pk),
        wait_url=address("bridge-wait", bridge.pk, 0),
        end_on_exit=True,
        label="officer",
        action=address("bridge-over", bridge.pk),
        hangup_on_star=True,
    )


def _no(page: Page) -> Script:
    pressed = _prompt(page, "page.pressed", key="2")
    said = _prompt(page, "page.passed")
    try:
        match page.purpose:
            case Purpose.ASK | Purpose.REOPENED:
                following_up.hand_on(page=page, how=HOW)
                said = _prompt(page, "page.handed_on")
            case Purpose.HAND_OVER:
                handing_over.decline(escalation=page.escalation, by=page.person, page=page, how=HOW)
            case _:
                paging.pass_on(escalation=page.escalation, by=page.person, how=HOW, page=page)
    except AlreadyTaken as taken:
        return _told(page, "page.taken", name=taken.holder.name)
    except (NotNow, NotAllowed):
        return _told(page, "page.gone")
    return speaking(page.person.language).say(f"{pressed} {said}").hang_up()


def _brief(page: Page) -> Script:
    """The story in at most twenty seconds, then the question again."""
    script = speaking(page.person.language)
    words = [
        _prompt(page, "page.pressed", key="3"),
        *briefs.spoken(page.escalation, page.person.language),
        _prompt(page, "page.menu_again" if page.purpose != Purpose.REOPENED else "page.menu_ask"),
    ]
    script.gather(prompts=words, action=_keys_address(page, 0), timeout=KEY_SECONDS, digits=1)
    script.gather(prompts=words[-1:], action=_keys_address(page, 0), timeout=KEY_SECONDS, digits=1)
    return script.redirect(address("page-silence", page.pk))


def _wrong_key(page: Page, digits: str, misses: int) -> Script:
    if misses + 1 >= MOST_MISSES:
        return _give_up(page)
    script = speaking(page.person.language)
    words = [_prompt(page, "page.wrong_key", key=digits), _menu(page)]
    for _ in range(2):
        script.gather(prompts=words, action=_keys_address(page, misses + 1), timeout=KEY_SECONDS, digits=1)
        words = words[1:]
    return script.redirect(address("page-silence", page.pk))


def _give_up(page: Page) -> Script:
    with paging.held(page.pk) as held:
        paging.ended(held, PageStatus.UNANSWERED)
    return _say(page, "page.too_many").hang_up()


def _over(page: Page) -> Script | None:
    """Who is told that there is nothing to decide any more: somebody else has it, or it is over."""
    case = page.escalation
    if page.purpose in (Purpose.OFFER, Purpose.CALLED_BACK):
        if case.status in WAITING_FOR_AN_OFFICER or (
            case.status in IN_HAND and case.owner_id == page.person_id
        ):
            return None
        if case.status in (*IN_HAND, Status.RESOLVED):
            return _told(page, "page.taken", name=case.owner.name)
        return _told(page, "page.gone")
    if page.purpose == Purpose.HAND_OVER and case.hand_over_to_id == page.person_id:
        return None if case.status in IN_HAND else _told(page, "page.gone")
    if case.status in IN_HAND and case.owner_id == page.person_id:
        return None
    if case.is_open and case.owner_id != page.person_id:
        return _told(page, "page.taken", name=case.owner.name)
    return _told(page, "page.gone")


def _told(page: Page, prompt_key: str, **places: object) -> Script:
    return _say(page, prompt_key, **places).hang_up()


def _voicemail(page: Page) -> str:
    return _marked(page, _prompt(page, "page.voicemail", name=page.person.name))


def _marked(page: Page, words: str) -> str:
    return f"{_prompt(page, 'drill.this_is')} {words}" if page.escalation.is_drill else words


def _greeting(page: Page) -> str:
    return _marked(page, _who_is_wanted(page))


def _who_is_wanted(page: Page) -> str:
    name = page.person.name
    number = briefs.spoken_number(page.escalation)
    match page.purpose:
        case Purpose.ASK:
            return _prompt(page, "page.ask", name=name, number=number)
        case Purpose.REOPENED:
            return _prompt(page, "page.reopened", name=name, number=number)
        case Purpose.HAND_OVER:
            return _prompt(page, "page.hand_over", name=name, colleague=page.escalation.owner.name)
        case Purpose.CALLED_BACK:
            return _prompt(page, "inbound.officer_case", name=name)
        case _:
            return _prompt(page, "page.offer", name=name)


def _menu(page: Page) -> str:
    return _prompt(page, _MENU[Purpose(page.purpose)])


def _keys_address(page: Page, misses: int) -> str:
    return address("page-keys", page.pk, misses)


def _prompt(page: Page, prompt_key: str, **places: object) -> str:
    return prompt(prompt_key, page.person.language, **places)


def _say(page: Page, prompt_key: str, **places: object) -> Script:
    return speaking(page.person.language).say(_prompt(page, prompt_key, **places))
