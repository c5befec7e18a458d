"""Titles whose letters have a face of their own, spaced in the face and not in the text (see faces.py)."""

from __future__ import annotations

STATEMENT = "志愿服务记录证明"
STATEMENT_EN = "STATEMENT OF VOLUNTEER SERVICE"
AWARD = "荣誉证书"
AWARD_EN = "CERTIFICATE OF HONOUR"
