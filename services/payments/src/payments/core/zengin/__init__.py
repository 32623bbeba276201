"""Zengin transfer notices (全銀 振込入金通知, type 01): 200-byte records read by bytes, all problems told at once."""

from payments.core.zengin.notice import read_notice
from payments.core.zengin.records import looks_like_zengin

__all__ = ["looks_like_zengin", "read_notice"]
