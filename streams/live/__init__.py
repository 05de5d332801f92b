"""The live engine without a broker: topics, the log of a région, its fold, ids that make a repeat harmless."""
