"""Which voice speaks which language, as data.

Source: https://www.twilio.com/docs/voice/twiml/say/text-speech (voices and languages) and
https://docs.aws.amazon.com/polly/latest/dg/neural-voices.html . Neural voices throughout; a pair of
language and voice that do not belong together is an error at Twilio (13520), so both come from one row.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """`language` as `<Say>` wants it, and the voice that speaks it."""

    language: str
    name: str


DEFAULT_VOICE = Voice("en-US", "Polly.Joanna-Neural")

# By tag of the language, lower case; the bare language is what its speakers most often mean.
VOICES: dict[str, Voice] = {
    "ar": Voice("ar-AE", "Polly.Hala-Neural"),
    "ca": Voice("ca-ES", "Polly.Arlet-Neural"),
    "cs": Voice("cs-CZ", "Polly.Jitka-Neural"),
    "da": Voice("da-DK", "Polly.Sofie-Neural"),
    "de": Voice("de-DE", "Polly.Vicki-Neural"),
    "de-at": Voice("de-AT", "Polly.Hannah-Neural"),
    "de-ch": Voice("de-DE", "Polly.Vicki-Neural"),
    "en": DEFAULT_VOICE,
    "en-us": DEFAULT_VOICE,
    "en-au": Voice("en-AU", "Polly.Olivia-Neural"),
    "en-gb": Voice("en-GB", "Polly.Amy-Neural"),
    "en-ie": Voice("en-IE", "Polly.Niamh-Neural"),
    "en-in": Voice("en-IN", "Polly.Kajal-Neural"),
    "en-nz": Voice("en-NZ", "Polly.Aria-Neural"),
    "en-za": Voice("en-ZA", "Polly.Ayanda-Neural"),
    "es": Voice("es-ES", "Polly.Lucia-Neural"),
    "es-mx": Voice("es-MX", "Polly.Mia-Neural"),
    "es-us": Voice("es-US", "Polly.Lupe-Neural"),
    "fi": Voice("fi-FI", "Polly.Suvi-Neural"),
    "fr": Voice("fr-FR", "Polly.Lea-Neural"),
    "fr-be": Voice("fr-BE", "Polly.Isabelle-Neural"),
    "fr-ca": Voice("fr-CA", "Polly.Gabrielle-Neural"),
    "hi": Voice("hi-IN", "Polly.Kajal-Neural"),
    "it": Voice("it-IT", "Polly.Bianca-Neural"),
    "ja": Voice("ja-JP", "Polly.Takumi-Neural"),
    "ko": Voice("ko-KR", "Polly.Seoyeon-Neural"),
    "nb": Voice("nb-NO", "Polly.Ida-Neural"),
    "nl": Voice("nl-NL", "Polly.Laura-Neural"),
    "nl-be": Voice("nl-BE", "Polly.Lisa-Neural"),
    "no": Voice("nb-NO", "Polly.Ida-Neural"),
    "pl": Voice("pl-PL", "Polly.Ola-Neural"),
    "pt": Voice("pt-BR", "Polly.Camila-Neural"),
    "pt-pt": Voice("pt-PT", "Polly.Ines-Neural"),
    "sv": Voice("sv-SE", "Polly.Elin-Neural"),
    "tr": Voice("tr-TR", "Polly.Burcu-Neural"),
    "yue": Voice("yue-CN", "Polly.Hiujin-Neural"),
    "zh": Voice("cmn-CN", "Polly.Zhiyu-Neural"),
}


def voice_for(language: str) -> Voice:
    """The voice for a language tag (`pt-BR`, `pt_br`, `de`): the exact one, else its language's, else
    English.
    """
    tag = language.strip().lower().replace("_", "-")
    return VOICES.get(tag) or VOICES.get(tag.partition("-")[0]) or DEFAULT_VOICE
