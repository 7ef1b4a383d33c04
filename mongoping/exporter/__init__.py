"""Serve the metrics of probes to Prometheus: one process for all configured targets.

`budget`, `web_config`, `page` and `catalog` are pure or read files only; `probes` runs diagnoses,
and `server` answers requests. Only `server`, `access`, `own_metrics` and `certificates` need the
extra ``exporter``.
"""
