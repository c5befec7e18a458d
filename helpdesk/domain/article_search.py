"""What readers find of the knowledge base: articles that answer a search, and those near to what somebody writes.

Only published words are in the index, which is written in the transaction that publishes them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import joinedload

from helpdesk.adapters import markdown
from helpdesk.adapters import search as engine
from helpdesk.adapters.search import Index, Part, Text
from helpdesk.db import db
from helpdesk.domain import search
from helpdesk.models import Article, ArticleState, ArticleVersion

# The best answers of a search that are shown at all; how many near articles are offered.
BEST, NEAR = 30, 3
PUBLISHED = Article.state == ArticleState.PUBLISHED

# Characters that hold sentences together: a pair with one of them says nothing about what is asked.
GLUE = frozenset("的了吗呢吧啊么我们你您他这那哪想怎什把被跟跟让很都也就还")
# Words that are in every English question.
STOP = frozenset({
    "the", "and", "our", "how", "for", "are", "was", "can", "you", "what", "with", "have", "this", "that",
    "from", "not", "but", "who", "will", "does", "need", "want", "they", "your", "should", "would", "could",
    "about", "when", "where", "which", "there", "their", "into", "has", "had", "been", "company", "we",
    "is", "it", "in", "on", "of", "to", "do", "an", "be", "or", "my", "if", "by", "at", "as", "so", "no",
})  # fmt: skip
# Looked at: so many of a text's pairs and words, and of these the rarest.
MOST_TOKENS, RAREST = 80, 16
# What makes an article near: a word of its title counts so much, one of its body one; below LEAST it is chance.
IN_TITLE, LEAST = 3, 4
# One word alone is near only when it is as long as a name (four characters are three pairs). And what nearly every
# article holds says little: weighed by how rare they are (1 for what one article holds), words must come to so much.
LONG_WORD, WEIGHTY = 3, 2.2


def with_words() -> Select[Article]:
    """Articles with what a list shows of each."""
    return select(Article).options(
        joinedload(Article.public),
        joinedload(Article.newest),
        joinedload(Article.category),
        joinedload(Article.station),
    )


def _index() -> Index:
    return engine.index_for(db.session.get_bind().dialect.name, "article")


def _text(article_id: int, version: ArticleVersion) -> Text:
    return Text(
        article_id,
        f"{version.title_zh}\n{version.title_en}",
        f"{markdown.plain(version.body_zh)}\n{markdown.plain(version.body_en)}",
    )


def put(article_id: int, version: ArticleVersion) -> None:
    """A published article is found by these words from now on."""
    _index().put(db.session.connection(), [_text(article_id, version)])


def drop(article_id: int) -> None:
    """It is found no more."""
    _index().drop(db.session.connection(), article_id)


def reindex() -> int:
    """Write the index of articles anew in the caller's transaction. Returns how many are in it."""
    _index().clear(db.session.connection())
    query = select(Article).where(PUBLISHED).options(joinedload(Article.public)).execution_options(yield_per=200)
    done = 0
    for rows in db.session.scalars(query).partitions(200):
        texts = [_text(row.id, row.public) for row in rows if row.public is not None]
        _index().put(db.session.connection(), texts)
        done += len(texts)
    return done


def found(said: str) -> tuple[list[Article], tuple[str, ...]]:
    """Published articles in which every part of the question stands, best first, and the words to mark."""
    said = said[: search.LONGEST_QUESTION].replace("\0", " ")
    question = engine.parts(said)
    if not question:
        return [], ()
    matching = _index().matching(question)
    newest = select(Article.id).where(PUBLISHED, Article.id.in_(matching)).order_by(Article.id.desc())
    ids = list(db.session.scalars(newest.limit(search.CANDIDATES)))
    if not ids:
        return [], tuple(run for run, _ in engine.runs(said))
    best = list(db.session.scalars(_index().ranked(question, ids).limit(BEST)))
    return _in_order(best), tuple(run for run, _ in engine.runs(said))


def _in_order(ids: Sequence[int]) -> list[Article]:
    rows = {row.id: row for row in db.session.scalars(with_words().where(Article.id.in_(ids), PUBLISHED))}
    return [rows[i] for i in ids if i in rows]


def near(text: str, *, category_code: str = "", without: int = 0, most: int = NEAR) -> list[Article]:
    """The published articles nearest to what somebody writes, best first, at most `most`; those of the field it
    probably belongs to come earlier. Four statements, however many articles there are."""
    tokens = _telling(text)
    if not tokens:
        return []
    index = _index()
    asked = {token: index.matching([Part((token,))]) for token in tokens}
    columns = [select(func.count()).select_from(query.subquery()).scalar_subquery() for query in asked.values()]
    frequency = dict(zip(asked, db.session.execute(select(*columns)).one(), strict=True))
    everything = db.session.scalar(select(func.count()).select_from(Article).where(PUBLISHED)) or 0
    known = sorted((token for token in tokens if frequency[token]), key=lambda token: frequency[token])[:RAREST]
    if not known:
        return []
    holders = union_all(
        *(select(literal(n).label("n"), asked[token].subquery().c.key.label("key")) for n, token in enumerate(known))
    )
    held: dict[int, list[str]] = {}
    for n, key in db.session.execute(holders):
        held.setdefault(key, []).append(known[n])
    weight = {token: math.log(1 + everything / frequency[token]) for token in known}
    rarest = math.log(1 + everything)
    likely = sorted(held, key=lambda key: (-sum(weight[t] for t in held[key]), -key))[: 8 * most]
    scored = []
    for article in _in_order([key for key in likely if key != without]):
        title = engine.tokens(_title(article))
        points = {token: IN_TITLE if token in title else 1 for token in held[article.id]}
        if sum(points.values()) < LEAST or not _says_enough(points, text):
            continue
        if sum(weight[token] * n for token, n in points.items()) < WEIGHTY * rarest:
            continue
        score = sum(weight[token] * n for token, n in points.items())
        scored.append((score * (1.4 if article.category_code == category_code else 1), article))
    return [article for _, article in sorted(scored, key=lambda row: (-row[0], -row[1].id))[:most]]


def _says_enough(found: Collection[str], text: str) -> bool:
    """Whether what was found of a text are two words of it, or one as long as a name: adjoining pairs are one word."""
    words = 0
    for run, is_chinese in engine.runs(text[:2000]):
        if not is_chinese:
            words += run in found
            continue
        length = 0
        for i in range(len(run)):
            if run[i : i + 2] in found:
                length += 1
                if length >= LONG_WORD:
                    return True
                continue
            words += length > 0
            length = 0
    return words >= 2


def _title(article: Article) -> str:
    version = article.public or article.newest
    return f"{version.title_zh} {version.title_en}"


def _telling(text: str) -> list[str]:
    """The pairs and words of a text that may say what it is about."""
    found: list[str] = []
    for run, is_chinese in engine.runs(text[:2000]):
        if is_chinese:
            found += [p for p in (run[i : i + 2] for i in range(len(run) - 1)) if not GLUE & set(p)]
        elif len(run) > 1 and not run.isdecimal() and run not in STOP:
            found.append(run)
    return list(dict.fromkeys(found))[:MOST_TOKENS]
