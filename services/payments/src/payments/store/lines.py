"""Bank lines with what stands of their money, the evidence of their decisions, and the files they came in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from kernel.money import Currency, Money
from payments import tables
from payments.core.bank_line import Advance, BankLine, LineState, Overpayment
from payments.core.matching import Decision, Proof, Reason, Verdict
from payments.core.matching.proof import to_json
from payments.core.matching.stored import candidates_json, candidates_of, decision_json, reasons_json
from payments.core.receivable import Allocation
from payments.core.recorded import Method, Proposal, RecordedLine, Source, Words
from payments.store.settlements import live_allocations, live_overpayments
from payments.tables import Row, among, columns


@dataclass(frozen=True, slots=True)
class BankFile:
    """What one import brought."""

    bank_file_id: UUID
    bank_account_id: UUID
    file_id: UUID
    name: str
    layout: str
    encoding: str
    total: Money
    new_lines: int
    duplicates: int
    outgoing: int


async def known_fingerprints(tx: Tx, fingerprints: Collection[str]) -> dict[str, UUID]:
    """Those that lines carry already."""
    t = columns(tables.BankLineRow)
    rows = await tx.rows(
        select(t.fingerprint, t.line_id).where(t.maker_id == tx.maker_id, among(t.fingerprint, fingerprints))
    )
    return {row.fingerprint: row.line_id for row in rows}


async def load_lines(tx: Tx, line_ids: Collection[UUID]) -> dict[UUID, RecordedLine]:
    """Those of the ids that are lines of this maker, with what stands of their money."""
    if not line_ids:
        return {}
    t = columns(tables.BankLineRow)
    mine = select(tables.sql(tables.BankLineRow)).where(t.maker_id == tx.maker_id, among(t.line_id, line_ids))
    rows = await tx.rows(mine)
    settled = [row.line_id for row in rows if row.state in (LineState.MATCHED, LineState.PART_MATCHED)]
    allocations = await live_allocations(tx, settled)
    overpayments = await live_overpayments(tx, settled)
    return {
        row.line_id: _recorded(row, allocations.get(row.line_id, ()), overpayments.get(row.line_id)) for row in rows
    }


async def open_lines(tx: Tx, limit: int) -> list[UUID]:
    """Lines nobody has settled, oldest first."""
    t = columns(tables.BankLineRow)
    waiting = among(t.state, [LineState.NEW.value, LineState.SUGGESTED.value])
    rows = await tx.rows(select(t.line_id).where(t.maker_id == tx.maker_id, waiting).order_by(t.line_id).limit(limit))
    return [row.line_id for row in rows]


async def insert_file(tx: Tx, file: BankFile) -> None:
    await tx.insert(
        tables.BankFileRow,
        [
            {
                "maker_id": tx.maker_id,
                "bank_file_id": file.bank_file_id,
                "bank_account_id": file.bank_account_id,
                "file_id": file.file_id,
                "name": file.name,
                "layout": file.layout,
                "encoding": file.encoding,
                "currency": file.total.currency.code,
                "lines": file.new_lines + file.duplicates,
                "new_lines": file.new_lines,
                "duplicates": file.duplicates,
                "outgoing": file.outgoing,
                "total": file.total.amount,
                "imported_at": tx.now,
                "imported_by": tx.actor,
            }
        ],
    )


async def insert_lines(tx: Tx, lines: Sequence[RecordedLine]) -> None:
    """New lines as they stand after their decision. A line that came twice at the same moment raises (23505): the
    edge runs the import again and finds it a duplicate."""
    await tx.insert(tables.BankLineRow, [_row(tx, one) for one in lines])


async def save_lines(tx: Tx, lines: Iterable[RecordedLine]) -> None:
    """What changed, one version higher. Raises chassis.tx.Stale when one changed since it was read."""
    rows = []
    for one in sorted(lines, key=lambda one: one.line.line_id):
        row = _row(tx, one)
        rows.append({name: row[name] for name in ("maker_id", "line_id", *_CHANGING)})
    await tx.update(tables.BankLineRow, rows, key=("maker_id", "line_id"), expect_version="version")


_CHANGING = (
    "state",
    "decision",
    "reasons",
    "candidates",
    "customer_id",
    "bill_to_id",
    "held",
    "held_for_id",
    "free_amount",
    "ignore_reason",
    "version",
)


async def keep_proofs(tx: Tx, decided: Iterable[tuple[Decision, Proof]]) -> None:
    """The evidence of each decision."""
    several = list(decided)
    rows = [
        {
            "maker_id": tx.maker_id,
            "proof_id": proof_id,
            "line_id": proof.line.line_id,
            "decision": decision.verdict.value,
            "rule_version": proof.rules.version,
            "evidence": to_json(proof),
            "outcome": decision_json(decision),
            "decided_at": tx.now,
        }
        for proof_id, (decision, proof) in zip(tx.new_ids(len(several)), several, strict=True)
    ]
    await tx.insert(tables.MatchProofRow, rows)


def _row(tx: Tx, recorded: RecordedLine) -> dict[str, object]:
    line, words, source, proposal = recorded.line, recorded.words, recorded.source, recorded.proposal
    return {
        "maker_id": tx.maker_id,
        "line_id": line.line_id,
        "bank_file_id": source.bank_file_id if source else None,
        "bank_account_id": recorded.bank_account_id,
        "row_no": source.row if source else None,
        "fingerprint": source.fingerprint if source else None,
        "method": recorded.method.value,
        "value_date": line.value_date,
        "amount": line.amount.amount,
        "currency": line.amount.currency.code,
        "payer": words.payer,
        "payer_code": words.payer_code,
        "description": words.description,
        "reference": words.reference,
        "sending_bank": words.sending_bank,
        "memo": words.memo,
        "cancels": line.cancels,
        "state": line.state.value,
        "decision": proposal.verdict.value if proposal.verdict else None,
        "reasons": reasons_json(proposal.reasons),
        "candidates": candidates_json(proposal.candidates),
        "customer_id": line.customer_id,
        "bill_to_id": recorded.bill_to_id,
        "held": line.held.amount,
        "held_for_id": line.advance.customer_id if line.advance else None,
        "free_amount": line.free.amount,
        "ignore_reason": recorded.ignore_reason,
        "recorded_at": tx.now,
        "recorded_by": tx.actor,
        "version": line.version,
    }


def _recorded(row: Row, allocations: Sequence[Allocation], overpayment: Overpayment | None) -> RecordedLine:
    currency = Currency.of(row.currency)
    line = BankLine(
        line_id=row.line_id,
        value_date=row.value_date,
        amount=Money(row.amount, currency),
        cancels=row.cancels,
        state=LineState(row.state),
        customer_id=row.customer_id,
        allocations=tuple(allocations),
        overpayment=overpayment,
        advance=Advance(row.held_for_id, Money(row.held, currency)) if row.held_for_id else None,
        version=row.version,
    )
    return RecordedLine(
        line=line,
        method=Method(row.method),
        words=Words(row.payer, row.payer_code, row.description, row.reference, row.sending_bank, row.memo),
        bank_account_id=row.bank_account_id,
        source=Source(row.bank_file_id, row.row_no, row.fingerprint) if row.bank_file_id else None,
        proposal=_proposal(row),
        bill_to_id=row.bill_to_id,
        ignore_reason=row.ignore_reason,
    )


def _proposal(row: Row) -> Proposal:
    verdict = Verdict(row.decision) if row.decision else None
    reasons = tuple(Reason(one["code"], one["facts"]) for one in row.reasons)
    return Proposal(verdict, reasons, candidates_of(row.candidates))
