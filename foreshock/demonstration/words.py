"""What the demo says, in English and in Chinese."""

from __future__ import annotations

from typing import Literal

from foreshock.wording.terms import IN_CHINESE
from schemas.alerts import Reason

Language = Literal["zh", "en", "both"]
"""`both`: labels in English, reasons in both languages."""

TEXTS: dict[str, tuple[str, str]] = {
    # -- start and end -------------------------------------------------------------------------------------------
    "step.broker": ("starting the broker", "正在启动消息代理"),
    "step.topics": ("creating the topics", "正在创建主题"),
    "step.worker": ("starting the worker", "正在启动工作进程"),
    "step.stopping": ("stopping the worker", "正在停止工作进程"),
    "stopped early": ("stopped before anything was fed", "尚未送入任何事件即已停止"),
    # -- title ---------------------------------------------------------------------------------------------------
    "title": (
        "{customers:,} made-up customers, {speed:,.0f} times life's speed",
        "虚拟保险公司，{customers:,} 位客户，{speed:,.0f} 倍真实速度",
    ),
    "day": ("day {day}, {moment:%Y-%m-%d}", "第 {day} 天，{moment:%Y-%m-%d}"),
    "feeding": ("feeding", "送入事件中"),
    "catching_up": ("fed; the worker finishes", "送入完毕，等待处理完成"),
    # -- flow ----------------------------------------------------------------------------------------------------
    "flow": ("Events and learning", "事件与学习"),
    "events": ("events", "事件"),
    "fed": ("fed", "已送入"),
    "applied": ("in states", "已计入状态"),
    "per second": ("per second", "每秒"),
    "behind": ("waiting", "待处理"),
    "duplicates": ("sent twice", "重复发送"),
    "dead letters": ("dead letters", "死信"),
    "latency": ("to alert, 95 %", "95% 出预警"),
    "latency.value": ("within {seconds:g} s", "{seconds:g} 秒以内"),
    "restarts": ("restarts", "进程重启"),
    # -- learning ------------------------------------------------------------------------------------------------
    "learning": ("learning", "学习"),
    "examples.value": ("{examples:,} ({complaints:,} complaints)", "{examples:,}（投诉 {complaints:,}）"),
    "examples": ("examples", "成熟样本"),
    "snapshot": ("snapshot", "模型快照"),
    "snapshot.value": ("number {active} of {published}", "第 {active} 号（共 {published}）"),
    "model": ("model", "模型判断"),
    "model.cold": ("cold: rules decide alone", "样本尚少，仅凭规则"),
    "model.warm": ("raises alerts too", "参与预警"),
    # -- customers -----------------------------------------------------------------------------------------------
    "stages": ("Customers now", "客户现状"),
    "stages.found": ("believed", "判断"),
    "stages.true": ("true", "实际"),
    "stage.content": ("content", "满意"),
    "stage.dissatisfied": ("silent", "沉默不满"),
    "stage.grumbling": ("grumbling", "抱怨"),
    "stage.complaint": ("complaint", "投诉"),
    "fates": (
        "Of {grievances:,} who became unhappy, {shares[silent]:.0%} stay silent, {shares[grumbling]:.0%} grumble, "
        "{shares[complaining]:.0%} complain (known from the field: 69/23/8 %)",
        "{grievances:,} 次不满中：沉默 {shares[silent]:.0%}，抱怨 {shares[grumbling]:.0%}，"
        "投诉 {shares[complaining]:.0%}（行业经验：69/23/8%）",
    ),
    # -- quality -------------------------------------------------------------------------------------------------
    "quality": ("Alerts from yellow up and the truth", "预警（黄色及以上）与实际"),
    "complaints": ("first complaints", "首次投诉"),
    "foreseen": ("alerted ≥ 2 h before", "提前 2 小时以上预警"),
    "foreseen from silence": ("  had never grumbled", "  其中从未抱怨者"),
    "lead": ("median lead time", "提前时间中位数"),
    "lead.value": ("{days:.1f} days", "{days:.1f} 天"),
    "alerted": ("alerted in 30 days", "30 天内被预警"),
    "precision": ("came true in 30 days", "30 天内应验"),
    "justified": ("truly unhappy", "当时确实不满"),
    "of customers": ("{share} of customers", "客户的 {share}"),
    "of alerts": ("{share} of alerts", "预警的 {share}"),
    "of complaints": ("{share} of complaints", "投诉的 {share}"),
    "dead letters.value": ("{found:,} of {broken:,} broken", "{found:,}（损坏 {broken:,}）"),
    # -- alerts --------------------------------------------------------------------------------------------------
    "newest": (
        "Newest alerts from yellow up ({count:,} of {alerts:,} alerts)",
        "最新预警（共 {alerts:,} 条，黄色及以上 {count:,} 条）",
    ),
    "plain.alerts": ("alerts {alerts:,}, from yellow up {count:,}", "预警 {alerts:,} 条，黄色及以上 {count:,} 条"),
    "none yet": ("none yet", "暂无"),
    "column.at": ("when", "时间"),
    "column.level": ("level", "级别"),
    "column.where": ("where", "机构"),
    "column.cause": ("about", "事由"),
    "column.probability": ("P(30 d)", "30 天概率"),
    "column.reasons": ("why", "理由"),
    # -- foot ----------------------------------------------------------------------------------------------------
    "foot.end": ("Ctrl-C ends it", "按 Ctrl-C 结束"),
    # -- summary -------------------------------------------------------------------------------------------------
    "summary": ("What happened", "运行结果"),
    "summary.span": (
        "{days} simulated days, {customers:,} customers, {seconds:.0f} s",
        "模拟 {days} 天，{customers:,} 位客户，用时 {seconds:.0f} 秒",
    ),
    "summary.events": ("events", "事件"),
    "summary.rate": ("{rate:,.0f} per second", "每秒 {rate:,.0f} 条"),
    "summary.causes": ("alerts by cause", "预警事由"),
    "summary.levels": ("by level at first", "初始级别"),
    "summary.transitions": ("what became of them", "后续变化"),
    "summary.late": ("behind the clock {count:,}", "迟于时钟 {count:,}"),
    "summary.disordered": ("out of order {count:,}", "乱序 {count:,}"),
    "summary.samples": ("Alerts that came true", "应验的预警"),
    "summary.newest samples": ("Alerts", "预警示例"),
    "summary.lead": ("complained {days:.1f} days later", "{days:.1f} 天后投诉"),
    "worker log": ("the worker said:", "工作进程日志："),
    # -- checks --------------------------------------------------------------------------------------------------
    "ok": ("ok", "通过"),
    "failed": ("FAILED", "未通过"),
    "check.flowed": ("events flowed", "事件流通"),
    "check.learned": ("examples learned", "学到样本"),
    "check.switched": ("snapshots switched", "模型切换"),
    "check.alerted": ("alerts raised", "发出预警"),
    "check.kept": ("nothing lost", "无一丢失"),
    "told.flowed": (
        "{applied:,} events are counted in the states of {customers:,} customers",
        "{applied:,} 个事件计入 {customers:,} 位客户的状态",
    ),
    "told.learned": (
        "{examples:,} predictions, {complaints:,} of them followed by a complaint so far",
        "{examples:,} 次预测，其中 {complaints:,} 次之后已有投诉",
    ),
    "told.switched": (
        "every journal partition scores with snapshot {active} of {published}",
        "各日志分区均使用第 {active} 号快照（共 {published}）",
    ),
    "told.alerted": (
        "{opened:,} opened, {warnings:,} of them yellow or above; {unexplained} without reasons",
        "共 {opened:,} 条，其中黄色及以上 {warnings:,} 条；缺少理由 {unexplained} 条",
    ),
    "told.kept": (
        "{events:,} distinct events fed = in the journal = in the states, {duplicates:,} duplicates counted once, "
        "{broken:,} broken records = dead letters, no hole",
        "送入 {events:,} 个不同事件，与日志、与状态逐一相符；{duplicates:,} 个重复只计一次；"
        "{broken:,} 条损坏记录均成死信；日志无缺口",
    ),
    "told.differences": ("does not agree: {differences}", "不相符：{differences}"),
    "loss.not_in_journal": ("{count:,} events are not in the journal", "{count:,} 个事件不在日志中"),
    "loss.unknown_in_journal": (
        "{count:,} events in the journal that nobody fed",
        "日志中有 {count:,} 个来历不明的事件",
    ),
    "loss.not_applied": ("{count:,} events are in no state", "{count:,} 个事件未计入状态"),
    "loss.applied_twice": ("{count:,} events are counted twice", "{count:,} 个事件被重复计入"),
    "loss.journal_behind": ("{count:,} journal partitions are not finished", "{count:,} 个日志分区未处理完"),
    "loss.dead_letters_missing": ("{count:,} broken records left no dead letter", "{count:,} 条损坏记录没有死信"),
    "loss.dead_letters_extra": ("{count:,} dead letters of sound records", "{count:,} 条正常记录成了死信"),
    "loss.holes": ("{count:,} journal positions were never seen", "{count:,} 个日志位置从未读到"),
    "verdict.ok": ("All checks hold.", "全部检查通过。"),
    "verdict.failed": ("Not all checks hold.", "有检查未通过。"),
}
"""Every text: English, Chinese."""

_IN_ENGLISH = {
    "cause.silent_after_bad_contact": "silent after a bad contact",
    "cause.statutory_clock": "the law's time limit",
    "transition.told": "told later",
}
"""What is not called as its code is."""

TEXTS |= {
    (name := f"{kind}.{code}"): (_IN_ENGLISH.get(name, code.replace("_", " ")), in_chinese)
    for kind in ("level", "cause", "transition")
    for code, in_chinese in IN_CHINESE[kind].items()
}


class Words:
    """Says things in one language.

    Parameters
    ----------
    language
        Which one.
    """

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, **figures: object) -> str:
        """Say something.

        Parameters
        ----------
        name
            One of `TEXTS`.
        **figures
            What the text has places for.

        Examples
        --------
        >>> Words("zh")("day", day=3, moment=__import__("datetime").date(2026, 1, 7))
        '第 3 天，2026-01-07'
        """
        text = TEXTS[name][self.language == "zh"]
        return text.format(**figures) if figures else text

    def reason(self, reason: Reason) -> str:
        """Say why."""
        match self.language:
            case "zh":
                return reason.text.zh
            case "en":
                return reason.text.en
            case _:
                return f"{reason.text.en} / {reason.text.zh}"
