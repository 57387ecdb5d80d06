"""The macros that a node's SQL may call, looked up in fewer steps: dbt makes an object of each of its thousand macros, and
sorts them by package, again for every node that it compiles, and once more when it runs it.

What a name means is as dbt has it, package by package; tests/dbt/test_node_macros.py compares the two.
"""

from collections.abc import Iterator, KeysView, Mapping
from typing import Any

from dbt.clients.jinja import MacroGenerator
from dbt.context.macros import FlatNamespace, MacroNamespace, MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
from dbt.include.global_project import PROJECT_NAME

build_again = MacroNamespaceBuilder.build_namespace


class NodeMacro(MacroGenerator):
    """A macro in the context of a node, as its base class has it."""

    def __init__(self, macro: Macro, context: dict[str, Any], node: Any, stack: Any) -> None:
        self.macro, self.context, self.node, self.stack = macro, context, node, stack


class NodeMacros(MacroNamespace):
    """All names that a node knows; each is looked up when it is asked for, as a unit test may put another macro there."""

    def __init__(self, of_root: FlatNamespace, own: FlatNamespace, of_dbt: FlatNamespace, packages: Any) -> None:
        super().__init__(of_root, own, of_dbt, packages)
        self.names = dict.fromkeys((*own, *of_root, *packages, PROJECT_NAME, *of_dbt))

    def __getitem__(self, key: str) -> Any:
        for known in (self.local_namespace, self.global_namespace, self.packages):
            if key in known:
                return known[key]
        return self.global_project_namespace if key == PROJECT_NAME else self.global_project_namespace[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def keys(self) -> KeysView[str]:
        """The names; of a dictionary, which is gone through at once."""
        return self.names.keys()


def find_macros_quickly() -> None:
    """Have dbt find macros so in this process."""
    MacroNamespaceBuilder.build_namespace = namespace  # type: ignore[method-assign, assignment]


def namespace(
    builder: MacroNamespaceBuilder, by_package: Mapping[str, Mapping[str, Macro]], context: dict[str, Any]
) -> MacroNamespace:
    """What dbt's own method of this builder gives."""
    node, stack = builder.node, builder.thread_ctx
    made: dict[str, FlatNamespace] = {
        package: {name: NodeMacro(macro, context, node, stack) for name, macro in macros.items()}
        for package, macros in by_package.items()
    }
    of_dbt: FlatNamespace = {}
    for name in reversed(builder.internal_package_names_order):
        of_dbt.update(made.pop(name, {}))
    own, of_root = builder.search_package, builder.root_package
    return NodeMacros(dict(made.get(of_root, {})) if of_root != own else {}, dict(made.get(own, {})), of_dbt, made)
