"""Brands, taxes, web catalogs, products, SKUs, customer rates; copies of makers and customers."""

from __future__ import annotations

from alembic import op

from chassis import migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table makers (
    maker_id uuid not null,
    default_language text not null,
    currencies text[] not null,
    version bigint not null,
    constraint pk_makers primary key (maker_id)
);
create table customers (
    maker_id uuid not null,
    customer_id uuid not null,
    code text not null,
    version bigint not null,
    constraint pk_customers primary key (maker_id, customer_id)
);
create index ix_customers_code on customers (maker_id, code);
create table brands (
    maker_id uuid not null,
    brand_id uuid not null,
    code text not null,
    names jsonb not null,
    archived boolean not null,
    version integer not null,
    constraint pk_brands primary key (maker_id, brand_id),
    constraint uq_brands_code unique (maker_id, code)
);
create table taxes (
    maker_id uuid not null,
    tax_id uuid not null,
    code text not null,
    name text not null,
    rate numeric not null constraint ck_taxes_rate check (rate between 0 and 100),
    reduced boolean not null,
    rounding text not null constraint ck_taxes_rounding check (rounding in ('floor', 'half_up', 'ceil')),
    country text not null,
    standard boolean not null,
    active boolean not null,
    version integer not null,
    constraint pk_taxes primary key (maker_id, tax_id),
    constraint uq_taxes_code unique (maker_id, code),
    constraint uq_taxes_name unique (maker_id, name)
);
create unique index uq_taxes_standard on taxes (maker_id, country) where standard and active;
create table web_catalogs (
    maker_id uuid not null,
    catalog_id uuid not null,
    brand_id uuid not null,
    code text not null,
    names jsonb not null,
    state text not null constraint ck_web_catalogs_state check (state in ('DRAFT', 'OPEN', 'CLOSED', 'ARCHIVED')),
    opens_on date,
    closes_on date,
    version integer not null,
    constraint pk_web_catalogs primary key (maker_id, catalog_id),
    constraint uq_web_catalogs_code unique (maker_id, code),
    constraint ck_web_catalogs_period check (closes_on >= opens_on),
    constraint fk_web_catalogs_brand foreign key (maker_id, brand_id) references brands (maker_id, brand_id)
);
create index ix_web_catalogs_brand on web_catalogs (maker_id, brand_id);
create table catalog_customers (
    maker_id uuid not null,
    catalog_id uuid not null,
    customer_id uuid not null,
    constraint pk_catalog_customers primary key (maker_id, catalog_id, customer_id),
    constraint fk_catalog_customers_catalog
        foreign key (maker_id, catalog_id) references web_catalogs (maker_id, catalog_id)
);
create table products (
    maker_id uuid not null,
    product_id uuid not null,
    brand_id uuid not null,
    model_number text not null,
    names jsonb not null,
    axes text[] not null,
    prices jsonb not null,
    taxes jsonb not null,
    wholesale_rate numeric constraint ck_products_wholesale_rate check (wholesale_rate between 0 and 100),
    partition_price numeric constraint ck_products_partition_price check (partition_price >= 0),
    hs_code text not null,
    material text not null,
    country_of_origin text not null,
    net_weight_g integer,
    gross_weight_g integer,
    planned_from date,
    planned_to date,
    minimum_quantity integer not null constraint ck_products_minimum_quantity check (minimum_quantity >= 1),
    lot_size integer not null constraint ck_products_lot_size check (lot_size >= 1),
    state text not null constraint ck_products_state check (state in ('DRAFT', 'ACTIVE', 'ARCHIVED')),
    version integer not null,
    constraint pk_products primary key (maker_id, product_id),
    constraint uq_products_model_number unique (maker_id, brand_id, model_number),
    constraint ck_products_planned check (planned_to >= planned_from),
    constraint fk_products_brand foreign key (maker_id, brand_id) references brands (maker_id, brand_id)
);
create index ix_products_model_number on products (maker_id, model_number);
create table catalog_products (
    maker_id uuid not null,
    catalog_id uuid not null,
    product_id uuid not null,
    constraint pk_catalog_products primary key (maker_id, catalog_id, product_id),
    constraint fk_catalog_products_catalog
        foreign key (maker_id, catalog_id) references web_catalogs (maker_id, catalog_id),
    constraint fk_catalog_products_product
        foreign key (maker_id, product_id) references products (maker_id, product_id)
);
create index ix_catalog_products_product on catalog_products (maker_id, product_id);
create table skus (
    maker_id uuid not null,
    sku_id uuid not null,
    product_id uuid not null,
    position integer not null,
    code text not null,
    code_key text not null,
    axis_values text[] not null,
    prices jsonb not null,
    partition_price numeric constraint ck_skus_partition_price check (partition_price >= 0),
    net_weight_g integer,
    gross_weight_g integer,
    state text not null constraint ck_skus_state check (state in ('on_sale', 'suspended', 'discontinued')),
    constraint pk_skus primary key (maker_id, sku_id),
    constraint uq_skus_code_key unique (maker_id, code_key),
    constraint uq_skus_axis_values unique (maker_id, product_id, axis_values),
    constraint ck_skus_code_key check (code_key = upper(code)),
    constraint fk_skus_product foreign key (maker_id, product_id) references products (maker_id, product_id)
);
create table axis_values (
    maker_id uuid not null,
    brand_id uuid not null,
    axis text not null,
    code text not null,
    labels jsonb not null,
    position integer not null,
    constraint pk_axis_values primary key (maker_id, brand_id, axis, code),
    constraint fk_axis_values_brand foreign key (maker_id, brand_id) references brands (maker_id, brand_id)
);
create table customer_rates (
    maker_id uuid not null,
    product_id uuid not null,
    customer_id uuid not null,
    wholesale_rate numeric constraint ck_customer_rates_wholesale_rate check (wholesale_rate between 0 and 100),
    version integer not null,
    constraint pk_customer_rates primary key (maker_id, product_id, customer_id),
    constraint fk_customer_rates_product
        foreign key (maker_id, product_id) references products (maker_id, product_id)
);
create index ix_customer_rates_customer on customer_rates (maker_id, customer_id)
"""


def upgrade() -> None:
    migrations.create_runtime_tables(op)
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
    migrations.secure(
        op,
        [
            "makers",
            "customers",
            "brands",
            "taxes",
            "web_catalogs",
            "catalog_customers",
            "products",
            "catalog_products",
            "skus",
            "axis_values",
            "customer_rates",
        ],
    )
