"""Honours from before the desk, imported from a table by a station: some verified, some that wait."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from helpdesk.adapters import table_file
from helpdesk.cli.city.people import City
from helpdesk.db import db
from helpdesk.domain import table_imports
from helpdesk.models import Expert, Station, TableKind
from helpdesk.presentation import import_page

STATION = "st-baoan-fuyong"
FILE = "福永站 往年表彰.csv"
HEADING = "志愿者编号,姓名,荣誉名称,授予单位,授予日期,怎么核实"
HONOURS = (
    ("五星志愿者", "深圳市义工联合会", "2024-12-05", "证书编号 SZV-24-1183"),
    ("宝安区优秀志愿者", "共青团宝安区委员会", "2024-05-04", "区团委网站 2024-05 公示"),
    ("服务企业突出贡献个人", "宝安区中小企业服务中心", "2025-01-16", "奖状扫描件在站里"),
)


def bring(city: City) -> None:
    """One file of the station's experts; the first line has been verified."""
    station = db.session.scalars(select(Station).where(Station.code == STATION)).one()
    desk = city.desks[station.id]
    experts = db.session.scalars(select(Expert).where(Expert.station_id == station.id).order_by(Expert.id)).all()
    if not experts:
        return
    lines = [
        f"{experts[n % len(experts)].volunteer_number},{experts[n % len(experts)].name},{','.join(honour)}"
        for n, honour in enumerate(HONOURS)
    ]
    raw = "\n".join([HEADING, *lines]).encode()
    table = table_file.read(raw)
    upload = table_imports.take(
        desk,
        TableKind.HONOURS,
        file_name=FILE,
        sha256=hashlib.sha256(raw).hexdigest(),
        columns=import_page.keys_of(TableKind.HONOURS, table.heading),
        rows=table.rows,
    )
    batch = table_imports.carry_out(upload, desk)
    table_imports.decide(batch, desk, record_ids=[batch.entries[0].id], verified=True, reason="看过证书原件")
