"""Which index finds Korean cases best: pairs of syllables in a table of our own, SQLite's FTS5 with trigrams, or the
words a morphological analyser (kiwipiepy, if it is installed) makes. Fictional cases with known subjects, searched in
the ways people type; found of what is relevant (recall), relevant of what is found (precision), time, size.

`python -m tests.bench search` (CASES=2000).
"""

from __future__ import annotations

import importlib.util
import math
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cases.library import grams

CASES = int(os.environ.get("CASES", "2000"))
PARTICLES = ["", "을", "를", "이", "가", "은", "는", "에", "으로", "의", "도", "과", "까지", "부터", "만"]

#: Subject -> the ways texts speak of it, and the ways people search for it.
SUBJECTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "육아휴직": (("육아휴직", "육아 휴직", "육아휴직자"), ("육아휴직을", "육아 휴직", "육아휴직 쓰기")),
    "대체인력": (
        ("대체인력을 뽑았", "대체 인력을 구하", "대체인력 채용", "대체인력뱅크"),
        ("대체인력 뽑기", "대체인력", "대체 인력을"),
    ),
    "유연근무": (("유연근무", "유연 근무", "유연근무제"), ("유연근무", "유연 근무제", "유연근무를 하는")),
    "시차출퇴근": (("시차출퇴근", "시차 출퇴근", "시차출퇴근제"), ("시차출퇴근", "시차 출퇴근을")),
    "재택": (("재택근무", "집에서 일하는 재택", "재택·원격근무"), ("재택근무를", "재택")),
    "단축": (("근로시간 단축", "근로시간을 단축", "근로시간단축"), ("근로시간 단축", "단축")),
    "업무분담": (("업무분담", "업무를 분담", "업무 분담"), ("업무분담", "업무 분담을")),
    "인수인계": (("인수인계", "인수 인계", "업무 인수인계서"), ("인수인계를", "인수인계서")),
    "출산휴가": (("출산휴가", "출산 휴가", "배우자 출산휴가"), ("출산휴가", "출산 휴가를 쓰는")),
    "어린이집": (("직장어린이집", "공동 어린이집", "어린이집 등원"), ("어린이집", "어린이집에")),
    "교대": (("교대제", "2교대", "교대조"), ("교대", "교대조 짜기")),
    "수당": (("수당", "분담 수당", "동료응원수당"), ("수당", "수당을")),
    "복직": (("복직", "복직자", "복직한"), ("복직", "복직한 직원")),
    "컨설팅": (("컨설팅", "노무 컨설팅", "컨설턴트의 컨설팅"), ("컨설팅", "컨설팅을 받는 방법")),
    "ERP": (("ERP", "erp 화면"), ("erp", "ERP를")),
}
#: Neighbours that share syllables with a subject but are none.
NOISE = (
    "대체공휴일에는 쉬었다", "인력이 모자란 현장", "휴직을 망설이던 병가", "유연한 성격의 팀장", "근무복을 새로 맞추고",
    "출퇴근 버스를 늘렸다", "재고를 줄이고", "단층 건물이라", "분단 위 창고", "인계동 지점", "출산율 기사를 읽고",
    "어린이날 선물", "교육관을 빌려", "수당리 공장", "복도에 직원 쉼터", "컨테이너를 세워", "사장이 직접 나섰다",
    "납기가 겹친 달", "검사실 두 사람", "품질 회의를 매주", "지게차 기사 교육",
)
SENTENCES = (
    "{} 이야기부터 꺼냈습니다.", "회사는 {} 먼저 정했습니다.", "그해 봄 {} 달라졌습니다.", "팀장은 {} 적어 두었습니다.",
)


class Corpus(NamedTuple):
    texts: list[str]
    subjects: list[set[str]]


def corpus() -> Corpus:
    chance, texts, subjects = random.Random(7), [], []
    for _ in range(CASES):
        about = set(chance.sample(sorted(SUBJECTS), chance.choice((1, 2, 2, 3))))
        phrases = [chance.choice(SUBJECTS[name][0]) + chance.choice(PARTICLES) for name in sorted(about) for _ in "12"]
        phrases += chance.choices(NOISE, k=22)
        chance.shuffle(phrases)
        texts.append(" ".join(chance.choice(SENTENCES).format(phrase) for phrase in phrases))
        subjects.append(about)
    return Corpus(texts, subjects)


class Index(NamedTuple):
    """``find(query)`` gives the numbers of texts; ``size`` in bytes; ``built`` in seconds."""

    name: str
    find: Callable[[str], set[int]]
    size: int
    built: float


def _database(folder: Path, name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / name)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def _size(folder: Path, name: str, connection: sqlite3.Connection) -> int:
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / name).stat().st_size


