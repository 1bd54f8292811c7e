"""The dashboard of the engineers on call: whether everything flows."""

from __future__ import annotations

from deploy.grafana.panels import DashboardPlan, PanelPlan, Query, RowPlan, Words


def _quantiles(metric: str, by: str = "") -> tuple[Query, ...]:
    """Ask for the median and the 99 % quantile of a histogram."""
    labels = f"le, {by}" if by else "le"
    return tuple(
        Query(
            f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket[5m])))",
            f"p{q * 100:g}" + (f" {{{{{by}}}}}" if by else ""),
        )
        for q in (0.5, 0.99)
    )


_LOSS = RowPlan(
    Words("有没有丢失或停滞", "Is anything lost or stuck?"),
    (
        PanelPlan(
            Words("从未处理的位点", "Positions never seen"),
            Words("非零即为丢失或险些丢失。", "Anything but zero is loss, or was nearly."),
            (
                Query("sum(increase(foreshock_skipped_positions_total[24h]))", "24 h"),
                Query("sum(foreshock_unacknowledged_holes)", "holes"),
            ),
            bad_at=1,
            is_one_number=True,
            width=6,
            runbook="ForeshockPositionsSkipped",
        ),
        PanelPlan(
            Words("停滞的部分", "Parts that stand still"),
            Words(
                "大于零：进程即将自行退出，须由守护程序重启。",
                "More than zero: the worker ends itself soon, and a supervisor must start it again.",
            ),
            (Query("sum(foreshock_stalled_parts) or vector(0)", "parts"),),
            bad_at=1,
            is_one_number=True,
            width=6,
            runbook="ForeshockPartStalled",
        ),
        PanelPlan(
            Words("失联的依赖", "Dependencies away"),
            Words(
                "代理服务器或推送渠道无应答，自动重试中。",
                "The broker or a sink does not answer; workers try again by themselves.",
            ),
            (Query("sum by (dependency) (foreshock_lost_dependencies)", "{{dependency}}"),),
            bad_at=1,
            is_one_number=True,
            width=6,
            runbook="ForeshockBrokerLost",
        ),
        PanelPlan(
            Words("无应答的进程", "Workers that do not answer"),
            Words("其分区由其他进程接管。", "Their partitions go to the others."),
            (Query('count(up{job="foreshock"} == 0) or vector(0)', "workers"),),
            bad_at=1,
            is_one_number=True,
            width=6,
            runbook="ForeshockWorkerDown",
        ),
    ),
)

_FLOW = RowPlan(
    Words("流量", "Flow"),
    (
        PanelPlan(
            Words("事件", "Events"),
            Words("某类降到零：生产方或连接器停了。", "A fall of one to zero: its producer or connector has stopped."),
            (Query("sum by (kind) (rate(foreshock_events_total[5m]))", "{{kind}}"),),
            unit="cps",
            runbook="ForeshockDataGap",
        ),
        PanelPlan(
            Words("各渠道事件", "Events by channel"),
            Words("某渠道降到零：其连接器停了。", "A fall of one to zero: its connector has stopped."),
            (Query("sum by (channel) (increase(foreshock_events_total[1h])) > 0", "{{channel}}"),),
            runbook="ForeshockChannelGap",
        ),
        PanelPlan(
            Words("积压", "Lag"),
            Words("持续上升：增加进程，或代理服务器慢。", "A steady rise: add workers, or the broker is slow."),
            (Query("sum by (group) (foreshock_lag_records)", "{{group}}"),),
            warn_at=1_000,
            bad_at=10_000,
            runbook="ForeshockLag",
        ),
        PanelPlan(
            Words("事件到预警的延迟", "From event to alert"),
            Words("目标：99 % 在五秒内。", "The objective: 99 % within five seconds."),
            _quantiles("foreshock_alert_latency_seconds"),
            unit="s",
            warn_at=1,
            bad_at=5,
            runbook="ForeshockAlertsSlowNow",
        ),
        PanelPlan(
            Words("核心用时（每条日志记录）", "Time of the core per journal record"),
            Words("升高：客户状态更多，或许多定时器触发。", "A rise: customers carry more state, or many timers fire."),
            _quantiles("foreshock_record_seconds"),
            unit="s",
            warn_at=0.1,
            bad_at=1,
        ),
        PanelPlan(
            Words("核心处理的消息与定时器", "Messages and timers of the core"),
            Words("定时器长期为零：没有时钟消息进入日志。", "No timers for long: no ticks reach the journal."),
            (
                Query("sum(rate(foreshock_messages_stepped_total[5m]))", "messages"),
                Query("sum(rate(foreshock_timers_fired_total[5m]))", "timers"),
            ),
            unit="cps",
        ),
        PanelPlan(
            Words("重复、迟到、乱序", "Duplicates, late, out of order"),
            Words(
                "迟到或乱序升高：生产方积压；重复升高：重复发送。",
                "A rise of late or out_of_order: a producer has a backlog; of duplicate: it sends twice.",
            ),
            (Query("sum by (fact) (rate(foreshock_messages_noted_total[5m]))", "{{fact}}"),),
            unit="cps",
        ),
        PanelPlan(
            Words("死信", "Dead letters"),
            Words("生产方改了格式，或渠道拒收。", "A producer changed its format, or a sink refuses alerts."),
            (Query("sum by (reason) (increase(foreshock_dead_letters_total[1h]))", "{{reason}}"),),
            warn_at=1,
            runbook="ForeshockDeadLetters",
        ),
    ),
)

