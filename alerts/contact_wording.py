"""What a person reads when one of their contacts is verified or tried."""

from alerts.wording import Message


def code_message(contact: str, code: str) -> Message:
    """Return the message that carries a code of verification."""
    sms = f"Vigie : votre code de verification est {code}. Donnez-le a qui organise l'astreinte."
    body = (
        f"Votre code de vérification est {code}.\n\n"
        "Donnez-le à la personne qui organise l'astreinte : il prouve que vous recevez les messages de Vigie "
        f"sur ce contact ({contact}). Il ne vaut que quelques minutes. Si vous n'attendez rien, ne faites rien."
    )
    return Message("Vigie : code de vérification", body, sms)


def trial_message(contact: str) -> Message:
    """Return the message of a trial: it asks for nothing."""
    sms = "TEST Vigie : essai de ce contact d'astreinte. Rien a faire."
    body = (
        f"TEST TEST TEST\n\nVigie essaie ce contact d'astreinte ({contact}). Il n'y a rien à faire.\n\nTEST TEST TEST"
    )
    return Message("TEST Vigie : essai de contact", body, sms)
