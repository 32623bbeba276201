"""The invoice on paper: every text and figure the template lays out, finished (INV-063, INV-081, INV-171).

`paper_of` is a pure function of the stored snapshot and the lines of its notes, so the same invoice always gives the
same paper. The amounts printed in the lines add up to what stands below them; nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from invoicing.core import japanese
from invoicing.core.billable import ReturnedFrom, SourceKind
from invoicing.core.calculation import RateTax
from invoicing.core.document import InvoiceDocument, InvoiceSource, Member
from invoicing.core.invoice import Voiding
from invoicing.core.parties import PostalAddress
from invoicing.core.proposal import Fee, FeeKind
from kernel.calendar import Period
from kernel.money import Currency, Money, Rate, total
from kernel.tax import TaxedSums

Paper: TypeAlias = dict[str, object]
"""Texts, lists and nested papers; the template's JSON."""

GREETING: Final = ("毎度格別のお引き立てを賜り、厚く御礼申し上げます。", "下記のとおりご請求申し上げます。")
FEE_ON_CUSTOMER: Final = "※恐れ入りますが、振込手数料は貴社（お客様）にてご負担くださいますようお願い申し上げます。"
FEE_ON_SELLER: Final = "※振込手数料は弊社負担として、あらかじめご請求額から差し引いております。"
NOT_USED: Final = "－"
UNIT: Final = "点"


class Variant(StrEnum):
    """The paper as it was issued, and the copy that says it is void (INV-171)."""

    ORIGINAL = "original"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line or charge of a note; charges have no code, quantity and unit price, payment points no rate."""

    name: str
    amount: Money
    tax_rate: Rate | None
    tax_included: bool
    code: str = ""
    quantity: int | None = None
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True)
class NoteDetail:
    """What the paper says of a note beyond the snapshot: its lines, the orders it fulfils, what a return takes back."""

    lines: tuple[PrintedLine, ...]
    order_numbers: tuple[str, ...] = ()
    returned_from: ReturnedFrom | None = None
    reason: str = ""


def paper_of(document: InvoiceDocument, details: Mapping[UUID, NoteDetail], voiding: Voiding | None = None) -> Paper:
    """The whole paper; a voided invoice bears a watermark (INV-171)."""
    return {
        "title": _title(document),
        "qualified": _qualified(document),
        "watermark": "無効" if voiding else "",
        "number": document.number,
        "facts": _facts(document, voiding),
        "recipient": _recipient(document),
        "issuer": _issuer(document),
        "greeting": GREETING,
        "header_comment": document.wording.header_comment,
        "footer_comment": document.wording.footer_comment.split("\n") if document.wording.footer_comment else [],
        "claim": {
            "label": "今回ご請求額",
            "amount": japanese.price(document.amounts.billing_amount),
            "remark": "（税込）",
            "due": japanese.day(document.dates.due_on),
        },
        "balance": _balance(document),
        "rates": [row for one in document.amounts.per_rate for row in _rate_rows(one)],
        "rate_total": _rate_total(document),
        "bank": _bank(document),
        "transfer_fee": FEE_ON_SELLER if _bank_fee_is_deducted(document) else FEE_ON_CUSTOMER,
        "groups": _groups(document, details),
        "sum": _sum(document),
        "legend": _legend(document),
    }


# ---- Head ----


def _title(document: InvoiceDocument) -> str:
    return "合計請求書" if document.dates.closing_date or len(document.sources) > 1 else "請求書"


def _qualified(document: InvoiceDocument) -> str:
    if not document.qualified:
        return ""
    returns = any(source.kind is SourceKind.RETURN_NOTE for source in document.sources)
    return "適格請求書 兼 適格返還請求書" if returns else "適格請求書"


def _facts(document: InvoiceDocument, voiding: Voiding | None) -> list[Paper]:
    dates = document.dates
    facts = [("請求書番号", document.number), ("発行日", japanese.day(dates.issued_on))]
    if dates.closing_date:
        facts.append(("締切日", japanese.day(dates.closing_date)))
    facts.append(("お取引期間", japanese.period(dates.period or _traded(document.sources))))
    facts.append(("お客様コード", document.recipient.code))
    if document.replaces:
        facts.append(("差替元番号", document.replaces.number))
    if voiding:
        facts.append(("取消日", japanese.day(voiding.voided_on)))
    return [{"label": label, "value": value} for label, value in facts]


def _traded(sources: Sequence[InvoiceSource]) -> Period:
    days = [source.dated_on for source in sources]
    return Period(min(days), max(days))


def _recipient(document: InvoiceDocument) -> Paper:
    recipient = document.recipient
    return {
        "postal": recipient.address.postal_code,
        "address": _address_rows(recipient.address),
        "name": recipient.name,
        "department": recipient.department,
        "honorific": "様" if recipient.individual else "御中",
    }


def _issuer(document: InvoiceDocument) -> Paper:
    issuer = document.issuer
    postal = [f"〒{issuer.address.postal_code}"] if issuer.address.postal_code else []
    phone = [f"TEL {issuer.address.phone}"] if issuer.address.phone else []
    return {
        "name": issuer.name,
        "rows": [*postal, *_address_rows(issuer.address), *phone],
        "registration": f"登録番号 {issuer.registration_number}" if document.qualified else "",
    }


def _address_rows(address: PostalAddress) -> list[str]:
    return [row for row in (address.address1, address.address2) if row]


# ---- Amounts ----


def _balance(document: InvoiceDocument) -> list[Paper]:
    """The carry-forward block (R11); its first three cells are used when a balance is brought forward."""
    amounts = document.amounts
    carried = japanese.figure(amounts.brought_forward) if amounts.brought_forward else NOT_USED
    cells = [
        ("前回ご請求額", NOT_USED),
        ("ご入金額", NOT_USED),
        ("繰越額", carried),
        ("今回お買上額", japanese.figure(amounts.net)),
        ("消費税額", japanese.figure(amounts.tax)),
    ]
    if amounts.payment_points:
        cells.append(("支払ポイント", japanese.figure(-amounts.payment_points)))
    cells.append(("今回ご請求額", japanese.figure(amounts.billing_amount)))
    return [{"label": label, "value": value, "strong": label == "今回ご請求額"} for label, value in cells]


def _rate_rows(one: RateTax) -> list[Paper]:
    """A rate's base, tax and gross; with returns, what was bought and what came back stand above it (INV-083)."""
    mark = "※" if one.taxed.reduced else ""
    label = f"{mark}{one.taxed.rate}%対象"
    if not (one.returned.exclusive or one.returned.inclusive):
        return [_rate_row(label, one.taxed)]
    sold = one.sold
    back: Paper = {
        "label": "　うちご返品",
        "net": japanese.figure(one.taxed.net - sold.net),
        "tax": japanese.figure(one.taxed.tax - sold.tax),
        "gross": japanese.figure(one.taxed.gross - sold.gross),
    }
    return [_rate_row(label, one.taxed), _rate_row("　うちお買上", sold), back]


