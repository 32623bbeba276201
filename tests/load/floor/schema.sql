-- The rows of the order-to-cash thread as the services store them: same columns, keys and indexes; no row-level security,
-- no checks, no foreign keys. What does not differ from order to order comes from a default.

create schema ordering;
create schema fulfillment;
create schema invoicing;
create schema payments;

create domain maker as uuid default '01a20000-0000-7000-8000-000000000001';
create domain moment as timestamptz default '2025-06-30T09:00:00Z';

create table ordering.orders (
    maker_id maker not null, order_id uuid not null, number text not null, state text not null default 'PLACED',
    channel text not null default 'api', currency text not null default 'JPY', ordered_at moment not null,
    ordered_on date not null default '2025-06-02', customer_id uuid, customer_code text not null,
    customer_name text not null, purchase_order_number text not null default '', wished_on date,
    on_hold boolean not null default false, over_limit boolean not null default false,
    invoiced text not null default 'no', warning_codes text[] not null default '{}', net_amount numeric not null,
    tax_amount numeric not null, grand_total numeric not null, ordered_quantity bigint not null,
    shipped_quantity bigint not null default 0, closed_quantity bigint not null default 0,
    billed_quantity bigint not null default 0, expected_amount numeric not null, billed_amount numeric not null default 0,
    exposed_amount numeric not null, content_version integer not null default 0, oc_version integer not null default 0,
    confirmed_on date, buyer jsonb, heading jsonb not null, entries jsonb not null default '[]',
    warnings jsonb not null default '[]', placed_totals jsonb not null,
    placed_by text not null default '01a20323-4108-7438-9c58-659bacc3aedd', placed_at moment not null,
    placed_note text not null default '', changed_at moment not null, stocked_at timestamptz,
    version bigint not null default 1,
    primary key (maker_id, order_id), unique (maker_id, number)
);
create index on ordering.orders (maker_id, ordered_at desc, order_id desc);
create index on ordering.orders (maker_id, state, ordered_at desc, order_id desc);
create index on ordering.orders (maker_id, customer_id, ordered_at desc, order_id desc);
create index on ordering.orders (maker_id, customer_code, ordered_at desc, order_id desc);
create table ordering.order_lines (
    maker_id maker not null, order_id uuid not null, content_version integer not null default 0, line_id uuid not null,
    line_no integer not null, sku_id uuid, product_id uuid, sku_code text not null, product_name text not null,
    option text not null default '', quantity bigint not null, original_price numeric not null,
    wholesale_rate numeric not null, rate_source text not null default 'customer', unit_price numeric not null,
    tax_rate numeric not null, tax_included boolean not null default false, reduced boolean not null default false,
    planned_from date, planned_to date, ship_to_number integer not null default 0, shipped bigint not null default 0,
    closed bigint not null default 0,
    primary key (maker_id, order_id, content_version, line_id), unique (maker_id, order_id, content_version, line_no)
);
create table ordering.order_charges (
    maker_id maker not null, order_id uuid not null, content_version integer not null default 0, charge_id uuid not null,
    position integer not null default 1, kind text not null default 'shipping', name text not null default '発送料',
    tax_rate numeric default 10, amount numeric not null, tax_included boolean not null default true,
    primary key (maker_id, order_id, content_version, charge_id),
    unique nulls not distinct (maker_id, order_id, content_version, kind, tax_rate)
);
create table ordering.order_confirmations (
    maker_id maker not null, order_id uuid not null, version integer not null default 1,
    content_version integer not null default 0, approval_required boolean not null default false, totals jsonb,
    created jsonb not null, approved jsonb, rejected jsonb, confirmed jsonb, confirmed_on date default '2025-06-03',
    primary key (maker_id, order_id, version)
);
create table ordering.customer_exposures (
    maker_id maker not null, customer_id uuid not null, currency text not null default 'JPY',
    ordered_amount numeric not null, posted_amount numeric not null default 0, posted_sequence bigint not null default 0,
    primary key (maker_id, customer_id, currency)
);
create table ordering.note_shares (
    maker_id maker not null, note_id uuid not null, order_id uuid not null, quantity bigint not null,
    primary key (maker_id, note_id, order_id)
);
create index on ordering.note_shares (maker_id, order_id, note_id);
create table ordering.invoiced_notes (
    maker_id maker not null, note_id uuid not null, invoice_id uuid not null, primary key (maker_id, note_id)
);

