"""Payments' tables: copies of foreign facts, open items, bank lines and what became of them, ledger, balances."""

from __future__ import annotations

from alembic import op

from chassis.migrations import create_runtime_tables, secure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "makers",
    "bank_accounts",
    "customers",
    "payer_names",
    "delegations",
    "receivables",
    "bank_files",
    "bank_lines",
    "match_proofs",
    "allocations",
    "overpayments",
    "shortage_slips",
    "credit_notes",
    "ledger_entries",
    "balances",
    "statement_profiles",
)

FACTS = """
create table makers (
    maker_id uuid not null constraint pk_makers primary key,
    time_zone text not null,
    default_currency text not null,
    auto_confirm boolean not null,
    fee_tolerance numeric not null constraint ck_makers_fee_tolerance check (fee_tolerance >= 0),
    version bigint not null
);
create table bank_accounts (
    maker_id uuid not null,
    bank_account_id uuid not null,
    code text not null,
    bank_code text not null,
    branch_code text not null,
    account_kind text not null,
    number text not null,
    currency text not null,
    active boolean not null,
    version bigint not null,
    constraint pk_bank_accounts primary key (maker_id, bank_account_id)
);
create table customers (
    maker_id uuid not null,
    customer_id uuid not null,
    code text not null,
    name text not null,
    active boolean not null,
    version bigint not null,
    constraint pk_customers primary key (maker_id, customer_id)
);
create index ix_customers_code on customers (maker_id, code);
create table payer_names (
    maker_id uuid not null,
    customer_id uuid not null,
    source text not null constraint ck_payer_names_source check (source in ('kana', 'name', 'learned')),
    key text not null constraint ck_payer_names_key check (key <> ''),
    bare_key text not null,
    name text not null,
    line_id uuid,
    learned_by text,
    learned_at timestamptz,
    constraint pk_payer_names primary key (maker_id, customer_id, source, key),
    constraint ck_payer_names_learned check ((source = 'learned') = (learned_at is not null))
);
create index ix_payer_names_key on payer_names (maker_id, key text_pattern_ops);
create index ix_payer_names_bare_key on payer_names (maker_id, bare_key);
create index ix_payer_names_line on payer_names (maker_id, line_id) where line_id is not null;
create table delegations (
    maker_id uuid not null,
    delegator_id uuid not null,
    delegatee_id uuid,
    version bigint not null,
    constraint pk_delegations primary key (maker_id, delegator_id)
);
"""

RECEIVABLES = """
create table receivables (
    maker_id uuid not null,
    invoice_id uuid not null,
    number text not null,
    number_key text not null,
    bill_to_id uuid not null,
    currency text not null,
    issued_on date not null,
    due_on date not null,
    total numeric not null,
    allocated numeric not null,
    discounted numeric not null,
    slipped numeric not null,
    open_amount numeric not null,
    members uuid[] not null,
    voided_on date,
    version integer not null,
    constraint pk_receivables primary key (maker_id, invoice_id),
    constraint ck_receivables_settled check (allocated >= 0 and discounted >= 0 and slipped >= 0),
    constraint ck_receivables_open check (
        open_amount = case when voided_on is null then total - allocated - discounted - slipped else 0 end
    ),
    constraint ck_receivables_overdrawn check (total < 0 or open_amount >= 0)
);
create index ix_receivables_bill_to on receivables (maker_id, bill_to_id, due_on);
create index ix_receivables_open on receivables (maker_id, bill_to_id, currency) where open_amount > 0;
create index ix_receivables_open_amount on receivables (maker_id, currency, open_amount) where open_amount > 0;
create index ix_receivables_due on receivables (maker_id, due_on, invoice_id);
create index ix_receivables_number on receivables (maker_id, number);
create index ix_receivables_number_key on receivables (maker_id, number_key);
create index ix_receivables_members on receivables using gin (members) where cardinality(members) > 0;
"""

