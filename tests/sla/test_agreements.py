"""Agreements and customers in a policy book: which one governs, whose calendar counts (P1-P3)."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecore.catalogue import Agreement, Catalogue, Customer, Offering, Service
from servicecore.errors import InvalidValue, UnknownName
from servicecore.instants import HOUR, Days
from servicecore.requests import Channel, Request
from servicecore.sla.book import BookVersion, PolicyBook
from servicecore.sla.calendar import Calendar, always
from servicecore.sla.checks import check
from servicecore.sla.layers import Layer
from servicecore.sla.policy import Policy
from servicecore.sla.rota import Rota
from servicecore.sla.rules import ClockRule
from servicecore.sla.target import Target

FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)
OFFICE = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 09:00-17:00"}, "office")
THEIRS = Calendar.from_dict({"timezone": "UTC", "hours": "mon-fri 12:00-20:00"}, "theirs")

NAMES = ("x", "y")
GIVEN = ("customer", "service", "offering", "kind", "region")
ASKED = {
    **dict.fromkeys((*GIVEN, "agreement"), st.sampled_from(["x", "y", "sla0", "sla1"])),
    "internal": st.booleans(),
    "importance": st.integers(0, 2),
    "contracts": st.sampled_from(NAMES),
}


def request_with(**facts):
    return Request.from_facts("R1", facts.pop("opened_at", FRIDAY), facts)


@st.composite
def catalogues(draw):
    some = st.lists(st.sampled_from(NAMES), max_size=2)
    slas = [
        Agreement(f"sla{number}", "SLA", customers=draw(some), services=draw(some))
        for number in range(draw(st.integers(0, 2)))
    ]
    customers = [
        Customer(
            name,
            internal=draw(st.booleans()),
            importance=draw(st.none() | st.integers(0, 2)),
            contracts=draw(some),
            calendar=draw(st.sampled_from(["", "theirs"])),
        )
        for name in NAMES
        if draw(st.booleans())
    ]
    return Catalogue(agreements=slas, customers=customers)


@st.composite
def policies(draw, name):
    asked = draw(st.lists(st.sampled_from([*ASKED]), max_size=2, unique=True))
    within = draw(st.integers(1, 99))
    return Policy(
        name,
        {"resolution": Target(f"{within}h", draw(st.sampled_from([always, OFFICE])))},
        {fact: draw(ASKED[fact]) for fact in asked},
        customer_calendar=draw(st.booleans()),
    )


@st.composite
def books(draw):
    listed = [draw(policies(f"p{number}")) for number in range(draw(st.integers(1, 4)))]
    return PolicyBook.of(*listed, catalogue=draw(catalogues()), calendars={"theirs": THEIRS})


facts = st.fixed_dictionaries({}, optional=dict.fromkeys(GIVEN, st.sampled_from(NAMES)))


class TestLaws:
    @given(books(), facts, st.sampled_from(Channel) | st.text(), st.none() | st.just("phone"))
    def test_channel_never_changes_what_is_owed(self, book, given, channel, other):
        """Of books that do not ask for it; that one does, `check` says."""
        first, second = (request_with(**given, channel=each) for each in (channel, other))
        assert book.due(first) == book.due(second)
        assert "channel" not in book.versions[0].matched_facts

    @given(books(), facts)
    def test_customers_calendar_counts_where_the_policy_says_so(self, book, given):
        """Against a walk over customers and policies with no help from the book."""
        selection = book.select(request_with(**given))
        if selection.policy is None:
            assert book.due(request_with(**given)) == {}
            return
        target = selection.policy.targets["resolution"]["*"]
        calendar = target.calendar
        for customer in book.catalogue.customers:
            mine = customer.name == given.get("customer") and customer.calendar == "theirs"
            if mine and selection.policy.customer_calendar:
                calendar = THEIRS
        expected = calendar.add(FRIDAY, f"{target.within // HOUR}h")
        assert book.due(request_with(**given))["resolution"].due_at == expected
        chosen = book.target(selection.policy, "resolution", request_with(**given))
        assert (chosen.within, chosen.calendar) == (target.within, calendar)

    @given(books(), facts, facts)
    def test_what_matches_anew_is_all_that_can_match_otherwise(self, book, before, after):
        """P2: where no matched fact changed, neither policy nor targets do."""
        matched = book.versions[0].matched_facts
        same = {fact: before.get(fact) for fact in matched} == {
            fact: after.get(fact) for fact in matched
        }
        one, other = (book.select(request_with(**each)) for each in (before, after))
        if same:
            assert one.policy is other.policy
            if one.policy:
                targets = [
                    book.target(one.policy, "resolution", each.request) for each in (one, other)
                ]
                assert targets[0] == targets[1]

    @given(books(), facts)
    def test_known_twice_is_known_once(self, book, given):
        known = book.known(request_with(**given))
        assert book.known(known) is known
        assert book.select(known) == book.select(request_with(**given))

    @given(books())
    def test_a_copy_is_equal(self, book):
        assert pickle.loads(pickle.dumps(book)) == book  # noqa: S301  # our own


GOLD = Agreement("acme gold", "SLA", customers=["acme"])
USUAL = Agreement("usual", "SLA")
ACME = Customer("acme", importance=3, contracts=["C-17"], calendar="theirs")
CATALOGUE = Catalogue(agreements=[USUAL, GOLD], customers=[ACME])


class TestBook:
    FAST = Policy("fast", {"resolution": Target("4h", OFFICE)}, {"agreement": "acme gold"})
    REST = Policy("rest", {"resolution": Target("8h", OFFICE)})
    BOOK = PolicyBook.of(FAST, REST, catalogue=CATALOGUE, calendars={"theirs": THEIRS})

    def test_policy_matches_on_the_agreement(self):
        assert self.BOOK.select(request_with(customer="acme")).policy.name == "fast"
        assert self.BOOK.select(request_with(customer="hooli")).policy.name == "rest"

    def test_selection_says_which_agreement_governs_and_why(self):
        selection = self.BOOK.select(request_with(customer="acme"))
        assert selection.governance.sla is GOLD
        assert selection.explain().splitlines() == [
            "R1 and the agreements:",
            "- usual does not: less specific than acme gold",
            "- acme gold governs: for the customer acme",
            "R1 and the policies:",
            "- fast matches: agreement is 'acme gold'",
        ]

    def test_without_agreements_nothing_is_said_of_them(self):
        selection = PolicyBook.of(self.REST).select(request_with())
        assert selection.governance.sla is None
        assert selection.explain().startswith("R1 and the policies:")

    def test_facts_of_the_customer_are_on_the_request(self):
        request = self.BOOK.known(request_with(customer="acme", impact="high", urgency="high"))
        found = {name: request.fact(name) for name in ("internal", "importance", "contracts")}
        assert found == {"internal": False, "importance": 3, "contracts": frozenset({"C-17"})}
        assert request.priority == "critical"
        assert request.fact("agreement") == "acme gold"

    def test_facts_given_with_the_request_win(self):
        request = request_with(customer="acme", importance=1, agreement="usual")
        known = self.BOOK.known(request)
        assert (known.fact("importance"), known.fact("agreement")) == (1, "usual")
        assert self.BOOK.select(request).policy.name == "rest"

    def test_nothing_is_known_without_a_catalogue(self):
        request = request_with(customer="acme")
        assert PolicyBook.of(self.REST).known(request) is request

    def test_agreement_of_the_opening_governs(self):
        """P2: not that of today."""
        year = datetime(2026, 1, 1, tzinfo=UTC)
        old = Agreement("old", "SLA", valid_until=year)
        new = Agreement("new", "SLA", valid_from=year)
        book = PolicyBook.of(catalogue=Catalogue(agreements=[old, new]))
        for opened, name in ((datetime(2025, 12, 31, tzinfo=UTC), "old"), (year, "new")):
            request = request_with(opened_at=opened)
            assert book.select(request).governance.sla.name == name

    @pytest.mark.parametrize(
        ("when", "options", "matched"),
        [
            ({"agreement": "x"}, {}, {"agreement", "customer", "offering", "service"}),
            ({"importance": 3}, {}, {"importance", "customer"}),
            ({"contracts": "C"}, {}, {"contracts", "customer"}),
            ({"internal": True}, {}, {"internal", "customer"}),
            ({}, {"customer_calendar": True}, {"customer"}),
            ({}, {}, set()),
        ],
    )
    def test_facts_behind_matched_facts_are_matched_facts(self, when, options, matched):
        """P2."""
        version = BookVersion(policies=[Policy("p", {}, when, **options), Policy("q", {})])
        assert version.matched_facts == matched

    def test_calendar_that_is_not_there_is_said(self):
        policy = Policy("p", {"resolution": Target("4h")}, customer_calendar=True)
        book = PolicyBook.of(policy, catalogue=CATALOGUE)
        with pytest.raises(UnknownName, match="unknown calendar 'theirs'"):
            book.due(request_with(customer="acme"))
        assert book.due(request_with(customer="hooli"))["resolution"].target.calendar == always

    def test_customer_may_work_round_the_clock(self):
        catalogue = Catalogue(customers=[Customer("acme", calendar="always")])
        policy = Policy("p", {"resolution": Target("4h", OFFICE)}, customer_calendar=True)
        due = PolicyBook.of(policy, catalogue=catalogue).due(request_with(customer="acme"))
        assert due["resolution"].due_at == datetime(2026, 3, 6, 19, tzinfo=UTC)

    def test_working_days_move_to_the_customers_calendar(self):
        policy = Policy("p", {"resolution": Target(Days(1, "close"), OFFICE)})
        moved = policy.on(THEIRS).target("resolution", None)
        assert moved == Target(Days(1, "close"), THEIRS)

    def test_all_of_a_target_moves(self):
        target = Target("9h", OFFICE, "late", not_before="2h")
        policy = Policy("p", {"follow-up": target}, overrides={"x": {"update": Target("1h")}})
        moved = policy.on(THEIRS)
        assert moved.target("follow-up", None) == Target("9h", THEIRS, "late", not_before="2h")
        assert moved.overrides == policy.overrides

    def test_two_policies_count_on_the_customers_calendar(self):
        policies = [
            Policy(name, {"resolution": Target(within)}, when, customer_calendar=True)
            for name, within, when in (("a", "1h", {"kind": "question"}), ("b", "2h", {}))
        ]
        book = PolicyBook.of(*policies, catalogue=CATALOGUE, calendars={"theirs": THEIRS})
        request = request_with(customer="acme")
        targets = [book.target(policy, "resolution", request) for policy in policies]
        assert targets == [Target("1h", THEIRS), Target("2h", THEIRS)]
        assert book.target(policies[0], "resolution", request) is targets[0]

    def test_clock_that_only_an_override_has_a_target_for_is_owed(self):
        """Q3: the override's target may be the only one."""
        policy = Policy("p", {}, overrides={"siege": {"update": Target("1h", OFFICE)}})
        book = PolicyBook.of(policy)
        assert list(book.owed) == ["update"]
        assert book.calendars == {"office": OFFICE}

    @pytest.mark.parametrize(
        ("parts", "said"),
        [
            ({"catalogue": {}}, "the catalogue is {}: expected a Catalogue"),
            ({"lifecycle": None}, "the lifecycle is None: expected a Lifecycle"),
            ({"rotas": []}, "rotas are .*: expected a table of names and rotas"),
            ({"rotas": {"r": 3}}, "the rota 'r' is 3: expected a Rota"),
        ],
    )
    def test_mistake_is_said_in_words(self, parts, said):
        with pytest.raises(InvalidValue, match=said):
            PolicyBook.of(**parts)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"customer_calendar": "yes"}, "customer_calendar is 'yes': expected True or False"),
            ({"overrides": []}, "overrides are .*: expected a table of names and targets"),
            ({"overrides": {3: {}}}, "found 3; expected the name of an override"),
            (
                {"overrides": {"s": {"update": 4}}},
                "overrides: s.update: found 4; expected a target",
            ),
        ],
    )
    def test_mistake_in_a_policy_is_said_in_words(self, options, said):
        with pytest.raises(InvalidValue, match=said):
            Policy("p", {}, **options)


