"""Names of files that people unpack: what every system takes, on Windows too."""

from __future__ import annotations

import re
import unicodedata

# A name may have 255 bytes on Linux, and less is left under a long path on Windows; a Han character has three.
LONGEST_BYTES = 120
LONGEST_ENDING = 10
# What Windows keeps for devices, with any ending and in any case.
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
UNSAFE = re.compile(r'[<>:"/\\|?*]')
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def safe_name(text: str) -> str:
    """One part of a path: never a folder, never empty, nothing that Windows refuses or reads otherwise, no mark that
    turns letters round, at most LONGEST_BYTES long with its ending kept."""
    plain = unicodedata.normalize("NFC", text)
    kept = UNSAFE.sub("_", "".join(c for c in plain if unicodedata.category(c) not in INVISIBLE))
    kept = " ".join(kept.split()).strip(" .") or "file"
    if DEVICES.fullmatch(kept):
        kept = f"_{kept}"
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        stem, ending = kept, ""
    room = LONGEST_BYTES - len((dot + ending).encode()) if ending else LONGEST_BYTES
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .") or "file"
    return f"{stem}.{ending}" if ending else stem
