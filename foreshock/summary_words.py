"""What the summary of a replay calls things in Chinese; in English most things are called by their own names."""

from __future__ import annotations

from foreshock.demonstration.words import TEXTS
from foreshock.wording.terms import IN_CHINESE

_NAMES = {
    # -- groups of figures ---------------------------------------------------------------------------------------
    "events": "事件",
    "facts": "处理情况",
    "dead letters": "死信",
    "customers": "客户",
    "alerts opened": "预警事由",
    "transitions": "预警变化",
    "quality": "模型质量",
    "none": "无",
    # -- messages ------------------------------------------------------------------------------------------------
    "call": "联系",
    "claim": "理赔",
    "survey": "调查",
    "complaint": "投诉",
    "action": "处置",
    "tick": "时钟",
    "snapshot_notice": "快照通知",
    "model_command": "模型命令",
    "silence_command": "静默命令",
    # -- facts ---------------------------------------------------------------------------------------------------
    "duplicates": "重复",
    "late": "迟到",
    "out of order": "乱序",
    "timers fired": "计时器触发",
    "snapshots": "快照切换",
    "rated comments": "有评分的留言",
    "predictions kept": "留待验证的预测",
    "matured 7 d": "7 天标签成熟",
    "matured 30 d": "30 天标签成熟",
    "censored 7 d": "7 天标签删失",
    "censored 30 d": "30 天标签删失",
    "corrected 7 d": "7 天标签更正",
    "corrected 30 d": "30 天标签更正",
    "complaints 7 d": "7 天内投诉",
    "complaints 30 d": "30 天内投诉",
    # -- dead letters --------------------------------------------------------------------------------------------
    "not_json": "不是 JSON",
    "invalid": "不合格式",
    "too_large": "过大",
    "from_the_future": "来自未来",
    "undeclared_attribute": "未申明的自有字段",
    "failed": "处理失败",
    "undeliverable": "无法送达",
    "not_authentic": "签名不符",
    # -- customers -----------------------------------------------------------------------------------------------
    "stage.escalated": "升级投诉",
    # -- quality -------------------------------------------------------------------------------------------------
    "alerts before a complaint": "投诉之前的预警",
    "median lead hours": "提前小时数中位数",
    "AUC 30 d": "30 天 AUC",
    "log loss 30 d": "30 天对数损失",
    # -- what staff do -------------------------------------------------------------------------------------------
    "contacted": "已联系客户",
}
"""English name to Chinese name."""

_SENTENCES = {
    "staff": ("simulated staff (seed {seed})", "模拟员工（种子 {seed}）"),
    "not reacting": (
        "{done}; the customers in the files do not react to them",
        "{done}；文件中的客户不会对此作出反应",
    ),
    "complained": ("complained {hours:.0f} h later", "{hours:.0f} 小时后投诉"),
}


def called(name: str, group: str = "", *, is_chinese: bool) -> str:
    """Say what something is called.

    Parameters
    ----------
    name
        A group of figures, or one of them.
    group
        What it belongs to, where the same word means two things: `cause`, `level`, `stage` or `transition`.
    is_chinese
        In which language.

    Examples
    --------
    >>> called("escalated", "stage", is_chinese=True), called("escalated", "transition", is_chinese=True)
    ('升级投诉', '已上报')
    """
    if not is_chinese:
        return name.replace("_", " ")
    if name in (terms := IN_CHINESE.get(group, {})):
        return terms[name]
    texts = TEXTS.get(f"{group}.{name}")
    return texts[1] if texts else _NAMES.get(f"{group}.{name}", _NAMES.get(name, name))


def said(name: str, *, is_chinese: bool, **values: object) -> str:
    """Say a sentence of the summary."""
    return _SENTENCES[name][is_chinese].format(**values)
