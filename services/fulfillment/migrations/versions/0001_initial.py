"""Fulfillment's tables: copies of makers and customers, unshipped SKUs, charges, notes, returns."""

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
    "unshipped_orders",
    "unshipped_skus",
    "order_charges",
    "unshipped_closures",
    "delivery_notes",
    "delivery_note_lines",
    "return_notes",
    "return_note_lines",
)

FACTS = """
create table makers (
    maker_id uuid not null constraint pk_makers primary key,
    time_zone text not null,
    bill_from text not null,
    locations jsonb not null,
    version bigint not null
);
create table customers (
    maker_id uuid not null,
    customer_id uuid not null,
    code text not null,
    name text not null,
    on_hold boolean not null,
    ship_tos jsonb not null,
    version bigint not null,
    constraint pk_customers primary key (maker_id, customer_id)
);
create index ix_customers_code on customers (maker_id, code);
"""

UNSHIPPED = """
create table unshipped_orders (
    maker_id uuid not null,
    order_id uuid not null,
    number text not null,
    customer_id uuid not null,
    customer_code text not null,
    currency text not null,
    oc_version integer not null,
    converted boolean not null,
    on_hold boolean not null,
    ship_to jsonb not null,
    stocked_at timestamptz not null,
    constraint pk_unshipped_orders primary key (maker_id, order_id),
    constraint uq_unshipped_orders_number unique (maker_id, number)
);
create index ix_unshipped_orders_customer on unshipped_orders (maker_id, customer_id, order_id);
create table unshipped_skus (
    maker_id uuid not null,
    line_id uuid not null,
    order_id uuid not null,
    customer_id uuid not null,
    line_no integer not null,
    sku_id uuid,
    sku_code text not null,
    product_name text not null,
    option text not null,
    ordered integer not null,
    original_price numeric not null,
    wholesale_rate numeric not null,
    unit_price numeric not null,
    tax_rate numeric not null,
    tax_included boolean not null,
    reduced boolean not null,
    planned_from date,
    planned_to date,
    ship_to_number integer not null,
    allocated integer not null,
    shipped integer not null,
    closed integer not null,
    open_quantity integer generated always as (ordered - shipped - closed) stored,
    constraint pk_unshipped_skus primary key (maker_id, line_id),
    constraint uq_unshipped_skus_line_no unique (maker_id, order_id, line_no),
    constraint fk_unshipped_skus_order foreign key (maker_id, order_id)
        references unshipped_orders (maker_id, order_id) on delete cascade,
    constraint ck_unshipped_skus_counters check (ordered >= 0 and allocated >= 0 and shipped >= 0 and closed >= 0),
    constraint ck_unshipped_skus_open check (allocated <= ordered - shipped - closed)
);
create index ix_unshipped_skus_open on unshipped_skus (maker_id, order_id, line_no) where open_quantity > 0;
create index ix_unshipped_skus_customer on unshipped_skus (maker_id, customer_id, order_id, line_no);
create index ix_unshipped_skus_sku on unshipped_skus (maker_id, sku_code, order_id, line_no);
create table order_charges (
    maker_id uuid not null,
    charge_id uuid not null,
    order_id uuid not null,
    position integer not null,
    kind text not null,
    name text not null,
    tax_rate numeric,
    amount numeric not null,
    tax_included boolean not null,
    taken_by uuid,
    constraint pk_order_charges primary key (maker_id, charge_id),
    constraint uq_order_charges_position unique (maker_id, order_id, position),
    constraint fk_order_charges_order foreign key (maker_id, order_id)
        references unshipped_orders (maker_id, order_id) on delete cascade
);
create index ix_order_charges_taken_by on order_charges (maker_id, taken_by) where taken_by is not null;
create table unshipped_closures (
    maker_id uuid not null,
    closure_id uuid not null,
    order_id uuid not null,
    line_id uuid not null,
    quantity integer not null,
    closed_on date not null,
    reason text not null,
    closed_by text not null,
    closed_at timestamptz not null,
    constraint pk_unshipped_closures primary key (maker_id, closure_id),
    constraint fk_unshipped_closures_line foreign key (maker_id, line_id) references unshipped_skus (maker_id, line_id),
    constraint ck_unshipped_closures_quantity check (quantity > 0),
    constraint ck_unshipped_closures_reason check (reason <> '')
);
create index ix_unshipped_closures_order on unshipped_closures (maker_id, order_id);
"""