def findings(*policies, at=None, clocks=None, calendars=None, **catalogue):
    book = PolicyBook.of(
        *policies,
        Policy("rest", {"resolution": Target("8h", OFFICE)}),
        catalogue=Catalogue(**catalogue),
        clocks=clocks or {},
        calendars=calendars or {},
    )
    return [str(finding) for finding in check(book, at=at)]


class TestChecks:
    def test_sound_catalogue_has_no_findings(self):
        mail = Service("mail", custodian="Mail team", offerings=[Offering("mailbox")])
        gold = Agreement("gold", "SLA", customers=["acme"], services=["mail"])
        old = Agreement("old", "SLA", valid_until=9, customers=["acme"])
        new = Agreement("new", "SLA", valid_from=9, customers=["acme"])
        ola = Agreement("ola", "OLA", supports=["gold"], clock="update")
        found = findings(
            services=[mail], agreements=[gold, old, new, ola], customers=[Customer("acme")]
        )
        assert found == []

    @pytest.mark.parametrize(
        ("catalogue", "finding"),
        [
            (
                {"services": [Service("mail")]},
                "warning: services.mail: has no custodian: nobody looks after it",
            ),
            (
                {"services": [Service("mail", custodian="x", calendar="ofice")]},
                (
                    "fault: services.mail.calendar: no calendar of the book is 'ofice'; "
                    "did you mean 'office'?"
                ),
            ),
            (
                {"customers": [Customer("acme", calendar="x")]},
                (
                    "fault: customers.acme.calendar: no calendar of the book is 'x'; "
                    "known are office, always"
                ),
            ),
            (
                {
                    "agreements": [Agreement("a", "SLA", services=["mail", "mial"])],
                    "services": [Service("mail", custodian="x")],
                },
                (
                    "warning: agreements.a.services[1]: no service of the catalogue is 'mial'; "
                    "did you mean 'mail'?"
                ),
            ),
            (
                {
                    "agreements": [Agreement("a", "SLA", customers=["hooli"])],
                    "customers": [Customer("acme")],
                },
                (
                    "warning: agreements.a.customers[0]: no customer of the catalogue is 'hooli'; "
                    "known are acme"
                ),
            ),
            (
                {"agreements": [Agreement("a", "OLA", supports=["b"])]},
                "fault: agreements.a.supports[0]: no SLA of the catalogue is 'b'; known are none",
            ),
            (
                {"agreements": [Agreement("a", "OLA", clock="updat")]},
                (
                    "fault: agreements.a.clock: no clock of the book is 'updat'; "
                    "did you mean 'update'?"
                ),
            ),
            (
                {"agreements": [Agreement("a", "SLA"), Agreement("b", "SLA")]},
                (
                    "warning: agreements.b: is valid at the same time as 'a', for the same, and as "
                    "specific; 'a' governs, which stands before it"
                ),
            ),
        ],
    )
    def test_finding(self, catalogue, finding):
        """P3."""
        assert findings(**catalogue) == [finding]

    def test_agreement_that_is_over(self):
        agreements = [Agreement("a", "SLA", valid_until=FRIDAY)]
        assert findings(agreements=agreements, at=FRIDAY) == [
            (
                "warning: agreements.a.valid_until: "
                "is over: it governs no request that is opened from now on"
            )
        ]
        assert findings(agreements=agreements, at=FRIDAY.replace(hour=14)) == []
        assert findings(agreements=agreements) == []

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"customers": ["acme"]}, {}),
            ({"customers": ["acme"]}, {"customers": ["hooli"]}),
            ({"customers": ["acme"]}, {"services": ["mail"]}),
            ({"valid_until": 5}, {"valid_from": 5}),
            ({"kind": "OLA", "provider": "a"}, {"kind": "OLA", "provider": "b"}),
            ({"kind": "OLA", "supports": ["s1"]}, {"kind": "OLA"}),
            ({"kind": "OLA", "supports": ["s1"]}, {"kind": "OLA", "supports": ["s2"]}),
            ({"kind": "OLA"}, {"kind": "underpinning contract"}),
        ],
    )
    def test_no_overlap(self, one, other):
        slas = [Agreement("s1", "SLA", offerings=["1"]), Agreement("s2", "SLA", offerings=["2"])]
        pair = [
            Agreement(name, **{"kind": "SLA", **options})
            for name, options in (("a", one), ("b", other))
        ]
        assert findings(agreements=[*slas, *pair]) == []
        assert findings(agreements=[*slas, *reversed(pair)]) == []

    @pytest.mark.parametrize("fact", ["agreement", "customer", "service", "offering"])
    def test_condition_names_what_the_catalogue_does_not_have(self, fact):
        """P3."""
        mail = Service("mail", custodian="x", offerings=[Offering("mailbox")])
        catalogue = {"services": [mail], "agreements": [USUAL], "customers": [Customer("acme")]}
        odd = Policy("odd", {"resolution": Target("1h")}, {fact: "zzz"})
        (found,) = findings(odd, **catalogue)
        known = {
            "agreement": "usual",
            "customer": "acme",
            "service": "mail",
            "offering": "mailbox",
        }
        said = f"no {fact} of the book is 'zzz'; known are {known[fact]}"
        assert found == f"warning: policies[0].when.{fact}: {said}"
        assert findings(odd) == []

    def test_condition_on_the_channel(self):
        (found,) = findings(Policy("odd", {"resolution": Target("1h")}, {"channel": "phone"}))
        assert found.startswith("warning: policies[0].when.channel: channel never changes what")

    def test_overrides_are_looked_at_too(self):
        siege = {"siege": {"updat": Target("1h"), "update": {"critcal": Target("1h")}}}
        owed = {"updat": Target("2h"), "update": Target("2h")}
        odd = Policy("odd", owed, {"tags": "vip"}, overrides=siege)
        assert findings(odd)[1:] == [
            (
                "fault: policies[0].overrides.siege.updat: no rule says what starts and stops this "
                "clock; did you mean 'update'?"
            ),
            (
                "warning: policies[0].overrides.siege.update.critcal: no such priority in the "
                "book; did you mean 'critical'?"
            ),
        ]

    def test_nobody_on_call(self):
        """P3."""
        rota = Rota("desk", "UTC", [Layer("week", ["anna"], "2027-01-04 09:00", "1 week")])
        book = PolicyBook.of(Policy("all", {"resolution": Target("8h")}), rotas={"desk": rota})
        (found,) = check(book, at=FRIDAY)
        assert str(found).startswith("fault: rotas.desk: nobody is on call from Fri 6 Mar 2026")
        assert check(book) == ()


