"""What can be wrong with Kafka, said to the person who runs Vigie: what, where, what to do."""


class KafkaProblem(Exception):
    """Kafka cannot be used as it is; the message says what to do."""


class KafkaUnavailable(KafkaProblem):
    """Nothing answers, or not in time: what was asked may be done or not, and is to be asked again."""


class KafkaRefused(KafkaProblem):
    """Kafka answers, and does not let this account in or do this."""


class UnusableAccess(KafkaProblem):
    """The settings of the access cannot work: a certificate that cannot be read, a name without a password."""


class TopicMissing(KafkaProblem):
    """A topic does not exist."""


class TopicsUnusable(KafkaProblem):
    """A topic is not what it must be; the message gives a command for each setting."""


class RecordsLost(KafkaProblem):
    """Records that must be there are not: they were deleted, or the broker lost them."""


class TooLarge(KafkaProblem):
    """What is to be sent is larger than a message may be."""
