"""The dashboard of the models: whether they are right, on labels that are final."""

from __future__ import annotations

from deploy.grafana.panels import DashboardPlan, PanelPlan, Query, RowPlan, Words


def _of_all(figure: str) -> tuple[Query, ...]:
    """Ask for a figure of all customers, one line per horizon."""
    return (Query(f'max by (horizon_days) (foreshock_quality_{figure}_ratio{{cohort="all"}})', "{{horizon_days}} d"),)


_QUALITY = RowPlan(
    Words("质量（仅用已定标签）", "Quality, on final labels"),
    (
        PanelPlan(
            Words("AUC", "AUC"),
            Words("下降：模型不再能区分谁会投诉。", "A fall: the model no longer tells who complains."),
            _of_all("auc"),
            unit="percentunit",
            warn_at=0.7,
            bad_at=0.6,
            is_high_good=True,
        ),
        PanelPlan(
            Words("平均精度", "Average precision"),
            Words(
                "与投诉率相比。下降：每起投诉需要更多致电。",
                "Compare with the complaint rate. A fall: more calls for each complaint.",
            ),
            _of_all("average_precision"),
            unit="percentunit",
        ),
        PanelPlan(
            Words("校准误差", "Calibration error"),
            Words("升高：概率名不副实。", "A rise: probabilities no longer mean what they say."),
            _of_all("calibration_error"),
            unit="percentunit",
            warn_at=0.03,
            bad_at=0.05,
            runbook="ForeshockProbabilitiesWrong",
        ),
        PanelPlan(
            Words("预警精度与召回", "Precision and recall of alerts"),
            Words("在预警阈值处。", "At the threshold of alerts."),
            (
                Query(
                    'max by (horizon_days) (foreshock_quality_alert_precision_ratio{cohort="all"})',
                    "precision {{horizon_days}} d",
                ),
                Query(
                    'max by (horizon_days) (foreshock_quality_alert_recall_ratio{cohort="all"})',
                    "recall {{horizon_days}} d",
                ),
            ),
            unit="percentunit",
        ),
        PanelPlan(
            Words("标签成熟度", "Maturity of labels"),
            Words(
                "约一半为正常。下降：时间未推进，或标签被删失。",
                "About one half is healthy. A fall: no time passes, or labels are censored.",
            ),
            (Query("max by (horizon_days) (foreshock_quality_maturity_ratio)", "{{horizon_days}} d"),),
            unit="percentunit",
            warn_at=0.3,
            bad_at=0.1,
            is_high_good=True,
        ),
        PanelPlan(
            Words("背后的标签数", "Labels behind the figures"),
            Words("太少时上面各图缺失。", "Where they are too few the figures above are missing."),
            (
                Query(
                    'max by (horizon_days) (foreshock_quality_judged_labels{cohort="all"})', "final {{horizon_days}} d"
                ),
                Query(
                    'max by (horizon_days) (foreshock_quality_positive_labels{cohort="all"})',
                    "complaints {{horizon_days}} d",
                ),
            ),
        ),
        PanelPlan(
            Words("按人群的校准误差", "Calibration error by cohort"),
            Words("某一人群明显更高：对他们不公平。", "One far above the others: it is unfair to them."),
            (
                Query(
                    'max by (cohort) (foreshock_quality_calibration_error_ratio{cohort!="all", horizon_days="30"})',
                    "{{cohort}}",
                ),
            ),
            unit="percentunit",
            bad_at=0.05,
        ),
        PanelPlan(
            Words("预测的去向", "What became of predictions"),
            Words(
                "corrected 升高：投诉来得晚；censored 升高：客户离开或全部被致电。",
                "A rise of corrected: complaints arrive late; of censored: customers leave, or all are called.",
            ),
            (Query("sum by (phase) (foreshock_quality_phase_labels)", "{{phase}}"),),
        ),
        PanelPlan(
            Words("挑战者减卫冕者（90 % 区间）", "Challenger minus champion (90 % interval)"),
            Words(
                "两端皆大于零（log_loss 为小于零）：考虑 `foreshock models promote`。",
                "More than zero at both ends (less, for log_loss): think of `foreshock models promote`.",
            ),
            (Query("max by (figure, bound) (foreshock_challenger_difference_ratio)", "{{figure}} {{bound}}"),),
        ),
    ),
)

