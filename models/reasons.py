"""Why: one sentence per reason in Chinese and English, the numbers in it, and the events that show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from models.alerting.evidence import supported_levels
from models.clocks.running import RunningClock, speaking
from models.entries import OpenAlert
from models.features import CONTRIBUTORS
from models.heat import heat_at
from models.moments import DAY, HOUR
from models.params import Params
from models.state import CustomerState
from schemas.alerts import BilingualText, Cause, Reason, Transition

MAX_REASONS = 5
"""More than five reasons are no reasons."""

LEAST_LOG_ODDS = 0.2
"""A family that adds less than this to the score (odds up by about a fifth) is not named."""


class _Sentence(NamedTuple):
    """The two sentences of a reason; `{name}` stands for one of its numbers."""

    zh: str
    en: str


_CAUSES: dict[Cause, _Sentence] = {
    "complaint_risk": _Sentence(
        "模型估计 30 天内投诉概率 {probability_30d:.0%}（7 天内 {probability_7d:.0%}）",
        "The model expects a complaint within 30 days with {probability_30d:.0%} (7 days: {probability_7d:.0%})",
    ),
    "threat": _Sentence(
        "客户 {hours:.0f} 小时前提到监管、律师、媒体或投诉",
        "The customer named a regulator, lawyer, media or complaint {hours:.0f} h ago",
    ),
    "unanswered": _Sentence(
        "客户的负面反馈已 {hours:.0f} 小时无人回应", "Negative feedback has waited {hours:.0f} h for an answer"
    ),
    "repeat_contact": _Sentence(
        "7 天内客户 {count:.0f} 次联系未获解决",
        "The customer got in touch {count:.0f} times in 7 days without a solution",
    ),
    "broken_promise": _Sentence(
        "对客户的承诺已逾期未兑现（{count:.0f} 次，最近一次在 {hours:.0f} 小时前）",
        "Promises to the customer missed: {count:.0f}, the last one {hours:.0f} h ago",
    ),
    "claim_stalled": _Sentence(
        "理赔已 {days:.1f} 天没有客户可见的进展", "A claim has shown the customer no progress for {days:.1f} days"
    ),
    "claim_refused": _Sentence("{days:.1f} 天前理赔被拒或减额", "A claim was refused or cut {days:.1f} days ago"),
    "bad_experience": _Sentence(
        "客户最近的评分很低（{rating:+.2f}，-1 为最差）",
        "The customer's last rating was low ({rating:+.2f}; -1 is the worst)",
    ),
    "silent_after_bad_contact": _Sentence(
        "不愉快的联系之后客户未答复回访（{days:.1f} 天前到期）",
        "After a bad contact the customer left the survey unanswered ({days:.1f} days ago)",
    ),
    "statutory_clock": _Sentence(
        "投诉的法定时限还剩 {hours:.0f} 小时（自收到起 {days:.0f} 天）",
        "The time that the law gives the complaint is over in {hours:.0f} h ({days:.0f} days from receipt)",
    ),
}

_CLOCKS = {
    True: _Sentence(
        "投诉的法定时限“{clock}”已过 {overdue_hours:.0f} 小时",
        "The time that the law gives the complaint ({clock}) was over {overdue_hours:.0f} h ago",
    ),
    False: _Sentence(
        "投诉的法定时限“{clock}”还剩 {hours:.0f} 小时",
        "The time that the law gives the complaint ({clock}) is over in {hours:.0f} h",
    ),
}
"""The same of a clock that the pack in force names: whether it is over, and what is then said."""

_DAYS = {"calendar": _Sentence("日", "days"), "business": _Sentence("个工作日", "business days")}
"""What a pack counts."""

_FRICTION = _Sentence(
    "最近一次联系转接或机器人重复 {friction:.0f} 次", "The last contact took {friction:.0f} transfers and bot loops"
)
"""What a bad experience was if nobody has rated it."""

_OTHERS: dict[str, _Sentence] = {
    "mood": _Sentence(
        "客户近期情绪 {fast:+.2f}，低于平时的 {slow:+.2f}", "Mood {fast:+.2f}, below the customer's usual {slow:+.2f}"
    ),
    "heat": _Sentence("不满热度 {heat:.1f}（一次投诉为 3）", "Dissatisfaction heat {heat:.1f} (a complaint is 3)"),
    "vulnerable": _Sentence(
        "客户有需要特别照顾的情形（{count:.0f} 项）",
        "The customer needs particular care (drivers of vulnerability: {count:.0f})",
    ),
}

_ENDINGS: dict[Transition, _Sentence] = {
    "escalated": _Sentence(
        "时限内无人处理，升级上级机构督办，预警后 {hours:.0f} 小时",
        "Nobody answered in time: it goes one unit up, {hours:.0f} h after it opened",
    ),
    "told": _Sentence(
        "此前未告知，现予告知，预警后 {hours:.0f} 小时",
        "Nobody had been told; it still stands {hours:.0f} h after it opened",
    ),
    "lapsed": _Sentence(
        "受理后久无行动，预警后 {hours:.0f} 小时重新待办",
        "Somebody had it and nothing was done; nobody's again, {hours:.0f} h after it opened",
    ),
    "woken": _Sentence(
        "暂缓到期，预警后 {hours:.0f} 小时",
        "The time that it was left alone for is over, {hours:.0f} h after it opened",
    ),
    "reopened": _Sentence("重新打开，距首次预警 {hours:.0f} 小时", "Opened again {hours:.0f} h after it first opened"),
    "started": _Sentence("正在处理，预警后 {hours:.0f} 小时", "Somebody works on it, {hours:.0f} h after it opened"),
    "assigned": _Sentence("已指派，预警后 {hours:.0f} 小时", "Assigned {hours:.0f} h after it opened"),
    "snoozed": _Sentence("已暂缓，预警后 {hours:.0f} 小时", "Left alone for a while, {hours:.0f} h after it opened"),
    "commented": _Sentence("已备注，预警后 {hours:.0f} 小时", "Somebody made a note {hours:.0f} h after it opened"),
    "disagreed": _Sentence(
        "查看后认为无需处理，预警后 {hours:.0f} 小时",
        "Somebody looked and saw no reason to act, {hours:.0f} h after it opened",
    ),
    "acknowledged": _Sentence(
        "已有人接手，预警后 {hours:.0f} 小时", "Somebody has taken it, {hours:.0f} h after it opened"
    ),
    "resolved": _Sentence("已处理完毕，预警后 {hours:.0f} 小时", "Resolved {hours:.0f} h after it opened"),
    "dismissed": _Sentence(
        "判定为误报，预警后 {hours:.0f} 小时", "Found to be a false alarm {hours:.0f} h after it opened"
    ),
    "complained": _Sentence(
        "客户已投诉，预警提前 {hours:.0f} 小时", "The customer complained {hours:.0f} h after it opened"
    ),
    "expired": _Sentence(
        "依据已消退，预警后 {hours:.0f} 小时失效", "Nothing supports it any more, {hours:.0f} h after it opened"
    ),
}

_FAMILY_NAMES = {
    "contacts": _Sentence("联系经历", "contacts"),
    "claims": _Sentence("理赔进展", "claims"),
    "surveys": _Sentence("调查与评分", "surveys"),
    "language": _Sentence("言语情绪", "language"),
    "promises": _Sentence("承诺与回应", "promises"),
    "history": _Sentence("历史", "history"),
    "tallies": _Sentence("近期互动频次", "how often the customer had to deal with us lately"),
    "cases": _Sentence("案件进程", "the course of the case"),
    "own": _Sentence("贵司自有字段", "own numbers"),
    "clocks": _Sentence("法定时限临近", "the time limits that the law sets"),
    "circumstances": _Sentence("业务情形（渠道、产品、机构等）", "circumstances (channel, product, unit, own fields)"),
}

_MODEL = _Sentence(
    "模型：{family}使投诉风险高于一般客户（对数几率 {log_odds:+.2f}，与该客户平时相比 {own:+.2f}）",
    "Model: {family} raise the risk above other customers' (log-odds {log_odds:+.2f}; "
    "against this customer's usual {own:+.2f})",
)

_ERASED = _Sentence("客户要求删除其资料", "The customer asked to be forgotten")

CODES: tuple[str, ...] = (*_CAUSES, *_OTHERS, *_ENDINGS, "erased", *(f"model_{family}" for family in _FAMILY_NAMES))
"""Every reason code, for documentation and for consumers that map them."""


def _of_clock(state: CustomerState, at: float) -> dict[str, float]:
    """Say how much the most urgent clock has left; less than nothing where it is over."""
    if not state.clocks:
        return {"hours": 0.0, "days": 0.0}
    clock = speaking(state.clocks, at)
    numbers = {"hours": (clock.due_at - at) / HOUR, "days": (clock.due_at - clock.began_at) / DAY}
    return numbers if at < clock.due_at else numbers | {"overdue_hours": -numbers["hours"]}


_NUMBERS: dict[Cause, Callable[[CustomerState, float], dict[str, float]]] = {
    "complaint_risk": lambda s, at: {"probability_7d": s.probability_7d, "probability_30d": s.probability_30d},
    "threat": lambda s, at: {"hours": (at - s.threat_at) / HOUR},
    "unanswered": lambda s, at: {"hours": (at - s.feedback_at) / HOUR if s.feedback_at else 0.0},
    "repeat_contact": lambda s, at: {"count": float(sum(at - contact <= 7 * DAY for contact in s.contacts))},
    "broken_promise": lambda s, at: {"count": float(s.missed), "hours": (at - s.missed_at) / HOUR},
    "claim_stalled": lambda s, at: {"days": (at - min((claim.visible_at for claim in s.claims), default=at)) / DAY},
    "claim_refused": lambda s, at: {"days": (at - s.refused_at) / DAY},
    "bad_experience": lambda s, at: {"rating": s.rating, "friction": s.friction},
    "silent_after_bad_contact": lambda s, at: {"days": (at - s.ignored_at) / DAY},
    "statutory_clock": _of_clock,
}


def reasons_for(cause: Cause, state: CustomerState, at: float, threshold: float, params: Params) -> tuple[Reason, ...]:
    """Say why an alert of this cause stands as it does: its own cause first, then what else speaks for it.

    The model's parts are named only if it has seen enough complaints.

    Returns
    -------
    tuple of Reason
        One to `MAX_REASONS`, strongest first.
    """
    supported = supported_levels(state, at, threshold, params)
    others = sorted((c for c in supported if c != cause), key=lambda c: -supported[c])
    reasons = [_of_cause(c, state, at, params) for c in (cause, *others)]
    if state.drivers:
        reasons.append(_told("vulnerable", _OTHERS["vulnerable"], {"count": float(len(state.drivers))}))
    if state.fast < min(0.0, state.slow):
        numbers = {"fast": state.fast, "slow": state.slow}
        reasons.append(_told("mood", _OTHERS["mood"], numbers, tuple(state.evidence)))
    if not state.cold:
        reasons += _of_model(state)
    heat = heat_at(state, at, params)
    if heat >= params.stages.dissatisfied_heat:
        reasons.append(_told("heat", _OTHERS["heat"], {"heat": heat}, tuple(state.evidence)))
    return tuple(reasons[:MAX_REASONS])


def ending_of(transition: Transition, alert: OpenAlert, at: float, event_id: str | None) -> tuple[Reason, ...]:
    """Say why an alert was taken or ended; empty for transitions that the evidence itself explains.

    Parameters
    ----------
    at
        When, in seconds since 1970.
    event_id
        The action or complaint that did it; None where time did.
    """
    sentence = _ENDINGS.get(transition)
    if sentence is None:
        return ()
    evidence = (event_id,) if event_id else ()
    return (_told(transition, sentence, {"hours": (at - alert.opened_at) / HOUR}, evidence),)


def erased() -> tuple[Reason, ...]:
    """Say that an alert ended because its customer asked to be forgotten; it repeats nothing about them."""
    return (_told("erased", _ERASED, {}),)


def _of_cause(cause: Cause, state: CustomerState, at: float, params: Params) -> Reason:
    """Say one cause with its numbers and the last events that mattered."""
    sentence = _CAUSES[cause]
    if cause == "bad_experience" and state.rating >= 0:
        sentence = _FRICTION
    elif cause == "statutory_clock" and state.clocks:
        sentence = _named(speaking(state.clocks, at), at, params) or sentence
    return _told(cause, sentence, _NUMBERS[cause](state, at), tuple(state.evidence))


def _named(clock: RunningClock, at: float, params: Params) -> _Sentence | None:
    """Say of a clock what the pack in force calls it; None where that knows none of its name."""
    rule = next((rule for rule in params.jurisdiction.clocks if rule.name == clock.name), None)
    if rule is None:
        return None
    zh, en = _CLOCKS[at >= clock.due_at]
    days = _DAYS[rule.kind]
    return _Sentence(
        zh.replace("{clock}", f"{_escaped(rule.zh)}，{rule.days} {days.zh}"),
        en.replace("{clock}", f"{_escaped(rule.en)}, {rule.days} {days.en}"),
    )


def _escaped(name: str) -> str:
    """Keep the braces of a company's own name from standing for a number."""
    return name.replace("{", "{{").replace("}", "}}")


