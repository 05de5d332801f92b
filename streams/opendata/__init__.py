"""Published open data of past crises."""
