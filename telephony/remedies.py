"""What Twilio's error codes mean for us, as data: the words, whether trying again can help, and what to do.

Source: Twilio's error dictionary, https://www.twilio.com/docs/api/errors (one page a code). The words are our
own and name no telephone number, so that they may stand on a page and in a log. Twilio changes codes now and
then (changelog of 2024-07-10, number validation), so a code that is not here is judged by its HTTP status.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """One row of the table.

    `permanent` means that the very same request will be refused again until somebody mends something.
    """

    words: str
    permanent: bool
    remedy: str


_CREDENTIALS = "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN against Twilio's console."
_NUMBER = "Correct the telephone number; it must be E.164, such as +14155550123."
_FROM = "Set TWILIO_FROM_NUMBER to a number of this Twilio account that can do calls and texts."
_TRIAL = (
    "A trial account reaches verified numbers only: verify it in Twilio's console, or upgrade the account."
)
_PERMISSION = "Allow the country in Twilio's console under Geographic Permissions."
_LATER = "Nothing to mend; it may be tried again."
_ANOTHER_WAY = "Reach this person by a call, or give another number for texts."
_OUR_ANSWER = (
    "Check that PUBLIC_BASE_URL is reachable from the internet, and read our log of the same moment."
)
_REGISTER = "Register the sender with Twilio (A2P 10DLC or toll-free verification)."

REMEDIES: dict[int, Remedy] = {
    # The account and the request
    20001: Remedy(
        "Twilio did not understand the request.", True, "Report this with the log; it is our fault."
    ),
    20003: Remedy("Twilio does not accept our credentials.", True, _CREDENTIALS),
    20005: Remedy("The Twilio account is not active.", True, "Activate the account in Twilio's console."),
    20008: Remedy("Test credentials cannot do this.", True, "Use the account's live credentials."),
    20404: Remedy(
        "Twilio does not know what was asked for.",
        True,
        "A call or a conference has ended; if everything fails like this, check TWILIO_ACCOUNT_SID.",
    ),
    20429: Remedy("Too many requests at once.", False, "Lower TWILIO_CALLS_PER_SECOND, or ask for more."),
    20500: Remedy("Twilio had an internal error.", False, _LATER),
    20503: Remedy("Twilio is not available just now.", False, _LATER),
    # Placing and changing a call
    13223: Remedy("The number to dial is not valid.", True, _NUMBER),
    13224: Remedy("The number to dial is not in service or not supported.", True, _NUMBER),
    13225: Remedy(
        "The number to dial is forbidden.", True, "Use a number that is neither emergency nor premium."
    ),
    13227: Remedy("Calls to this country are not allowed for the account.", True, _PERMISSION),
    13214: Remedy("The caller's number to be shown is not valid.", True, _FROM),
    21201: Remedy("No number to call was given.", True, _NUMBER),
    21202: Remedy("The number to call is a premium number.", True, "Use an ordinary number."),
    21203: Remedy("Calls to this number are not allowed for the account.", True, _PERMISSION),
    21205: Remedy("The address that Twilio is to call back is not valid.", True, _OUR_ANSWER),
    21210: Remedy("The number that we call from is not verified.", True, _FROM),
    21211: Remedy("The number to reach is not valid.", True, _NUMBER),
    21212: Remedy("The number that we call from is not valid.", True, _FROM),
    21213: Remedy("No number to call from was given.", True, _FROM),
    21214: Remedy("The number cannot be reached.", True, _NUMBER),
    21215: Remedy("Calls to this country are not allowed for the account.", True, _PERMISSION),
    21216: Remedy(
        "Twilio has blocked calls to this number.", True, "Ask Twilio's support, or use another number."
    ),
    21217: Remedy("The number does not look like one.", True, _NUMBER),
    21218: Remedy(
        "Twilio does not know this application.", True, "Report this with the log; it is our fault."
    ),
    21219: Remedy("The number is not verified, and this is a trial account.", True, _TRIAL),
    21220: Remedy(
        "The call is in no state for this change.", True, "It has ended or has not begun; nothing to mend."
    ),
    21401: Remedy("The telephone number is not valid.", True, _NUMBER),
    21421: Remedy("The telephone number is not valid.", True, _NUMBER),
    # Sending a text
    21408: Remedy("Texts to this country are not allowed for the account.", True, _PERMISSION),
    21601: Remedy("The number that we text from cannot send texts.", True, _FROM),
    21602: Remedy("The text is empty.", True, "Report this with the log; it is our fault."),
    21603: Remedy("No number to text from was given.", True, _FROM),
    21604: Remedy("No number to text was given.", True, _NUMBER),
    21605: Remedy("The text is too long.", True, "Report this with the log; it is our fault."),
    21606: Remedy("The number that we text from is not ours or cannot send texts.", True, _FROM),
    21607: Remedy("The number that we text from is not verified.", True, _FROM),
    21608: Remedy("The number is not verified, and this is a trial account.", True, _TRIAL),
    21609: Remedy("The address for the text's status is not valid.", True, _OUR_ANSWER),
    21610: Remedy(
        "The person has answered STOP and gets no texts from us.",
        True,
        "Calls go on. The person texts START to our number to get texts again.",
    ),
    21611: Remedy("Too many texts are waiting at Twilio.", False, _LATER),
    21612: Remedy("Texts from our number do not reach this number.", True, _ANOTHER_WAY),
    21614: Remedy("The number cannot get texts; it may be a landline.", True, _ANOTHER_WAY),
    21617: Remedy(
        "The text is longer than 1,600 characters.", True, "Report this with the log; it is our fault."
    ),
    21635: Remedy("The number is a landline.", True, _ANOTHER_WAY),
    21703: Remedy("The messaging service has no number to send from.", True, "Add a number to it at Twilio."),
    # What became of a text (in its status callbacks)
    30001: Remedy("Too many texts were waiting.", False, _LATER),
    30002: Remedy("The Twilio account is suspended.", True, "Settle this with Twilio."),
    30003: Remedy("The phone is switched off or out of reach.", False, "Try later, or call."),
    30004: Remedy("The text was blocked by the phone or its carrier.", True, _ANOTHER_WAY),
    30005: Remedy("The number is unknown or no longer exists.", True, _NUMBER),
    30006: Remedy("The number is a landline, or its carrier cannot be reached.", True, _ANOTHER_WAY),
    30007: Remedy("The carrier filtered the text as unwanted.", True, _REGISTER),
    30008: Remedy("The carrier gave no reason.", False, "Try later, or call."),
    30032: Remedy("Our toll-free number is not verified for texts.", True, _REGISTER),
    30034: Remedy("Our number is not registered for texts to the United States.", True, _REGISTER),
    30410: Remedy("The carrier did not answer in time.", False, _LATER),
    # While a call runs
    11200: Remedy("Twilio could not read our answer.", False, _OUR_ANSWER),
    11205: Remedy("Twilio could not connect to us.", False, _OUR_ANSWER),
    11206: Remedy("Our answer broke HTTP's rules.", False, _OUR_ANSWER),
    11210: Remedy("The address that Twilio is to call back has no known host.", True, _OUR_ANSWER),
    11750: Remedy(
        "Our answer was larger than Twilio takes.", True, "Report this with the log; it is our fault."
    ),
    12100: Remedy("Our answer was not valid XML.", True, "Report this with the log; it is our fault."),
    12200: Remedy("Our answer was not valid TwiML.", True, "Report this with the log; it is our fault."),
    13240: Remedy(
        "The call to be coached is not in a running conference.", True, "Join again without coaching."
    ),
    13520: Remedy(
        "The words could not be spoken by the chosen voice.", True, "Check the language and voice."
    ),
    15003: Remedy("Twilio did not reach us, or our answer was not good.", False, _OUR_ANSWER),
    16025: Remedy("Somebody with this label is in the conference already.", True, "Use another label."),
    # The telephone network
    32009: Remedy("The phone that was called is not registered.", False, "Try later, or another number."),
    32011: Remedy("The carrier could not be reached.", False, _LATER),
}


def explain(code: int | None) -> Remedy | None:
    """The row for a code of Twilio's, or nothing when we have no better words than Twilio's own."""
    return REMEDIES.get(code) if code is not None else None
