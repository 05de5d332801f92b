"""What is seen: the metrics catalogue, its exporter, the Grafana dashboards and the alert page."""
