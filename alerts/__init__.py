"""From an assessment to a person who answered: postures, alerts, escalation, astreinte, outbox, channels."""
