"""The fold of one region: what an entry changes, which rules are judged, what follows."""
