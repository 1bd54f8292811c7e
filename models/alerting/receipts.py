"""Answers to actions in words."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.alerts import BilingualText
from schemas.receipts import ReceiptCode, Result

RESULTS: Mapping[ReceiptCode, Result] = {"done": "done", "noted": "done", "already": "already"}
"""Code to result; every other code is a refusal."""

SENTENCES: Mapping[ReceiptCode, BilingualText] = {
    "done": BilingualText(zh="已办理", en="Done"),
    "noted": BilingualText(zh="已记录为对该客户采取的行动", en="Noted as something done for the customer"),
    "already": BilingualText(zh="该预警已是此状态，未作改动", en="The alert stands so already; nothing was changed"),
    "unknown": BilingualText(
        zh="该客户没有此预警，或其后同一事由又有新的预警",
        en="The customer has no such alert, or it ended before the last one of its cause",
    ),
    "closed": BilingualText(zh="该预警已结束，可重新打开", en="The alert has ended; it may be opened again"),
    "not_acknowledged": BilingualText(zh="须先受理，方可办结", en="It must be acknowledged before it can be resolved"),
    "too_late": BilingualText(zh="结束已久，不能重新打开", en="It ended too long ago to be opened again"),
    "complained": BilingualText(
        zh="客户已投诉，由投诉流程处理", en="The customer has complained; the complaint is what is handled now"
    ),
    "another_open": BilingualText(
        zh="同一事由已有打开的预警", en="Another alert of the same cause is open for this customer"
    ),
    "past": BilingualText(zh="暂缓的截止时间已过", en="The time until which it was to be left alone has passed"),
    "held_above": BilingualText(
        zh="该预警已升级督办，只能由督办机构或其上级关闭",
        en="It has gone up: only the unit that holds it, or one above, may close it",
    ),
    "no_evidence": BilingualText(
        zh="关闭该预警须附处理说明或证据编号", en="Closing it needs a note or a reference to evidence"
    ),
    "not_understood": BilingualText(zh="无法识别的操作", en="The action is none that is known"),
}
"""Code to what people read."""
