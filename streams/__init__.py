"""From feeds to decisions: messages, the journal, indicators, the engine and its replay."""
