"""Alerts as messages of chat robots and as e-mail: WeCom, DingTalk, Feishu, Slack, SMTP."""
