"""One renderer for all tests that print; it is started when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from cases.materials.jobs import WORKER
from outreach.jobs.runner import JobSource
from outreach.pdf.worker import PdfWorker

STATIC = Path(__file__).resolve().parents[2] / "static"


@pytest.fixture(scope="session")
def pdf_worker() -> Iterator[PdfWorker]:
    with PdfWorker(STATIC) as worker:
        yield worker


@pytest.fixture
def work(app: Flask, pdf_worker: PdfWorker) -> Callable[[], None]:
    """Do all jobs that wait, as a worker process does."""
    app.extensions[WORKER] = pdf_worker

    def run() -> None:
        source = JobSource(app)
        while source.step():
            pass

    return run
