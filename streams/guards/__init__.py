"""What stock Faust gets wrong, one guard per file, each with its reason and its tests.

The guards are subclasses and mixins, so that stock Faust stays as it is beside them: `GuardedApp` in `app.py`
puts them together. They lean on the inside of one version of Faust, which `versions.py` checks.

=====================  =================================================================================
file                   what stock Faust does
=====================  =================================================================================
`commits.py`           commits what failed, was cancelled, or is still under way
`revocation.py`        drops what was settled but not committed when partitions go
`seek.py`              loses what it fetched in a rebalance where nothing was committed before
`resume.py`            loses messages fetched between two steps of a rebalance (faust-streaming issue 596)
`changelog_load.py`    recovers slowly, trusts a wrong end of the changelog, and goes on after a time-out
`delivery.py`          starts four asyncio tasks per message
`fetching.py`          has every fetch wait for 1.5 seconds, and everything else behind it
=====================  =================================================================================
"""
