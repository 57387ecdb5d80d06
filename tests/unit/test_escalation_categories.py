"""The shipped seed of escalation categories, on reasons as agents word them, in four languages (spec §3.7)."""

import csv

import pytest

from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR
from generator.english import ESCALATION_REASONS

PERSON, RULE, KNOWLEDGE, BILLING = "shopper_requested", "escalation_rule", "lack_of_knowledge", "billing"
UNREADABLE, OTHER = "unintelligible_input", "other"

REASONS = [
    # a person comes before all that the shopper wants the person for
    ("Shopper wants a refund for a late parcel and would like to speak to a supervisor.", PERSON),
    ("The customer requests a human agent; the order could not be found.", PERSON),
    ("Not eligible for a return under policy. She asks for escalation.", PERSON),
    ("Pide hablar con una persona porque el reembolso no llega", PERSON),
    ("Quiere un humano", PERSON),
    ("La cliente souhaite parler à un conseiller", PERSON),
    ("Demande un humain, facture contestée", PERSON),
    ("Kunde möchte mit einem Mitarbeiter sprechen, Erstattung fehlt", PERSON),
    ("Will mit einem Menschen reden", PERSON),
    # then what a rule does not allow, before the money it is about
    ("Return requested after 60 days, which is not allowed by policy; full refund wanted.", RULE),
    ("The sale item is non-refundable.", RULE),
    ("Order is not eligible for free shipping", RULE),
    ("Needs an exception for a birthday present", RULE),
    ("Solicita reembolso fuera de plazo", RULE),
    ("No cumple los requisitos de la política de cambios", RULE),
    ("Remboursement demandé hors délai", RULE),
    ("Article non remboursable", RULE),
    ("Rückgabe laut Richtlinie nicht möglich, Erstattung verlangt", RULE),
    ("Bittet um Kulanz", RULE),
    # then what the agent could not do or find
    ("Unable to locate the order by e-mail; refund wanted", KNOWLEDGE),
    ("The stock level is not available through my tools", KNOWLEDGE),
    ("All troubleshooting steps are done and the lamp still fails", KNOWLEDGE),
    ("No se encontró el pedido", KNOWLEDGE),
    ("Commande introuvable, remboursement demandé", KNOWLEDGE),
    ("Bestellung nicht gefunden", KNOWLEDGE),
    # then refunds and charges
    ("She was charged twice", BILLING),
    ("Where is my refund?", BILLING),
    ("Payment was declined but the bank shows it", BILLING),
    ("El reembolso no ha llegado", BILLING),
    ("Paiement refusé", BILLING),
    ("Rückerstattung fehlt", BILLING),
    # then the rest
    ("The agent could not understand the photo", UNREADABLE),
    ("No se entiende el mensaje", UNREADABLE),
    ("Message illisible", UNREADABLE),
    ("Nachricht nicht verstanden", UNREADABLE),
    # no bare word of paying
    ("Wants to know which payment methods are on file", OTHER),
    ("Asks whether payment by card is possible", OTHER),
    ("Transferring to a human agent", OTHER),  # the agent's own words ask for nobody
    ("Complains about the tone of a newsletter", OTHER),
]


@pytest.mark.parametrize(("reason", "category"), REASONS)
def test_a_reason_has_the_category_that_a_reader_gives_it(reason: str, category: str) -> None:
    assert load_words(SEEDS_DIR).category(reason) == category


def test_the_reasons_of_the_samples_keep_their_categories() -> None:
    """In the order in which they stand: two or three of each category."""
    expected = [*[KNOWLEDGE] * 3, *[PERSON] * 3, *[RULE] * 2, *[UNREADABLE] * 2, *[BILLING] * 3, OTHER, BILLING]
    assert [load_words(SEEDS_DIR).category(reason) for reason in ESCALATION_REASONS] == expected


def test_the_seed_goes_from_the_person_to_the_rest() -> None:
    with (SEEDS_DIR / "escalation_categories.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["position"]))
    first = {category: next(n for n, row in enumerate(rows) if row["category"] == category) for category in (
        PERSON, RULE, KNOWLEDGE, BILLING, UNREADABLE)}  # fmt: skip
    assert sorted(first, key=lambda category: first[category]) == [PERSON, RULE, KNOWLEDGE, BILLING, UNREADABLE]
    assert "payment" not in {row["pattern"].strip().lower() for row in rows}
