"""What answers are made of. Amounts in the order's currency, decimals as strings; days in the maker's zone."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from chassis.http import AmountText, View
from chassis.http.models import RowProblem


class WarningView(View):
    """A warning of an order: its code, what fills its text, and the text in the caller's language."""

    code: str
    facts: dict[str, str]
    message: str


class LineView(View):
    """A line: `amount` = `unit_price` × `quantity`; `rate_source` says which rate won (CAT-052). Pieces `shipped` and
    `closed` are counted from deliveries; `open` are still to come once the order is converted."""

    line_id: UUID
    line_no: int
    sku_id: UUID | None
    sku_code: str
    product_name: str
    option: str
    quantity: int
    original_price: AmountText
    wholesale_rate: AmountText
    rate_source: str
    unit_price: AmountText
    amount: AmountText
    tax_rate: AmountText
    tax_included: bool
    reduced: bool
    planned_from: date | None
    planned_to: date | None
    ship_to_number: int
    shipped: int
    closed: int
    open: int


class ChargeView(View):
    """An order-level amount, signed, one per kind and rate; payment points have no rate."""

    charge_id: UUID
    kind: str
    name: str
    tax_rate: AmountText | None
    amount: AmountText
    tax_included: bool


class RateView(View):
    """One tax rate: what was entered without tax and with it, and what follows (INT-055)."""

    tax_rate: AmountText
    reduced: bool
    exclusive_sum: AmountText
    inclusive_sum: AmountText
    net: AmountText
    tax: AmountText
    gross: AmountText


class ContentView(View):
    """Lines, charges and totals of one version of an order. `items` is the sum of line amounts as priced."""

    content_version: int
    lines: tuple[LineView, ...]
    charges: tuple[ChargeView, ...]
    per_rate: tuple[RateView, ...]
    items: AmountText
    net: AmountText
    tax: AmountText
    payment_points: AmountText
    grand_total: AmountText


class EntryView(View):
    """An order-level amount as it was entered: its rate's bucket, the proration bucket, or payment points (ORD-067)."""

    kind: str
    tax_rate: AmountText | None
    prorated: bool
    amount: AmountText


class SignatureView(View):
    """Who did it, when, with which note or reason."""

    by: str
    at: datetime
    note: str


class ConfirmationView(View):
    """A version of the order confirmation."""

    version: int
    content_version: int
    approval_required: bool
    created: SignatureView
    approved: SignatureView | None
    rejected: SignatureView | None
    confirmed: SignatureView | None
    confirmed_on: date | None


class ConfirmationDocument(ConfirmationView):
    """A version of the order confirmation with everything it shows (ORD-078)."""

    content: ContentView


class MasterFieldsView(View):
    """The 15 fields taken from the wholesale-customer master (INT-057)."""

    purchaser_postal_code: str
    purchaser_address1: str
    purchaser_address2: str
    purchaser_name: str
    purchaser_kana: str
    purchaser_phone: str
    purchaser_email: str
    ship_to_postal_code: str
    ship_to_address1: str
    ship_to_address2: str
    ship_to_name: str
    ship_to_kana: str
    ship_to_phone: str
    payment_method: str
    shipping_method: str


class OrderSummary(View):
    """An order in a list: where it stands and what it is worth. Amounts are those of the official content (ORD-015).
    `stocked_at` is when fulfillment had the unshipped SKUs."""

    order_id: UUID
    number: str
    state: str
    channel: str
    customer_id: UUID | None
    customer_code: str
    customer_name: str
    purchase_order_number: str
    ordered_at: datetime
    ordered_on: date
    wished_on: date | None
    currency: str
    net: AmountText
    tax: AmountText
    grand_total: AmountText
    on_hold: bool
    over_limit: bool
    invoiced: str
    warnings: tuple[str, ...]
    oc_version: int
    confirmed_on: date | None
    stocked_at: datetime | None
    version: int


class OrderView(View):
    """One order with everything about it. `content` is the official one; `placed_content` is given where an OC changed
    it. `allowed` are the deeds its state accepts; `stocked_at` is when fulfillment had the unshipped SKUs."""

    order_id: UUID
    number: str
    state: str
    allowed: tuple[str, ...]
    channel: str
    customer_id: UUID | None
    customer_code: str
    customer_name: str
    master_fields: MasterFieldsView | None
    purchase_order_number: str
    ordered_at: datetime
    ordered_on: date
    wished_on: date | None
    time_slot: str
    remark: str
    worker_memo: str
    medium: str
    customer_class: str
    gift: str
    price_is_net: bool
    currency: str
    content: ContentView
    placed_content: ContentView | None
    entries: tuple[EntryView, ...]
    order_confirmations: tuple[ConfirmationView, ...]
    net: AmountText
    tax: AmountText
    grand_total: AmountText
    billed_amount: AmountText
    on_hold: bool
    over_limit: bool
    invoiced: str
    warnings: tuple[WarningView, ...]
    placed: SignatureView
    oc_version: int
    confirmed_on: date | None
    stocked_at: datetime | None
    version: int


class DeedView(View):
    """A deed on an order and its reason."""

    deed: str
    by: str
    at: datetime
    note: str


class SourceRowView(View):
    """One file row: its number and its cells under their headers, as they came (INT-056)."""

    row: int
    cells: dict[str, str]


class SourceView(View):
    """The file rows an order was imported from."""

    file_id: UUID
    layout: str
    rows: tuple[SourceRowView, ...]


class ExposureView(View):
    """What a customer owes: orders not yet invoiced, and the posted balance (CUS-060). `available` is None without a
    limit; the limit is in the maker's own currency."""

    customer_id: UUID
    customer_code: str
    customer_name: str
    currency: str
    ordered: AmountText
    posted: AmountText
    total: AmountText
    credit_limit: AmountText | None
    available: AmountText | None


class ImportedOrderView(View):
    """What became of one order of a file. `outcome`: imported, held, skipped, rejected; ids only for what came in."""

    number: str
    outcome: str
    order_id: UUID | None
    state: str | None
    customer_code: str
    lines: int
    grand_total: AmountText | None
    warnings: tuple[WarningView, ...]


class OrderRowProblem(RowProblem):
    """A problem of a file row, and the order it kept out."""

    order_number: str
    outcome: str


class OrderImportReport(View):
    """What an import did or, dry, would do. `counts` are orders: imported, held, skipped, rejected; `errors` holds the
    first 1,000, `error_count` counts them all (INT-012, INT-046)."""

    dry_run: bool
    applied: bool
    layout: str
    encoding: str
    rows: int
    counts: dict[str, int]
    orders: tuple[ImportedOrderView, ...]
    errors: tuple[OrderRowProblem, ...]
    error_count: int
