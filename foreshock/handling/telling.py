"""The table of how people live with alerts, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor
from typing import Any

from rich.table import Table
from rich.text import Text

from foreshock.handling.figures import ENDS, Figure, OwnerFigures, lines, rows
from foreshock.handling.following import Handling
from foreshock.wording.terms import term

_COLUMNS = (
    ("owner", "负责人"),
    ("alerts", "预警"),
    ("a day: mean\n/p50/p90/max", "每日：均值/\n中位/P90/最多"),
    ("taken", "接手"),
    ("after h\np50/p90", "几小时后\n中位/P90"),
    ("%\nresolved", "%\n已处理"),
    ("%\nfalse", "%\n误报"),
    ("%\nexpired", "%\n失效"),
    ("%\ncompl.", "%\n投诉"),
    ("%\nopen", "%\n未结"),
    ("went/\ncame up", "上报/\n收到"),
    ("capped", "超额"),
)
"""What stands above the columns: two lines at most, and no wider than figures of a large owner, so that all fit 100
columns. The shares stand in the order of `ENDS`."""

_ALL, _OTHERS = ("all {owners:,}", "全部 {owners:,} 位"), ("{owners:,} others", "其余 {owners:,} 位")

_TEXTS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "lead": (
        ("lead time", "提前量"),
        (
            "median {hours:.0f} h (middle half {lower:.0f} to {upper:.0f}) over {count:,.0f} that complained, "
            "{long:.0%} a day or more",
            "{count:,.0f} 起投诉的中位数 {hours:.0f} 小时（中间一半 {lower:.0f} 至 {upper:.0f}），"
            "{long:.0%} 提前一日以上",
        ),
    ),
    "held back": (("held back by rule", "按规则未推送"), ("", "")),
    "silent": (
        ("held back and complained", "未推送而后投诉"),
        (
            "{complained:,.0f} of {alerts:,.0f} alerts held back ({share:.1%}); told later: {told:,.0f}",
            "未推送 {alerts:,.0f} 条中 {complained:,.0f} 条（{share:.1%}）；{told:,.0f} 条后来已推送",
        ),
    ),
    "told": (
        ("told at once and complained", "及时推送而后投诉"),
        (
            "{complained:,.0f} of {alerts:,.0f} alerts never held back ({share:.1%})",
            "从未被搁置的 {alerts:,.0f} 条中 {complained:,.0f} 条（{share:.1%}）",
        ),
    ),
}
"""Name of each line to what it is called and what it says."""


def told(handling: Handling, *, is_chinese: bool) -> Iterator[tuple[str, str]]:
    """Say every line below the table: what it is called, and what there is to say."""
    for figure in lines(handling):
        yield _line(figure, is_chinese=is_chinese)


def table(handling: Handling, *, is_chinese: bool) -> Table | None:
    """Draw a row per owner; None where nobody was told of anything."""
    found = rows(handling)
    if not found:
        return None
    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for number, texts in enumerate(_COLUMNS):
        # Figures keep their width, and a long name is folded.
        style: dict[str, Any] = {"justify": "right", "no_wrap": True} if number else {"min_width": 12}
        grid.add_column(texts[is_chinese], overflow="fold", vertical="bottom", **style)
    shared = _shared([row.name for row in found if row.name])
    for row in found:
        is_last = row is found[-1] and not row.name
        several = (_ALL if is_last else _OTHERS)[is_chinese].format(owners=row.owners)
        name = _shortened(row.name, shared) if row.name else several
        grid.add_row(Text(name), *_cells(row), style="bold" if is_last else None)
    return grid


def whole_percents(counts: Sequence[int]) -> list[int]:
    """Turn counts into percentages that add up to 100; what rounding leaves over goes to the largest remainders.

    Examples
    --------
    >>> whole_percents([1, 1, 1])
    [34, 33, 33]
    """
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    exact = [100 * count / total for count in counts]
    shares = [floor(share) for share in exact]
    by_remainder = sorted(range(len(counts)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[: 100 - sum(shares)]:
        shares[place] += 1
    return shares


def _cells(row: OwnerFigures) -> list[str]:
    """Write the figures of a row."""
    load = row.load
    return [
        f"{row.alerts:,}",
        f"{load.mean:.2f}/{load.median:g}/{load.p90:g}/{load.busiest}",
        f"{row.taken / row.alerts:.0%}" if row.alerts else "-",
        "/".join(map(_hours, row.take_hours)) if row.take_hours else "-",
        *(map(str, whole_percents([row.ends[end] for end in ENDS])) if row.alerts else "-" * len(ENDS)),
        f"{row.went_up:,}/{row.came_up:,}",
        f"{row.capped:,}",
    ]


def _hours(hours: float) -> str:
    """Write hours; of more than four days nobody asks for the tenth."""
    return f"{hours:.1f}" if hours < 100 else f"{hours:.0f}"


def _line(figure: Figure, *, is_chinese: bool) -> tuple[str, str]:
    """Say one line."""
    label, text = (pair[is_chinese] for pair in _TEXTS[figure.name])
    if not text:
        named = ((term("rule", rule, "zh" if is_chinese else "en"), value) for rule, value in figure.values.items())
        return label, " · ".join(f"{name} {value:,.0f}" for name, value in named)
    return label, text.format(**figure.values)


def _shared(names: Sequence[str]) -> str:
    """Return the places above that all units have in common, so that each row need not repeat them."""
    above = [name.split("/")[:-1] for name in names]
    common: list[str] = []
    for parts in zip(*above, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "/".join(common) + "/" if len(names) > 1 and len(common) > 1 else ""


def _shortened(name: str, shared: str) -> str:
    """Leave out what all units have in common."""
    return f"…/{name.removeprefix(shared)}" if shared else name