def _rate_row(label: str, taxed: TaxedSums) -> Paper:
    return {
        "label": label,
        "net": japanese.figure(taxed.net),
        "tax": japanese.figure(taxed.tax),
        "gross": japanese.figure(taxed.gross),
    }


def _rate_total(document: InvoiceDocument) -> Paper:
    amounts = document.amounts
    return {
        "net": japanese.figure(amounts.net),
        "tax": japanese.figure(amounts.tax),
        "gross": japanese.figure(amounts.gross),
    }


def _sum(document: InvoiceDocument) -> list[Paper]:
    """How the lines become the total: all printed amounts, plus the tax of those printed without it."""
    amounts = document.amounts
    taxed = [one.taxed for one in amounts.per_rate]
    entered = total((one.exclusive + one.inclusive for one in taxed), amounts.currency) - amounts.payment_points
    rows = [
        ("明細合計", entered),
        ("消費税額（外税分）", amounts.total - entered),
        ("ご請求金額（税込）", amounts.total),
    ]
    return [{"label": label, "value": japanese.figure(value)} for label, value in rows]


# ---- Bank ----


def _bank(document: InvoiceDocument) -> list[str]:
    account = document.bank_account
    if account is None:
        return ["別途ご案内申し上げます。"]
    kind = japanese.ACCOUNT_TYPES.get(account.account_type, "")
    return [
        f"{account.bank_name}（{account.bank_code}）　{account.branch_name}（{account.branch_code}）",
        f"{kind} {account.number}",
        f"口座名義　{account.holder_kana}",
    ]


def _bank_fee_is_deducted(document: InvoiceDocument) -> bool:
    return any(fee.kind is FeeKind.BANK_FEE for fee in document.fees)


# ---- Lines ----


def _groups(document: InvoiceDocument, details: Mapping[UUID, NoteDetail]) -> list[Paper]:
    """Per delegator when the notes are not all the addressee's own, then the fees of the invoice itself."""
    apart = [member.customer_id for member in document.members] != [document.recipient.customer_id]
    by_customer: dict[UUID, list[InvoiceSource]] = {}
    for source in document.sources:
        by_customer.setdefault(source.customer_id, []).append(source)
    groups = [_group(member, by_customer[member.customer_id], details, document) for member in document.members]
    if not apart:
        groups[0] |= {"heading": "", "subtotal": ""}
    return groups + ([_fees(document)] if document.fees else [])


