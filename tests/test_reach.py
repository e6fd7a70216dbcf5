"""What `check` says of unreachable routes agrees with where alerts really go."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from iwmon.alerts import routing
from iwmon.config.lint.reach import Space, nodes
from iwmon.model import LabelMatcher, Route, Severity
from nouns import SMALL, configured

CONFIG = configured(SMALL)
SUBJECTS = [("", ""), ("kj-2", ""), ("kj-2", "mobilisation"), ("kj-2", "grouping")]
ALERTS = [
    {"judgement": judgement, "indicator": indicator, "severity": severity}
    for (judgement, indicator), severity in product(SUBJECTS, Severity)
]
MATCHERS = st.one_of(
    st.builds(
        LabelMatcher,
        st.just("severity"),
        st.sampled_from(("=", "!=", "=~", "!~")),
        st.sampled_from(("watch", "critical", "w.*")),
    ),
    st.builds(
        LabelMatcher, st.just("judgement"), st.sampled_from(("=", "!=")), st.sampled_from(("kj-2", ""))
    ),
    st.builds(
        LabelMatcher,
        st.just("indicator"),
        st.sampled_from(("=", "!=", "=~")),
        st.sampled_from(("mobilisation", "grouping", "", ".+ing")),
    ),
    st.builds(LabelMatcher, st.just("team"), st.sampled_from(("=", "!=")), st.just("a")),
)
TREES = st.recursive(
    st.builds(
        Route,
        st.just("r"),
        matchers=st.lists(MATCHERS, max_size=2).map(tuple),
        continue_=st.booleans(),
    ),
    lambda below: st.builds(
        Route,
        st.just("r"),
        matchers=st.lists(MATCHERS, max_size=1).map(tuple),
        continue_=st.booleans(),
        routes=st.lists(below, max_size=4).map(tuple),
    ),
    max_leaves=10,
)


def keyed(route: Route, key: str = "") -> Route:
    """The tree with each node's place in it."""
    below = (keyed(one, f"{key}.{n}" if key else str(n)) for n, one in enumerate(route.routes))
    return replace(route, key=key, routes=tuple(below))


@given(TREES)
@settings(max_examples=300, deadline=None)
def test_a_route_keeps_alerts_if_and_only_if_some_alert_ends_there(tree: Route) -> None:
    """Every possible alert is sent through the tree; what nobody reaches is what `nodes` says so of."""
    root = keyed(replace(tree, matchers=()))
    reached = {node.key for labels in ALERTS for node in routing.routes(root, labels)}
    found = list(nodes(root, Space(CONFIG)))
    assert {node.route.key for node in found if node.stays} == reached
    for node in found:
        below = any(key == node.route.key or key.startswith(f"{node.route.key}.") for key in reached)
        assert bool(node.comes) is (below or not node.route.key)
        assert node.comes or not node.possible or node.robbers