create table fulfillment.unshipped_orders (
    maker_id maker not null, order_id uuid not null, number text not null, customer_id uuid not null,
    customer_code text not null, currency text not null default 'JPY', oc_version integer not null default 1,
    converted boolean not null default true, on_hold boolean not null default false, ship_to jsonb not null,
    stocked_at moment not null,
    primary key (maker_id, order_id), unique (maker_id, number)
);
create index on fulfillment.unshipped_orders (maker_id, customer_id, order_id);
create table fulfillment.unshipped_skus (
    maker_id maker not null, line_id uuid not null, order_id uuid not null, customer_id uuid not null,
    line_no integer not null, sku_id uuid, sku_code text not null, product_name text not null,
    option text not null default '', ordered integer not null, original_price numeric not null,
    wholesale_rate numeric not null, unit_price numeric not null, tax_rate numeric not null,
    tax_included boolean not null default false, reduced boolean not null default false, planned_from date,
    planned_to date, ship_to_number integer not null default 0, allocated integer not null default 0,
    shipped integer not null default 0, closed integer not null default 0,
    open_quantity integer generated always as (ordered - allocated - shipped - closed) stored,
    primary key (maker_id, line_id), unique (maker_id, order_id, line_no)
);
create index on fulfillment.unshipped_skus (maker_id, order_id, line_no) where open_quantity > 0;
create index on fulfillment.unshipped_skus (maker_id, customer_id, order_id, line_no);
create index on fulfillment.unshipped_skus (maker_id, sku_code, order_id, line_no);
create table fulfillment.order_charges (
    maker_id maker not null, charge_id uuid not null, order_id uuid not null, position integer not null default 1,
    kind text not null default 'shipping', name text not null default '発送料', tax_rate numeric default 10,
    amount numeric not null, tax_included boolean not null default true, taken_by uuid,
    primary key (maker_id, charge_id), unique (maker_id, order_id, position)
);
create index on fulfillment.order_charges (maker_id, taken_by) where taken_by is not null;
create table fulfillment.delivery_notes (
    maker_id maker not null, note_id uuid not null, state text not null default 'SHIPPED', number text,
    customer_id uuid not null, customer_code text not null, customer_name text not null,
    currency text not null default 'JPY', location jsonb, ship_to jsonb not null,
    delivery_on date not null default '2025-06-10', issued_on date default '2025-06-10',
    shipped_on date default '2025-06-10', delivered_on date, non_billable_reason text, invoice_id uuid,
    billing_status text generated always as (case when invoice_id is null then 'UNBILLED' else 'INVOICED' end) stored,
    memo text not null default '', comment text not null default '', carrier text not null default '',
    tracking_number text not null default '', version integer not null default 1,
    created_by text not null default '01a20323-4108-7438-9c58-659bacc3aedd', created_at moment not null,
    primary key (maker_id, note_id), unique (maker_id, number)
);
create index on fulfillment.delivery_notes (maker_id, customer_id, note_id);
create index on fulfillment.delivery_notes (maker_id, delivery_on, note_id);
create index on fulfillment.delivery_notes (maker_id, state, note_id) where state in ('DRAFT', 'ISSUED');
create index on fulfillment.delivery_notes (maker_id, note_id) where invoice_id is null;
create index on fulfillment.delivery_notes (maker_id, invoice_id) where invoice_id is not null;
create table fulfillment.delivery_note_lines (
    maker_id maker not null, line_id uuid not null, note_id uuid not null, line_no integer not null,
    order_id uuid not null, order_number text not null, order_line_id uuid not null, sku_code text not null,
    product_name text not null, option text not null default '', quantity integer not null, unit_price numeric not null,
    tax_rate numeric not null, tax_included boolean not null default false, reduced boolean not null default false,
    returned integer not null default 0,
    primary key (maker_id, line_id), unique (maker_id, note_id, line_no)
);
create index on fulfillment.delivery_note_lines (maker_id, order_number, note_id);