def _of_model(state: CustomerState) -> list[Reason]:
    """Name the families of features that raise the score most against the mean of all customers."""
    parts = dict(zip(CONTRIBUTORS, state.contributions, strict=True))
    usual = dict(zip(CONTRIBUTORS, state.usual, strict=True)) if state.usual else {}
    top = sorted((f for f, log_odds in parts.items() if log_odds >= LEAST_LOG_ODDS), key=lambda f: -parts[f])
    return [_of_family(family, parts[family], usual.get(family, 0.0), state) for family in top[:2]]


def _of_family(family: str, log_odds: float, usual: float, state: CustomerState) -> Reason:
    """Say what one family of features adds, for a customer like all and for this one."""
    names = _FAMILY_NAMES[family]
    sentence = _Sentence(_MODEL.zh.replace("{family}", names.zh), _MODEL.en.replace("{family}", names.en))
    numbers = {"log_odds": log_odds, "own": log_odds - usual}
    return _told(f"model_{family}", sentence, numbers, tuple(state.evidence))


def _told(code: str, sentence: _Sentence, numbers: dict[str, float], evidence: tuple[str, ...] = ()) -> Reason:
    """Put the numbers into the sentences."""
    rounded = {name: round(value, 4) for name, value in numbers.items()}
    text = BilingualText(zh=sentence.zh.format(**rounded), en=sentence.en.format(**rounded))
    return Reason(code=code, text=text, numbers=rounded, evidence=evidence)