_WRITING = RowPlan(
    Words("写入与账本", "Writer and ledger"),
    (
        PanelPlan(
            Words("写入用时", "Time to write a group"),
            Words(
                "从离开核心到输出与状态落盘、位点记入账本。升高：代理服务器确认得慢。",
                "From leaving the core until the broker has outputs and rows, and the ledger the offset. A rise: the "
                "broker is slow to acknowledge.",
            ),
            _quantiles("foreshock_write_seconds"),
            unit="s",
            warn_at=0.3,
            bad_at=1,
            runbook="ForeshockAlertsSlowNow",
        ),
        PanelPlan(
            Words("写入的组", "Groups written"),
            Words("为零而有积压：写入停了。", "Zero while there is lag: the writer stands."),
            (Query("sum(rate(foreshock_write_seconds_count[5m]))", "groups"),),
            unit="cps",
            runbook="ForeshockPartStalled",
        ),
        PanelPlan(
            Words("账本尚未记入的日志记录", "Journal records the ledger does not have yet"),
            Words("持续上升：增加进程，或代理服务器慢。", "A steady rise: add workers, or the broker is slow."),
            (Query('sum(foreshock_lag_records{group="score"})', "records"),),
            warn_at=1_000,
            bad_at=10_000,
            runbook="ForeshockLag",
        ),
    ),
)

_RECOVERY = RowPlan(
    Words("状态恢复", "Recovery"),
    (
        PanelPlan(
            Words("恢复进度", "Progress of recovery"),
            Words("已读应增长到应读。", "Read should grow to expected."),
            (
                Query("sum by (instance) (foreshock_recovery_read_positions)", "read {{instance}}"),
                Query("sum by (instance) (foreshock_recovery_expected_positions)", "expected {{instance}}"),
            ),
            runbook="ForeshockRecoveryLong",
        ),
        PanelPlan(
            Words("未恢复的分区", "Partitions not back yet"),
            Words("大于零：这些客户在等待。", "More than zero: those customers wait."),
            (Query("sum by (instance) (foreshock_recovery_open_partitions)", "{{instance}}"),),
            warn_at=1,
            runbook="ForeshockRecoveryLong",
        ),
        PanelPlan(
            Words("恢复用时", "Time of recoveries"),
            Words("升高：客户更多，或代理服务器慢。", "A rise: more customers, or a slow broker."),
            (
                Query(
                    "sum(rate(foreshock_recovery_seconds_sum[1h]))"
                    " / (sum(rate(foreshock_recovery_seconds_count[1h])) > 0)",
                    "mean",
                ),
            ),
            unit="s",
            warn_at=60,
            bad_at=300,
        ),
        PanelPlan(
            Words("恢复读回的行", "Rows read back"),
            Words(
                "无重启却持续增长：消费组反复再平衡。",
                "Steady growth without restarts: the group rebalances again and again.",
            ),
            (
                Query("sum(increase(foreshock_recovered_rows_total[1h]))", "in all"),
                Query("sum by (instance) (foreshock_recovery_rows)", "this recovery {{instance}}"),
            ),
        ),
        PanelPlan(
            Words("外来的行", "Foreign rows"),
            Words("非零：有外部程序写入状态日志。", "Anything but zero: somebody else writes to the changelog."),
            (Query("sum(increase(foreshock_foreign_rows_total[24h]))", "24 h"),),
            bad_at=1,
            runbook="ForeshockForeignRows",
        ),
    ),
)

_SINKS = RowPlan(
    Words("推送渠道", "Sinks"),
    (
        PanelPlan(
            Words("渠道积压", "Lag of sinks"),
            Words(
                "渠道比预警慢，或已中断；不影响其他渠道。",
                "The sink is slower than the alerts come, or down; others are not delayed.",
            ),
            (Query("sum by (sink) (foreshock_sink_lag_records)", "{{sink}}"),),
            warn_at=100,
            runbook="ForeshockSinkBackingUp",
        ),
        PanelPlan(
            Words("事件到渠道的延迟", "From event to sink"),
            Words("单独升高：该渠道慢。", "A rise without one of the alerts': the sink is slow."),
            _quantiles("foreshock_delivery_latency_seconds", "sink"),
            unit="s",
            warn_at=10,
            bad_at=60,
        ),
        PanelPlan(
            Words("每次送达的尝试次数", "Attempts per delivery"),
            Words("大于一：渠道不时失败。", "More than one: the sink fails now and then."),
            (
                Query(
                    "sum by (sink) (rate(foreshock_delivery_attempts_total[15m]))"
                    " / (sum by (sink) (rate(foreshock_alerts_delivered_total[15m])) > 0)",
                    "{{sink}}",
                ),
            ),
            warn_at=1.5,
            bad_at=3,
        ),
        PanelPlan(
            Words("渠道死信", "Dead letters of sinks"),
            Words("查看后重投。", "Look at the letters, then redrive them."),
            (Query("sum by (sink) (increase(foreshock_sink_dead_letters_total[1h]))", "{{sink}}"),),
            warn_at=1,
            runbook="ForeshockSinkRefuses",
        ),
    ),
)

STREAM_HEALTH = DashboardPlan(
    "foreshock-stream-health",
    Words("预示 · 流健康", "Foreshock · stream health"),
    Words("一切是否在流动，有没有丢失。", "Whether everything flows, and nothing is lost."),
    (_LOSS, _FLOW, _WRITING, _RECOVERY, _SINKS),
    note=Words(
        "全部检查：`foreshock check` · 死信：`foreshock dead-letters list` · 日志与漏洞：进程的 `/healthz`",
        "Check everything: `foreshock check` · dead letters: `foreshock dead-letters list` · "
        "holes, by name: `/healthz` of a worker",
    ),
)