RULES = {name: ClockRule(name, ["assigned"], ["resolved"]) for name in ("network", "hardware")}


class TestPaths:
    """P3: an OLA path longer than its SLA, where calendars can be compared."""

    GOLD = Agreement("gold", "SLA", customers=["acme"])
    NETWORK = Agreement("network", "OLA", supports=["gold"], clock="network")

    @staticmethod
    def paths(resolution, network, hardware, *agreements, when=None):
        targets = {"resolution": resolution, "network": network, "hardware": hardware}
        return findings(Policy("p", targets, when or {"tags": "x"}), clocks=RULES,
                        agreements=agreements)  # fmt: skip

    def hardware(self, **options):
        return Agreement(
            "hardware", "underpinning contract", supports=["gold"], clock="hardware", **options
        )

    def test_sum_of_those_behind_it(self):
        targets = Target("8h", OFFICE), Target("5h", OFFICE), Target("4h", OFFICE)
        assert self.paths(*targets, self.GOLD, self.NETWORK, self.hardware()) == [
            (
                "warning: policies[0].targets.resolution.*: the clocks of what supports the SLA "
                "'gold', 'hardware' (4h) and 'network' (5h), allow 9h, more than its target, "
                "8h of office"
            )
        ]

    def test_working_days(self):
        targets = Target(Days(3), OFFICE), Target(Days(2), OFFICE), Target(Days(2), OFFICE)
        (found,) = self.paths(*targets, self.GOLD, self.NETWORK, self.hardware())
        assert found.endswith(
            "allow 4 working days, more than its target, 3 working days of office"
        )

    def test_each_priority_by_itself(self):
        resolution = {"critical": Target("2h", OFFICE), "*": Target("9h", OFFICE)}
        network, hardware = Target("5h", OFFICE), Target("4h", OFFICE)
        (found,) = self.paths(
            resolution, network, hardware, self.GOLD, self.NETWORK, self.hardware()
        )
        assert found.startswith("warning: policies[0].targets.resolution.critical: ")

    SAME = Target("8h", OFFICE), Target("5h", OFFICE), Target("4h", OFFICE)

    @pytest.mark.parametrize(
        ("targets", "options"),
        [
            ((Target("9h", OFFICE), *SAME[1:]), {}),
            ((*SAME[:2], Target("4h")), {}),
            ((*SAME[:2], Target(Days(9), OFFICE)), {}),
            (SAME, {"supports": []}),
            (SAME, {"clock": ""}),
            (SAME, {"clock": "network"}),
            (SAME, {"valid_from": 5}),
        ],
    )
    def test_enough_time_or_nothing_to_compare(self, targets, options):
        network = Agreement("n", "OLA", supports=["gold"], clock="network", valid_until=5)
        contract = {"supports": ["gold"], "clock": "hardware", **options}
        hardware = Agreement("h", "underpinning contract", **contract)
        behind = network if "valid_from" in options else self.NETWORK
        assert self.paths(*targets, self.GOLD, behind, hardware) == []

    @pytest.mark.parametrize(
        ("one", "other", "sound"),
        [
            ({"services": ["a"]}, {"services": ["b"]}, True),
            ({"services": ["a", "c"]}, {"services": ["b", "c"]}, False),
            ({"services": ["a"]}, {}, False),
            ({"services": ["a"]}, {"offerings": ["o"]}, False),
            ({"customers": ["hooli"]}, {}, True),
            ({"customers": ["acme"]}, {}, False),
        ],
    )
    def test_only_those_that_some_request_meets_together(self, one, other, sound):
        network = Agreement("n", "OLA", supports=["gold"], clock="network", **one)
        found = self.paths(*self.SAME, self.GOLD, network, self.hardware(**other))
        assert (found == []) == sound

    @pytest.mark.parametrize(
        ("when", "sound"),
        [
            ({"agreement": "gold"}, False),
            ({"agreement": {"none": ["gold"]}}, True),
            ({"customer": "acme"}, False),
            ({"customer": "hooli"}, True),
            ({"service": "mail"}, False),
        ],
    )
    def test_only_policies_that_its_requests_may_match(self, when, sound):
        agreements = (self.GOLD, self.NETWORK, self.hardware())
        assert (self.paths(*self.SAME, *agreements, when=when) == []) == sound

    def test_clock_of_the_sla(self):
        """Which may be another one than the resolution."""
        gold = Agreement("gold", "SLA", clock="network")
        found = self.paths(Target("1h"), Target("4h", OFFICE), Target("5h", OFFICE),
                           gold, self.hardware())  # fmt: skip
        assert found == [
            (
                "warning: policies[0].targets.network.*: the clocks of what supports the SLA "
                "'gold', 'hardware' (5h), allow 5h, more than its target, 4h of office"
            )
        ]


