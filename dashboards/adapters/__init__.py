"""The Prometheus exporter and the pages served to people."""
