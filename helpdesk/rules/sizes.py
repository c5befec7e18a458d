"""The official size table: 《中小企业划型标准规定》 工信部联企业〔2011〕300号, in force since 2011-06-18.

A class needs every indicator at or above its floor, otherwise the next one down; below a small floor is micro.
Employees in persons, revenue and assets in 万元. Sectors outside the table are not classified.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.i18n import N_
from helpdesk.models.company import SizeClass

Floors = tuple[int, int, int]


@dataclass(frozen=True)
class Sector:
    """A row of the table: GB/T 4754 prefixes and the floors (large, medium, small) of each indicator."""

    code: str
    label: str
    prefixes: tuple[str, ...]
    employees: Floors | None = None
    revenue: Floors | None = None
    assets: Floors | None = None


SECTORS: tuple[Sector, ...] = (
    Sector("agri", N_("农、林、牧、渔业"), ("A",), revenue=(20000, 500, 50)),
    Sector("industry", N_("工业（采矿、制造、水电气）"), ("B", "C", "D"), (1000, 300, 20), (40000, 2000, 300)),
    Sector("construction", N_("建筑业"), ("E",), revenue=(80000, 6000, 300), assets=(80000, 5000, 300)),
    Sector("wholesale", N_("批发业"), ("F51",), (200, 20, 5), (40000, 5000, 1000)),
    Sector("retail", N_("零售业"), ("F52",), (300, 50, 10), (20000, 500, 100)),
    Sector("transport", N_("交通运输业（不含铁路）"), ("G54", "G55", "G56", "G57", "G58"),
           (1000, 300, 20), (30000, 3000, 200)),
    Sector("storage", N_("仓储业"), ("G59",), (200, 100, 20), (30000, 1000, 100)),
    Sector("post", N_("邮政快递业"), ("G60",), (1000, 300, 20), (30000, 2000, 100)),
    Sector("lodging", N_("住宿业"), ("H61",), (300, 100, 10), (10000, 2000, 100)),
    Sector("catering", N_("餐饮业"), ("H62",), (300, 100, 10), (10000, 2000, 100)),
    Sector("telecom", N_("信息传输业（电信、互联网）"), ("I63", "I64"), (2000, 100, 10), (100000, 1000, 100)),
    Sector("software", N_("软件和信息技术服务业"), ("I65",), (300, 100, 10), (10000, 1000, 50)),
    Sector("realestate_dev", N_("房地产开发经营"), ("K701",), revenue=(200000, 1000, 100), assets=(10000, 5000, 2000)),
    Sector("property_mgmt", N_("物业管理"), ("K702",), (1000, 300, 100), (5000, 1000, 500)),
    Sector("leasing_business", N_("租赁和商务服务业"), ("L",), (300, 100, 10), assets=(120000, 8000, 100)),
    Sector("other", N_("科研、居民服务、文化体育等其他行业"), ("M", "N", "O", "Q85", "R", "K703", "K709"),
           (300, 100, 10)),
)  # fmt: skip

# Offered in the form beside the rows above: real sectors for which the table gives no class.
OUTSIDE: tuple[tuple[str, str], ...] = (
    ("J", N_("金融业")),
    ("P", N_("教育")),
    ("Q84", N_("卫生")),
    ("S", N_("公共管理和社会组织")),
)


def sector_of(industry: str) -> Sector | None:
    """The table's row for a GB/T 4754 code such as C39 or I65; None for a sector outside the table."""
    return next((row for row in SECTORS if any(industry.startswith(p) for p in row.prefixes)), None)


def classify(
    industry: str, *, employees: int | None, revenue_wan: int | None, assets_wan: int | None = None
) -> SizeClass:
    """The size class, or `unclassified` when the sector is outside the table or an indicator is missing."""
    sector = sector_of(industry)
    if sector is None:
        return SizeClass.UNCLASSIFIED
    known = ((sector.employees, employees), (sector.revenue, revenue_wan), (sector.assets, assets_wan))
    asked = [(floors, value) for floors, value in known if floors is not None]
    if any(value is None for _, value in asked):
        return SizeClass.UNCLASSIFIED
    for rank, size in enumerate((SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL)):
        if all(value is not None and value >= floors[rank] for floors, value in asked):
            return size
    return SizeClass.MICRO


def industry_choices() -> list[tuple[str, str]]:
    """Code and label for a form: the first prefix of each row, then the sectors outside the table.

    「工业」 is offered as manufacturing, because that is what companies here call themselves.
    """
    rows = [("C" if row.code == "industry" else row.prefixes[0], row.label) for row in SECTORS]
    return [*rows, *OUTSIDE]