LINES = """
create table bank_files (
    maker_id uuid not null,
    bank_file_id uuid not null,
    bank_account_id uuid not null,
    file_id uuid not null,
    name text not null,
    layout text not null,
    encoding text not null,
    currency text not null,
    lines integer not null,
    new_lines integer not null,
    duplicates integer not null,
    outgoing integer not null,
    total numeric not null,
    imported_at timestamptz not null,
    imported_by text not null,
    constraint pk_bank_files primary key (maker_id, bank_file_id),
    constraint ck_bank_files_lines check (lines = new_lines + duplicates)
);
create table bank_lines (
    maker_id uuid not null,
    line_id uuid not null,
    bank_file_id uuid,
    bank_account_id uuid,
    row_no integer,
    fingerprint text,
    method text not null,
    value_date date not null,
    amount numeric not null constraint ck_bank_lines_amount check (amount > 0),
    currency text not null,
    payer text not null,
    payer_code text not null,
    description text not null,
    reference text not null,
    sending_bank text not null,
    memo text not null,
    cancels boolean not null,
    state text not null constraint ck_bank_lines_state
        check (state in ('NEW', 'SUGGESTED', 'PART_MATCHED', 'MATCHED', 'IGNORED')),
    decision text constraint ck_bank_lines_decision check (decision in ('auto', 'suggest', 'review')),
    reasons jsonb not null,
    candidates jsonb not null,
    customer_id uuid,
    bill_to_id uuid,
    held numeric not null,
    held_for_id uuid,
    free_amount numeric not null,
    ignore_reason text,
    recorded_at timestamptz not null,
    recorded_by text not null,
    version integer not null,
    constraint pk_bank_lines primary key (maker_id, line_id),
    constraint uq_bank_lines_fingerprint unique (maker_id, fingerprint),
    constraint ck_bank_lines_file check (
        (bank_file_id is null) = (fingerprint is null) and (bank_file_id is null) = (row_no is null)
    ),
    constraint ck_bank_lines_free check (free_amount between 0 and amount and held between 0 and free_amount),
    constraint ck_bank_lines_matched check ((state = 'MATCHED') = (free_amount = 0)),
    constraint ck_bank_lines_untouched check (
        state in ('PART_MATCHED', 'MATCHED') or (free_amount = amount and held = 0)
    ),
    constraint ck_bank_lines_held_for check (held = 0 or held_for_id is not null),
    constraint ck_bank_lines_ignored check ((state = 'IGNORED') = (ignore_reason is not null))
);
create index ix_bank_lines_state on bank_lines (maker_id, state, line_id);
create index ix_bank_lines_decision on bank_lines (maker_id, decision, line_id);
create index ix_bank_lines_value_date on bank_lines (maker_id, value_date, line_id);
create index ix_bank_lines_customer on bank_lines (maker_id, customer_id, line_id);
create index ix_bank_lines_bill_to on bank_lines (maker_id, bill_to_id, line_id);
create index ix_bank_lines_file on bank_lines (maker_id, bank_file_id, line_id);
create table match_proofs (
    maker_id uuid not null,
    proof_id uuid not null,
    line_id uuid not null,
    decision text not null,
    rule_version text not null,
    evidence jsonb not null,
    outcome jsonb not null,
    decided_at timestamptz not null,
    constraint pk_match_proofs primary key (maker_id, proof_id)
);
create index ix_match_proofs_line on match_proofs (maker_id, line_id);
"""

SETTLEMENTS = """
create table allocations (
    maker_id uuid not null,
    allocation_id uuid not null,
    line_id uuid not null,
    invoice_id uuid not null,
    invoice_number text not null,
    bill_to_id uuid not null,
    currency text not null,
    amount numeric not null,
    fee_discount numeric not null,
    shortage_slip numeric not null,
    from_advance numeric not null,
    advance_of uuid,
    slip_id uuid,
    booked_on date not null,
    recorded_at timestamptz not null,
    recorded_by text not null,
    reversed_on date,
    reversed_at timestamptz,
    reversed_by text,
    constraint pk_allocations primary key (maker_id, allocation_id),
    constraint fk_allocations_line_id foreign key (maker_id, line_id) references bank_lines (maker_id, line_id),
    constraint fk_allocations_invoice_id foreign key (maker_id, invoice_id)
        references receivables (maker_id, invoice_id),
    constraint ck_allocations_amount check (amount > 0 and from_advance between 0 and amount),
    constraint ck_allocations_difference check (fee_discount >= 0 and shortage_slip >= 0),
    constraint ck_allocations_slip check ((slip_id is null) = (shortage_slip = 0)),
    constraint ck_allocations_reversed check ((reversed_on is null) = (reversed_at is null))
);
create index ix_allocations_line on allocations (maker_id, line_id);
create index ix_allocations_invoice on allocations (maker_id, invoice_id);
create table overpayments (
    maker_id uuid not null,
    overpayment_id uuid not null,
    line_id uuid not null,
    bill_to_id uuid not null,
    currency text not null,
    amount numeric not null,
    from_advance numeric not null,
    advance_of uuid,
    booked_on date not null,
    reversed_on date,
    constraint pk_overpayments primary key (maker_id, overpayment_id),
    constraint fk_overpayments_line_id foreign key (maker_id, line_id) references bank_lines (maker_id, line_id),
    constraint ck_overpayments_amount check (amount > 0 and from_advance between 0 and amount)
);
create unique index uq_overpayments_line on overpayments (maker_id, line_id) where reversed_on is null;
create index ix_overpayments_line on overpayments (maker_id, line_id);
create table shortage_slips (
    maker_id uuid not null,
    slip_id uuid not null,
    allocation_id uuid not null,
    line_id uuid not null,
    invoice_id uuid not null,
    bill_to_id uuid not null,
    currency text not null,
    amount numeric not null constraint ck_shortage_slips_amount check (amount > 0),
    state text not null constraint ck_shortage_slips_state
        check (state in ('OPEN', 'ATTACHED', 'BILLED', 'CANCELLED')),
    created_on date not null,
    closed_on date,
    constraint pk_shortage_slips primary key (maker_id, slip_id),
    constraint fk_shortage_slips_allocation_id foreign key (maker_id, allocation_id)
        references allocations (maker_id, allocation_id)
);
create index ix_shortage_slips_bill_to on shortage_slips (maker_id, bill_to_id, state);
create index ix_shortage_slips_line on shortage_slips (maker_id, line_id);
create table credit_notes (
    maker_id uuid not null,
    credit_note_id uuid not null,
    number text not null,
    kind text not null,
    bill_to_id uuid not null,
    currency text not null,
    amount numeric not null,
    issued_on date not null,
    overpayment_id uuid,
    constraint pk_credit_notes primary key (maker_id, credit_note_id)
);
create index ix_credit_notes_bill_to on credit_notes (maker_id, bill_to_id, issued_on);
create index ix_credit_notes_overpayment on credit_notes (maker_id, overpayment_id);
"""

