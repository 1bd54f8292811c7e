"""The head office's comparison of its units: who is unhappy there, who keeps silent, and what is open."""

from __future__ import annotations

from deploy.grafana.panels import PanelPlan, Query, RowPlan, Words
from deploy.grafana.queries import now, share

_UNHAPPY = "!content"


def _customers(stages: str = ".+") -> str:
    """Write how many customers of each unit are in these stages."""
    return now("foreshock_unit_customers", by="unit", stage=stages)


UNITS_COMPARED = RowPlan(
    Words("机构比较", "Units compared"),
    (
        PanelPlan(
            Words("不满客户最多的机构", "Unhappy customers, by unit"),
            Words(
                "前十名。客户计入最近一次服务他的机构；突增：先看那里。",
                "The first ten. A customer counts where they were served last. A jump of one: look there first.",
            ),
            (Query(f"topk(10, {_customers(_UNHAPPY)})", "{{unit}}"),),
        ),
        PanelPlan(
            Words("不满客户占比，按机构", "Share of unhappy customers, by unit"),
            Words(
                "前十名，客户不足 30 人的机构不计。一家远高于其余：服务出了问题，而不只是客户多。",
                "The first ten of those with at least 30 customers. One far above: its service is in trouble, it is "
                "not only large.",
            ),
            (Query(f"topk(10, {share(_customers(_UNHAPPY), _customers())})", "{{unit}}"),),
            unit="percentunit",
            warn_at=0.2,
            bad_at=0.4,
        ),
        PanelPlan(
            Words("未结预警，按级别", "Open alerts, by level"),
            Words(
                "已告知、尚未结束的。持续上升：来的多于了结的。",
                "Those that people were told of. A steady rise: more come than are closed.",
            ),
            (Query(now("foreshock_unit_open_alerts", by="level"), "{{level}}"),),
        ),
        PanelPlan(
            Words("不满客户中沉默者占比（经验值 69 %）", "Silent among the unhappy (as a rule 69 %)"),
            Words(
                "最低的十家机构，不满客户不足 30 人的不计。远低于虚线：那里的沉默客户可能没有被看见。",
                "The ten lowest units, of those with at least 30 unhappy customers. Far below the line: the silent are "
                "not seen there.",
            ),
            (Query(f"bottomk(10, {share(_customers('dissatisfied'), _customers(_UNHAPPY))})", "{{unit}}"),),
            unit="percentunit",
            warn_at=0.69,
            bad_at=0.5,
            is_high_good=True,
        ),
        PanelPlan(
            Words("不满客户中抱怨者占比（经验值 23 %）", "Grumbling among the unhappy (as a rule 23 %)"),
            Words(
                "最高的十家机构，不满客户不足 30 人的不计。高于虚线：抱怨没有人听，下一步就是投诉。",
                "The ten highest units, of those with at least 30 unhappy customers. Above the line: nobody hears "
                "them, and complaints come next.",
            ),
            (Query(f"topk(10, {share(_customers('grumbling'), _customers(_UNHAPPY))})", "{{unit}}"),),
            unit="percentunit",
            warn_at=0.23,
            bad_at=0.4,
        ),
        PanelPlan(
            Words("不满客户中投诉者占比（经验值 8 %）", "Complaining among the unhappy (as a rule 8 %)"),
            Words(
                "已投诉或升级的；最高的十家机构，不满客户不足 30 人的不计。高于虚线：预警来得太晚，或没有人处理。",
                "Complained or escalated: the ten highest units, of those with at least 30 unhappy customers. Above "
                "the line: warnings come too late, or nobody acts on them.",
            ),
            (Query(f"topk(10, {share(_customers('complaint|escalated'), _customers(_UNHAPPY))})", "{{unit}}"),),
            unit="percentunit",
            warn_at=0.08,
            bad_at=0.16,
        ),
        PanelPlan(
            Words("未结且要求致电的预警，按机构", "Open alerts that ask for a call, by unit"),
            Words(
                "黄及以上，前十名。持续上升：人手不足或无人处理；逐条查看：`foreshock alerts list --org 机构`。",
                "Yellow and above, the first ten. A steady rise: too few people, or nobody acts. One by one: "
                "`foreshock alerts list --org UNIT`.",
            ),
            (
                Query(
                    f"topk(10, {now('foreshock_unit_open_alerts', by='unit', level='yellow|orange|red')})", "{{unit}}"
                ),
            ),
            warn_at=50,
            bad_at=200,
            width=12,
        ),
        PanelPlan(
            Words("未结的红色预警，按机构", "Open red alerts, by unit"),
            Words(
                "前十名。需立即处理；不下降：没有人处理。",
                "The first ten. To be acted on now; if it stays, nobody does.",
            ),
            (Query(f"topk(10, {now('foreshock_unit_open_alerts', by='unit', level='red')})", "{{unit}}"),),
            warn_at=1,
            bad_at=5,
            width=12,
        ),
    ),
)
