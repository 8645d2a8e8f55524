"""The words by which people answer texts, as data: a line or more for each language we speak.

Words stand here as `escalations.replies` compares them: lower case, without accents and apostrophes, in the order
English, German, French, Spanish, Portuguese. To one reader a word means one thing, and none of them is a word by
which people stop texts (`telephony.keywords`); a test holds both.
"""

YES = (
    "y yes yep yeah yea yup yess yse ya ok okay okey k sure fine absolutely",
    "ja jo jawohl jep jup klar gerne",
    "oui ouais oiu daccord",
    "si sip claro vale",
    "sim",
)
NO = (
    "n no nope nop nah",
    "nein nien nee",
    "non",
    "nao",
)
NOT = (
    "not dont cant cannot wont couldnt unable",
    "nicht nich kein keine keinen",
    "pas impossible",
    "imposible tampoco",
    "nem impossivel",
)
TAKE = (
    "1 one accept acept accpt acccept accet accpet axcept accep acpt accepted accepting take taking taken tke mine",
    "eins annehmen annehme angenommen ubernehmen ubernehme ubernommen uebernehmen uebernehme nehme",
    "accepter accepte acceptee prends prendre occupe reprends",
    "uno aceptar acepto aceptado tomo encargo ocupo",
    "aceitar aceito aceita assumo assumir pego cuido",
)
PASS = (
    "2 two pass past passing skip skipping decline declined refuse hand",
    "zwei passe weiter weitergeben weiterleiten ablehnen ablehne abgeben",
    "deux passer passez passes refuser ceder cede",
    "dos paso pasar pasa pasalo rechazar rechazo ceder cedo",
    "dois passar passo passa recusar recuso repassar repasso adiante",
)
CONNECT = (
    "call ring connect dial",
    "anruf anrufen verbinden",
    "appel appeler appelez appelle rappel rappeler",
    "llamar llama llamame llamada conectar",
    "ligar liga ligue conecta",
)
FIXED = (
    "fixed fixd solved resolved works working sorted done perfect",
    "gelost geloest behoben erledigt funktioniert lauft laeuft passt perfekt",
    "resolu resolue regle reglee fonctionne marche parfait",
    "resuelto resuelta solucionado solucionada arreglado arreglada funciona perfecto",
    "resolvido resolvida solucionado solucionada consertado consertada perfeito",
)
NOT_FIXED = (
    "unfixed unsolved unresolved still isnt wasnt doesnt didnt hasnt havent arent never nothing nobody broken broke",
    "down worse fails failing partly partially almost unclear unsure",
    "ungelost ungeloest nie nichts niemand defekt kaputt teilweise immernoch",
    "jamais rien toujours personne partiellement presque",
    "nunca nada nadie casi parcialmente sigue todavia aun",
    "ninguem quase ainda continua",
)
BUT = ("but however although", "aber jedoch", "mais cependant", "pero", "mas porem")
# Doubts, and questions that end without their mark: an officer who writes so has not decided.
DOUBT = (
    "what which who why how when where or understand know idea clue yet unclear unsure someone somebody else instead",
    "was oder welcher welche welches wer warum wieso wie wann verstehe weiss ahnung noch sicher jemand",
    "quoi ou quel quelle qui pourquoi comment comprends comprend compris sais encore sur",
    "que o cual quien seguro entiendo entendi se idea todavia aun",
    "qual quem porque como entendo sei ideia ainda",
)
POLITE = (
    "please pls plz thanks thank thx thankyou you hi hello hey dear sorry",
    "bitte danke vielen dank hallo leider moin",
    "merci bonjour svp desole beaucoup",
    "gracias hola buenas favor muchas",
    "obrigado obrigada ola oi desculpe",
)
