"""The same case with another score: whatever a page says then that it did not say before comes from the model."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.test import Client

from cases.analysis import refresh_top_analysis
from cases.models import Analysis, Case, Embedding, HeatMap
from tests import making
from tests.cases.test_url_matrix import ask
from tests.cases.url_rows import Row

SCORES = (0.04, 0.5, 0.96)
NEW_EACH_TIME = re.compile(
    r'value="[A-Za-z0-9]{64}"|nonce="[^"]*"|csrftoken=[^;]*;|nonce-[^\']*'
    r"|expires=[^;]*;|.Expires.: .\w{3}, [^']*|:\w{6}:[\w-]{43}",
    re.IGNORECASE,
)  # tokens, when they end, and the seal of a message with its second
NOW = datetime.fromisoformat("2026-03-04T05:06:07+00:00")


def give_score(case: Case, probability: float) -> None:
    """Let the model have said and seen something else of this case, its heat map and embedding with it."""
    said = {
        "probabilities": {"NORMAL": 1 - probability, "PNEUMONIA": probability},
        "positive_probability": probability,
        "band": making._band(probability),
    }
    Analysis.everything.filter(radiograph__case=case).update(**said)
    HeatMap.objects.filter(analysis__radiograph__case=case).update(before=probability, after=probability / 3)
    for row in Embedding.objects.filter(analysis__radiograph__case=case):
        row.delete()
        making.make_embedding(row.analysis, 180 * probability)
    refresh_top_analysis(Case.objects.get(pk=case.pk))


def said(answer: Any) -> tuple[int, str, str]:
    """Status, headers with cookies, and bytes, without what is drawn anew for every answer."""
    head = str(answer.headers) + answer.cookies.output()
    body = answer.content if not answer.streaming else b""
    return answer.status_code, NEW_EACH_TIME.sub("", head), NEW_EACH_TIME.sub("", body.decode("latin-1"))


def heard(browser: Client, row: Row, address: str, case: Case) -> tuple[int, str, str]:
    """What the address says; whatever it wrote is taken back, and no earlier page's message is left for it."""
    browser.cookies.pop("messages", None)
    return said(ask(browser, row, address, case))


def seen(browser: Client, address: str) -> tuple[int, str, str]:
    """A page that is only looked at."""
    browser.cookies.pop("messages", None)
    with transaction.atomic():
        answer = said(browser.get(address))
        transaction.set_rollback(True)
    return answer