@given(st.data())
def test_path_check_against_every_request(data):
    """P3: some request meets more than is promised, if and only if the check says so.

    The oracle asks for every customer, service and instant, one by one.
    """
    names = st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True)
    instants = st.none() | st.integers(0, 3)
    supporters, hours = [], {}
    for number in range(data.draw(st.integers(0, 4))):
        since, until = data.draw(instants), data.draw(instants)
        if since is not None and until is not None and until <= since:
            until = None
        name = f"clock{number}"
        hours[name] = data.draw(st.integers(1, 4))
        options = {"valid_from": since, "valid_until": until, "services": data.draw(names)}
        supporters.append(
            Agreement(
                name,
                "OLA",
                supports=["gold"],
                clock=name,
                provider=name,
                customers=data.draw(names),
                **options,
            )
        )
    customers, services, begins = data.draw(names), data.draw(names), data.draw(instants)
    gold = Agreement("gold", "SLA", customers=customers, services=services, valid_from=begins)
    targets = {name: Target(f"{hour}h") for name, hour in hours.items()}
    policy = Policy("p", {**targets, "resolution": Target("5h")})
    rules = {name: ClockRule(name, ["opened"], ["closed"]) for name in hours}
    book = PolicyBook.of(policy, catalogue=Catalogue(agreements=[gold, *supporters]), clocks=rules)
    longest = max(
        [0]
        + [
            sum(hours[each.name] for each in supporters if each.binds(request))
            for instant in range(-1, 4)
            for customer in ("a", "b", "c")
            for service in ("a", "b", "c")
            for request in [Request(id="R", opened_at=instant, customer=customer, service=service)]
            if gold.binds(request)
        ]
    )
    said = [str(each) for each in check(book) if "more than its target" in each.text]
    assert bool(said) == (longest > 5)
    assert all(f"allow {longest}h" in each for each in said)