create table invoicing.billables (
    maker_id maker not null, billable_id uuid not null, kind text not null default 'delivery_note', number text not null,
    customer_id uuid not null, currency text not null default 'JPY', dated_on date not null default '2025-06-10',
    issued_on date not null default '2025-06-10', shipped_on date, location_id uuid, note_id uuid, note_number text,
    note_delivered_on date, reason text, payment_points numeric not null default 0,
    state text not null default 'UNBILLED', exemption text, deferred_past date, invoice_id uuid,
    version integer not null default 1,
    primary key (maker_id, billable_id), unique (maker_id, kind, number)
);
create index on invoicing.billables (maker_id, customer_id, dated_on) where state <> 'INVOICED';
create index on invoicing.billables (maker_id, dated_on, billable_id);
create index on invoicing.billables (maker_id, customer_id, dated_on, billable_id);
create table invoicing.billable_lines (
    maker_id maker not null, billable_id uuid not null, position integer not null, order_id uuid not null,
    order_number text not null, sku_code text not null, product_name text not null, option text not null default '',
    quantity integer not null, unit_price numeric not null, amount numeric not null, tax_rate numeric not null,
    tax_included boolean not null default false, reduced boolean not null default false,
    primary key (maker_id, billable_id, position)
);
create table invoicing.billable_sums (
    maker_id maker not null, billable_id uuid not null, position integer not null, order_id uuid not null,
    tax_rate numeric, reduced boolean not null default false, exclusive numeric not null, inclusive numeric not null,
    primary key (maker_id, billable_id, position)
);
create table invoicing.billable_charges (
    maker_id maker not null, billable_id uuid not null, position integer not null default 1,
    kind text not null default 'shipping', name text not null default '発送料', amount numeric not null,
    tax_rate numeric default 10, tax_included boolean not null default true,
    primary key (maker_id, billable_id, position)
);
create table invoicing.invoices (
    maker_id maker not null, invoice_id uuid not null, number text not null, bill_to_id uuid not null,
    bill_to_code text not null, bill_to_name text not null, currency text not null default 'JPY',
    issued_on date not null default '2025-06-30', closing_date date default '2025-06-30',
    due_on date not null default '2025-07-31', net numeric not null, tax numeric not null,
    payment_points numeric not null default 0, total numeric not null, brought_forward numeric not null default 0,
    open_amount numeric not null, state text not null default 'ISSUED', qualified boolean not null default true,
    run_id uuid, replaces_id uuid, replaces_number text, voided_on date, void_reason text,
    header_comment text not null default '', footer_comment text not null default '',
    internal_note text not null default '', snapshot jsonb not null, issued_at moment not null,
    issued_by text not null default '01a20323-4108-7438-9c58-659bacc3aedd', version integer not null default 1,
    primary key (maker_id, invoice_id), unique (maker_id, number)
);
create index on invoicing.invoices (maker_id, issued_on, invoice_id);
create index on invoicing.invoices (maker_id, bill_to_id, issued_on, invoice_id);
create index on invoicing.invoices (maker_id, issued_on, invoice_id) where state in ('ISSUED', 'PARTLY_PAID');
create index on invoicing.invoices (maker_id, run_id) where run_id is not null;
create table invoicing.invoice_rates (
    maker_id maker not null, invoice_id uuid not null, tax_rate numeric not null, reduced boolean not null default false,
    rounding text not null default 'floor', exclusive numeric not null, inclusive numeric not null default 0,
    returned_exclusive numeric not null default 0, returned_inclusive numeric not null default 0, net numeric not null,
    tax numeric not null, gross numeric not null,
    primary key (maker_id, invoice_id, tax_rate)
);
create table invoicing.invoice_sources (
    maker_id maker not null, invoice_id uuid not null, position integer not null, source_id uuid not null,
    kind text not null default 'delivery_note', number text not null, customer_id uuid not null,
    dated_on date not null default '2025-06-10', late boolean not null default false, live boolean not null default true,
    primary key (maker_id, invoice_id, position)
);
create unique index on invoicing.invoice_sources (maker_id, source_id) where live;
create table invoicing.invoice_orders (
    maker_id maker not null, invoice_id uuid not null, position integer not null, order_id uuid not null,
    customer_id uuid not null, amount numeric not null,
    primary key (maker_id, invoice_id, position)
);
create table invoicing.invoice_papers (
    maker_id maker not null, invoice_id uuid not null, variant text not null default 'original',
    state text not null default 'pending', file_id uuid, sha256 bytea, attempts integer not null default 0,
    retry_at moment not null, error text,
    primary key (maker_id, invoice_id, variant)
);
create index on invoicing.invoice_papers (retry_at) where state = 'pending';
create table invoicing.closings (
    maker_id maker not null, bill_to_id uuid not null, currency text not null default 'JPY',
    closing_date date not null default '2025-06-30', run_id uuid not null,
    primary key (maker_id, bill_to_id, currency, closing_date)
);
create index on invoicing.closings (maker_id, run_id);

