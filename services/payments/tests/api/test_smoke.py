async def test_x(database):
    from chassis.testing.migrations import differences
    from payments.tables import REGISTRY
    assert await differences(database, REGISTRY.metadata) == []
async def test_get(client):
    for p in ("bank-files","bank-lines","balances","balances?as_of=2026-10-31","ledger-entries","receivables","receivables?as_of=2026-10-31&state=PAID","overdue-invoices?as_of=2026-10-31","statement-profiles","ledger-verification"):
        r=await client.get(f"/v1/{p}")
        assert r.status_code==200,(p,r.text)
        print(p,r.text)
