"""Files in an S3-compatible store, by obstore (Rust's object_store). Imported only where FILES_URL asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from helpdesk.adapters.storage import CHUNK, Chunks, MissingFile, StorageTrouble, Stored, checked

# S3 takes no smaller part than five megabytes, save the last.
PART_BYTES = 8 * 1024 * 1024
KNOWN = {"region", "style"}


class S3Storage:
    """`s3://key:secret@host[:port]/bucket[/prefix][?region=...&style=host]`; `s3+http://` for a store on our own net.

    Key and secret are percent-encoded where they hold / : @ or %. Without host and keys (`s3:///bucket`) Amazon's own
    addresses and the machine's role are used. `style=host` puts the bucket before the host's name instead of in
    the path. Raises ValueError, without the secret in it, for an address that cannot be meant.
    """

    def __init__(self, url: str, *, patience: timedelta = timedelta(seconds=20)) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        bucket, _, prefix = parts.path.strip("/").partition("/")
        if parts.scheme not in ("s3", "s3+http") or not bucket or not query.keys() <= KNOWN:
            raise ValueError("it is no s3://key:secret@host/bucket")
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        insecure = parts.scheme == "s3+http"
        options: dict[str, Any] = {
            "region": query.get("region", ["us-east-1"])[0],
            "virtual_hosted_style_request": query.get("style") == ["host"],
        }
        if parts.hostname:
            port = f":{parts.port}" if parts.port else ""
            options["endpoint"] = f"{'http' if insecure else 'https'}://{parts.hostname}{port}"
        if parts.username:
            options["access_key_id"] = unquote(parts.username)
            options["secret_access_key"] = unquote(parts.password or "")
        self.store = S3Store(
            bucket,
            client_options={"allow_http": insecure, "connect_timeout": "5s", "timeout": "60s"},
            retry_config={"max_retries": 3, "retry_timeout": patience},
            **options,
        )

    def put(self, key: str, data: bytes) -> None:
        try:
            self.store.put(self._at(key), data)
        except (BaseError, OSError) as error:
            raise _trouble(error) from error

    def put_pieces(self, key: str, pieces: Iterable[bytes]) -> None:
        made: list[Exception] = []
        try:
            # The library takes parts from an iterator and joins them at the end; a part is five megabytes or more.
            self.store.put(self._at(key), _in_parts(pieces, made), use_multipart=True, max_concurrency=2)
        except (BaseError, OSError) as error:
            raise made[0] if made else _trouble(error) from error
        except Exception:
            # What the maker of the pieces said comes back wrapped by the library.
            if made:
                raise made[0] from None
            raise

    def get(self, key: str) -> bytes:
        return b"".join(self.stream(key))

    def stream(self, key: str) -> Chunks:
        try:
            found = self.store.get(self._at(key))
        except FileNotFoundError:
            raise MissingFile(key) from None
        except (BaseError, OSError) as error:
            raise _trouble(error) from error
        return Chunks(_pieces(found))

    def exists(self, key: str) -> bool:
        try:
            self.store.head(self._at(key))
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise _trouble(error) from error
        return True

    def delete(self, key: str) -> None:
        try:
            self.store.delete(self._at(key))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _trouble(error) from error

    def list(self, folder: str) -> Iterator[Stored]:
        try:
            for some in self.store.list(self._at(folder)):
                for one in some:
                    yield Stored(one["path"].removeprefix(self.prefix), one["size"], one["last_modified"])
        except (BaseError, OSError) as error:
            raise _trouble(error) from error

    def _at(self, key: str) -> str:
        return self.prefix + checked(key)


def _in_parts(pieces: Iterable[bytes], made: list[Exception]) -> Iterator[bytes]:
    """The pieces joined to what a store takes at once; what went wrong in making them is kept in `made`."""
    part = bytearray()
    try:
        for piece in pieces:
            part += piece
            if len(part) >= PART_BYTES:
                yield bytes(part)
                part.clear()
    except Exception as error:
        made.append(error)
        raise
    if part:
        yield bytes(part)


def _pieces(found: Any) -> Iterator[bytes]:
    try:
        for piece in found.stream(min_chunk_size=CHUNK):
            yield bytes(piece)
    except (BaseError, OSError) as error:
        raise _trouble(error) from error


def _trouble(error: Exception) -> StorageTrouble:
    """One line of what may be many; requests are signed in headers, so no address in it holds a secret."""
    return StorageTrouble(str(error).partition("\n")[0][:300])
