"""What the guide promises, in its order, in our own words."""

from typing import Final

from harness.migrations.queue.promises.judging import (
    claiming,
    deployment,
    interface,
    layout,
    migration,
    rollback,
    scaling,
)
from harness.migrations.queue.promises.promise import Promise

_CHANGES, _BENEFITS, _STEPS = "What Changed", "Benefits", "Migration Steps"
_DETAILS, _SAFETY, _BACK = "Migration Process Details", "Safety Features", "Rollback"
_COMPATIBLE, _CODE, _PACE = "Backward Compatibility", "Code Changes", "Performance Implications"
_WATCH, _TROUBLE, _API, _TESTS = "Monitoring", "Troubleshooting", "API Reference", "Testing"
_SUMMARY, _BESIDE = "Summary", "the documents beside it"

PROMISES: Final = (
    Promise(
        "G01", "Old layout: one pending array, a key for each task and lease", _CHANGES, layout.old_layout
    ),
    Promise("G02", "New layout: a key for each task and lease, no list", _CHANGES, layout.new_layout),
    Promise("G03", "Old problem: claiming workers contend for one key", _CHANGES, layout.contention),
    Promise("G04", "Tasks are found by listing their prefix", _CHANGES, scaling.discovered),
    Promise("G05", "No contention: tasks are independent keys", _BENEFITS, claiming.no_contention),
    Promise("G06", "The prefix scan handles thousands of tasks", _BENEFITS, scaling.thousands),
    Promise("G07", "Lease acquisition is atomic for each task", _BENEFITS, claiming.exclusive),
    Promise("G08", "No consistency to keep between keys", _BENEFITS, claiming.no_consistency),
    Promise(
        "G09",
        "Status answers the queue key with the shown shape",
        _STEPS,
        interface.status_with_the_queue_key,
    ),
    Promise("G10", "Status of 5 tasks and 2 leases reads as shown", _STEPS, interface.status_of_the_sample),
    Promise("G11", "The run of them answers as shown, 7 moved, 0 failed", _STEPS, migration.report),
    Promise("G12", "Then the queue lists what the prefix scan finds", _STEPS, deployment.new_format_listed),
    Promise("G13", "Then a claim gets a task of the new format", _STEPS, deployment.claimed_from_new),
    Promise("G14", "The run reads the old pending list", _DETAILS, layout.reads_the_list),
    Promise("G15", "Each task: read, write, verify, only then delete", _DETAILS, migration.order_of_steps),
    Promise("G16", "Every lease is listed and moved", _DETAILS, migration.every_lease),
    Promise("G17", "At the end the pending list is deleted", _DETAILS, migration.deletes_the_list),
    Promise("G18", "Each write is verified before the old key goes", _SAFETY, migration.verified),
    Promise("G19", "Each task is migrated on its own, atomically", _SAFETY, migration.independent),
    Promise("G20", "Failures are collected and stop nothing", _SAFETY, migration.failures_collected),
    Promise("G21", "There is a rollback for emergencies", _SAFETY, rollback.available),
    Promise("G22", "It deletes all keys of the new format", _BACK, rollback.deletes_all_new),
    Promise("G23", "It leaves old keys alone, as far as there are any", _BACK, rollback.old_keys_intact),
    Promise("G24", "After it the old code goes on", _BACK, rollback.old_code_goes_on),
    Promise("G25", "One way: the new code does not read the old format", _COMPATIBLE, layout.one_way),
    Promise("G26", "After the run the old daemon finds nothing", _COMPATIBLE, deployment.old_daemon),
    Promise("G27", "A new daemon finds the tasks", _COMPATIBLE, deployment.new_daemon),
    Promise("G28", "Zero downtime with code for both formats", _COMPATIBLE, deployment.zero_downtime),
    Promise("G29", "A new task is one put for an hour, and no list", _CODE, layout.single_put),
    Promise("G30", "A claim lists the prefix, and tries what it finds", _CODE, layout.list_then_claim),
    Promise("G31", "Before: list O(1); claim, add, remove O(n)", _PACE, scaling.before),
    Promise("G32", "After: list, claim O(n); add, remove O(1)", _PACE, scaling.after),
    Promise("G33", "The count is right, claims succeed, nothing is stuck", _WATCH, claiming.monitoring),
    Promise("G34", "Failures stand in errors, worded as shown", _TROUBLE, migration.failures_shown),
    Promise("G35", "What failed can be migrated by hand later", _TROUBLE, migration.by_hand),
    Promise("G36", "An empty queue over existing keys: a wrong daemon", _TROUBLE, deployment.wrong_daemon),
    Promise("G37", "A stuck lease ends by itself, after 300 s", _TROUBLE, interface.stuck_leases),
    Promise("G38", "Migration takes the queue key or the admin key", _API, interface.either_key),
    Promise("G39", "Answers have the declared types", _API, interface.declared_types),
    Promise("G40", "The unit test passes", _TESTS, migration.unit_test),
    Promise("G41", "The Slack example makes a task in the old format", _TESTS, interface.slack_message),
    Promise("G42", "The integration test's commands succeed in a row", _TESTS, deployment.integration_test),
    Promise("G43", "Old scales to about 1,000 tasks, new to millions", _SUMMARY, scaling.millions),
    Promise("G44", "Migrate with more than 10 tasks or 2 workers", _SUMMARY, claiming.recommendation),
    Promise("G45", "Status says new format: no old keys are left", _BESIDE, deployment.companions),
)
