"""Health-watch signals, vigilances, alerts of the CAP, the Hub Santé and the activity of the SAMU."""
