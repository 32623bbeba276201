"""Ordering's tables: copies of masters, orders with contents and confirmations, exposure, billing evidence."""

from __future__ import annotations

from alembic import op

from chassis.migrations import create_runtime_tables, secure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "makers",
    "customers",
    "skus",
    "taxes",
    "customer_rates",
    "orders",
    "order_lines",
    "order_charges",
    "order_confirmations",
    "order_deeds",
    "order_sources",
    "customer_exposures",
    "note_shares",
    "invoiced_notes",
)

COPIES = """
create table makers (
    maker_id uuid not null constraint pk_makers primary key,
    currency text not null,
    time_zone text not null,
    language text not null,
    price_rounding text not null,
    price_tax_mode text not null,
    unshipped_creation text not null,
    strict_import boolean not null,
    version bigint not null
);
create table customers (
    maker_id uuid not null,
    customer_id uuid not null,
    code text not null,
    name text not null,
    email text not null,
    payment_category text not null,
    shipping_category text not null,
    wholesale_rate numeric,
    credit_limit numeric,
    active boolean not null,
    address jsonb not null,
    ship_tos jsonb not null,
    version bigint not null,
    constraint pk_customers primary key (maker_id, customer_id)
);
create index ix_customers_code on customers (maker_id, code);
create table skus (
    maker_id uuid not null,
    sku_id uuid not null,
    code text not null,
    code_key text not null,
    product_id uuid not null,
    name text not null,
    state text not null,
    prices jsonb not null,
    tax_id uuid,
    wholesale_rate numeric,
    planned_from date,
    planned_to date,
    version bigint not null,
    constraint pk_skus primary key (maker_id, sku_id)
);
create index ix_skus_code_key on skus (maker_id, code_key);
create table taxes (
    maker_id uuid not null,
    tax_id uuid not null,
    rate numeric not null,
    reduced boolean not null,
    rounding text not null,
    country text not null,
    standard boolean not null,
    active boolean not null,
    version bigint not null,
    constraint pk_taxes primary key (maker_id, tax_id)
);
create table customer_rates (
    maker_id uuid not null,
    product_id uuid not null,
    customer_id uuid not null,
    wholesale_rate numeric not null,
    version bigint not null,
    constraint pk_customer_rates primary key (maker_id, product_id, customer_id)
);
create index ix_customer_rates_customer on customer_rates (maker_id, customer_id, product_id);
"""

