"""Each layout of the PostgreSQL database and how to go from one to the next: scripts run by Alembic.

A script that was released is never changed: the next one mends it.
"""
