"""The dashboard of what alerts are worth: alerted, acted on, complained all the same."""

from __future__ import annotations

from deploy.grafana.panels import EXPLAINED, DashboardPlan, PanelPlan, Query, RowPlan, Words
from deploy.grafana.queries import increased


def _share(transition: str) -> str:
    """Write the share of a week's ends that were of one kind, by cause."""
    ended = 'transition=~"resolved|dismissed|expired|complained"'
    counted = "sum by (cause) (increase(foreshock_alert_transitions_total{%s}[7d]))"
    return counted % f'transition="{transition}"' + " / (" + counted % ended + " > 0)"


def _count(transitions: str) -> str:
    """Write how often alerts of each cause made one of these transitions in a week."""
    return increased("foreshock_alert_transitions_total", "7d", by="cause", transition=transitions)


_LOOP = RowPlan(
    Words("小闭环", "The small loop"),
    (
        PanelPlan(
            Words("7 天内预警走到哪一步", "What became of alerts in 7 days"),
            Words(
                "新开、有人接手、已处理、误报、自行失效、仍然投诉。多数失效：没有人处理。",
                "Opened, taken, resolved, false alarms, expired, complained. Mostly expired: nobody acts.",
            ),
            (Query("sum by (transition) (increase(foreshock_alert_transitions_total[7d]))", "{{transition}}"),),
            width=12,
        ),
        PanelPlan(
            Words("提前量（中位数）", "Lead time (median)"),
            Words(
                "30 天内投诉者从预测到投诉的时间，按当时是否有预警。变短：预警来得更晚。",
                "From a prediction to the complaint, by whether an alert stood then. Shorter: warnings come later.",
            ),
            (
                Query(
                    "histogram_quantile(0.5, sum by (le, alerted) (rate(foreshock_lead_seconds_bucket[7d])))",
                    "alerted {{alerted}}",
                ),
            ),
            unit="s",
            width=12,
        ),
    ),
)

_CAUSES = RowPlan(
    Words("按原因", "By cause"),
    (
        PanelPlan(
            Words("已预警", "Alerted"),
            Words("7 天内新开。突增：查找共同的流程。", "Opened in 7 days. A jump: look for the process in common."),
            (Query(_count("opened"), "{{cause}}"),),
        ),
        PanelPlan(
            Words("已处理", "Acted on"),
            Words(
                "7 天内有人确认、着手或解决。为零：没有人处理。",
                "Acknowledged, started or resolved in 7 days. Zero: nobody acts.",
            ),
            (Query(_count("acknowledged|started|resolved"), "{{cause}}"),),
        ),
        PanelPlan(
            Words("仍然投诉", "Complained all the same"),
            Words(
                "7 天内。升高：预警太晚，或处理无效。",
                "In 7 days. A rise: too late, or what is done does not help.",
            ),
            (Query(_count("complained"), "{{cause}}"),),
            warn_at=1,
        ),
        PanelPlan(
            Words("处理完毕占比", "Share resolved"),
            Words("7 天内结束的预警中。", "Of the alerts that ended in 7 days."),
            (Query(_share("resolved"), "{{cause}}"),),
            unit="percentunit",
            warn_at=0.5,
            bad_at=0.2,
            is_high_good=True,
        ),
        PanelPlan(
            Words("误报占比", "Share of false alarms"),
            Words("由人判定。升高：该原因的阈值过低。", "As people said. A rise: this cause's threshold is too low."),
            (Query(_share("dismissed"), "{{cause}}"),),
            unit="percentunit",
            warn_at=0.3,
            bad_at=0.6,
        ),
        PanelPlan(
            Words("仍然投诉占比", "Share that complained all the same"),
            Words("升高：预警太晚，或处理无效。", "A rise: alerts come too late, or what is done does not help."),
            (Query(_share("complained"), "{{cause}}"),),
            unit="percentunit",
            warn_at=0.1,
            bad_at=0.3,
        ),
    ),
)

LOOP_VALUE = DashboardPlan(
    "foreshock-loop-value",
    Words("预示 · 闭环价值", "Foreshock · what alerts are worth"),
    Words("已预警、已处理、仍投诉：按原因。", "Alerted, acted on, complained all the same: by cause."),
    (_LOOP, _CAUSES),
    note=EXPLAINED,
)
