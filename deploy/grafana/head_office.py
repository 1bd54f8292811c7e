"""The head office's dashboard: who is unhappy, and what is open about it."""

from __future__ import annotations

from deploy.grafana.panels import DashboardPlan, PanelPlan, Query, RowPlan, Words

_STAGES = RowPlan(
    Words("客户", "Customers"),
    (
        PanelPlan(
            Words("各阶段客户数", "Customers by stage"),
            Words(
                "从满意到投诉升级。向后移动意味着问题在扩散。",
                "From content to escalated. A move to later stages: trouble is spreading.",
            ),
            (Query("sum by (stage) (foreshock_customers)", "{{stage}}"),),
            width=12,
        ),
        PanelPlan(
            Words("不满客户的分布（冰山：69 / 23 / 8）", "Unhappy customers by stage (iceberg: 69 / 23 / 8)"),
            Words(
                "业内经验：69 % 沉默、23 % 抱怨、8 % 投诉。沉默占比明显偏低时，可能有客户未被看见。",
                "As a rule 69 % stay silent, 23 % grumble, 8 % complain. Far fewer silent: some are not seen.",
            ),
            (
                Query(
                    'sum by (stage) (foreshock_customers{stage!="content"})'
                    ' / scalar(sum(foreshock_customers{stage!="content"}) > 0)',
                    "{{stage}}",
                ),
            ),
            unit="percentunit",
            width=12,
        ),
    ),
)

_ALERTS = RowPlan(
    Words("预警", "Alerts"),
    (
        PanelPlan(
            Words("24 小时内新开预警", "Alerts opened in 24 hours"),
            Words("要求致电的预警（黄及以上）。", "Those that ask for a call: yellow and above."),
            (
                Query(
                    'sum(increase(foreshock_alert_transitions_total{transition="opened", level!~"none|blue"}[24h]))',
                    "opened",
                ),
            ),
            is_one_number=True,
        ),
        PanelPlan(
            Words("24 小时内红色预警", "Red alerts in 24 hours"),
            Words("需立即处理。", "To be acted on now."),
            (
                Query(
                    'sum(increase(foreshock_alert_transitions_total{transition=~"opened|raised", level="red"}[24h]))',
                    "red",
                ),
            ),
            warn_at=1,
            bad_at=20,
            is_one_number=True,
        ),
        PanelPlan(
            Words("24 小时内先预警后投诉", "Complained after an alert, in 24 hours"),
            Words(
                "预警在前、投诉在后：预警被看见，却没能挽回。",
                "The alert came first, and the complaint came all the same.",
            ),
            (Query('sum(increase(foreshock_alert_transitions_total{transition="complained"}[24h]))', "complained"),),
            is_one_number=True,
        ),
        PanelPlan(
            Words("按级别新开预警", "Alerts opened, by level"),
            Words("每小时。突增：客户或政策有变。", "Per hour. A jump: customers or the policy changed."),
            (
                Query(
                    'sum by (level) (increase(foreshock_alert_transitions_total{transition="opened"}[1h]))', "{{level}}"
                ),
            ),
            width=12,
        ),
        PanelPlan(
            Words("按原因新开预警", "Alerts opened, by cause"),
            Words(
                "每小时。单一原因突增：查找共同的产品、流程或机构。",
                "Per hour. A jump of one: look for the product, process or unit in common.",
            ),
            (
                Query(
                    'sum by (cause) (increase(foreshock_alert_transitions_total{transition="opened"}[1h]))', "{{cause}}"
                ),
            ),
            width=12,
        ),
    ),
)

_OWED = RowPlan(
    Words("承诺与反馈", "Promises and feedback"),
    (
        PanelPlan(
            Words("未了的承诺与反馈", "Promises and feedback that are open"),
            Words(
                "自有记录以来收到的，减去已有结果的。上升：客户在等待。",
                "Received since this was counted, less what has ended. A rise: customers wait.",
            ),
            (
                Query(
                    'sum by (kind) (foreshock_ledger_total{state="received"})'
                    ' - sum by (kind) (foreshock_ledger_total{state!="received"})',
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
                    'sum by (kind, state) (increase(foreshock_ledger_total{state!="received"}[24h]))',
                    "{{kind}} {{state}}",
                ),
            ),
        ),
        PanelPlan(
            Words("未推送的预警", "Alerts held back"),
            Words(
                "按规则。complained_after 上升：某条规则掩盖了要紧的事；`foreshock suppressed` 列出明细。",
                "By rule. A rise of complained_after: a rule hides what matters; `foreshock suppressed` lists them.",
            ),
            (Query("sum by (rule) (increase(foreshock_suppressed_total[24h]))", "{{rule}}"),),
        ),
    ),
)

HEAD_OFFICE = DashboardPlan(
    "foreshock-head-office",
    Words("预示 · 总部", "Foreshock · head office"),
    Words(
        "谁不满意、有哪些预警。某条预警的依据：`foreshock explain ALERT_ID`。",
        "Who is unhappy, and which alerts there are. Why there is one: `foreshock explain ALERT_ID`.",
    ),
    (_STAGES, _ALERTS, _OWED),
)
