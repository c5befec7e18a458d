"""Full text over cases and articles: one way to cut words, and two engines that keep and match them.

Chinese is cut into overlapping pairs (贷款利率: 贷款 款利 利率 率), so that every piece of two characters or more is
found exactly where it stands, without a dictionary; everything else into whole words. Both engines see the same
tokens: SQLite's FTS5, and a tsvector with a GIN index on PostgreSQL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Select, cast, column, func, literal, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"([{CHINESE}]+)|([^\W_{CHINESE}]+)")
# A tsvector has no places beyond this, and no word longer than 2 kB.
LAST_PLACE, LONGEST = 16383, 60
# A question has no more parts than these: more narrow nothing further and cost.
MOST_PARTS = 12


@dataclass(frozen=True)
class Part:
    """One stretch of a question: Chinese pairs in a row, or one word; `is_prefix` when longer words count too."""

    tokens: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True)
class Text:
    """What a case or an article is found by: `head` weighs more than `body`."""

    key: int
    head: str
    body: str


def runs(text_: str) -> Iterable[tuple[str, bool]]:
    """The stretches of a text after folding width and case, and whether each is Chinese."""
    for found in _RUN.finditer(unicodedata.normalize("NFKC", text_).casefold()):
        chinese, word = found.groups()
        yield (chinese, True) if chinese else (word[:LONGEST], False)


def tokens(text_: str) -> list[str]:
    """Every token of a text, in order."""
    cut: list[str] = []
    for run, is_chinese in runs(text_):
        if is_chinese:
            cut.extend(run[i : i + 2] for i in range(len(run) - 1))
            # The last character alone, so that a single one is found wherever it stands.
            cut.append(run[-1])
        else:
            cut.append(run)
    return cut


def parts(question: str) -> list[Part]:
    """The parts of a question, all of which have to be there; none for a question of punctuation alone."""
    found: list[Part] = []
    for run, is_chinese in runs(question):
        if is_chinese and len(run) > 1:
            part = Part(tuple(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            part = Part((run,), is_prefix=True)
        if part not in found:
            found.append(part)
    return found[:MOST_PARTS]


class Index(Protocol):
    """One engine over one kind of thing. Writes belong to the caller's transaction."""

    def put(self, connection: Connection, texts: list[Text]) -> None:
        """Keep these texts, replacing what was kept of the same things."""
        ...

    def drop(self, connection: Connection, key: int) -> None:
        """Forget one thing; one that is not there is forgotten already."""
        ...

    def clear(self, connection: Connection) -> None:
        """Forget everything."""
        ...

    def matching(self, question: list[Part]) -> Select[int]:
        """The ids of the things that hold every part. `question` is not empty."""
        ...

    def ranked(self, question: list[Part], ids: list[int]) -> Select[int]:
        """The same narrowed to `ids`, a few hundred at the most, best first."""
        ...


class SqliteIndex:
    """FTS5. Pairs in a row are a phrase."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = table(name, column("rowid"), column("head"), column("body"))

    def put(self, connection: Connection, texts: list[Text]) -> None:
        if not texts:
            return
        connection.execute(text(f"DELETE FROM {self.name} WHERE rowid = :id"), [{"id": t.key} for t in texts])
        connection.execute(
            text(f"INSERT INTO {self.name} (rowid, head, body) VALUES (:id, :head, :body)"),
            [{"id": t.key, "head": " ".join(tokens(t.head)), "body": " ".join(tokens(t.body))} for t in texts],
        )

    def drop(self, connection: Connection, key: int) -> None:
        connection.execute(text(f"DELETE FROM {self.name} WHERE rowid = :id"), {"id": key})

    def clear(self, connection: Connection) -> None:
        connection.execute(text(f"DELETE FROM {self.name}"))

    def matching(self, question: list[Part]) -> Select[int]:
        return select(self.rows.c.rowid.label("key")).where(self._match(question))

    def ranked(self, question: list[Part], ids: list[int]) -> Select[int]:
        score = func.bm25(literal_column(self.name), 6.0, 1.0)
        # The plus keeps SQLite from asking the index once for each id, which would weigh the words anew each time.
        among = literal_column(f"+{self.name}.rowid").in_(ids)
        between = self.rows.c.rowid.between(min(ids), max(ids))
        query = select(self.rows.c.rowid.label("key")).where(self._match(question), between, among)
        return query.order_by(score, self.rows.c.rowid.desc())

    def _match(self, question: list[Part]) -> Any:
        # Tokens are letters and digits alone, so nothing in them can be an operator.
        said = " AND ".join(f'"{" ".join(part.tokens)}"' + ("*" if part.is_prefix else "") for part in question)
        return literal_column(self.name).op("MATCH")(said)


class PostgresIndex:
    """A tsvector written by us, so that neither parser nor locale matters."""

    def __init__(self, name: str, key: str) -> None:
        self.name, self.key = name, key
        self.rows = table(name, column(key), column("tokens"))

    def put(self, connection: Connection, texts: list[Text]) -> None:
        if not texts:
            return
        connection.execute(
            text(
                f"INSERT INTO {self.name} ({self.key}, tokens) VALUES (:id, CAST(:vector AS tsvector))"
                f" ON CONFLICT ({self.key}) DO UPDATE SET tokens = excluded.tokens"
            ),
            [{"id": t.key, "vector": self._vector(t)} for t in texts],
        )

    def drop(self, connection: Connection, key: int) -> None:
        connection.execute(text(f"DELETE FROM {self.name} WHERE {self.key} = :id"), {"id": key})

    def clear(self, connection: Connection) -> None:
        connection.execute(text(f"DELETE FROM {self.name}"))

    def matching(self, question: list[Part]) -> Select[int]:
        return select(self.rows.c[self.key].label("key")).where(self.rows.c.tokens.op("@@")(self._query(question)))

    def ranked(self, question: list[Part], ids: list[int]) -> Select[int]:
        wanted = self._query(question)
        key = self.rows.c[self.key]
        score = func.ts_rank(self.rows.c.tokens, wanted)
        query = select(key.label("key")).where(self.rows.c.tokens.op("@@")(wanted), key.in_(ids))
        return query.order_by(score.desc(), key.desc())

    def _vector(self, one: Text) -> str:
        lexemes: list[str] = []
        place = 0
        for weight, text_ in (("A", one.head), ("D", one.body)):
            for token in tokens(text_):
                place = min(place + 1, LAST_PLACE)
                lexemes.append(f"'{token}':{place}{weight}")
        return " ".join(lexemes)

    def _query(self, question: list[Part]) -> Any:
        said = " & ".join(
            "(" + " <-> ".join(f"'{token}'" for token in part.tokens) + ")"
            if not part.is_prefix
            else f"'{part.tokens[0]}':*"
            for part in question
        )
        return cast(literal(said), TSQUERY)


def index_for(dialect: str, noun: str = "case") -> Index:
    """The engine of this database over cases or articles: table `<noun>_search`."""
    return SqliteIndex(f"{noun}_search") if dialect == "sqlite" else PostgresIndex(f"{noun}_search", f"{noun}_id")
