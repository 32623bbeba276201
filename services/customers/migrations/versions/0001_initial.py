"""Makers with locations, bank accounts and members; customers with ship-tos, terms, holds and delegations."""

from __future__ import annotations

from alembic import op

from chassis.migrations import create_runtime_tables, secure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "makers",
    "locations",
    "bank_accounts",
    "members",
    "customers",
    "ship_tos",
    "hold_deeds",
    "terms",
    "billing_delegations",
    "code_counters",
    "file_imports",
)

MAKERS = """
create table makers (
    maker_id uuid not null constraint pk_makers primary key,
    name text not null constraint ck_makers_name check (name <> ''),
    time_zone text not null,
    languages text[] not null,
    default_language text not null,
    currencies text[] not null,
    default_currency text not null,
    price_rounding text not null
        constraint ck_makers_price_rounding check (price_rounding in ('floor', 'half_up', 'ceil')),
    price_tax_mode text not null
        constraint ck_makers_price_tax_mode check (price_tax_mode in ('exclusive', 'inclusive')),
    unshipped_creation text not null
        constraint ck_makers_unshipped_creation check (unshipped_creation in ('automatic', 'manual')),
    bill_from text not null constraint ck_makers_bill_from check (bill_from in ('issued', 'shipped')),
    strict_import boolean not null,
    auto_confirm_matches boolean not null,
    bank_fee_tolerance numeric not null
        constraint ck_makers_bank_fee_tolerance check (bank_fee_tolerance between 0 and 999999999999),
    customer_prefix text not null,
    version integer not null,
    constraint ck_makers_default_currency check (default_currency = any (currencies)),
    constraint ck_makers_default_language check (default_language = any (languages))
);
create table locations (
    maker_id uuid not null constraint fk_locations_maker references makers,
    location_id uuid not null,
    position integer not null,
    code text not null,
    name text not null,
    address jsonb not null,
    registration_number text
        constraint ck_locations_registration_number check (registration_number ~ '^T[0-9]{13}$'),
    constraint pk_locations primary key (maker_id, location_id),
    constraint uq_locations_code unique (maker_id, code)
);
create table bank_accounts (
    maker_id uuid not null constraint fk_bank_accounts_maker references makers,
    bank_account_id uuid not null,
    position integer not null,
    code text not null,
    bank_code text not null,
    bank_name text not null,
    branch_code text not null,
    branch_name text not null,
    kind text not null constraint ck_bank_accounts_kind check (kind in ('ordinary', 'current', 'savings')),
    number text not null,
    holder_kana text not null,
    currency text not null,
    bic text not null,
    iban text not null,
    active boolean not null,
    constraint pk_bank_accounts primary key (maker_id, bank_account_id),
    constraint uq_bank_accounts_code unique (maker_id, code)
);
create table members (
    maker_id uuid not null constraint fk_members_maker references makers,
    membership_id uuid not null,
    email text not null constraint ck_members_email check (email = lower(email)),
    name text not null,
    roles text[] not null constraint ck_members_roles check (cardinality(roles) > 0),
    active boolean not null,
    version integer not null,
    constraint pk_members primary key (maker_id, membership_id),
    constraint uq_members_email unique (maker_id, email)
);
"""

