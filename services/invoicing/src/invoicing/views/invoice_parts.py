"""The parts of one invoice's answer."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from chassis.http import AmountText, View
from chassis.tx import Tx
from invoicing import tables
from invoicing.core.billable import SourceKind
from invoicing.core.document import InvoiceDocument, InvoiceSource, Issuer, Member, Recipient
from invoicing.core.parties import BankAccount, PostalAddress
from invoicing.core.proposal import Fee, FeeKind
from invoicing.core.shares import OrderShare
from invoicing.tables import Row, among, columns


class AddressView(View):
    postal_code: str
    address1: str
    address2: str
    phone: str


class IssuerView(View):
    """Who issued, at which office, under which registration number."""

    name: str
    location_name: str
    address: AddressView
    registration_number: str | None


class RecipientView(View):
    """The addressee as it was at issue."""

    name: str
    department: str
    individual: bool
    address: AddressView


class MemberView(View):
    """A customer whose documents are on the invoice."""

    customer_id: UUID
    code: str
    name: str


class SourceView(View):
    """A note on the invoice; `late` when its own period was closed before."""

    kind: SourceKind
    source_id: UUID
    number: str
    customer_id: UUID
    dated_on: date
    late: bool


class LineView(View):
    """A line or charge of a source, signed as the invoice adds it (returns negative)."""

    source_id: UUID
    source_number: str
    kind: str
    order_number: str | None
    sku_code: str | None
    name: str
    option: str
    quantity: int | None
    unit_price: AmountText | None
    amount: AmountText
    tax_rate: AmountText | None
    tax_included: bool


class OrderShareView(View):
    """What one order owes of the invoice; the shares add up to its total."""

    order_id: UUID
    customer_id: UUID
    amount: AmountText


class FeeView(View):
    """An amount of the invoice itself, without tax."""

    kind: FeeKind
    name: str
    amount: AmountText
    tax_rate: AmountText


class BankAccountView(View):
    """Where to pay."""

    bank_account_id: UUID
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: str
    number: str
    holder_kana: str
    currency: str


def address_view(address: PostalAddress) -> AddressView:
    return AddressView(
        postal_code=address.postal_code, address1=address.address1, address2=address.address2, phone=address.phone
    )


def issuer_view(issuer: Issuer) -> IssuerView:
    return IssuerView(
        name=issuer.name,
        location_name=issuer.location_name,
        address=address_view(issuer.address),
        registration_number=issuer.registration_number,
    )


def recipient_view(recipient: Recipient) -> RecipientView:
    return RecipientView(
        name=recipient.name,
        department=recipient.department,
        individual=recipient.individual,
        address=address_view(recipient.address),
    )


def member_view(member: Member) -> MemberView:
    return MemberView(customer_id=member.customer_id, code=member.code, name=member.name)


def source_view(source: InvoiceSource) -> SourceView:
    return SourceView(
        kind=source.kind,
        source_id=source.source_id,
        number=source.number,
        customer_id=source.customer_id,
        dated_on=source.dated_on,
        late=source.late,
    )


def order_view(share: OrderShare) -> OrderShareView:
    return OrderShareView(order_id=share.order_id, customer_id=share.customer_id, amount=share.amount.amount)


def fee_view(fee: Fee) -> FeeView:
    return FeeView(kind=fee.kind, name=fee.name, amount=fee.amount.amount, tax_rate=fee.tax_rate.percent)


def bank_account_view(account: BankAccount) -> BankAccountView:
    return BankAccountView(
        bank_account_id=account.bank_account_id,
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        branch_code=account.branch_code,
        branch_name=account.branch_name,
        account_type=account.account_type,
        number=account.number,
        holder_kana=account.holder_kana,
        currency=account.currency,
    )


async def line_views(tx: Tx, document: InvoiceDocument) -> list[LineView]:
    """Lines, then charges, of every source in print order."""
    sources = {source.source_id: source for source in document.sources}
    found: dict[UUID, list[LineView]] = {source_id: [] for source_id in sources}
    for table, view in ((tables.BillableLine, _line), (tables.BillableCharge, _charge)):
        t = columns(table)
        wanted = select(*t).where(t.maker_id == tx.maker_id, among(t.billable_id, list(sources)))
        for row in await tx.rows(wanted.order_by(t.billable_id, t.position)):
            found[row.billable_id].append(view(row, sources[row.billable_id]))
    return [view for views in found.values() for view in views]


def _line(row: Row, source: InvoiceSource) -> LineView:
    sign = _sign(source)
    return LineView(
        source_id=source.source_id,
        source_number=source.number,
        kind="line",
        order_number=row.order_number,
        sku_code=row.sku_code,
        name=row.product_name,
        option=row.option,
        quantity=row.quantity * sign,
        unit_price=row.unit_price,
        amount=row.amount * sign,
        tax_rate=row.tax_rate,
        tax_included=row.tax_included,
    )


def _charge(row: Row, source: InvoiceSource) -> LineView:
    return LineView(
        source_id=source.source_id,
        source_number=source.number,
        kind=row.kind,
        order_number=None,
        sku_code=None,
        name=row.name,
        option="",
        quantity=None,
        unit_price=None,
        amount=row.amount * _sign(source),
        tax_rate=row.tax_rate,
        tax_included=row.tax_included,
    )


def _sign(source: InvoiceSource) -> int:
    return -1 if source.kind is SourceKind.RETURN_NOTE else 1
