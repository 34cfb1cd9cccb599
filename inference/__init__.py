"""The instrument: bytes of a chest X-ray in, probabilities out. No Django, no Celery, no database."""
