"""What a worker does, one role per file: ingest, score, learn, tick, deliver.

`score` is a Faust agent: it owns partitioned state. The others own no table and are plain services with consumer
groups of their own, so that each role scales by itself (docs/decisions/0004-one-faust-agent.md).
"""