def _group(
    member: Member, sources: Sequence[InvoiceSource], details: Mapping[UUID, NoteDetail], document: InvoiceDocument
) -> Paper:
    currency, reduced = document.amounts.currency, _reduced(document)
    amounts = [_note_total(source, details[source.source_id], currency) for source in sources]
    return {
        "heading": f"納品先：{member.name} 様（{member.code}）",
        "subtotal_label": f"{member.name} 様　小計",
        "subtotal": japanese.figure(total(amounts, currency)),
        "notes": [
            _note(source, details[source.source_id], amount, reduced)
            for source, amount in zip(sources, amounts, strict=True)
        ],
    }


def _reduced(document: InvoiceDocument) -> set[Rate]:
    """The reduced rates; a charge knows its rate only."""
    return {one.taxed.rate for one in document.amounts.per_rate if one.taxed.reduced}


def _note(source: InvoiceSource, detail: NoteDetail, amount: Money, reduced: set[Rate]) -> Paper:
    is_return = source.kind is SourceKind.RETURN_NOTE
    return {
        "date": japanese.day(source.dated_on),
        "label": "返品伝票" if is_return else "納品書",
        "number": source.number,
        "remark": "　".join(_remarks(source, detail)),
        "subtotal": japanese.figure(amount),
        "rows": [_row(line, reduced, is_return=is_return) for line in detail.lines],
    }


def _remarks(source: InvoiceSource, detail: NoteDetail) -> Iterable[str]:
    if detail.returned_from:
        yield f"納品書 {detail.returned_from.note_number}（{japanese.day(detail.returned_from.delivered_on)}）分"
        yield detail.reason
    elif detail.order_numbers:
        yield f"ご注文 {'、'.join(detail.order_numbers)}"
    if source.late:
        yield "【前回締切分】"


def _note_total(source: InvoiceSource, detail: NoteDetail, currency: Currency) -> Money:
    sign = -1 if source.kind is SourceKind.RETURN_NOTE else 1
    return total((line.amount for line in detail.lines), currency) * sign


def _row(line: PrintedLine, reduced: set[Rate], *, is_return: bool) -> Paper:
    sign = -1 if is_return else 1
    mark = f"{japanese.REDUCED} " if line.tax_rate in reduced else ""
    return {
        "code": line.code,
        "name": f"{mark}{line.name}",
        "quantity": japanese.count(line.quantity * sign) if line.quantity is not None else "",
        "unit": UNIT if line.quantity is not None else "",
        "price": japanese.figure(line.unit_price) if line.unit_price is not None else "",
        "amount": japanese.figure(line.amount * sign),
        "rate": _rate(line, reduced),
    }


def _rate(line: PrintedLine, reduced: set[Rate]) -> str:
    if line.tax_rate is None:
        return "対象外"
    return japanese.rate(line.tax_rate, reduced=line.tax_rate in reduced, tax_included=line.tax_included)


def _fees(document: InvoiceDocument) -> Paper:
    amount = total((fee.amount for fee in document.fees), document.amounts.currency)
    reduced = _reduced(document)
    note: Paper = {
        "date": japanese.day(document.dates.issued_on),
        "label": "その他のご請求",
        "number": "",
        "remark": "",
        "subtotal": japanese.figure(amount),
        "rows": [_row(_fee_line(fee), reduced, is_return=False) for fee in document.fees],
    }
    return {"heading": "", "subtotal_label": "", "subtotal": "", "notes": [note]}


def _fee_line(fee: Fee) -> PrintedLine:
    return PrintedLine(fee.name, fee.amount, fee.tax_rate, tax_included=False)


def _legend(document: InvoiceDocument) -> list[str]:
    reduced = [str(one.taxed.rate) for one in document.amounts.per_rate if one.taxed.reduced]
    marks = [f"※は軽減税率（{'%・'.join(reduced)}%）対象です。"] if reduced else []
    modes = {one.rounding for one in document.amounts.per_rate}
    ways = "・".join(japanese.ROUNDINGS[mode] for mode in sorted(modes))
    return [
        "".join([*marks, "税率欄の「込」は税込金額、表示のないものは税抜金額です。▲は減額を表します。"]),
        f"消費税額は、税率ごとの合計額に対して1請求書につき1回の端数処理（{ways}）で計算しています。",
    ]
