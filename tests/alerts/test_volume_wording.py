"""What people read of several alerts at once: a group's message and a digest, long and in one SMS."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import Digest, DigestLine, Notify, Purpose
from alerts.links import LinkKey, LinkKeys
from alerts.sms import SMS_SEPTETS, septets
from alerts.sms_wording import MAX_LINK_BASE, own_link
from alerts.volume.limits import MOST_GROUPED
from alerts.wording import Message, alert_link, render
from orsan_plans.posture import Posture
from tests.alerts.test_wording import ALERT, AT, BASE, BRIEF, NOTIFY

OTHER = replace(
    BRIEF,
    alert_id="1b8e3c1e-5d1c-5a5a-9f3b-2f6f0e5d7c12",
    title="Réanimation tendue",
    territory="ETAB-440000271",
    territory_name="CHU de Nantes (44)",
)
GROUP = replace(NOTIFY, grouped=(OTHER,), place="DEP-44")
COUNTED = Digest(
    (
        DigestLine(Posture.ALERTE, "DEP-44", 8),
        DigestLine(Posture.ALERTE, "REG-52", 1),
        DigestLine(Posture.VIGILANCE, "DEP-49", 285),
    ),
    (ALERT,),
    ended=3,
)
DIGEST = replace(NOTIFY, purpose=Purpose.DIGEST, call=0, digest=COUNTED)


KEYS = LinkKeys(LinkKey("k1", b"s" * 32, date(2000, 1, 1)))
LONGEST_BASE = "https://" + "v" * (MAX_LINK_BASE - 8)


def rendered(notify: Notify) -> Message:
    return render(notify, BASE, AT)


def signed(notify: Notify, base: str = BASE) -> tuple[Message, str]:
    """Return a message as it leaves when links are signed, and its link."""
    own = replace(notify, id=ALERT)
    link = own_link(own, base, KEYS)
    assert link is not None
    return render(own, base, AT, KEYS), link


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_group_names_each_alert_with_its_place_and_link() -> None:
    message = rendered(GROUP)
    assert message.title == "ALERTE REB · Loire-Atlantique (44) · 2 alertes"
    for brief in (BRIEF, OTHER):
        assert alert_link(BASE, brief.alert_id) in message.body
        assert f"Où : {brief.territory_name}, depuis le mercredi 25 mars 2020" in plain(message.body)
    assert "D'abord, pour la plus grave : Vérifier la donnée auprès de l'ORU." in message.body
    assert "Répondez à chacune" in message.body


@pytest.mark.parametrize(
    ("purpose", "call", "ending", "request_"),
    [
        (Purpose.CALL, 3, " · 3e appel", "Répondez à chacune"),
        (Purpose.INFORM, 0, " · pour information", "aucune réponse n'est attendue"),
        (Purpose.END, 2, "2 alertes", "C'est terminé"),
    ],
)
def test_a_group_says_what_it_asks(purpose: Purpose, call: int, ending: str, request_: str) -> None:
    message = rendered(replace(GROUP, purpose=purpose, call=call))
    assert message.title.endswith(ending)
    assert request_ in message.body
    assert message.title.startswith("FIN ALERTE" if purpose is Purpose.END else "ALERTE")


@pytest.mark.parametrize(
    ("purpose", "request_"),
    [
        (Purpose.CALL, "Répondez à chacune pour arrêter ses appels :\n"),
        (Purpose.INFORM, "aucune réponse n'est attendue :\n"),
        (Purpose.END, "plus rien n'est attendu de vous :\n"),
        (Purpose.REMINDER, "sinon vos réponses seront retirées et les appels reprendront :\n"),
    ],
)
def test_the_one_link_of_a_group_is_the_page_of_all_its_alerts(purpose: Purpose, request_: str) -> None:
    message, link = signed(replace(GROUP, purpose=purpose))
    assert f"{request_}{link}" in message.body
    assert message.body.count("https://") == 1
    assert message.sms.endswith(f"\n{link}")
    assert OTHER.title in message.body


def test_a_digest_counts_the_highest_posture_first_and_leads_to_the_open_alerts() -> None:
    message = rendered(DIGEST)
    assert message.title == "RÉSUMÉ · 294 alertes : ALERTE 9, VIGILANCE 285, 3 terminées"
    body = plain(message.body)
    assert "ALERTE :\n- Loire-Atlantique (44) : 8\n- Pays de la Loire : 1" in body
    assert "VIGILANCE :\n- Maine-et-Loire (49) : 285" in body
    assert body.index("ALERTE :") < body.index("VIGILANCE :")
    assert f"Toutes les alertes ouvertes :\n{BASE}/\n" in body
    assert "répondre" not in body
    assert alert_link(BASE, ALERT) in body
    assert message.sms == (
        "RESUME 294 alertes : ALERTE 9, VIGILANCE 285, 3 terminées. Loire-Atlantique (44) 8, Pays de la Loire 1, "
        "Maine-et-Loire (49) 285\nhttps://vigie.example.org/"
    )


def test_the_link_of_a_digest_is_the_page_that_answers_its_alerts() -> None:
    message, link = signed(DIGEST)
    assert f"Les alertes de ce résumé, pour y répondre :\n{link}\n" in message.body
    assert message.body.count("https://") == 1
    assert message.sms.endswith(f"\n{link}")


def test_a_digest_that_has_nothing_to_answer_does_not_promise_it() -> None:
    message, link = signed(replace(DIGEST, digest=Digest((), (), ended=1)))
    assert link not in message.body + message.sms
    assert f"Toutes les alertes ouvertes :\n{BASE}/\n" in message.body


@pytest.mark.parametrize("status", ["actual", "exercise", "test"])
@pytest.mark.parametrize("notify", [GROUP, DIGEST, replace(GROUP, purpose=Purpose.REMINDER)])
def test_the_longest_link_base_leaves_its_link_to_an_sms_that_says_the_posture(notify: Notify, status: str) -> None:
    message, link = signed(replace(notify, status=status), LONGEST_BASE)
    assert link in message.sms.splitlines()
    assert "ALERTE" in message.sms
    assert septets(message.sms) <= SMS_SEPTETS


def test_a_digest_of_ends_only_names_no_open_alert() -> None:
    message = rendered(replace(DIGEST, digest=Digest((), (), ended=1)))
    assert message.title == "RÉSUMÉ · 1 terminée"
    assert "La plus grave" not in message.body


def test_a_digest_that_leaves_late_says_so() -> None:
    assert "Message retardé" in render(DIGEST, BASE, AT + timedelta(minutes=30)).body


texts = st.text(max_size=60)
several = st.one_of(
    st.builds(
        lambda titles, status: replace(
            GROUP, status=status, grouped=tuple(replace(OTHER, title=title) for title in titles)
        ),
        st.lists(texts, min_size=1, max_size=MOST_GROUPED),
        st.sampled_from(["actual", "exercise", "test"]),
    ),
    st.builds(
        lambda counts, status: replace(
            DIGEST,
            status=status,
            digest=Digest(tuple(DigestLine(Posture.ALERTE, f"DEP-{dep}", n) for dep, n in counts), (ALERT,)),
        ),
        st.lists(st.tuples(st.sampled_from(["44", "49", "2A", "971"]), st.integers(1, 9999)), min_size=1, max_size=20),
        st.sampled_from(["actual", "exercise", "test"]),
    ),
)


@given(several, st.text(max_size=60).map("https://{}".format))
def test_any_of_them_fits_one_sms_that_says_the_posture_first(notify: Notify, base: str) -> None:
    message = render(notify, base, AT)
    assert septets(message.sms) <= SMS_SEPTETS
    assert "ALERTE" in message.sms
    assert "\n" not in message.title
    if notify.status == "exercise":
        assert message.sms.startswith("EXERCICE EXERCICE EXERCICE\n")
        assert message.sms.endswith("\nEXERCICE EXERCICE EXERCICE")
