"""The load: several clients take orders through confirmation and delivery while closing runs and bank files go beside.

Orders begin spread over the time of the faults. When a round's orders are delivered, its closing is run three times in
parallel, and its transfers are imported by two people at once, and once more in a longer file that overlaps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal

from suite.chaos import zengin
from suite.chaos.client import Client, Refused, Unknown
from suite.chaos.journal import Journal, Json
from suite.chaos.masters import ACCOUNT_CODE, Maker, Person
from suite.chaos.trade import Days, Order, Trade, days_of
from suite.chaos.zengin import Transfer

_LANES = 6
_STEP = 0.2
_SPREAD = 0.6
"""The last order begins when this share of the window has passed."""
_NOT_STOCKED_YET = frozenset({"UNKNOWN_ORDER", "ORDER_NOT_CONVERTED", "UNKNOWN_CUSTOMER", "NOTHING_OPEN"})
_NOT_KNOWN_YET = frozenset({"UNKNOWN_CUSTOMER"})
_TWIN_AMOUNT = 12_345
_STRANGER = "ﾐｼﾗﾇﾋﾄ"


@dataclass
class Load:
    """One trial's clients. `window` is in seconds; nothing is asked after `give_up` (monotonic)."""

    maker: Maker
    trade: Trade
    journal: Journal
    window: float
    give_up: float
    orders: dict[str, Json] = field(default_factory=dict)
    """Confirmed orders as answered, by reference."""
    transfers: list[Transfer] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Refusals nobody expected, and commands that were given up."""
    _clients: threading.local = field(default_factory=threading.local)
    _opened: list[Client] = field(default_factory=list)

    def run(self) -> None:
        """Returns when all that could be done is done, or given up."""
        began = time.monotonic()
        with ThreadPoolExecutor(_LANES) as lanes, ThreadPoolExecutor(2) as rounds:
            started = [(order, lanes.submit(self._carry, order, began)) for order in self.trade.orders]
            closings = [rounds.submit(self._round, round_, started) for round_ in range(self.trade.rounds)]
            _all([*(future for _, future in started), *closings])

    def finish(self) -> None:
        """After the repair: delivers what was held, closes and pays the last round. Runs without faults."""
        held = [order for order in self.trade.orders if order.held and order.ref in self.orders]
        with ThreadPoolExecutor(_LANES) as lanes:
            _all([lanes.submit(self._tried, self._deliver, order) for order in held])
        self._settle(self.trade.rounds)

    def close(self) -> None:
        for client in self._opened:
            client.close()

    def _carry(self, order: Order, began: float) -> None:
        at = int(order.ref[1:]) / max(1, self.trade.count) * self.window * _SPREAD
        time.sleep(max(0.0, began + at - time.monotonic()))
        if self._tried(self._place_and_confirm, order) and not order.held:
            self._tried(self._deliver, order)

    def _tried(self, deed: Callable[[Order], None], order: Order) -> bool:
        try:
            deed(order)
        except (Refused, Unknown) as error:
            self.complaints.append(f"{type(error).__name__} {error}")
            return False
        return True

    def _place_and_confirm(self, order: Order) -> None:
        client, days = self._client(self.maker.owner), days_of(order.round)
        placed = client.command("order", order.ref, "/v1/orders", _order(order, days), _NOT_KNOWN_YET)
        path = f"/v1/orders/{placed['order_id']}/order-confirmation"
        wish = {"confirm": True, "confirmed_on": days.ordered.isoformat()}
        self.orders[order.ref] = client.command("confirmation", order.ref, path, wish)

    def _deliver(self, order: Order) -> None:
        note = _note(order, self.orders[order.ref]["number"])
        self._client(self.maker.owner).command("note", order.ref, "/v1/delivery-notes", note, _NOT_STOCKED_YET)

    def _round(self, round_: int, started: Sequence[tuple[Order, Future[None]]]) -> None:
        for order, future in started:
            if order.round == round_:
                future.result()
        self._settle(round_)

    def _settle(self, round_: int) -> None:
        days = days_of(round_)
        wish = {"closing_date": days.closed.isoformat(), "issued_on": days.closed.isoformat()}
        with ThreadPoolExecutor(3) as together:
            runs = [together.submit(self._close, f"{round_}-{at}", wish) for at in range(3)]
            invoices = [invoice for run in runs for invoice in run.result()]
        mine = list(self._transfers(round_, days, invoices))
        longer = [*self.transfers, *mine]
        self.transfers = longer
        both = (self.maker.owner, self.maker.accountant)
        with ThreadPoolExecutor(2) as together:
            _all([together.submit(self._import, one, f"{round_}-{at}", mine) for at, one in enumerate(both)])
        self._import(self.maker.accountant, f"{round_}-again", longer)

    def _close(self, ref: str, wish: Json) -> list[Json]:
        try:
            told = self._client(self.maker.owner).command("closing", ref, "/v1/closing-runs", wish)
        except (Refused, Unknown) as error:
            self.complaints.append(f"{type(error).__name__} {error}")
            return []
        return list(told["invoices"])

    def _transfers(self, round_: int, days: Days, invoices: Iterable[Json]) -> Iterator[Transfer]:
        """One per invoice, and two of a stranger that are alike to the last byte and both true."""
        payers = {shop.code: shop.payer for shop in self.trade.shops}
        for at, invoice in enumerate(invoices):
            total = int(Decimal(invoice["total"]))
            yield Transfer(payers[invoice["bill_to_code"]], total, f"{round_ + 1:02d}{at:04d}", days.paid)
        twin = Transfer(_STRANGER, _TWIN_AMOUNT + round_, f"{round_ + 1:02d}9999", days.paid)
        yield from (twin, twin)

    def _import(self, person: Person, ref: str, transfers: Sequence[Transfer]) -> None:
        fields = {"bank_account_code": ACCOUNT_CODE, "imported_on": max(one.day for one in transfers).isoformat()}
        lines = [[one.reference, one.amount, one.day.isoformat()] for one in transfers]
        body = {"fields": fields, "lines": lines}
        try:
            self._client(person).upload("bank-file", ref, "/v1/bank-files", zengin.notice(transfers), body)
        except (Refused, Unknown) as error:
            self.complaints.append(f"{type(error).__name__} {error}")

    def _client(self, person: Person) -> Client:
        """One per thread and person."""
        mine: dict[str, Client] = self._clients.__dict__.setdefault("by_person", {})
        if person.email not in mine:
            mine[person.email] = Client(person.url, person.log_in, self.journal, lambda: self.give_up)
            self._opened.append(mine[person.email])
        return mine[person.email]


def _all(futures: Iterable[Future[None] | Future[bool]]) -> None:
    for future in futures:
        future.result()


def _order(order: Order, days: Days) -> Json:
    asked: Json = {
        "customer_code": order.shop.code,
        "purchase_order_number": order.ref,
        "ordered_at": f"{days.ordered.isoformat()}T09:00:00+09:00",
        "lines": [{"sku_code": line.article.code, "quantity": line.quantity} for line in order.lines],
    }
    if order.fee:
        asked["shipping_fee"] = str(order.fee)
    return asked | ({"number": order.number} if order.number else {})


def _note(order: Order, number: str) -> Json:
    delivered = days_of(order.round).delivered.isoformat()
    return {
        "customer_code": order.shop.code,
        "delivery_date": delivered,
        "issued_on": delivered,
        "shipped_on": delivered,
        "memo": order.ref,
        "advance": "shipped",
        "lines": [{"order_number": number}],
    }
