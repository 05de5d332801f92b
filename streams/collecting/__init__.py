"""From a file to the journal: formats, ledger, receipts, quarantine, sources."""
