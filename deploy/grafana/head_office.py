"""The head office's dashboard: who is unhappy, and what is open about it."""

from __future__ import annotations

from deploy.grafana.panels import EXPLAINED, DashboardPlan, PanelPlan, Query, RowPlan, Words
from deploy.grafana.queries import increased
from deploy.grafana.units_compared import UNITS_COMPARED


def _moves(transitions: str, *, by: str = "") -> str:
    """Write how often alerts made one of these transitions in a day."""
    return increased("foreshock_alert_transitions_total", "24h", by=by, transition=transitions)


def _first_ten(what: str, **labels: str) -> str:
    """Write which ten units had the most of something in a day."""
    return f"topk(10, {increased(f'foreshock_unit_{what}_total', '24h', by='unit', **labels)})"


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
        PanelPlan(
            Words("按机构新开或升级的预警", "Alerts opened or raised, by organisation"),
            Words(
                "24 小时，前十名。一家远高于其余：打开机构面板查看。",
                "24 hours, the first ten. One far above the others: look at it on the branch dashboard.",
            ),
            (Query(_first_ten("alerts"), "{{unit}}"),),
        ),
        PanelPlan(
            Words("提前量（中位数）", "Lead time (median)"),
            Words(
                "7 天。从预测到投诉，按当时是否有预警。变短：预警来得更晚。",
                "7 days. From a prediction to the complaint, by whether an alert stood. Shorter: warnings come later.",
            ),
            (
                Query(
                    "histogram_quantile(0.5, sum by (le, alerted) (increase(foreshock_lead_seconds_bucket[7d])))",
                    "alerted {{alerted}}",
                ),
            ),
            unit="s",
            warn_at=86_400,
            bad_at=14_400,
            is_high_good=True,
        ),
        PanelPlan(
            Words("从预警到投诉（中位数）", "From alert to complaint (median)"),
            Words(
                "7 天，最短的十家机构。变短：处理时间更少。",
                "7 days, the ten units with the shortest. Shorter: less time to act.",
            ),
            (
                Query(
                    "bottomk(10, histogram_quantile(0.5,"
                    " sum by (le, unit) (increase(foreshock_unit_warning_seconds_bucket[7d]))) > 0)",
                    "{{unit}}",
                ),
            ),
            unit="s",
            warn_at=86_400,
            bad_at=14_400,
            is_high_good=True,
        ),
    ),
)

_SUPERVISION = RowPlan(
    Words("督办时限", "Supervision clocks"),
    (
        PanelPlan(
            Words("24 小时内上交的预警", "Alerts that went one unit up, in 24 hours"),
            Words("没有人及时确认或处理。", "Nobody acknowledged or acted in time."),
            (
                Query(
                    f"{_moves('escalated')} or vector(0)",
                    "went up",
                ),
            ),
            warn_at=1,
            bad_at=50,
            is_one_number=True,
        ),
        PanelPlan(
            Words("24 小时内失效的接手", "Takings that lapsed, in 24 hours"),
            Words("有人接手却没有行动。", "Somebody had taken the alert and did nothing."),
            (Query(f"{_moves('lapsed')} or vector(0)", "lapsed"),),
            warn_at=1,
            bad_at=50,
            is_one_number=True,
        ),
        PanelPlan(
            Words("24 小时内接手与未接手", "Taken and not taken, in 24 hours"),
            Words("接手远少于新开：没有人处理。", "Far fewer taken than opened: nobody acts."),
            (
                Query(
                    _moves("opened|acknowledged|started|escalated|lapsed", by="transition"),
                    "{{transition}}",
                ),
            ),
        ),
        PanelPlan(
            Words("时限已过，按机构", "Clocks that ran out, by organisation"),
            Words("24 小时，前十名。", "24 hours, the first ten."),
            (
                Query(
                    _first_ten("transitions", transition="escalated|lapsed"),
                    "{{unit}}",
                ),
            ),
            warn_at=10,
            width=12,
        ),
        PanelPlan(
            Words("承诺与反馈逾期，按机构", "Promises and feedback not kept, by organisation"),
            Words("24 小时，前十名。客户没有得到答复。", "24 hours, the first ten. Customers are not answered."),
            (
                Query(
                    _first_ten("ledger", state="missed|expired"),
                    "{{unit}}",
                ),
            ),
            warn_at=10,
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
        PanelPlan(
            Words("24 小时内被压下后投诉", "Held back and then complained, in 24 hours"),
            Words(
                "没有人被告知，客户投诉了。查看：`foreshock suppressed`。",
                "Nobody was told, and the customer complained. See `foreshock suppressed`.",
            ),
            (Query('sum(increase(foreshock_suppressed_total{rule="complained_after"}[24h]))', "complained"),),
            warn_at=1,
            bad_at=10,
            is_one_number=True,
        ),
        PanelPlan(
            Words("被压下后投诉，按机构", "Held back and then complained, by organisation"),
            Words("24 小时，前十名。", "24 hours, the first ten."),
            (
                Query(
                    _first_ten("suppressed", rule="complained_after"),
                    "{{unit}}",
                ),
            ),
            warn_at=1,
            width=16,
        ),
    ),
)

_MANY = RowPlan(
    Words("群体预警", "Alerts about many customers"),
    (
        PanelPlan(
            Words("未结束的群体预警", "Open alerts about many"),
            Words(
                "机构、险种、产品或家庭共有的问题。长期不降：根源未除；明细用 `foreshock aggregates list`。",
                "What a unit, line, product or household has in common. One that stays: nobody removed the cause; "
                "`foreshock aggregates list` names them.",
            ),
            (
                Query(
                    "sum by (grouped_by, cause, level) (foreshock_open_aggregates_number) > 0",
                    "{{grouped_by}} {{cause}} {{level}}",
                ),
            ),
        ),
        PanelPlan(
            Words("24 小时内的变化", "What became of them in 24 hours"),
            Words("opened 上升：多位客户遇到同一问题。", "A rise of opened: many customers have the same trouble."),
            (
                Query(
                    "sum by (grouped_by, change) (increase(foreshock_aggregate_transitions_total[24h]))",
                    "{{grouped_by}} {{change}}",
                ),
            ),
        ),
        PanelPlan(
            Words("计入的证据", "Evidence that is counted"),
            Words(
                "每小时。repeated 只在崩溃之后出现。",
                "Per hour. Repeated evidence comes only after a crash.",
            ),
            (Query("sum by (result) (increase(foreshock_aggregate_evidence_events_total[1h]))", "{{result}}"),),
        ),
        PanelPlan(
            Words("判定落后的时间", "How far behind they are decided"),
            Words(
                "正常为一至两个周期。持续上升：某个日志分区没有时钟，或没有评分。",
                "One or two periods is right. A steady rise: a journal partition has no ticks, or is not scored.",
            ),
            (Query("time() - max(foreshock_aggregate_watermark_seconds)", "behind"),),
            unit="s",
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
    (_STAGES, UNITS_COMPARED, _ALERTS, _MANY, _SUPERVISION, _OWED),
    note=EXPLAINED,
)
