"""`make demo`: everything on one machine, from nothing to a queue that works.

Read `__main__.py` first: it is the walk. Each step has its module: checks (sentences before anything is started),
folder (data folder, lock, run folder), keys (secrets and passwords), environment (what the processes are told),
programs (what runs), supervision (supervisord, which restarts what dies), log (one log from all of them),
family (nothing is left behind), steps and preparation (manage.py commands), ready (the wait).
"""
