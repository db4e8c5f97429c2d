"""Notices: what people are to be told, how it is said in their language, and who delivers it."""

from servicecore.notices.channel import Channel, Line, Rate
from servicecore.notices.contact import Contact, Text, Withhold
from servicecore.notices.message import Delivered, Delivery, Message, Permanent, Retry
from servicecore.notices.notice import Notice, Severity
from servicecore.notices.reasons import Reason
from servicecore.notices.record import NoticeRecord, NoticeState, Remark
from servicecore.notices.rules import DEFAULT_NOTICES, NoticeRule, is_over, notices_of, without

__all__ = [
    "DEFAULT_NOTICES",
    "Channel",
    "Contact",
    "Delivered",
    "Delivery",
    "Line",
    "Message",
    "Notice",
    "NoticeRecord",
    "NoticeRule",
    "NoticeState",
    "Permanent",
    "Rate",
    "Reason",
    "Remark",
    "Retry",
    "Severity",
    "Text",
    "Withhold",
    "is_over",
    "notices_of",
    "without",
]