def pairs(folder: Path, texts: list[str]) -> Index:
    started, db = time.perf_counter(), _database(folder, "pairs")
    db.execute("CREATE TABLE gram (gram TEXT, case_id INTEGER, weight INTEGER, PRIMARY KEY (gram, case_id))"
               " WITHOUT ROWID")
    for number, text in enumerate(texts):
        db.executemany("INSERT INTO gram VALUES (?, ?, 1)", ((gram, number) for gram in grams.of_text(text)))
    db.commit()

    def find(query: str) -> set[int]:
        asked = grams.asked(query)
        if asked is None:
            return set()
        holes = ",".join("?" * len(asked.telling))
        sql = f"SELECT case_id FROM gram WHERE gram IN ({holes}) GROUP BY case_id HAVING count(*) >= ?"
        return {row[0] for row in db.execute(sql, (*asked.telling, asked.needed))}

    return Index("syllable pairs, own table", find, _size(folder, "pairs", db), time.perf_counter() - started)


def trigrams(folder: Path, texts: list[str]) -> Index:
    started, db = time.perf_counter(), _database(folder, "trigrams")
    db.execute("CREATE VIRTUAL TABLE case_text USING fts5(text, tokenize='trigram')")
    db.executemany("INSERT INTO case_text (rowid, text) VALUES (?, ?)", enumerate(texts))
    db.commit()

    def find(query: str) -> set[int]:
        found = grams.subjects([grams.stem(word) for word in grams.words(query)])
        long, short = [word for word in found if len(word) > 2], [word for word in found if len(word) < 3]
        conditions = ["text MATCH ?"] * bool(long) + ["instr(text, ?) > 0"] * len(short)  # below three it can only scan
        values = [" AND ".join(f'"{word}"' for word in long)] * bool(long) + short
        sql = f"SELECT rowid FROM case_text WHERE {' AND '.join(conditions)}"
        return {row[0] for row in db.execute(sql, values)}

    return Index("FTS5 trigram (SQLite only)", find, _size(folder, "trigrams", db), time.perf_counter() - started)


def analysed(folder: Path, texts: list[str]) -> Index:
    from kiwipiepy import Kiwi

    started, db, kiwi = time.perf_counter(), _database(folder, "analysed"), Kiwi()
    kept = ("NN", "VV", "VA", "SL", "SN", "XR")
    db.execute("CREATE TABLE word (word TEXT, case_id INTEGER, PRIMARY KEY (word, case_id)) WITHOUT ROWID")

    def stems(text: str) -> set[str]:
        return {token.form.lower() for token in kiwi.tokenize(text) if token.tag.startswith(kept)}

    for number, text in enumerate(texts):
        db.executemany("INSERT INTO word VALUES (?, ?)", ((word, number) for word in stems(text)))
    db.commit()

    def find(query: str) -> set[int]:
        asked = stems(" ".join(grams.subjects(grams.words(query))))
        sql = (f"SELECT case_id FROM word WHERE word IN ({','.join('?' * len(asked))}) "
               "GROUP BY case_id HAVING count(*) >= ?")
        return {row[0] for row in db.execute(sql, (*asked, math.ceil(grams.SHARE * len(asked))))}

    return Index("morphemes (kiwipiepy)", find, _size(folder, "analysed", db), time.perf_counter() - started)


def judged(index: Index, told: Corpus) -> list[str]:
    recalls, precisions, times, misses = [], [], [], []
    for subject, (_, queries) in SUBJECTS.items():
        relevant = {number for number, about in enumerate(told.subjects) if subject in about}
        for query in queries:
            started = time.perf_counter()
            found = index.find(query)
            times.append(time.perf_counter() - started)
            recalls.append(len(found & relevant) / len(relevant))
            misses.append((recalls[-1], query))
            precisions.append(len(found & relevant) / len(found) if found else 0.0)
    if os.environ.get("SHOW"):
        print(index.name, [f"{query} {recall:.2f}" for recall, query in sorted(misses)[:9]])
    mean = sum(times) / len(times)
    return [
        index.name, f"{sum(recalls) / len(recalls):.3f}", f"{min(recalls):.2f}",
        f"{sum(precisions) / len(precisions):.3f}", f"{1000 * mean:.2f} ms", f"{1000 * max(times):.2f} ms",
        f"{index.size / 1e6:.1f} MB", f"{index.built:.1f} s",
    ]


def main() -> None:
    told = corpus()
    makers = [pairs, trigrams, *([analysed] if importlib.util.find_spec("kiwipiepy") else [])]
    with tempfile.TemporaryDirectory() as folder:
        rows = [judged(make(Path(folder), told.texts), told) for make in makers]
    average = sum(map(len, told.texts)) // len(told.texts)
    print(f"{CASES} cases of {average} characters, {sum(len(row[1]) for row in SUBJECTS.values())} searches")
    heads = ["index", "recall", "lowest", "precision", "mean", "slowest", "size", "built in"]
    for first, *others in [heads, *rows]:
        print(f"{first:<28}" + "".join(f"{cell:>11}" for cell in others))


if __name__ == "__main__":
    main()
