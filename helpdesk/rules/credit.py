"""What counts as volunteer hours, and the ladder of stars.

《志愿服务记录与证明出具办法（试行）》 (办法67) art. 3, 7, 11, 15, 17, 19; 《志愿服务条例》 art. 21, 25; rules R01-R07.
All durations are whole minutes; a person reads hours, rounded down to 0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from helpdesk.i18n import N_

DAY_MINUTES = 24 * 60
# More counted minutes on one day than this need a sentence why (rule R03).
LONG_DAY_MINUTES = 10 * 60
LONGEST_VISIT_MINUTES = 12 * 60


def counted_minutes(
    contact: int, preparation: int, *, counts_preparation: bool, preparation_cap: int, already_prepared: int = 0
) -> int:
    """Minutes that earn hours: contact counts, preparation by the station's written policy up to its cap per
    case (`already_prepared` minutes of it are used), travel never (办法67 art. 7; 2012 draft; rule R02)."""
    if not counts_preparation:
        return contact
    return contact + min(preparation, max(0, preparation_cap - already_prepared))


def hours_text(minutes: int) -> str:
    """Minutes as hours with one decimal, rounded down: 209 -> "3.4". Negative minutes keep their sign."""
    tenths = abs(minutes) * 10 // 60
    return f"{'-' if minutes < 0 and tenths else ''}{tenths // 10}.{tenths % 10}"


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Whether two half-open intervals share a moment (rule R03)."""
    return one[0] < other[1] and other[0] < one[1]


# The closing gate: only volunteer service earns hours (办法67 art. 19). Each must be answered with yes by the
# expert at the summary, and again by the station when it verifies in the company's stead.
GATE: dict[str, str] = {
    "not_paid_duty": N_("这次服务不是我的本职工作，单位没有为此付酬"),
    "not_own_company": N_("这家企业不是我自己的，也没有关联关系"),
    "really_served": N_("上面记录的服务都真实发生过"),
    "nothing_paid": N_("没有收取任何费用、礼品或好处"),
}
GATE_STATION: dict[str, str] = {
    "spoke_to_company": N_("我核对过服务记录或向企业核实过"),
    "not_paid_duty": N_("不是专家的有偿本职工作"),
    "not_own_company": N_("专家与企业没有关联关系"),
    "nothing_paid": N_("没有收取任何费用"),
}


@dataclass(frozen=True)
class Progress:
    """Where a volunteer stands on a ladder. `next_star` is None at the top. Eligible is not awarded: people
    award, after public notice (rule R14)."""

    star: int
    minutes: int
    next_star: int | None
    next_minutes: int | None
    missing_minutes: int
    missing_months: int
    floor_minutes: int

    @property
    def share(self) -> float:
        """Between this star's minutes and the next one's: 0.0 to 1.0."""
        if self.next_minutes is None:
            return 1.0
        span = self.next_minutes - self.floor_minutes
        return min(1.0, max(0.0, (self.minutes - self.floor_minutes) / span))


@dataclass(frozen=True)
class RungNeeds:
    """What one star asks for."""

    star: int
    minutes: int
    months: int


def progress(minutes: int, registered_on: date, today: date, rungs: Sequence[RungNeeds]) -> Progress:
    """The star a volunteer is eligible for by minutes and months of registration, and what the next one lacks."""
    months = months_between(registered_on, today)
    reached = [r for r in rungs if minutes >= r.minutes and months >= r.months]
    top = max(reached, key=lambda r: r.star, default=None)
    star = top.star if top else 0
    ahead = next((r for r in sorted(rungs, key=lambda r: r.star) if r.star > star), None)
    return Progress(
        star=star,
        minutes=minutes,
        next_star=ahead.star if ahead else None,
        next_minutes=ahead.minutes if ahead else None,
        missing_minutes=max(0, ahead.minutes - minutes) if ahead else 0,
        missing_months=max(0, ahead.months - months) if ahead else 0,
        floor_minutes=top.minutes if top else 0,
    )


def months_between(start: date, end: date) -> int:
    """Whole months from `start` to `end`; 0 when `end` is earlier."""
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return max(0, months)


def by_mode(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Minutes summed per mode of service, in the order met."""
    sums: dict[str, int] = {}
    for mode, minutes in parts:
        sums[mode] = sums.get(mode, 0) + minutes
    return sums
