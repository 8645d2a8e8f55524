"""Answers by text as thumbs write them: five languages, sloppy, polite, in doubt, from machines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalations import answer_words
from escalations.replies import Intent, is_automatic, read_customer, read_officer
from telephony.keywords import HELP_WORDS, START_WORDS, STOP_WORDS

ACCEPT, PASS, CONNECT = Intent.ACCEPT, Intent.PASS, Intent.CONNECT
YES, NO, UNKNOWN = Intent.YES, Intent.NO, Intent.UNKNOWN

OFFICER = [
    # The two digits, as they come.
    ("1", ACCEPT, None),
    ("1.", ACCEPT, None),
    (" 1 1042", ACCEPT, 1042),
    ("1042 1", ACCEPT, 1042),
    ("1-1042", ACCEPT, 1042),
    ("1 #1042 thx", ACCEPT, 1042),
    ("(1)", ACCEPT, None),
    ("1️⃣", ACCEPT, None),
    ("１", ACCEPT, None),
    ("1. Which customer is it?", ACCEPT, None),
    ("2", PASS, None),
    ("2!", PASS, None),
    ("2 1042", PASS, 1042),
    ("1 or 2", UNKNOWN, None),
    ("1?", UNKNOWN, None),
    ("3", UNKNOWN, None),
    ("12", UNKNOWN, None),
    # A digit that counts something decides nothing.
    ("1 moment", UNKNOWN, None),
    ("One sec please", UNKNOWN, None),
    ("2 minutes, still in a meeting", UNKNOWN, None),
    ("2 questions first", UNKNOWN, None),
    ("Ben has 1 already", UNKNOWN, None),
    # English.
    ("accept 1042", ACCEPT, 1042),
    ("ACCEPT!!", ACCEPT, None),
    ("Accept no. 1042", ACCEPT, 1042),
    ("acept", ACCEPT, None),
    ("Accpet", ACCEPT, None),
    ("yes please", ACCEPT, None),
    ("yesss", ACCEPT, None),
    ("ok", ACCEPT, None),
    ("OK thanks", ACCEPT, None),
    ("I'll take it", ACCEPT, None),
    ("I’m on it", ACCEPT, None),
    ("got it", ACCEPT, None),
    ("no problem, I take it", ACCEPT, None),
    ("take it and call me", ACCEPT, None),
    ("👍", ACCEPT, None),
    ("👍🏽👍🏽", ACCEPT, None),
    ("Pass", PASS, None),
    ("pas", PASS, None),
    ("passs 1042", PASS, 1042),
    ("ok, pass", PASS, None),
    ("sorry, can't", PASS, None),
    ("I can't take it", PASS, None),
    ("don't want to accept", PASS, None),
    ("not now", PASS, None),
    ("not me", PASS, None),
    ("nope", PASS, None),
    ("hand it on", PASS, None),
    ("👎", PASS, None),
    ("CALL", CONNECT, None),
    ("call me", CONNECT, None),
    ("Call 1042", CONNECT, 1042),
    # German, French, Spanish, Portuguese.
    ("ja", ACCEPT, None),
    ("Ja, mach ich", ACCEPT, None),
    ("Ich übernehme", ACCEPT, None),
    ("uebernehme 1042", ACCEPT, 1042),
    ("Nein", PASS, None),
    ("ich passe", PASS, None),
    ("Kann gerade nicht", PASS, None),
    ("ANRUF", CONNECT, None),
    ("oui", ACCEPT, None),
    ("Je prends", ACCEPT, None),
    ("je m'en occupe", ACCEPT, None),
    ("d'accord", ACCEPT, None),
    ("non merci", PASS, None),
    ("Je ne peux pas", PASS, None),
    ("APPEL", CONNECT, None),
    ("Sí", ACCEPT, None),
    ("acepto el 1042", ACCEPT, 1042),
    ("sí, me encargo", ACCEPT, None),
    ("no puedo", PASS, None),
    ("paso", PASS, None),
    ("llamar", CONNECT, None),
    ("sim", ACCEPT, None),
    ("Aceito!", ACCEPT, None),
    ("não", PASS, None),
    ("nao posso", PASS, None),
    ("repassar", PASS, None),
    ("ligar", CONNECT, None),
    # A contradiction, a doubt or talk: asked again, for a wrong guess takes the case from or to the wrong hands.
    ("no, I take it", UNKNOWN, None),
    ("yes and no", UNKNOWN, None),
    ("don't pass it on", UNKNOWN, None),
    ("nicht weitergeben", UNKNOWN, None),
    ("1, not 2", UNKNOWN, None),
    ("I take it, not Ben", UNKNOWN, None),
    ("accept or pass", UNKNOWN, None),
    ("not sure", UNKNOWN, None),
    ("don't know the customer", UNKNOWN, None),
    ("No entiendo", UNKNOWN, None),
    ("weiß nicht", UNKNOWN, None),
    ("not yet", UNKNOWN, None),
    ("who is it?", UNKNOWN, None),
    ("What is this about, I have no time", UNKNOWN, None),
    ("I am with the board until noon and will look at it then, yes", UNKNOWN, None),
    ("Liked “Officer of the Day: urgent case 1042. Reply 1 to take it”", UNKNOWN, 1042),
    ("Removed 👍 from “Officer of the Day: urgent case”", UNKNOWN, None),
    ("", UNKNOWN, None),
    ("???", UNKNOWN, None),
    ("🙂", UNKNOWN, None),
    ("1042", UNKNOWN, 1042),
    ("はい", UNKNOWN, None),
    # What stops texts is heeded elsewhere; it never takes or passes a case.
    ("STOP", UNKNOWN, None),
    ("cancel", UNKNOWN, None),
    ("Arrêt", UNKNOWN, None),
    ("baja", UNKNOWN, None),
    ("HELP", UNKNOWN, None),
]

CUSTOMER = [
    ("YES", YES),
    ("yes.", YES),
    ("Yes!!! Thank you so much", YES),
    ("yess", YES),
    ("Yep, all good now", YES),
    ("Y", YES),
    ("Y thanks", YES),
    ("Hello and thank you, it works", YES),
    ("1", YES),
    ("Hi Anna. It works again", YES),
    ("fixed", YES),
    ("Thanks! All fixed.", YES),
    ("Yes, no problems since", YES),
    ("No more issues, it is solved", YES),
    ("Yes. We are glad that it went so fast", YES),
    ("👍", YES),
    ("✅ thanks", YES),
    ("Ja", YES),
    ("Ja, danke, läuft wieder", YES),
    ("gelöst", YES),
    ("geloest!", YES),
    ("Oui", YES),
    ("oui merci beaucoup", YES),
    ("c'est résolu", YES),
    ("Ça marche", YES),
    ("SÍ", YES),
    ("si gracias", YES),
    ("ya está resuelto", YES),
    ("Sim", YES),
    ("resolvido, obrigado", YES),
    ("NO", NO),
    ("no!", NO),
    ("nope", NO),
    ("2", NO),
    ("not fixed", NO),
    ("It is still not fixed", NO),
    ("isn't fixed", NO),
    ("it doesn't work", NO),
    ("Why is it still broken?", NO),
    ("partly fixed", NO),
    ("not sure it is fixed", NO),
    ("yes and no", NO),
    ("Yes but not all of it", NO),
    ("Thank you. It still fails", NO),
    # A needless call costs a minute; a case closed against the customer's word costs the customer.
    ("no, it is fixed", NO),
    ("No problem? It is worse", NO),
    ("👎", NO),
    ("❌", NO),
    ("Nein", NO),
    ("noch nicht", NO),
    ("Es funktioniert leider immer noch nicht", NO),
    ("kein Internet seit gestern", NO),
    ("Non", NO),
    ("pas résolu", NO),
    ("Toujours pas", NO),
    ("ça ne marche pas", NO),
    ("todavía no", NO),
    ("aún no funciona", NO),
    ("Não", NO),
    ("nao", NO),
    ("ainda não", NO),
    # Neither: the words go to the case, where the officer reads them.
    ("fixed?", UNKNOWN),
    ("Is it fixed??", UNKNOWN),
    ("Yes, thanks for the quick help of last week, but the second invoice is wrong", UNKNOWN),
    ("1 invoice is missing", UNKNOWN),
    ("Y sigo esperando", UNKNOWN),
    ("Good morning, please call Mr Hall about the contract", UNKNOWN),
    ("We have tested all weekend with both teams and it works", UNKNOWN),
    ("thanks", UNKNOWN),
    ("no problem", UNKNOWN),
    ("Liked “Is your case with us fixed? Please reply YES or NO.”", UNKNOWN),
    ("", UNKNOWN),
    ("…", UNKNOWN),
    ("はい", UNKNOWN),
    ("STOP", UNKNOWN),
    ("unsubscribe", UNKNOWN),
]

MACHINES = [
    "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get there.",
    "I’m driving right now, I’ll get back to you later",
    "I am driving and will reply later. No, really.",
    "I'm not receiving notifications. If this is urgent, reply “urgent”.",
    "Automatic reply: I am out of the office until Monday",
    "AUTO-REPLY yes we got it",
    "This is an automated message.",
    "Abwesenheitsnotiz: ab Montag wieder da",
    "Automatische Antwort: bin im Urlaub",
    "Ich fahre gerade Auto und melde mich später",
    "Réponse automatique : je suis absent du bureau",
    "Respuesta automática: estoy fuera de la oficina",
    "Resposta automática: estou fora do escritório",
    "Estou dirigindo agora e respondo mais tarde",
]


@pytest.mark.parametrize(("body", "intent", "number"), OFFICER)
def test_what_an_officer_means(body: str, intent: Intent, number: int | None) -> None:
    reply = read_officer(body)
    assert (reply.intent, reply.number, reply.words) == (intent, number, body)


@pytest.mark.parametrize(("body", "intent"), CUSTOMER)
def test_what_a_customer_means(body: str, intent: Intent) -> None:
    assert read_customer(body).intent is intent


@pytest.mark.parametrize("body", MACHINES)
def test_a_machine_is_not_listened_to(body: str) -> None:
    assert is_automatic(body)


@pytest.mark.parametrize(
    "body",
    [words for words, *_ in OFFICER + CUSTOMER]
    + ["I'm driving, pass", "I'm driving. 2", "Our automatic doors fail", "The office is out of power"],
)
def test_a_human_is_listened_to(body: str) -> None:
    assert not is_automatic(body)


def words_of(*tables: tuple[str, ...]) -> set[str]:
    return {word for table in tables for line in table for word in line.split()}


def test_a_word_means_one_thing() -> None:
    told_by_officers = [
        words_of(answer_words.YES),
        words_of(answer_words.NO),
        words_of(answer_words.NOT),
        words_of(answer_words.TAKE),
        words_of(answer_words.PASS),
        words_of(answer_words.CONNECT),
        words_of(answer_words.DOUBT),
        words_of(answer_words.POLITE),
    ]
    told_by_customers = [
        words_of(answer_words.YES, answer_words.FIXED),
        words_of(answer_words.NO, answer_words.NOT, answer_words.NOT_FIXED),
        words_of(answer_words.BUT),
        words_of(answer_words.POLITE),
    ]
    for meanings in (told_by_officers, told_by_customers):
        together = [word for words in meanings for word in words]
        assert sorted(together) == sorted(set(together))


def test_no_answer_is_a_word_that_stops_texts() -> None:
    tables = {name: table for name, table in vars(answer_words).items() if name.isupper()}
    assert len(tables) == 11
    assert words_of(*tables.values()).isdisjoint(STOP_WORDS | START_WORDS | HELP_WORDS)


def test_words_stand_as_they_are_compared() -> None:
    tables = [table for name, table in vars(answer_words).items() if name.isupper()]
    for word in words_of(*tables):
        assert word.isascii()
        assert word.isalnum()
        assert word == word.lower()


@given(st.text(max_size=400))
def test_any_text_is_read_without_a_crash(body: str) -> None:
    officer, customer = read_officer(body), read_customer(body)
    assert officer.intent in {ACCEPT, PASS, CONNECT, UNKNOWN}
    assert customer.intent in {YES, NO, UNKNOWN}
    assert officer.number == customer.number
    assert is_automatic(body) in {True, False}


@given(
    st.lists(st.sampled_from(sorted(words_of(answer_words.TAKE, answer_words.PASS))), min_size=2, max_size=3)
)
def test_an_officer_who_says_two_things_has_decided_nothing(words: list[str]) -> None:
    both = {read_officer(word).intent for word in words}
    heard = read_officer(" ".join(words)).intent
    assert heard in (both if len(both) == 1 else {UNKNOWN}) | {UNKNOWN}
