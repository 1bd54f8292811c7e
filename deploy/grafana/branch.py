"""The dashboard of a branch: what it has to do, and whether its clocks run out."""

from __future__ import annotations

from deploy.grafana.panels import DashboardPlan, PanelPlan, Query, RowPlan, VariablePlan, Words
from deploy.grafana.queries import CHOSEN, increased, median, now, share

_ORGANISATION = VariablePlan("organisation", Words("机构", "Organisation"), "foreshock_unit_transitions_total", "unit")


def _of(metric: str, over: str = "24h", *, by: str = "", **labels: str) -> str:
    """Write the increase of a metric in the chosen units and those below them."""
    return increased(f"foreshock_unit_{metric}", over, by=by, unit=CHOSEN, **labels)


def _moves(transitions: str, over: str = "24h") -> str:
    """Write how often alerts of the chosen units made one of these transitions."""
    return _of("transitions_total", over, transition=transitions)


def _customers(*, by: str = "", **labels: str) -> str:
    """Write how many customers the chosen units and those below them have."""
    return now("foreshock_unit_customers", by=by, unit=CHOSEN, **labels)


def _open(*, by: str = "", **labels: str) -> str:
    """Write how many alerts are open there."""
    return now("foreshock_unit_open_alerts", by=by, unit=CHOSEN, **labels)


_UNHAPPY = "!content"

_NOW = RowPlan(
    Words("现在要做什么", "What there is to do"),
    (
        PanelPlan(
            Words("未结且要求致电的预警", "Open alerts that ask for a call"),
            Words(
                "黄及以上。逐条查看：`foreshock alerts list --org 机构`。",
                "Yellow and above. One by one: `foreshock alerts list --org UNIT`.",
            ),
            (Query(_open(level="yellow|orange|red"), "open"),),
            warn_at=50,
            bad_at=200,
            is_one_number=True,
            width=4,
        ),
        PanelPlan(
            Words("未结的红色预警", "Open red alerts"),
            Words("需立即处理；不下降：没有人处理。", "To be acted on now; if it stays, nobody does."),
            (Query(_open(level="red"), "red"),),
            warn_at=1,
            bad_at=5,
            is_one_number=True,
            width=4,
        ),
        PanelPlan(
            Words("24 小时内新告知的预警", "Alerts newly told in 24 hours"),
            Words(
                "新开、压下后补告、重新打开的。远多于了结的：积压在增加。",
                "Opened, told after having been held back, opened again. Far more than end: they pile up.",
            ),
            (Query(_moves("opened|told|reopened"), "told"),),
            warn_at=50,
            bad_at=200,
            is_one_number=True,
            width=4,
        ),
        PanelPlan(
            Words("24 小时内新开或升至红色的预警", "Alerts opened red or raised to red, in 24 hours"),
            Words("需立即处理。", "To be acted on now."),
            (Query(f"{_of('alerts_total', level='red')} or vector(0)", "red"),),
            warn_at=1,
            bad_at=5,
            is_one_number=True,
            width=4,
        ),
        PanelPlan(
            Words("24 小时内时限已过", "Clocks that ran out in 24 hours"),
            Words(
                "无人及时确认或处理，已上交上级机构。",
                "Nobody acknowledged or acted in time, and the alert went one unit up.",
            ),
            (Query(_moves("escalated"), "went up"), Query(_moves("lapsed"), "lapsed")),
            warn_at=1,
            bad_at=10,
            is_one_number=True,
            width=4,
        ),
        PanelPlan(
            Words("24 小时内先预警后投诉", "Complained after an alert, in 24 hours"),
            Words("预警在前，投诉仍然发生。", "The alert came first, and the complaint came all the same."),
            (Query(_moves("complained"), "complained"),),
            warn_at=1,
            bad_at=10,
            is_one_number=True,
            width=4,
        ),
    ),
)

_CUSTOMERS = RowPlan(
    Words("客户", "Customers"),
    (
        PanelPlan(
            Words("各阶段客户数", "Customers by stage"),
            Words(
                "最近由所选机构及其下级服务的客户。向后移动意味着问题在扩散。",
                "Those whom the chosen units or those below served last. A move to later stages: trouble is spreading.",
            ),
            (Query(_customers(by="stage"), "{{stage}}"),),
        ),
        PanelPlan(
            Words("不满客户的分布（冰山：69 / 23 / 8）", "Unhappy customers by stage (iceberg: 69 / 23 / 8)"),
            Words(
                "业内经验：69 % 沉默、23 % 抱怨、8 % 投诉。不满客户不足 30 人时为空。",
                "As a rule 69 % stay silent, 23 % grumble, 8 % complain. Empty while fewer than 30 are unhappy.",
            ),
            (
                Query(
                    share(_customers(by="stage", stage=_UNHAPPY), _customers(stage=_UNHAPPY), of_one=True),
                    "{{stage}}",
                ),
            ),
            unit="percentunit",
        ),
        PanelPlan(
            Words("不满客户，按下级机构", "Unhappy customers, by unit"),
            Words("前十名。一家远高于其余：先看那里。", "The first ten. One far above the others: look there first."),
            (Query(f"topk(10, {_customers(by='unit', stage=_UNHAPPY)})", "{{unit}}"),),
        ),
        PanelPlan(
            Words("未结预警，按级别", "Open alerts, by level"),
            Words(
                "已告知、尚未结束的。持续上升：来的多于了结的。",
                "Those that people were told of. A steady rise: more come than are closed.",
            ),
            (Query(_open(by="level"), "{{level}}"),),
            width=12,
        ),
        PanelPlan(
            Words("未结且要求致电的预警，按下级机构", "Open alerts that ask for a call, by unit"),
            Words(
                "黄及以上，前十名。持续上升：人手不足或无人处理。",
                "Yellow and above, the first ten. A steady rise: too few people, or nobody acts.",
            ),
            (Query(f"topk(10, {_open(by='unit', level='yellow|orange|red')})", "{{unit}}"),),
            warn_at=50,
            bad_at=200,
            width=12,
        ),
    ),
)

