"""The first tables: copies of customers, makers and taxes; billable notes; invoices; closing runs; credit notes.

Children of invoices have foreign keys. Children of billables do not: they are written once, by the same statement's
transaction, and every row costs a check otherwise.
"""

from __future__ import annotations

from alembic import op

from chassis import migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "makers",
    "customers",
    "terms",
    "delegations",
    "taxes",
    "billables",
    "billable_sums",
    "billable_lines",
    "billable_charges",
    "invoices",
    "invoice_rates",
    "invoice_sources",
    "invoice_orders",
    "invoice_fees",
    "invoice_papers",
    "closing_runs",
    "closings",
    "credit_notes",
)

SQL = """
create table makers (
    maker_id uuid not null,
    name text not null,
    time_zone text not null,
    bill_from text not null,
    locations jsonb not null,
    bank_accounts jsonb not null,
    version integer not null,
    constraint pk_makers primary key (maker_id)
);
create table customers (
    maker_id uuid not null,
    customer_id uuid not null,
    code text not null,
    name text not null,
    department text not null,
    individual boolean not null,
    currency text not null,
    postal_code text not null,
    address1 text not null,
    address2 text not null,
    phone text not null,
    version integer not null,
    constraint pk_customers primary key (maker_id, customer_id)
);
create table terms (
    maker_id uuid not null,
    customer_id uuid not null,
    closing_day integer not null,
    payment_month_offset integer not null,
    payment_day integer not null,
    business_day_rule text not null,
    version integer not null,
    constraint pk_terms primary key (maker_id, customer_id)
);
create table delegations (
    maker_id uuid not null,
    delegator_id uuid not null,
    delegatee_id uuid not null,
    version integer not null,
    constraint pk_delegations primary key (maker_id, delegator_id)
);
create table taxes (
    maker_id uuid not null,
    tax_id uuid not null,
    code text not null,
    rate numeric not null,
    rounding text not null,
    reduced boolean not null,
    standard boolean not null,
    active boolean not null,
    version integer not null,
    constraint pk_taxes primary key (maker_id, tax_id)
);
create table billables (
    maker_id uuid not null,
    billable_id uuid not null,
    kind text not null,
    number text not null,
    customer_id uuid not null,
    currency text not null,
    dated_on date not null,
    issued_on date not null,
    shipped_on date,
    location_id uuid,
    note_id uuid,
    note_number text,
    note_delivered_on date,
    reason text not null,
    payment_points numeric not null,
    state text not null,
    exemption text not null,
    deferred_past date,
    invoice_id uuid,
    version integer not null,
    constraint pk_billables primary key (maker_id, billable_id),
    constraint ck_billables_kind check (kind in ('delivery_note', 'return_note')),
    constraint ck_billables_state check (state in ('UNBILLED', 'INVOICED', 'NON_BILLABLE')),
    constraint ck_billables_held check ((state = 'INVOICED') = (invoice_id is not null)),
    constraint uq_billables_number unique (maker_id, kind, number)
);
create table billable_sums (
    maker_id uuid not null,
    billable_id uuid not null,
    position integer not null,
    order_id uuid not null,
    tax_rate numeric not null,
    reduced boolean not null,
    exclusive numeric not null,
    inclusive numeric not null,
    constraint pk_billable_sums primary key (maker_id, billable_id, position)
);
create table billable_lines (
    maker_id uuid not null,
    billable_id uuid not null,
    position integer not null,
    order_id uuid not null,
    order_number text not null,
    sku_code text not null,
    product_name text not null,
    option text not null,
    quantity integer not null,
    unit_price numeric not null,
    amount numeric not null,
    tax_rate numeric not null,
    tax_included boolean not null,
    reduced boolean not null,
    constraint pk_billable_lines primary key (maker_id, billable_id, position)
);
create table billable_charges (
    maker_id uuid not null,
    billable_id uuid not null,
    position integer not null,
    kind text not null,
    name text not null,
    amount numeric not null,
    tax_rate numeric,
    tax_included boolean not null,
    constraint pk_billable_charges primary key (maker_id, billable_id, position)
);
create table invoices (
    maker_id uuid not null,
    invoice_id uuid not null,
    number text not null,
    bill_to_id uuid not null,
    bill_to_code text not null,
    bill_to_name text not null,
    currency text not null,
    issued_on date not null,
    closing_date date,
    due_on date not null,
    net numeric not null,
    tax numeric not null,
    payment_points numeric not null,
    total numeric not null,
    brought_forward numeric not null,
    open_amount numeric not null,
    state text not null,
    qualified boolean not null,
    run_id uuid,
    replaces_id uuid,
    replaces_number text,
    voided_on date,
    void_reason text,
    header_comment text not null,
    footer_comment text not null,
    internal_note text not null,
    snapshot jsonb not null,
    issued_at timestamptz not null,
    issued_by text not null,
    version integer not null,
    constraint pk_invoices primary key (maker_id, invoice_id),
    constraint ck_invoices_state check (state in ('ISSUED', 'PARTLY_PAID', 'PAID', 'VOID')),
    constraint ck_invoices_open check (open_amount between 0 and total),
    constraint ck_invoices_void check ((state = 'VOID') = (voided_on is not null and void_reason is not null)),
    constraint uq_invoices_number unique (maker_id, number)
);
create table invoice_rates (
    maker_id uuid not null,
    invoice_id uuid not null,
    tax_rate numeric not null,
    reduced boolean not null,
    rounding text not null,
    exclusive numeric not null,
    inclusive numeric not null,
    returned_exclusive numeric not null,
    returned_inclusive numeric not null,
    net numeric not null,
    tax numeric not null,
    gross numeric not null,
    constraint pk_invoice_rates primary key (maker_id, invoice_id, tax_rate),
    constraint fk_invoice_rates_invoice foreign key (maker_id, invoice_id) references invoices
);
create table invoice_sources (
    maker_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    source_id uuid not null,
    kind text not null,
    number text not null,
    customer_id uuid not null,
    dated_on date not null,
    late boolean not null,
    live boolean not null,
    constraint pk_invoice_sources primary key (maker_id, invoice_id, position),
    constraint fk_invoice_sources_invoice foreign key (maker_id, invoice_id) references invoices,
    constraint fk_invoice_sources_billable foreign key (maker_id, source_id) references billables
);
create table invoice_orders (
    maker_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    order_id uuid not null,
    customer_id uuid not null,
    amount numeric not null,
    constraint pk_invoice_orders primary key (maker_id, invoice_id, position),
    constraint fk_invoice_orders_invoice foreign key (maker_id, invoice_id) references invoices
);
create table invoice_fees (
    maker_id uuid not null,
    invoice_id uuid not null,
    position integer not null,
    kind text not null,
    name text not null,
    amount numeric not null,
    tax_rate numeric not null,
    constraint pk_invoice_fees primary key (maker_id, invoice_id, position),
    constraint fk_invoice_fees_invoice foreign key (maker_id, invoice_id) references invoices
);
create table invoice_papers (
    maker_id uuid not null,
    invoice_id uuid not null,
    variant text not null,
    state text not null,
    file_id uuid,
    sha256 bytea,
    attempts integer not null,
    retry_at timestamptz not null,
    error text,
    constraint pk_invoice_papers primary key (maker_id, invoice_id, variant),
    constraint fk_invoice_papers_invoice foreign key (maker_id, invoice_id) references invoices,
    constraint ck_invoice_papers_variant check (variant in ('original', 'void')),
    constraint ck_invoice_papers_state check (state in ('pending', 'ready')),
    constraint ck_invoice_papers_file check ((state = 'ready') = (file_id is not null and sha256 is not null))
);
create table closing_runs (
    maker_id uuid not null,
    run_id uuid not null,
    closing_date date not null,
    issued_on date not null,
    selection jsonb,
    seal text not null,
    invoices integer not null,
    notes integer not null,
    accounts integer not null,
    totals jsonb not null,
    run_at timestamptz not null,
    run_by text not null,
    constraint pk_closing_runs primary key (maker_id, run_id)
);
create table closings (
    maker_id uuid not null,
    bill_to_id uuid not null,
    currency text not null,
    closing_date date not null,
    run_id uuid not null,
    constraint pk_closings primary key (maker_id, bill_to_id, currency, closing_date),
    constraint fk_closings_run foreign key (maker_id, run_id) references closing_runs
);
create table credit_notes (
    maker_id uuid not null,
    credit_note_id uuid not null,
    number text not null,
    kind text not null,
    bill_to_id uuid not null,
    currency text not null,
    amount numeric not null,
    issued_on date not null,
    overpayment_id uuid not null,
    state text not null,
    voided_on date,
    version integer not null,
    constraint pk_credit_notes primary key (maker_id, credit_note_id),
    constraint ck_credit_notes_state check (state in ('OPEN', 'VOID')),
    constraint ck_credit_notes_amount check (amount > 0),
    constraint uq_credit_notes_number unique (maker_id, number),
    constraint uq_credit_notes_overpayment unique (maker_id, overpayment_id)
);
create index ix_customers_code on customers (maker_id, code);
create index ix_delegations_delegatee on delegations (maker_id, delegatee_id);
create index ix_billables_waiting on billables (maker_id, customer_id, dated_on) where state <> 'INVOICED';
create index ix_billables_dated on billables (maker_id, dated_on, billable_id);
create index ix_billables_customer on billables (maker_id, customer_id, dated_on, billable_id);
create index ix_invoices_issued on invoices (maker_id, issued_on, invoice_id);
create index ix_invoices_bill_to on invoices (maker_id, bill_to_id, issued_on, invoice_id);
create index ix_invoices_open on invoices (maker_id, issued_on, invoice_id) where state in ('ISSUED', 'PARTLY_PAID');
create index ix_invoices_run on invoices (maker_id, run_id) where run_id is not null;
create unique index uq_invoice_sources_live on invoice_sources (maker_id, source_id) where live;
create index ix_invoice_papers_pending on invoice_papers (retry_at) where state = 'pending';
create index ix_closing_runs_closing on closing_runs (maker_id, closing_date, run_id);
create index ix_closings_run on closings (maker_id, run_id);
create index ix_credit_notes_issued on credit_notes (maker_id, issued_on, credit_note_id);
create index ix_credit_notes_bill_to on credit_notes (maker_id, bill_to_id, issued_on, credit_note_id)
"""


def upgrade() -> None:
    migrations.create_runtime_tables(op)
    for statement in SQL.split(";\n"):
        op.execute(statement)
    migrations.secure(op, TABLES)