_LEARNING = RowPlan(
    Words("学习", "Learning"),
    (
        PanelPlan(
            Words("快照年龄", "Age of the newest snapshot"),
            Words("持续增长：学习器无样本或停滞。", "A growing age: the learner starves or stands."),
            (Query("time() - max(foreshock_snapshot_published_timestamp_seconds > 0)", "age"),),
            unit="s",
            warn_at=86_400,
            bad_at=172_800,
            is_one_number=True,
            runbook="ForeshockLearnerStale",
        ),
        PanelPlan(
            Words("快照：已发布与在用", "Snapshots published and active"),
            Words(
                "在用应跟上已发布，除非有人回退或固定。",
                "Active follows published, unless somebody rolled back or pinned.",
            ),
            (
                Query("max(foreshock_snapshot_published_number)", "published"),
                Query("min(foreshock_snapshot_active_number)", "active"),
                Query("sum(foreshock_snapshot_pinned_partitions)", "pinned partitions"),
            ),
            runbook="ForeshockSnapshotNotTaken",
        ),
        PanelPlan(
            Words("成熟与学习的样本", "Examples matured and learned"),
            Words(
                "成熟为零已久：没有投诉主题，或时间未推进。",
                "None matured for long: no complaints topic, or no time passes.",
            ),
            (
                Query("sum(rate(foreshock_examples_matured_total[15m]))", "matured"),
                Query("sum by (result) (rate(foreshock_examples_learned_total[15m]))", "learned: {{result}}"),
            ),
            unit="cps",
        ),
        PanelPlan(
            Words("概率分布（中位数与 95 %）", "Probabilities (median and 95 %)"),
            Words("移动：客户或模型变了。", "A shift: the customers, or the model, changed."),
            tuple(
                Query(
                    f"histogram_quantile({q}, sum by (le, horizon_days) "
                    "(rate(foreshock_probability_ratio_bucket[30m])))",
                    f"p{q * 100:g} {{{{horizon_days}}}} d",
                )
                for q in (0.5, 0.95)
            ),
            unit="percentunit",
        ),
        PanelPlan(
            Words("漂移", "Drift"),
            Words(
                "各监测器最近一次持续变化的数据时间；没有则缺失。",
                "Data time of each monitor's newest change that lasts; missing where there was none.",
            ),
            (Query("max by (monitor) (foreshock_drift_alert_timestamp_seconds) * 1000", "{{monitor}}"),),
            unit="dateTimeAsIso",
        ),
        PanelPlan(
            Words("模型指令", "Commands about models"),
            Words("被拒绝：日志说明原因。", "Refused: the log has the reason."),
            (
                Query(
                    "sum by (command, result) (increase(foreshock_model_commands_total[24h])) > 0",
                    "{{command}} {{result}}",
                ),
            ),
            runbook="ForeshockCommandRefused",
        ),
    ),
)

MODEL_HEALTH = DashboardPlan(
    "foreshock-model-health",
    Words("预示 · 模型健康", "Foreshock · model health"),
    Words("模型准不准：只用已定标签来判断。", "Whether the models are right, judged on labels that are final."),
    (_QUALITY, _LEARNING),
    note=Words(
        "快照与挑战者：`foreshock models list` · 回退：`foreshock models rollback` · "
        "某条预警的依据：`foreshock explain ALERT_ID`",
        "Snapshots and challengers: `foreshock models list` · go back: `foreshock models rollback` · "
        "why there is an alert: `foreshock explain ALERT_ID`",
    ),
)