_ALERTS = RowPlan(
    Words("预警", "Alerts"),
    (
        PanelPlan(
            Words("按级别新开或升级的预警", "Alerts opened or raised, by level"),
            Words("每小时。突增：该机构出了事。", "Per hour. A jump: something happened in the unit."),
            (Query(_of("alerts_total", "1h", by="level"), "{{level}}"),),
        ),
        PanelPlan(
            Words("按原因新开或升级的预警", "Alerts opened or raised, by cause"),
            Words("每小时。单一原因突增：查找共同的流程。", "Per hour. A jump of one: look for the process in common."),
            (Query(_of("alerts_total", "1h", by="cause"), "{{cause}}"),),
        ),
        PanelPlan(
            Words("按下级机构新开或升级的预警", "Alerts opened or raised, by unit"),
            Words(
                "24 小时，前十名。一家远高于其余：先看那里。",
                "24 hours, the first ten. One far above: look there.",
            ),
            (Query(f"topk(10, {_of('alerts_total', by='unit')})", "{{unit}}"),),
        ),
        PanelPlan(
            Words("谁在处理", "What people do about them"),
            Words(
                "确认、着手、解决。预警增加而此处不增：没有人处理。",
                "Acknowledged, started, resolved. If alerts rise and these do not: nobody acts.",
            ),
            (
                Query(
                    _of("transitions_total", by="transition", transition="acknowledged|started|resolved|dismissed"),
                    "{{transition}}",
                ),
            ),
        ),
        PanelPlan(
            Words("时限", "Clocks"),
            Words(
                "逾期上交或失效。升高：人手不足或无人值守。",
                "Gone up or lapsed. A rise: too few people, or nobody there.",
            ),
            (
                Query(
                    _of("transitions_total", by="transition", transition="escalated|lapsed|snoozed|woken"),
                    "{{transition}}",
                ),
            ),
            warn_at=10,
        ),
        PanelPlan(
            Words("从预警到投诉（中位数）", "From alert to complaint (median)"),
            Words("7 天。变短：留给处理的时间更少。", "7 days. Shorter: there is less time to act."),
            (
                Query(
                    median(_of("warning_seconds_bucket", "7d", by="le")),
                    "median",
                ),
            ),
            unit="s",
            warn_at=86_400,
            bad_at=14_400,
            is_high_good=True,
        ),
    ),
)

_OWED = RowPlan(
    Words("承诺与反馈", "Promises and feedback"),
    (
        PanelPlan(
            Words("未了的承诺与反馈", "Promises and feedback that are open"),
            Words(
                "30 天内收到的，减去已有结果的。上升：客户在等待。",
                "Received in 30 days, less what has ended. A rise: customers wait.",
            ),
            (
                Query(
                    f"clamp_min({_of('ledger_total', '30d', by='kind', state='received')}"
                    f" - {_of('ledger_total', '30d', by='kind', state='!received')}, 0)",
                    "{{kind}}",
                ),
            ),
        ),
        PanelPlan(
            Words("24 小时内的结果", "How they ended in 24 hours"),
            Words(
                "missed 或 expired 上升：客户没有得到答复。", "A rise of missed or expired: customers are not answered."
            ),
            (
                Query(
                    _of("ledger_total", by="kind, state", state="!received"),
                    "{{kind}} {{state}}",
                ),
            ),
        ),
        PanelPlan(
            Words("未推送的预警", "Alerts held back"),
            Words(
                "按规则。capacity 上升：任务超出人手。",
                "By rule. A rise of capacity: there is more than people can do.",
            ),
            (Query(_of("suppressed_total", by="rule"), "{{rule}}"),),
        ),
    ),
)

BRANCH = DashboardPlan(
    "foreshock-branch",
    Words("预示 · 机构", "Foreshock · branch"),
    Words(
        "一个机构及其下级的客户、预警、时限与承诺。机构名称来自 FORESHOCK_ORGANISATION 文件。",
        "Customers, alerts, clocks and promises of a unit and those below it, named as FORESHOCK_ORGANISATION does.",
    ),
    (_NOW, _CUSTOMERS, _ALERTS, _OWED),
    note=Words(
        "未结预警：`foreshock alerts list --org 机构` · 某条预警的依据：`foreshock explain ALERT_ID`"
        " · 接手：`foreshock alerts ack ALERT_ID` · 被压下的：`foreshock suppressed`",
        "Open alerts: `foreshock alerts list --org UNIT` · why there is one: `foreshock explain ALERT_ID`"
        " · take it: `foreshock alerts ack ALERT_ID` · what was held back: `foreshock suppressed`",
    ),
    variables=(_ORGANISATION,),
)
