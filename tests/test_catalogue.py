"""The service catalogue: services, agreements, customers, and the agreement that governs."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.catalogue import (
    Agreement,
    Approval,
    Catalogue,
    Customer,
    Offering,
    Service,
)
from servicecore.errors import InvalidValue, UnknownName
from servicecore.requests import Kind, Request

customers, services, offerings = (
    st.sampled_from([None, f"{what}1", f"{what}2"]) for what in ("customer", "service", "offering")
)
requests = st.builds(
    Request,
    id=st.just("R1"),
    opened_at=st.integers(0, 9),
    customer=customers,
    service=services,
    offering=offerings,
)


@st.composite
def agreements(draw, name):
    start, length = draw(st.none() | st.integers(0, 9)), draw(st.none() | st.integers(1, 9))
    scope = {
        f"{what}s": draw(st.sets(st.sampled_from([f"{what}1", f"{what}2"])))
        for what in ("customer", "service", "offering")
    }
    kind = draw(st.sampled_from(["SLA", "SLA", "SLA", "OLA", "underpinning contract"]))
    until = None if length is None else (start or 0) + length
    return Agreement(name, kind, valid_from=start, valid_until=until, **scope)


@st.composite
def catalogues(draw):
    number = draw(st.integers(0, 6))
    return Catalogue(agreements=[draw(agreements(f"a{position}")) for position in range(number)])


def by_hand(catalogue, request):
    """The governing SLA in the plainest of words: the best of those that fit, the first of equals.

    Independent of the code under test: it compares whole triples of conditions, one by one.
    """
    best, best_points = None, -1
    for agreement in catalogue.agreements:
        if agreement.kind != "SLA":
            continue
        if agreement.valid_from is not None and request.opened_at < agreement.valid_from:
            continue
        if agreement.valid_until is not None and not request.opened_at < agreement.valid_until:
            continue
        points = 0
        fits = True
        for weight, named, fact in (
            (4, agreement.customers, request.customer),
            (2, agreement.offerings, request.offering),
            (1, agreement.services, request.service),
        ):
            if named:
                points += weight
                fits = fits and fact in named
        if fits and points > best_points:
            best, best_points = agreement, points
    return best


class TestGoverning:
    @given(catalogues(), requests)
    def test_is_the_most_specific_that_is_valid_at_the_opening(self, catalogue, request):
        """P2: by customer, then offering, then service, then in the written order."""
        assert catalogue.governing(request).sla is by_hand(catalogue, request)

    @given(catalogues(), requests)
    def test_everything_tried_has_its_reason(self, catalogue, request):
        """P2: one line for every SLA, and the verdict of one of them at most."""
        governance = catalogue.governing(request)
        slas = [each for each in catalogue.agreements if each.kind == "SLA"]
        assert [tried.agreement for tried in governance.tried] == slas
        assert all(tried.reason for tried in governance.tried)
        said = [tried.agreement for tried in governance.tried if tried.governs]
        assert said == ([] if governance.sla is None else [governance.sla])

    @given(catalogues(), requests)
    def test_a_reason_is_true(self, catalogue, request):
        """What is said to be less specific, or written behind, would bind without the other."""
        for tried in catalogue.governing(request).tried:
            alone = Catalogue(agreements=[tried.agreement]).governing(request).sla
            bound = tried.governs or "specific" in tried.reason
            assert (alone is tried.agreement) == bound

    @given(catalogues(), requests)
    def test_a_known_request_is_known_already(self, catalogue, request):
        known = catalogue.known(request)
        assert catalogue.known(known) is known
        assert catalogue.governing(known).tried == catalogue.governing(request).tried

    @given(catalogues(), requests, requests)
    def test_nothing_but_opening_and_what_it_is_for_matters(self, catalogue, request, other):
        """The channel, for one, never changes what is owed."""
        facts = {"customer": request.customer, "service": request.service}
        same = other.with_facts({**facts, "offering": request.offering, "channel": "chat"})
        moved = Request.from_facts("R2", request.opened, {
            name: same.fact(name) for name in ("customer", "service", "offering", "channel")
        })  # fmt: skip
        assert catalogue.governing(moved).sla is catalogue.governing(request).sla

    @pytest.mark.parametrize(
        ("more", "less"),
        [
            (("customers",), ()),
            (("customers",), ("offerings", "services")),
            (("customers", "services"), ("customers",)),
            (("customers", "offerings"), ("customers", "services")),
            (("offerings",), ("services",)),
            (("offerings", "services"), ("offerings",)),
            (("services",), ()),
        ],
    )
    def test_order_of_specificity(self, more, less):
        """P2: whichever is written first."""
        request = Request(id="R1", opened_at=0, customer="x", service="x", offering="x")
        pair = [
            Agreement(name, "SLA", **{scope: ["x"] for scope in scopes})
            for name, scopes in (("more", more), ("less", less))
        ]
        for agreements in (pair, pair[::-1]):
            assert Catalogue(agreements=agreements).governing(request).sla.name == "more"

    def test_valid_from_is_in_and_valid_until_is_out(self):
        agreement = Agreement("a", "SLA", valid_from=5, valid_until=7)
        valid = [agreement.valid_at(instant) for instant in (4, 5, 6, 7)]
        assert valid == [False, True, True, False]

    def test_request_that_names_an_agreement(self):
        catalogue = Catalogue(agreements=[Agreement("a", "SLA"), Agreement("b", "SLA")])
        request = Request(id="R1", opened_at=0, fields={"agreement": "b"})
        assert catalogue.governing(request).sla.name == "b"
        assert catalogue.governing(request).explain().splitlines()[1:] == [
            "- a does not: the request names 'b'",
            "- b governs: the request names it",
        ]
        assert catalogue.known(request) is request

    def test_request_that_names_what_is_none(self):
        catalogue = Catalogue(agreements=[Agreement("a", "SLA"), Agreement("o", "OLA")])
        for name in ("x", "o"):
            request = Request(id="R1", opened_at=0, fields={"agreement": name})
            governance = catalogue.governing(request)
            assert governance.sla is None
            assert governance.explain().endswith(
                f"- no agreement governs: the request names {name!r}"
            )

    def test_explanation(self):
        catalogue = Catalogue(agreements=[
            Agreement("usual", "SLA"),
            Agreement("acme", "SLA", customers=["acme"], services=["mail", "chat", "phone"]),
            Agreement("acme 2", "SLA", customers=["acme"], services=["mail"]),
            Agreement("hooli", "SLA", customers=["hooli", "pied piper"]),
            Agreement("old", "SLA", valid_until=datetime(2026, 1, 1, tzinfo=UTC)),
            Agreement("new", "SLA", valid_from=datetime(2027, 1, 1, tzinfo=UTC)),
            Agreement("network", "OLA", provider="network", supports=["acme"], clock="network"),
            Agreement("phones", "OLA", services=["phone"], supports=["acme"]),
        ])  # fmt: skip
        opened = datetime(2026, 3, 6, tzinfo=UTC)
        request = Request(id="R1", opened_at=opened, customer="acme", service="mail")
        assert catalogue.governing(request).explain().splitlines() == [
            "R1 and the agreements:",
            "- usual does not: less specific than acme",
            "- acme governs: for the customer acme, for the services mail, chat and phone",
            "- acme 2 does not: as specific as acme, and written behind it",
            "- hooli does not: for the customers hooli and pied piper only",
            "- old does not: valid until Thu 1 Jan 2026 00:00 UTC only",
            "- new does not: not valid before Fri 1 Jan 2027 00:00 UTC",
            "- network supports it: OLA of network, measured by the clock 'network'",
        ]

    def test_without_agreements(self):
        governance = Catalogue().governing(Request(id="R1", opened_at=0))
        assert governance.sla is None
        assert governance.explain() == "R1 and the agreements:\n- no agreement governs"


PAYROLL = Service(
    "payroll",
    business_owner="Head of HR",
    custodian="Payroll office",
    group="payroll",
    offerings=[
        Offering("pay slip", kind=Kind.QUESTION),
        Offering("advance", approval=Approval("line manager")),
    ],
)
MAIL = Service("mail", offerings=[Offering("mailbox"), Offering("pay slip")])
CATALOGUE = Catalogue([PAYROLL, MAIL], [Agreement("usual", "SLA")], [Customer("acme")])


class TestLookups:
    def test_finds_by_name(self):
        assert CATALOGUE.service("payroll") is PAYROLL
        assert CATALOGUE.offering("payroll", "advance") is PAYROLL.offerings[1]
        assert CATALOGUE.agreement("usual").kind == "SLA"
        assert CATALOGUE.customer("acme").name == "acme"

    @pytest.mark.parametrize(
        ("look", "said"),
        [
            (lambda: CATALOGUE.service("mial"), "unknown service 'mial': did you mean 'mail'"),
            (lambda: CATALOGUE.service(["mail"]), "unknown service .'mail'.:"),
            (lambda: CATALOGUE.offering("payroll", "x"), "unknown offering of 'payroll' 'x'"),
            (lambda: CATALOGUE.agreement("x"), "unknown agreement 'x': Known: usual"),
            (lambda: CATALOGUE.customer("x"), "unknown customer 'x': Known: acme"),
        ],
    )
    def test_unknown_name(self, look, said):
        with pytest.raises(UnknownName, match=said):
            look()

    @pytest.mark.parametrize(
        ("service", "offering", "approver"),
        [
            ("payroll", "advance", "line manager"),
            (None, "advance", "line manager"),
            ("mail", "advance", None),
            ("payroll", "pay slip", None),
            (None, "pay slip", None),
            ("payroll", None, None),
            (None, None, None),
            ("unknown", "unknown", None),
        ],
    )
    def test_approval_only_where_the_offering_demands_it(self, service, offering, approver):
        request = Request(id="R1", opened_at=0, service=service, offering=offering)
        approval = CATALOGUE.approval(request)
        assert (approval and approval.approver) == approver

    def test_empty_one_says_so(self):
        assert not Catalogue()
        assert CATALOGUE
        for part in ({"services": [MAIL]}, {"customers": [Customer("acme")]}):
            assert Catalogue(**part)


class TestFacts:
    def test_customer_gives_facts(self):
        customer = Customer("acme", internal=True, importance=3, contracts=["C1", "C2"])
        facts = Catalogue(customers=[customer]).facts(
            Request(id="R1", opened_at=0, customer="acme")
        )
        contracts = frozenset({"C1", "C2"})
        assert facts == {"internal": True, "importance": 3, "contracts": contracts}

    def test_what_is_not_known_of_a_customer_is_no_fact(self):
        assert Customer("acme").facts == {"internal": False}

    def test_unknown_customer_has_none(self):
        assert Catalogue(customers=[Customer("acme")]).facts(Request(id="R1", opened_at=0)) == {}

    def test_given_facts_win(self):
        catalogue = Catalogue(customers=[Customer("acme", importance=3)])
        given = {"importance": 0, "internal": None}
        request = Request(id="R1", opened_at=0, customer="acme", fields=given)
        assert catalogue.known(request).fields == {"importance": 0, "internal": False}


MISTAKES = [
    (lambda: Service(" "), "the name of a service is ' ': expected text"),
    (lambda: Service("mail", custodian=3), "the custodian of a service is 3: expected text"),
    (
        lambda: Service("mail", offerings="x"),
        "offerings are 'x': expected a list, each an Offering",
    ),
    (lambda: Service("mail", offerings=["x"]), "found 'x'; expected each to be an Offering"),
    (lambda: Service("mail", offerings=[Offering("x")] * 2), "two offerings are named 'x'"),
    (lambda: Offering("x", kind=""), "the kind of an offering is ''"),
    (lambda: Offering("x", approval="boss"), "approval is 'boss': expected an Approval"),
    (lambda: Approval(""), "the approver of an approval is ''"),
    (lambda: Approval("boss", "ours"), "side is 'ours': expected 'customer' or 'desk'"),
    (lambda: Agreement("a", "sla"), "kind is 'sla': expected 'SLA', 'OLA' or 'underpinning contr"),
    (lambda: Agreement("a", ["SLA"]), "kind is .'SLA'.: expected 'SLA'"),
    (lambda: Agreement("a", "SLA", valid_from="x"), "valid_from is 'x': expected an aware"),
    (lambda: Agreement("a", "SLA", valid_until=datetime(2026, 1, 1)), "valid_until is the naive"),
    (lambda: Agreement("a", "SLA", valid_from=1, valid_until=1), "is not after valid_from"),
    (lambda: Agreement("a", "SLA", customers="acme"), "customers are 'acme': expected a list"),
    (lambda: Agreement("a", "SLA", services=[3]), "services: found 3; expected a name"),
    (lambda: Agreement("a", "SLA", offerings=None), "offerings are None: expected a list"),
    (lambda: Agreement("a", "SLA", supports=["b"]), "an SLA supports no other"),
    (lambda: Agreement("a", "OLA", clock=None), "the clock of an agreement is None"),
    (lambda: Customer("acme", internal="no"), "internal is 'no': expected True or False"),
    (lambda: Customer("acme", importance=True), "importance is True: expected a whole number"),
    (lambda: Customer("acme", contracts="C1"), "contracts are 'C1': expected a list of names"),
    (lambda: Customer(None), "the name of a customer is None: expected text"),
    (lambda: Catalogue(3), "services are 3: expected a list, each a Service"),
    (lambda: Catalogue([MAIL, MAIL]), "two services are named 'mail'"),
    (lambda: Catalogue(customers=["acme"]), "customers: found 'acme'; expected each to be"),
]


@pytest.mark.parametrize(("mistake", "said"), MISTAKES)
def test_mistake_is_said_in_words(mistake, said):
    with pytest.raises(InvalidValue, match=said):
        mistake()


def test_values_can_be_copied_and_compared():
    request = Request(id="R1", opened_at=0, customer="acme")
    for value in (CATALOGUE, PAYROLL, CATALOGUE.governing(request)):
        copied = pickle.loads(pickle.dumps(value))  # noqa: S301  # it is our own
        assert copied == value
        assert hash(copied) == hash(value)


def test_what_the_catalogue_knows_of_calendars_can_be_read_alone() -> None:
    """A customer of another calendar is another catalogue; copies of this one know theirs."""
    catalogue = Catalogue(customers=[Customer("acme", calendar="night"), Customer("bits")])
    assert catalogue.calendars_of == {"acme": "night"}
    with pytest.raises(TypeError):
        catalogue.calendars_of["bits"] = "day"  # type: ignore[index]  # wrong on purpose
    assert pickle.loads(pickle.dumps(catalogue)).calendars_of == {"acme": "night"}  # noqa: S301  # our own
