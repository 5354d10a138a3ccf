"""What decides, and what each decision demands. Kept by hand, held against the program by tests.

A value is either the codes of what a plan may demand, or a sentence that says why it demands
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

Demands = frozenset[str] | str

TAKEN_BACK = "nothing is posted by it, and a decision of its own takes it back"
ADDS = "what it adds can be removed again, and nothing is posted by it alone"

PLANS: Mapping[str, Demands] = {
    "connections.AddPlan": ADDS,
    "connections.EditPlan": frozenset({"ends-sign-in", "in-doubt", "on-its-way", "posts-held"}),
    "connections.RemovalPlan": frozenset({"removes"}),
    "connectors.ConnectPlan": "nothing is lost by it: pause or disconnect ends it at once",
    "connectors.DecidePlan": TAKEN_BACK,
    "connectors.DisconnectPlan": "what was sent stays, and connecting again goes on where it was",
    "connectors.LookPlan": "nothing is sent by it",
    "connectors.StatePlan": "the other state is one command away",
    "customers.Match": "a person names the customer; unmap takes it back until it is posted",
    "customers.Unmatch": "the name is matched by itself again, or its payments wait",
    "issuing.IssuePlan": frozenset({"replaces-password", "renews-ids", "ends-sign-in", "in-doubt"}),
    "issuing.LinksPlan": "a link shows files that the operator has already, once",
    "issuing.UnlockPlan": "the password stays what it is",
    "pausing.PausePlan": "nothing is lost by it, and resuming is one command away",
    "pausing.ResumePlan": "syncs run as they did before somebody paused them",
    "platform_mappings.MapPlan": frozenset({"rewrites"}),
    "payment_allowances.Allow": frozenset({"may-be-recorded"}),
    "payment_intake.AddPlan": "a payment is taken in or corrected; what has left is refused",
    "payment_intake.ImportPlan": "payments are taken in or corrected; what has left is refused",
    "payment_profiles.RemovePlan": "payments stay as they are; the profile can be saved again",
    "payment_profiles.SavePlan": ADDS,
    "payment_rules.DepositPlan": ADDS,
    "payment_rules.MethodPlan": ADDS,
    "payment_rules.RemovalPlan": "what is posted stays where it is; the rule can be added again",
    "payments.Retry": frozenset({"post-again"}),
    "payments.Settle": frozenset({"no-copy-left"}),
    "payments.Skip": TAKEN_BACK,
    "payments.Unskip": "what was parked is parked again; the rest is asked about first",
    "payments.Withdraw": TAKEN_BACK,
    "problems.Acknowledge": "the record stays as it is",
    "problems.Resolve": "the record stays as it is; the trouble opens the problem again",
    "problems.Retry": frozenset({"post-again"}),
    "problems.Skip": frozenset({"leave-out"}),
    "problems.Unskip": "the record is read again before anything follows",
    "syncs.StopPlan": "what was synced stays, and the next sync goes on",
    "throttles.UnlockAddressPlan": "wrong guesses lock it again",
    "tokens.AddPlan": "a token can be revoked at once, and is shown to whoever makes it alone",
    "tokens.RevokePlan": "nobody loses data; another token can be made at once",
    "alerts.AddPlan": ADDS,
    "alerts.RemovePlan": "another recipient can be added at once",
    "alerts.TestPlan": "nothing but a test is sent, to somebody who gets alerts anyway",
    "parked_deliveries.DropPlan": frozenset({"never-delivered"}),
    "parked_deliveries.RetryPlan": "the receiver is told what it missed, as it was meant to be",
    "webhooks.AddPlan": ADDS,
    "webhooks.RemovePlan": "events are kept, and another webhook can be added at once",
    "webhooks.TestPlan": "nothing but a test is sent, to an address that gets events anyway",
}

COMMANDS: Mapping[str, str] = {
    "connection add": "connections.AddPlan",
    "connection edit": "connections.EditPlan",
    "connection remove": "connections.RemovalPlan",
    "customers map": "customers.Match",
    "customers unmap": "customers.Unmatch",
    "db backup": "no plan: a copy is made, and nothing is changed",
    "db copy": "no plan: the store stays as it is, and the target is an empty database",
    "db restore": "no plan: the store that one is read from may be damaged; the old one is kept",
    "db vacuum": "no plan: no row changes",
    "db upgrade": "no plan: the tables that one is read from are made by it, after a copy",
    "demo": "no plan: it makes a store and a company of its own, and runs the commands on them",
    "invoiced choose": "connectors.DecidePlan",
    "invoiced connect": "connectors.ConnectPlan",
    "invoiced disconnect": "connectors.DisconnectPlan",
    "invoiced map": "platform_mappings.MapPlan",
    "invoiced pause": "connectors.StatePlan",
    "invoiced preview": "connectors.LookPlan",
    "invoiced resume": "connectors.StatePlan",
    "invoiced retry": "connectors.DecidePlan",
    "invoiced skip": "connectors.DecidePlan",
    "password rotate": "issuing.IssuePlan",
    "password unlock": "issuing.UnlockPlan",
    "payments add": "payment_intake.AddPlan",
    "payments allow": "payment_allowances.Allow",
    "payments import": "payment_intake.ImportPlan",
    "payments profiles remove": "payment_profiles.RemovePlan",
    "payments retry": "payments.Retry",
    "payments rules deposit": "payment_rules.DepositPlan",
    "payments rules method": "payment_rules.MethodPlan",
    "payments rules remove": "payment_rules.RemovalPlan",
    "payments settle": "payments.Settle",
    "payments skip": "payments.Skip",
    "payments unskip": "payments.Unskip",
    "payments withdraw": "payments.Withdraw",
    "problems acknowledge": "problems.Acknowledge",
    "problems resolve": "problems.Resolve",
    "problems retry": "problems.Retry",
    "problems skip": "problems.Skip",
    "problems unskip": "problems.Unskip",
    "qwc": "issuing.IssuePlan",
    "service uninstall": "no plan: no store is open; deleting it is asked about",
    "syncs stop": "syncs.StopPlan",
    "token add": "tokens.AddPlan",
    "token revoke": "tokens.RevokePlan",
    "connection pause": "pausing.PausePlan",
    "connection resume": "pausing.ResumePlan",
    "alerts add": "alerts.AddPlan",
    "alerts remove": "alerts.RemovePlan",
    "alerts test": "alerts.TestPlan",
    "webhook add": "webhooks.AddPlan",
    "webhook drop": "parked_deliveries.DropPlan",
    "webhook remove": "webhooks.RemovePlan",
    "webhook retry": "parked_deliveries.RetryPlan",
    "webhook test": "webhooks.TestPlan",
}
"""Each command that writes, with what it decides."""

KEYS: Mapping[str, str] = {
    "CustomerNameScreen.unmap": "customers.Unmatch",
    "DecidesPayments.allow": "payment_allowances.Allow",
    "DecidesPayments.retry": "payments.Retry",
    "DecidesPayments.settle": "payments.Settle",
    "DecidesPayments.skip": "payments.Skip",
    "DecidesPayments.unskip": "payments.Unskip",
    "DecidesPayments.withdraw": "payments.Withdraw",
    "DecidesProblems.acknowledge": "problems.Acknowledge",
    "DecidesProblems.retry": "problems.Retry",
    "DecidesProblems.skip": "problems.Skip",
    "DecidesProblems.unskip": "problems.Unskip",
    "IssuesPasswords.generate": "issuing.IssuePlan",
    "IssuesPasswords.rotate": "issuing.IssuePlan",
    "IssuesPasswords.unlock": "issuing.UnlockPlan",
    "LookScreen.take": "payment_intake.ImportPlan",
    "MappedNamesScreen.unmap": "customers.Unmatch",
    "PaymentsScreen.retry_alike": "payments.Retry",
    "ProblemsScreen.resolve": "problems.Resolve",
    "ProblemsScreen.retry_kind": "problems.Retry",
    "SettingsScreen.add_deposit": "payment_rules.DepositPlan",
    "SettingsScreen.remove": "connections.RemovalPlan",
    "SettingsScreen.renew_ids": "issuing.IssuePlan",
    "SettingsScreen.set_method": "payment_rules.MethodPlan",
    "SettingsScreen.unbind": "connections.EditPlan",
    "SyncScreen.stop": "syncs.StopPlan",
    "SyncsScreen.stop": "syncs.StopPlan",
}
"""Each key that leads to a decision, by the class that binds it and its action."""

LOOKS = frozenset(
    {
        *(
            "again",
            "all_companies",
            "app.focus_next",
            "app.focus_previous",
            "app.help",
            "back",
            "bundle",
            "calls",
        ),
        *("cancel", "catalog", "check", "close", "company", "copy", "copy_steps", "failed_only"),
        *("filter", "find", "first", "give_up", "go", "help", "hint", "kind", "last", "mapped"),
        *("more", "move", "network", "next", "next_page", "open", "order", "page", "page_before"),
        *(
            "page_down",
            "page_up",
            "panel",
            "previous",
            "problems",
            "quit",
            "read",
            "related",
            "reread",
            "save",
        ),
        *("scroll_down", "scroll_end", "scroll_home", "scroll_up", "set_up", "settings", "state"),
        *("states", "stay", "submit", "take_file", "turn", "who", "SetupScreen.stop"),
    }
)
"""Actions of keys that change nothing in the store: they look, move, or open a screen.

