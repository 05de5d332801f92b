"""The pages of signed links without a network: a made-up evening, keys, and an outbox and a journal in memory."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
from fastapi import FastAPI

from alerts.astreinte import Canal, Contact, EscalationPolicy, Person, Role, Roster
from alerts.effects import AlertBrief, AlertChange, AlertChanged, Notify, effect_id
from alerts.links import LinkKey, LinkKeys, Scope, answer_token, person_token, reading_token
from dashboards.adapters.exporter import Exporter
from dashboards.adapters.gate import Door
from dashboards.adapters.identity import Identity
from dashboards.adapters.web import build_app
from dashboards.board import Board
from dashboards.metrics import Notification
from dashboards.recording import NotRecorded, PerhapsRecorded, Recorded
from dashboards.testing import BRIEF, EVENING, EXERCISE, REGION, evening_board, notification
from streams.entry import Status
from streams.messages import Message
from streams.messages.decisions import Acknowledge, ReleveAcknowledged
from streams.messages.deliveries import LinkRefused

KEYS = LinkKeys(LinkKey("k1", b"s" * 32, date(2000, 1, 1)))
PEER = "192.0.2.7"
OTHER_KEYS = LinkKeys(LinkKey("k1", b"o" * 32, date(2000, 1, 1)))


def person(id_: str, name: str) -> Person:
    return Person(id_, name, (Contact(f"{id_}/sms", Canal.SMS),))


ROSTER = Roster(
    "Essai",
    REGION,
    (person("c.martin", "Claire Martin"), person("a.leroy", "Anne Leroy"), person("k.benali", "Karim Benali")),
    (
        Role("cadre_astreinte", "Cadre d'astreinte", ("c.martin",)),
        Role("medecin_astreinte", "Médecin d'astreinte", ("a.leroy",)),
    ),
    EscalationPolicy(timedelta(minutes=10), timedelta(minutes=15), "medecin_astreinte"),
)


def called(brief: AlertBrief = BRIEF, call: int = 1, status: str = "actual") -> Notify:
    """Return a call whose id is what the fold gives: a UUID."""
    return replace(notification(brief, call, status), id=effect_id("notify", brief.alert_id, call))


@dataclass
class MemoryRecords:
    """What the pages had journaled, once per key; ``failure`` is raised instead, when there is one."""

    journaled: dict[str, tuple[str, Status, Message]] = field(default_factory=dict)
    noted: list[Message] = field(default_factory=list)
    failure: NotRecorded | PerhapsRecorded | None = None
    rejected: str = ""
    board: Board | None = None

    def record(self, region: str, status: Status, message: Message, key: str) -> Recorded:
        if self.failure is not None:
            raise self.failure
        if key not in self.journaled:
            self.journaled[key] = (region, status, message)
            self._show(region, message)
        return Recorded(self.rejected)

    def note(self, region: str, status: Status, message: Message) -> None:
        assert (region, status) == (REGION, Status.ACTUAL)
        self.noted.append(message)

    def _show(self, region: str, message: Message) -> None:
        if self.board is not None and isinstance(message, Acknowledge):
            alert = self.board.alert(message.alert_id)
            assert alert is not None
            change = AlertChanged(
                id=f"ack-{len(self.journaled)}",
                at=EVENING + timedelta(minutes=25),
                status=alert.status,
                alert_id=message.alert_id,
                territory=alert.brief.territory,
                change=AlertChange.ACKNOWLEDGED,
                by=message.by,
            )
            self.board.effect(region, change)
            self.board.due(message.alert_id, None)

    @property
    def answers(self) -> list[Acknowledge]:
        return [each for _, _, each in self.journaled.values() if isinstance(each, Acknowledge)]

    @property
    def releves(self) -> list[ReleveAcknowledged]:
        return [each for _, _, each in self.journaled.values() if isinstance(each, ReleveAcknowledged)]

    @property
    def refusals(self) -> list[LinkRefused]:
        return [each for each in self.noted if isinstance(each, LinkRefused)]


class AnswerDoor:
    """The application, at ``minutes`` into the evening, and requests to it as a browser makes them."""

    def __init__(self, minutes: int = 25, board: Board | None = None, **door: Any) -> None:  # noqa: ANN401 - fields of Door
        self.now = EVENING + timedelta(minutes=minutes)
        self.seconds = 0.0
        self.board = board or answered_board()
        self.records = MemoryRecords(board=self.board)
        self.outbox = {each.id: each for each in (called(), called(call=2), called(EXERCISE, 1, "exercise"))}
        self._nonces = iter(range(10**9))
        self.door = Door(
            KEYS,
            lambda region, id_: self.outbox.get(id_) if region == REGION else None,
            self.records,
            REGION,
            monotonic=lambda: self.seconds,
            nonce=lambda: f"{next(self._nonces):016x}",
        )
        self.door = replace(self.door, **door)
        self.app = self.built()

    def built(self, identity: Identity | None = None) -> FastAPI:
        return build_app(self.board, Exporter(self.board, "1"), self._clock, self.door, identity)

    def _clock(self) -> datetime:
        return self.now

    def ask(
        self, method: str, path: str, body: bytes | None = None, peer: str = PEER, **headers: str
    ) -> httpx.Response:
        return self._asked(method, path, body, peer, headers)

    def _asked(self, method: str, path: str, body: bytes | None, peer: str, headers: dict[str, str]) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(peer, 50000))
            async with httpx.AsyncClient(transport=transport, base_url="http://vigie") as client:
                return await client.request(method, path, content=body, headers=named)

        return asyncio.run(answer())

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._asked("GET", path, None, PEER, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        given = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        return self._asked("POST", path, urlencode(fields).encode(), PEER, given)

    def answer(self, path: str, decision: str = "prendre", reason: str = "", **headers: str) -> httpx.Response:
        """Open the page, fill its form and send it."""
        fields = {**hidden(self.get(path).text), "decision": decision, "raison": reason}
        return self.post(path, fields, **headers)


def answered_board() -> Board:
    """Return the evening's board with the roster, and its calls under ids that links can carry."""
    board = evening_board()
    board.rostered(REGION, ROSTER)
    for each in (called(), called(call=2)):
        board.effect(REGION, each)
    board.delivered(REGION, called(), EVENING + timedelta(seconds=4), Notification.SENT)
    board.effect(REGION, called(EXERCISE, 1, "exercise"))
    board.due(BRIEF.alert_id, EVENING + timedelta(minutes=35))
    return board


def answer_path(notify: Notify | None = None, keys: LinkKeys = KEYS) -> str:
    return f"/{Scope.ANSWER}/{answer_token(keys, notify or called())}"


def reading_path(notify: Notify | None = None) -> str:
    return f"/{Scope.READ}/{reading_token(KEYS, notify or called())}"


def person_path(person: str = "c.martin", at: datetime = EVENING, keys: LinkKeys = KEYS) -> str:
    return f"/{Scope.PERSON}/{person_token(keys, REGION, person, at)}"


def hidden(html: str) -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)}


def text_of(html: str) -> str:
    """Return what a reader sees, without tags, spaces made plain."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body))).strip()


def links_of(html: str) -> Iterator[str]:
    yield from re.findall(r'href="([^"#]+)"', html)
