"""PostgreSQL, with connections that wait for the next request or task (base.py)."""