create table payments.receivables (
    maker_id maker not null, invoice_id uuid not null, number text not null, number_key text not null,
    bill_to_id uuid not null, currency text not null default 'JPY', issued_on date not null default '2025-06-30',
    due_on date not null default '2025-07-31', total numeric not null, allocated numeric not null default 0,
    discounted numeric not null default 0, slipped numeric not null default 0, open_amount numeric not null,
    members uuid[] not null default '{}', voided_on date, version integer not null default 1,
    primary key (maker_id, invoice_id)
);
create index on payments.receivables (maker_id, bill_to_id, due_on);
create index on payments.receivables (maker_id, bill_to_id, currency) where open_amount > 0;
create index on payments.receivables (maker_id, currency, open_amount) where open_amount > 0;
create index on payments.receivables (maker_id, due_on, invoice_id);
create index on payments.receivables (maker_id, number);
create index on payments.receivables (maker_id, number_key);
create table payments.balances (
    maker_id maker not null, customer_id uuid not null, currency text not null default 'JPY', balance numeric not null,
    primary key (maker_id, customer_id, currency)
);
create table payments.bank_lines (
    maker_id maker not null, line_id uuid not null, bank_file_id uuid, bank_account_id uuid, row_no integer,
    fingerprint text not null, method text not null default 'transfer', value_date date not null default '2025-07-31',
    amount numeric not null, currency text not null default 'JPY', payer text not null, payer_code text not null default '',
    description text not null default '', reference text not null default '000001',
    sending_bank text not null default 'ﾍﾞﾝﾁｷﾞﾝｺｳ', memo text not null default '', cancels boolean not null default false,
    state text not null default 'MATCHED', decision text default 'auto', reasons jsonb not null default '[]',
    candidates jsonb not null, customer_id uuid, bill_to_id uuid, held numeric not null default 0, held_for_id uuid,
    free_amount numeric not null default 0, ignore_reason text, recorded_at moment not null,
    recorded_by text not null default '01a20323-4108-7438-9c58-659bacc3aedd', version integer not null default 1,
    primary key (maker_id, line_id), unique (maker_id, fingerprint)
);
create index on payments.bank_lines (maker_id, state, line_id);
create index on payments.bank_lines (maker_id, decision, line_id);
create index on payments.bank_lines (maker_id, value_date, line_id);
create index on payments.bank_lines (maker_id, customer_id, line_id);
create index on payments.bank_lines (maker_id, bill_to_id, line_id);
create index on payments.bank_lines (maker_id, bank_file_id, line_id);
create table payments.allocations (
    maker_id maker not null, allocation_id uuid not null, line_id uuid not null, invoice_id uuid not null,
    bill_to_id uuid not null, currency text not null default 'JPY', amount numeric not null,
    booked_on date not null default '2025-07-31',
    primary key (maker_id, allocation_id)
);
create index on payments.allocations (maker_id, line_id);
create index on payments.allocations (maker_id, invoice_id);
create table payments.match_proofs (
    maker_id maker not null, proof_id uuid not null, line_id uuid not null, decision text not null default 'auto',
    rule_version text not null default '1', evidence jsonb not null, outcome jsonb not null, decided_at moment not null,
    primary key (maker_id, proof_id)
);
create index on payments.match_proofs (maker_id, line_id);
create table payments.ledger_entries (
    maker_id maker not null, entry_id uuid not null, kind text not null, debit text not null, credit text not null,
    debit_customer_id uuid, credit_customer_id uuid, amount numeric not null, currency text not null default 'JPY',
    booked_on date not null default '2025-06-30', invoice_id uuid, line_id uuid, allocation_id uuid,
    recorded_at moment not null, recorded_by text not null default '01a20323-4108-7438-9c58-659bacc3aedd',
    primary key (maker_id, entry_id)
);
create index on payments.ledger_entries (maker_id, debit_customer_id, currency, booked_on)
    where debit_customer_id is not null;
create index on payments.ledger_entries (maker_id, credit_customer_id, currency, booked_on)
    where credit_customer_id is not null;
create index on payments.ledger_entries (maker_id, booked_on, entry_id);
create index on payments.ledger_entries (maker_id, invoice_id) where invoice_id is not null;
create index on payments.ledger_entries (maker_id, line_id) where line_id is not null;

-- What every service has: messages on their way out, messages seen, numbers per subject, offsets.
do $$
declare service text;
begin
    foreach service in array array['ordering', 'fulfillment', 'invoicing', 'payments'] loop
        execute format('create table %I.outbox (seq bigint generated always as identity primary key,
            event_id uuid not null, maker_id maker not null, topic text not null, key text not null, type text not null,
            subject text not null, sequence bigint not null, body bytea, headers jsonb not null,
            created_at moment not null)', service);
        execute format('create table %I.inbox (event_id uuid primary key, received_at moment not null)', service);
        execute format('create index on %I.inbox using brin (received_at)', service);
        execute format('create table %I.subject_sequences (maker_id maker not null, topic text not null,
            subject text not null, last bigint not null, primary key (maker_id, topic, subject))', service);
        execute format('create table %I.subject_positions (maker_id maker not null, topic text not null,
            subject text not null, last bigint not null, primary key (maker_id, topic, subject))', service);
        execute format('create table %I.consumed_offsets (topic text not null, partition integer not null,
            next_offset bigint not null, updated_at moment not null, primary key (topic, partition))', service);
        execute format('create table %I.published_offsets (topic text not null, partition integer not null,
            next_offset bigint not null, updated_at moment not null, primary key (topic, partition))', service);
    end loop;
end $$;