CUSTOMERS = """
create table customers (
    maker_id uuid not null constraint fk_customers_maker references makers,
    customer_id uuid not null,
    code text collate "C" not null constraint ck_customers_code check (code ~ '^[A-Za-z0-9]{1,10}$'),
    code_key text collate "C" not null constraint ck_customers_code_key check (code_key = upper(code)),
    kind text not null constraint ck_customers_kind check (kind in ('company', 'individual')),
    postal_code text not null,
    address1 text not null,
    address2 text not null,
    name text not null constraint ck_customers_name check (name <> ''),
    department text not null,
    kana text not null,
    phone text not null,
    email text not null,
    mailing_address jsonb,
    payment_category text not null,
    shipping_category text not null,
    language text not null,
    currency text not null,
    wholesale_rate numeric constraint ck_customers_wholesale_rate check (wholesale_rate between 0 and 100),
    credit_limit numeric constraint ck_customers_credit_limit check (credit_limit between 0 and 999999999999),
    active boolean not null,
    hold_reason text,
    hold_actor text,
    hold_since timestamptz,
    search_text text not null,
    name_phone_key text,
    email_key text,
    changed_at timestamptz not null,
    version integer not null,
    constraint pk_customers primary key (maker_id, customer_id),
    constraint uq_customers_code_key unique (maker_id, code_key),
    constraint ck_customers_hold check (num_nulls(hold_reason, hold_actor, hold_since) in (0, 3))
);
create index ix_customers_code on customers (maker_id, code, customer_id);
create index ix_customers_name on customers (maker_id, name collate "C", customer_id);
create index ix_customers_kana on customers (maker_id, kana collate "C", customer_id);
create index ix_customers_changed_at on customers (maker_id, changed_at, customer_id);
create index ix_customers_on_hold on customers (maker_id, code) where hold_reason is not null;
create index ix_customers_name_phone_key on customers (maker_id, name_phone_key) where name_phone_key is not null;
create index ix_customers_email_key on customers (maker_id, email_key) where email_key is not null;
create table ship_tos (
    maker_id uuid not null,
    customer_id uuid not null,
    number integer not null constraint ck_ship_tos_number check (number between 0 and 9999),
    address jsonb not null,
    constraint pk_ship_tos primary key (maker_id, customer_id, number),
    constraint fk_ship_tos_customer foreign key (maker_id, customer_id) references customers
);
create table hold_deeds (
    maker_id uuid not null,
    deed_id uuid not null,
    customer_id uuid not null,
    deed text not null constraint ck_hold_deeds_deed check (deed in ('hold', 'release')),
    reason text not null constraint ck_hold_deeds_reason check (reason <> ''),
    done_by text not null,
    done_at timestamptz not null,
    constraint pk_hold_deeds primary key (maker_id, deed_id),
    constraint fk_hold_deeds_customer foreign key (maker_id, customer_id) references customers
);
create index ix_hold_deeds_customer on hold_deeds (maker_id, customer_id, deed_id);
"""

TERMS = """
create table terms (
    maker_id uuid not null,
    customer_id uuid not null,
    closing_day integer constraint ck_terms_closing_day check (closing_day between 0 and 28),
    payment_month_offset integer
        constraint ck_terms_payment_month_offset check (payment_month_offset between 0 and 6),
    payment_day integer constraint ck_terms_payment_day check (payment_day between 0 and 28),
    business_day_rule text
        constraint ck_terms_business_day_rule check (business_day_rule in ('none', 'previous', 'next')),
    version integer not null,
    constraint pk_terms primary key (maker_id, customer_id),
    constraint fk_terms_customer foreign key (maker_id, customer_id) references customers,
    constraint ck_terms_whole check (
        num_nulls(closing_day, payment_month_offset, payment_day, business_day_rule) in (0, 4)
    )
);
create table billing_delegations (
    maker_id uuid not null,
    delegator_id uuid not null,
    delegatee_id uuid,
    version integer not null,
    constraint pk_billing_delegations primary key (maker_id, delegator_id),
    constraint fk_billing_delegations_delegator foreign key (maker_id, delegator_id) references customers,
    constraint fk_billing_delegations_delegatee foreign key (maker_id, delegatee_id) references customers,
    constraint ck_billing_delegations_self check (delegator_id <> delegatee_id)
);
create index ix_billing_delegations_delegatee on billing_delegations (maker_id, delegatee_id, delegator_id)
    where delegatee_id is not null;
create table code_counters (
    maker_id uuid not null,
    prefix text not null,
    last integer not null constraint ck_code_counters_last check (last >= 0),
    constraint pk_code_counters primary key (maker_id, prefix)
);
create table file_imports (
    maker_id uuid not null,
    import_id uuid not null,
    kind text not null constraint ck_file_imports_kind check (kind in ('customers', 'delegations')),
    file_id uuid not null,
    sha256 bytea not null,
    counts jsonb not null,
    done_by text not null,
    done_at timestamptz not null,
    constraint pk_file_imports primary key (maker_id, import_id)
);
create index ix_file_imports_sha256 on file_imports (maker_id, kind, sha256);
"""


def upgrade() -> None:
    """Tables first, then rights and row-level security for all of them."""
    create_runtime_tables(op)
    for group in (MAKERS, CUSTOMERS, TERMS):
        for statement in filter(str.strip, group.split(";\n")):
            op.execute(statement)
    secure(op, TABLES)