NOTES = """
create table delivery_notes (
    maker_id uuid not null,
    note_id uuid not null,
    state text not null,
    number text,
    customer_id uuid not null,
    customer_code text not null,
    customer_name text not null,
    currency text not null,
    location jsonb,
    ship_to jsonb not null,
    delivery_on date not null,
    issued_on date,
    shipped_on date,
    delivered_on date,
    non_billable_reason text,
    invoice_id uuid,
    billing_status text generated always as (
        case when invoice_id is not null then 'INVOICED'
             when non_billable_reason is not null then 'NON_BILLABLE' else 'UNBILLED' end) stored,
    memo text not null,
    comment text not null,
    carrier text not null,
    tracking_number text not null,
    version integer not null,
    created_by text not null,
    created_at timestamptz not null,
    constraint pk_delivery_notes primary key (maker_id, note_id),
    constraint uq_delivery_notes_number unique (maker_id, number),
    constraint ck_delivery_notes_state check (state in ('DRAFT', 'ISSUED', 'SHIPPED', 'DELIVERED')),
    constraint ck_delivery_notes_number check ((state = 'DRAFT') = (number is null)),
    constraint ck_delivery_notes_issued check ((state = 'DRAFT') = (issued_on is null)),
    constraint ck_delivery_notes_shipped check ((state in ('SHIPPED', 'DELIVERED')) = (shipped_on is not null)),
    constraint ck_delivery_notes_delivered check ((state = 'DELIVERED') = (delivered_on is not null)),
    constraint ck_delivery_notes_reason check (non_billable_reason <> ''),
    constraint ck_delivery_notes_billing
        check (invoice_id is null or (state <> 'DRAFT' and non_billable_reason is null))
);
create index ix_delivery_notes_customer on delivery_notes (maker_id, customer_id, note_id);
create index ix_delivery_notes_delivery on delivery_notes (maker_id, delivery_on, note_id);
create index ix_delivery_notes_waiting on delivery_notes (maker_id, state, note_id) where state in ('DRAFT', 'ISSUED');
create index ix_delivery_notes_unbilled on delivery_notes (maker_id, note_id) where invoice_id is null;
create index ix_delivery_notes_invoice on delivery_notes (maker_id, invoice_id) where invoice_id is not null;
create table delivery_note_lines (
    maker_id uuid not null,
    line_id uuid not null,
    note_id uuid not null,
    line_no integer not null,
    order_id uuid not null,
    order_number text not null,
    order_line_id uuid not null,
    sku_code text not null,
    product_name text not null,
    option text not null,
    quantity integer not null,
    unit_price numeric not null,
    tax_rate numeric not null,
    tax_included boolean not null,
    reduced boolean not null,
    returned integer not null,
    constraint pk_delivery_note_lines primary key (maker_id, line_id),
    constraint uq_delivery_note_lines_line_no unique (maker_id, note_id, line_no),
    constraint fk_delivery_note_lines_note foreign key (maker_id, note_id)
        references delivery_notes (maker_id, note_id) on delete cascade,
    constraint ck_delivery_note_lines_quantity check (quantity > 0),
    constraint ck_delivery_note_lines_returned check (returned between 0 and quantity)
);
create index ix_delivery_note_lines_order on delivery_note_lines (maker_id, order_number, note_id);
"""

RETURNS = """
create table return_notes (
    maker_id uuid not null,
    return_id uuid not null,
    number text,
    note_id uuid not null,
    note_number text not null,
    customer_id uuid not null,
    customer_code text not null,
    currency text not null,
    delivery_on date not null,
    returned_on date not null,
    issued_on date,
    reason text not null,
    condition text not null,
    restock boolean not null,
    invoice_id uuid,
    state text generated always as (
        case when number is null then 'DRAFT' when invoice_id is null then 'ISSUED' else 'APPLIED' end) stored,
    version integer not null,
    created_by text not null,
    created_at timestamptz not null,
    constraint pk_return_notes primary key (maker_id, return_id),
    constraint uq_return_notes_number unique (maker_id, number),
    constraint fk_return_notes_note foreign key (maker_id, note_id) references delivery_notes (maker_id, note_id),
    constraint ck_return_notes_issued check ((number is null) = (issued_on is null)),
    constraint ck_return_notes_invoice check (invoice_id is null or number is not null),
    constraint ck_return_notes_reason check (reason <> '')
);
create index ix_return_notes_note on return_notes (maker_id, note_id);
create index ix_return_notes_customer on return_notes (maker_id, customer_id, return_id);
create table return_note_lines (
    maker_id uuid not null,
    line_id uuid not null,
    return_id uuid not null,
    line_no integer not null,
    note_line_id uuid not null,
    quantity integer not null,
    constraint pk_return_note_lines primary key (maker_id, line_id),
    constraint uq_return_note_lines_line_no unique (maker_id, return_id, line_no),
    constraint fk_return_note_lines_return foreign key (maker_id, return_id)
        references return_notes (maker_id, return_id) on delete cascade,
    constraint fk_return_note_lines_source foreign key (maker_id, note_line_id)
        references delivery_note_lines (maker_id, line_id),
    constraint ck_return_note_lines_quantity check (quantity > 0)
);
create index ix_return_note_lines_source on return_note_lines (maker_id, note_line_id);
"""


def upgrade() -> None:
    create_runtime_tables(op)
    for part in (FACTS, UNSHIPPED, NOTES, RETURNS):
        for statement in filter(str.strip, part.split(";\n")):
            op.execute(statement)
    secure(op, TABLES)