LEDGER = """
create table ledger_entries (
    maker_id uuid not null,
    entry_id uuid not null,
    kind text not null,
    debit text not null,
    credit text not null,
    debit_customer_id uuid,
    credit_customer_id uuid,
    amount numeric not null constraint ck_ledger_entries_amount check (amount > 0),
    currency text not null,
    booked_on date not null,
    invoice_id uuid,
    line_id uuid,
    allocation_id uuid,
    recorded_at timestamptz not null,
    recorded_by text not null,
    constraint pk_ledger_entries primary key (maker_id, entry_id),
    constraint ck_ledger_entries_accounts check (
        debit <> credit or debit_customer_id is distinct from credit_customer_id
    ),
    constraint ck_ledger_entries_debit_customer check (
        (debit_customer_id is not null) = (debit in ('receivable', 'shortage_slips', 'credit_notes', 'advances'))
    ),
    constraint ck_ledger_entries_credit_customer check (
        (credit_customer_id is not null) = (credit in ('receivable', 'shortage_slips', 'credit_notes', 'advances'))
    )
);
create index ix_ledger_entries_debit on ledger_entries (maker_id, debit_customer_id, currency, booked_on)
    where debit_customer_id is not null;
create index ix_ledger_entries_credit on ledger_entries (maker_id, credit_customer_id, currency, booked_on)
    where credit_customer_id is not null;
create index ix_ledger_entries_booked_on on ledger_entries (maker_id, booked_on, entry_id);
create index ix_ledger_entries_invoice on ledger_entries (maker_id, invoice_id) where invoice_id is not null;
create index ix_ledger_entries_line on ledger_entries (maker_id, line_id) where line_id is not null;
create table balances (
    maker_id uuid not null,
    customer_id uuid not null,
    currency text not null,
    open_invoices numeric not null,
    open_slips numeric not null,
    credit_notes numeric not null,
    advances numeric not null,
    changed_at timestamptz not null,
    version integer not null,
    constraint pk_balances primary key (maker_id, customer_id, currency),
    constraint ck_balances_slips check (open_slips >= 0 and advances >= 0)
);
create table statement_profiles (
    maker_id uuid not null,
    profile_id uuid not null,
    name text not null,
    bank_account_id uuid,
    mapping jsonb not null,
    version integer not null,
    constraint pk_statement_profiles primary key (maker_id, profile_id),
    constraint uq_statement_profiles_name unique (maker_id, name)
);
"""

APPEND_ONLY = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'ledger_entries is append-only' using errcode = 'restrict_violation',
        constraint = 'tg_ledger_entries_append_only';
end $$
"""

TRIGGER = """
create trigger tg_ledger_entries_append_only before update or delete on ledger_entries
    for each row execute function refuse_change()
"""


def upgrade() -> None:
    create_runtime_tables(op)
    for group in (FACTS, RECEIVABLES, LINES, SETTLEMENTS, LEDGER):
        for statement in filter(str.strip, group.split(";\n")):
            op.execute(statement)
    op.execute(APPEND_ONLY)
    op.execute(TRIGGER)
    secure(op, TABLES)