``SetupScreen.stop`` waits no longer for the network, ``take_file`` opens the screen on which a file
is chosen, ``set_up`` the one on which a connection is added, ``save`` writes a bundle to a file.
"""

ASKS: frozenset[str] = frozenset(
    {
        "worker:StoreWorker.decide",
        "screens.base:StoreScreen._carry_out_plan",
        "screens.base:StoreScreen.decide",
        "screens.base:StoreScreen.on_decided",
        "screens.customer_name:CustomerNameScreen._choose",
        "screens.customer_name:CustomerNameScreen.action_unmap",
        "screens.customer_names:MappedNamesScreen.action_unmap",
        "screens.deciding:DecidesProblems._with_reason",
        "screens.deciding:DecidesProblems.action_retry",
        "screens.deciding:DecidesProblems.action_unskip",
        "screens.issuing:IssuesPasswords.action_unlock",
        "screens.payment_deciding:DecidesPayments._decide",
        "screens.payment_deciding:DecidesPayments.action_allow",
        "screens.payment_deciding:DecidesPayments.action_settle",
        "screens.payment_deciding:DecidesPayments.action_skip",
        "screens.payment_file:_taken.work",
        "screens.payments:PaymentsScreen.action_retry_alike",
        "screens.problems:ProblemsScreen.action_resolve",
        "screens.problems:ProblemsScreen.action_retry_kind",
        "screens.qwc:PasswordScreen._offer",
        "screens.qwc:PasswordScreen.on_mount",
        "screens.settings:SettingsScreen._add_deposit",
        "screens.settings:SettingsScreen._chosen",
        "screens.settings:SettingsScreen._remove",
        "screens.settings:SettingsScreen._remove_rule",
        "screens.settings:SettingsScreen._set_method",
        "screens.settings:SettingsScreen.action_unbind",
        "screens.sync:SyncScreen.action_stop",
        "screens.syncs:SyncsScreen.action_stop",
    }
)
"""Each function of the screens that has something decided. The screens that hold a plan which was
confirmed one screen before are among them: ``PasswordScreen.on_mount``, ``SettingsScreen._remove``.
"""
