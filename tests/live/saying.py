"""Facts journaled on a real broker, as of now."""

from datetime import UTC, datetime

from streams.adapters.journal_topic import JournalTopic
from streams.entry import Draft, Status
from streams.live.record import fact_id
from streams.messages import Message, encode


def say(journal: JournalTopic, *facts: Message, region: str = "52") -> None:
    now = datetime.now(UTC)
    drafts = [Draft(now, Status.ACTUAL, region, *encode(fact)) for fact in facts]
    journal.append([(fact_id(f"{now.isoformat()} {number}", each), each) for number, each in enumerate(drafts)])
