"""The message that hands over: who comes on call, as what, and the link to what they must read."""

from alerts.sms import SMS_SEPTETS, septets, shorten, to_gsm7
from alerts.wording import Message


def render_releve(name: str, role_title: str, link: str) -> Message:
    """Return the message to the person who comes on call, in a long form and in one SMS."""
    title = f"Relève d'astreinte · {role_title}"
    body = (
        f"{name}, vous prenez l'astreinte : {role_title}.\n\n"
        f"Lisez ce qui est en cours, puis confirmez :\n{link}\n\n"
        "Ce lien est à vous seul : il montre aussi vos alertes et permet d'y répondre."
    )
    ending = f"\n{to_gsm7(link)}"
    opening = to_gsm7(f"Relève : {role_title}. Lisez, puis confirmez :")
    return Message(title, body, shorten(opening, SMS_SEPTETS - septets(ending)) + ending)