ORDERS = """
create table orders (
    maker_id uuid not null,
    order_id uuid not null,
    number text not null,
    state text not null,
    channel text not null,
    currency text not null,
    ordered_at timestamptz not null,
    ordered_on date not null,
    customer_id uuid,
    customer_code text not null,
    customer_name text not null,
    purchase_order_number text not null,
    wished_on date,
    on_hold boolean not null,
    over_limit boolean not null,
    invoiced text not null,
    warning_codes text[] not null,
    net_amount numeric not null,
    tax_amount numeric not null,
    grand_total numeric not null,
    ordered_quantity bigint not null,
    shipped_quantity bigint not null,
    closed_quantity bigint not null,
    billed_quantity bigint not null,
    expected_amount numeric not null,
    billed_amount numeric not null,
    exposed_amount numeric not null,
    content_version integer not null,
    oc_version integer not null,
    confirmed_on date,
    buyer jsonb,
    heading jsonb not null,
    entries jsonb not null,
    warnings jsonb not null,
    placed_totals jsonb not null,
    placed_by text not null,
    placed_at timestamptz not null,
    placed_note text not null,
    changed_at timestamptz not null,
    stocked_at timestamptz,
    version bigint not null,
    constraint pk_orders primary key (maker_id, order_id),
    constraint uq_orders_number unique (maker_id, number),
    constraint ck_orders_state check (state in ('NEEDS_ATTENTION', 'PLACED', 'OC_CREATED', 'OC_APPROVED', 'OC_REJECTED',
        'OC_REVISION', 'OC_CONFIRMED', 'UNSHIPPED', 'PART_DELIVERED', 'DELIVERED', 'CANCELLED')),
    constraint ck_orders_invoiced check (invoiced in ('no', 'partly', 'yes')),
    constraint ck_orders_customer check ((customer_id is null) = (buyer is null)
        and (customer_id is not null or state in ('NEEDS_ATTENTION', 'CANCELLED'))),
    constraint ck_orders_exposed check (exposed_amount >= 0),
    constraint ck_orders_pieces check (shipped_quantity >= 0 and closed_quantity >= 0
        and shipped_quantity + closed_quantity <= ordered_quantity),
    constraint ck_orders_oc_version check (content_version between 0 and oc_version)
);
create index ix_orders_ordered on orders (maker_id, ordered_at desc, order_id desc);
create index ix_orders_state on orders (maker_id, state, ordered_at desc, order_id desc);
create index ix_orders_customer on orders (maker_id, customer_id, ordered_at desc, order_id desc);
create index ix_orders_customer_code on orders (maker_id, customer_code, ordered_at desc, order_id desc);
create index ix_orders_warned on orders (maker_id, ordered_at desc, order_id desc) where warning_codes <> '{}';
create table order_lines (
    maker_id uuid not null,
    order_id uuid not null,
    content_version integer not null,
    line_id uuid not null,
    line_no integer not null,
    sku_id uuid,
    product_id uuid,
    sku_code text not null,
    product_name text not null,
    option text not null,
    quantity bigint not null,
    original_price numeric not null,
    wholesale_rate numeric not null,
    rate_source text not null,
    unit_price numeric not null,
    tax_rate numeric not null,
    tax_included boolean not null,
    reduced boolean not null,
    planned_from date,
    planned_to date,
    ship_to_number integer not null,
    shipped bigint not null,
    closed bigint not null,
    constraint pk_order_lines primary key (maker_id, order_id, content_version, line_id),
    constraint uq_order_lines_line_no unique (maker_id, order_id, content_version, line_no),
    constraint fk_order_lines_order foreign key (maker_id, order_id) references orders (maker_id, order_id),
    constraint ck_order_lines_quantities check (quantity >= 0 and shipped >= 0 and closed >= 0),
    constraint ck_order_lines_delivered check (shipped + closed <= quantity),
    constraint ck_order_lines_rates check (wholesale_rate between 0 and 100 and tax_rate between 0 and 100)
);
create table order_charges (
    maker_id uuid not null,
    order_id uuid not null,
    content_version integer not null,
    charge_id uuid not null,
    position integer not null,
    kind text not null,
    name text not null,
    tax_rate numeric,
    amount numeric not null,
    tax_included boolean not null,
    constraint pk_order_charges primary key (maker_id, order_id, content_version, charge_id),
    constraint uq_order_charges_slot unique nulls not distinct (maker_id, order_id, content_version, kind, tax_rate),
    constraint fk_order_charges_order foreign key (maker_id, order_id) references orders (maker_id, order_id),
    constraint ck_order_charges_kind
        check (kind in ('shipping', 'fee', 'other_cost', 'coupon', 'points', 'payment_points')),
    constraint ck_order_charges_rate check ((tax_rate is null) = (kind = 'payment_points')),
    constraint ck_order_charges_sign
        check (amount <> 0 and (kind not in ('coupon', 'points', 'payment_points') or amount < 0))
);
create table order_confirmations (
    maker_id uuid not null,
    order_id uuid not null,
    version integer not null,
    content_version integer not null,
    approval_required boolean not null,
    totals jsonb,
    created jsonb not null,
    approved jsonb,
    rejected jsonb,
    confirmed jsonb,
    confirmed_on date,
    constraint pk_order_confirmations primary key (maker_id, order_id, version),
    constraint fk_order_confirmations_order foreign key (maker_id, order_id) references orders (maker_id, order_id),
    constraint ck_order_confirmations_content check (content_version between 0 and version
        and (content_version = version) = (totals is not null)),
    constraint ck_order_confirmations_confirmed check ((confirmed is null) = (confirmed_on is null))
);
create table order_deeds (
    maker_id uuid not null,
    deed_id uuid not null,
    order_id uuid not null,
    deed text not null,
    done_by text not null,
    done_at timestamptz not null,
    note text not null,
    constraint pk_order_deeds primary key (maker_id, deed_id),
    constraint fk_order_deeds_order foreign key (maker_id, order_id) references orders (maker_id, order_id)
);
create index ix_order_deeds_order on order_deeds (maker_id, order_id, deed_id);
create table order_sources (
    maker_id uuid not null,
    order_id uuid not null,
    file_id uuid not null,
    layout text not null,
    headers jsonb not null,
    row_numbers jsonb not null,
    cells jsonb not null,
    constraint pk_order_sources primary key (maker_id, order_id),
    constraint fk_order_sources_order foreign key (maker_id, order_id) references orders (maker_id, order_id)
);
"""

CREDIT = """
create table customer_exposures (
    maker_id uuid not null,
    customer_id uuid not null,
    currency text not null,
    ordered_amount numeric not null,
    posted_amount numeric not null,
    posted_sequence bigint not null,
    constraint pk_customer_exposures primary key (maker_id, customer_id, currency),
    constraint ck_customer_exposures_ordered check (ordered_amount >= 0)
);
create table note_shares (
    maker_id uuid not null,
    note_id uuid not null,
    order_id uuid not null,
    quantity bigint not null,
    constraint pk_note_shares primary key (maker_id, note_id, order_id),
    constraint fk_note_shares_order foreign key (maker_id, order_id) references orders (maker_id, order_id),
    constraint ck_note_shares_quantity check (quantity > 0)
);
create index ix_note_shares_order on note_shares (maker_id, order_id, note_id);
create table invoiced_notes (
    maker_id uuid not null,
    note_id uuid not null,
    invoice_id uuid not null,
    constraint pk_invoiced_notes primary key (maker_id, note_id)
);
"""


def upgrade() -> None:
    create_runtime_tables(op)
    for statements in (COPIES, ORDERS, CREDIT):
        for statement in filter(str.strip, statements.split(";\n")):
            op.get_bind().exec_driver_sql(statement)
    secure(op, TABLES)
