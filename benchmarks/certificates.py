"""What a certificate costs in a warm worker: `.venv/bin/python -m benchmarks.certificates [count]`.

CPU and wall time are medians per certificate after the first one; the memory is this process's highest, all in.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from helpdesk.adapters.pdf import CertificateFacts
from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer

USUAL = CertificateFacts(
    number="WQ-2026-0008423",
    verification_code="B5S8-Q3NX-9MD2-7F37-W",
    verify_url="https://wenqu.example/v/B5S8-Q3NX-9MD2-7F37-W",
    expert_name="陈明远",
    expert_number="4403 0011 2768",
    category_zh="市场帮扶",
    category_en="Market",
    company_name="示例智锁科技有限公司",
    case_number="SZ-26-10427",
    starts_on=date(2026, 10, 21),
    ends_on=date(2026, 11, 2),
    minutes_total=270,
    minutes_by_mode={"onsite": 150, "online": 120},
    content="理清欧盟认证与出口账期，列出首批三家认证机构",
    confirmed_by="company",
    rating=5,
    station_name="宝安福永工作站",
    issuer_name="示例市中小企业志愿服务总队",
    handler_name="林晓",
    cumulative_minutes=5250,
    issued_on=date(2026, 11, 3),
    ledger_digest="9f2c41ab07de33c1" * 4,
    city="SZ",
)
LONG = "企业希望把智能门锁卖到德国，不清楚先做哪项认证，也担心账期太长拖垮现金流；"
CASES = {
    "usual": USUAL,
    "long text": replace(USUAL, content=LONG * 8, company_name="深圳市示例物联网安防股份有限公司龙岗第二分公司"),
    "rare name": replace(USUAL, expert_name="𬱖𠮷喆"),
}


@dataclass(frozen=True)
class Measured:
    """One row of the table; times in milliseconds."""

    cpu: float
    wall: float
    worst: float
    kilobytes: float


def first(renderer: WeasyPrintRenderer) -> float:
    """Milliseconds of CPU of the very first certificate: imports, fonts and drawing included."""
    start = time.process_time()
    renderer.render(USUAL)
    return (time.process_time() - start) * 1000


def measure(renderer: WeasyPrintRenderer, facts: CertificateFacts, count: int) -> Measured:
    """Draw `count` certificates that differ in number and hours."""
    rows = list(_each(renderer, facts, count))
    cpu, wall, size = zip(*rows, strict=True)
    return Measured(statistics.median(cpu), statistics.median(wall), max(wall), statistics.median(size) / 1000)


def _each(renderer: WeasyPrintRenderer, facts: CertificateFacts, count: int) -> Iterator[tuple[float, float, int]]:
    renderer.render(facts)
    for i in range(count):
        one = replace(facts, number=f"WQ-2026-{i:07d}", minutes_total=60 + i)
        cpu, wall = time.process_time(), time.perf_counter()
        data = renderer.render(one)
        yield (time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000, len(data)


def peak_megabytes() -> float:
    """The highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main(count: int = 100) -> None:
    """Print the table."""
    renderer = WeasyPrintRenderer("问渠", "Wenqu")
    print(f"first certificate of the process: {first(renderer):.0f} ms CPU, {peak_megabytes():.0f} MB resident")
    print(f"{'certificate':<12}{'CPU ms':>8}{'wall ms':>9}{'worst ms':>10}{'kB each':>9}{'peak MB':>9}   n = {count}")
    for name, facts in CASES.items():
        row = measure(renderer, facts, count)
        print(
            f"{name:<12}{row.cpu:>8.1f}{row.wall:>9.1f}{row.worst:>10.1f}{row.kilobytes:>9.1f}{peak_megabytes():>9.0f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
